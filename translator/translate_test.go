package translator_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/e2e/corpus"
	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job"
)

// translate fails the test on any diagnostic, warnings included.
func translate(t *testing.T, file string, o translator.Options) *translator.Plan {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan, diags := translator.Translate(translator.Source{Name: filepath.Base(file), Text: text}, o)
	if len(diags) > 0 {
		t.Fatalf("diagnostics:\n%s", printed(t, diags))
	}
	return plan
}

func printed(t *testing.T, diags diag.List) string {
	t.Helper()
	var out bytes.Buffer
	if err := diag.Print(&out, diags); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func hcl(t *testing.T, plan *translator.Plan, i int) string {
	t.Helper()
	var out bytes.Buffer
	if err := job.WriteHCL(&out, plan.Jobs[i]); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// source reads a file of the repository.
func source(t *testing.T, file string) translator.Source {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return translator.Source{Name: filepath.Base(file), Text: text}
}

// The jobs beside our example workflows are what the workflows become.
// UPDATE_GOLDEN=1 writes them.
func TestJobspecs(t *testing.T) {
	files, err := filepath.Glob("../jobspecs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "site") {
			continue
		}
		seen++
		t.Run(filepath.Base(file), func(t *testing.T) {
			plan := translate(t, file, translator.Options{})
			if len(plan.Jobs) != 1 {
				t.Fatalf("%d jobs, and the file beside it holds one", len(plan.Jobs))
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".nomad.hcl", hcl(t, plan, 0))
		})
	}
	if seen < 3 {
		t.Errorf("%d example workflows, want at least 3", seen)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; UPDATE_GOLDEN=1 rewrites it):\n%s", file, diff)
	}
}

// OSMO's tutorials translate, and into these gangs.
func TestTutorials(t *testing.T) {
	tests := map[string][]string{
		"robot_simulation.yaml": {"robot-simulation-1~robot-hil: " +
			"model-training (lead) 1 ovx-a40 [8000]; physics-sim 1 ovx-a40 [8080]; robot-ctrl 0 agx-orin-jp6 [9090]"},
		"hello_world.yaml":               {"hello-osmo-1~hello-group: hello (lead) 0  []"},
		"group_tasks.yaml":               {"grouped-workflow-1~parallel-processing: processor-1 (lead) 0  []; processor-2 0  []; processor-3 0  []"},
		"group_tasks_communication.yaml": {"grouped-workflow-communication-1~parallel-processing: server (lead) 0  []; client 0  []"},
		"parallel_tasks.yaml": {
			"parallel-tasks-1~task-a-group: task-a (lead) 0  []",
			"parallel-tasks-1~task-b-group: task-b (lead) 0  []",
			"parallel-tasks-1~task-c-group: task-c (lead) 0  []",
		},
		"resources_basic.yaml":      {"resource-demo-1~my-task-group: my-task (lead) 0  []"},
		"resources_multiple.yaml":   {"mixed-resources-1~light-task-group: light-task (lead) 0  []", "mixed-resources-1~gpu-task-group: gpu-task (lead) 1  []"},
		"resources_platforms.yaml":  {"platform-demo-1~cpu-task-group: cpu-task (lead) 0 ovx-l40 []", "platform-demo-1~gpu-task-group: gpu-task (lead) 1 dgx-h100 []"},
		"template_hello_world.yaml": {"hello-osmo-1~hello-group: hello (lead) 0  []"},
		"token_example.yaml":        {"my-experiment-1~experiment-group: experiment (lead) 0  []"},
		"data_download.yaml":        {"download-from-s3-1~load-from-cloud-group: load-from-cloud (lead) 0  []", "not supported yet: inputs"},
		"data_upload.yaml":          {"upload-to-s3-1~save-to-cloud-group: save-to-cloud (lead) 0  []", "not supported yet: outputs"},
		"data_filter.yaml":          {"filtered-io-1~selective-download-group: selective-download (lead) 0  []", "not supported yet: inputs", "not supported yet: outputs"},
		"serial_workflow.yaml": {
			"serial-tasks-1~task1-group: task1 (lead) 0  []",
			"serial-tasks-1~task2-group: task2 (lead) 0  [] after serial-tasks-1~task1-group",
			"serial-tasks-1~task3-group: task3 (lead) 0  [] after serial-tasks-1~task1-group,serial-tasks-1~task2-group",
			"not supported yet: inputs", "not supported yet: inputs",
		},
		"combination_workflow_simple.yaml": {
			"data-pipeline-1~prepare-data: generate-data (lead) 0  []; validate-data 0  []",
			"data-pipeline-1~train-models: train-model-a (lead) 0  []; train-model-b 0  [] after data-pipeline-1~prepare-data",
			"not supported yet: inputs", "not supported yet: inputs",
		},
		"combination_workflow_complex.yaml": {
			"complex-pipeline-1~fetch: download (lead) 0  []",
			"complex-pipeline-1~process: transform-a (lead) 0  []; transform-b 0  [] after complex-pipeline-1~fetch",
			"complex-pipeline-1~aggregate: combine (lead) 0  [] after complex-pipeline-1~process",
			"not supported yet: inputs", "not supported yet: inputs", "not supported yet: inputs",
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			file := corpus.Path(t, "tutorials", name)
			if name == "robot_simulation.yaml" {
				file = corpus.Path(t, name)
			}
			o := translator.Options{}
			if name == "data_filter.yaml" {
				o.SetString = []string{"storage_url=s3://bucket"}
			}
			if diff := cmp.Diff(want, summary(translate(t, file, o))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			o.Site = source(t, "../jobspecs/site-dev.yaml")
			translate(t, file, o)
		})
	}
}

// summary is one line for each gang, its job, its members and what it waits for,
// and one for each thing that is for later.
func summary(plan *translator.Plan) []string {
	var lines []string
	for _, g := range plan.Gangs {
		var members []string
		for _, m := range g.Members {
			lead := ""
			if m.Lead {
				lead = " (lead)"
			}
			members = append(members, fmt.Sprintf("%s%s %d %s %v", m.Name, lead, m.GPU, m.Platform, m.Ports))
		}
		line := *g.Job.ID + ": " + strings.Join(members, "; ")
		if needs := g.Job.Meta["osmo_needs"]; needs != "" {
			line += " after " + needs
		}
		lines = append(lines, line)
	}
	for _, d := range plan.Later {
		lines = append(lines, d.Msg)
	}
	return lines
}

// Two translations of one file are the same to the byte.
func TestDeterministic(t *testing.T) {
	file := filepath.Join("..", "jobspecs", "robot-simulation.yaml")
	first := hcl(t, translate(t, file, translator.Options{}), 0)
	for range 20 {
		if again := hcl(t, translate(t, file, translator.Options{}), 0); again != first {
			t.Fatal(cmp.Diff(first, again))
		}
	}
}

func TestOptions(t *testing.T) {
	file := filepath.Join("..", "jobspecs", "hello-world.yaml")
	plan := translate(t, file, translator.Options{
		ID: "hello-world-17", Priority: "HIGH", Namespace: "lab", SetEnv: []string{"A=b=c ${x}", "WHO={{workflow_id}}"},
		Labels: []string{"team=robots", "example.com/run=7"},
	})
	j := plan.Jobs[0]
	if *j.ID != "hello-world-17~hello-group" || *j.Priority != 75 || plan.Namespace() != "lab" || *j.Namespace != "lab" || plan.Name != "hello-world" {
		t.Errorf("%s, priority %d, namespace %s, name %s", *j.ID, *j.Priority, plan.Namespace(), plan.Name)
	}
	if got, want := j.Meta["osmo_labels"], `{"example.com/run":"7","team":"robots"}`; got != want || j.Meta["osmo_priority"] != "HIGH" {
		t.Errorf("labels %s, priority %s", got, j.Meta["osmo_priority"])
	}
	command := *j.TaskGroups[1].Tasks[1].Templates[0].EmbeddedTmpl
	for _, want := range []string{`"A": "b=c ${x}"`, `"WHO": "hello-world-17"`} {
		if !strings.Contains(command, want) {
			t.Errorf("no %s in %s", want, command)
		}
	}
}

func TestBadOptions(t *testing.T) {
	const (
		hello     = "workflow:\n  name: w\n  tasks:\n  - {name: a, image: i, command: [c]}\n"
		resources = "workflow:\n  name: w\n  resources:\n    default: {cpu: 1}\n  tasks:\n  - {name: a, image: i, command: [c]}\n"
		platforms = "workflow:\n  name: w\n  resources:\n    one: {platform: ovx-l40}\n    two: {platform: dgx-h100}\n" +
			"  tasks:\n  - {name: a, image: i, command: [c], resource: one}\n  - {name: b, image: i, command: [c], resource: two}\n"
	)
	site := func(text string) translator.Options {
		return translator.Options{Site: translator.Source{Name: "site.yaml", Text: []byte(text)}}
	}
	strict := site("pools:\n  default:\n    platforms: {ovx-a40: , agx-orin-jp6: }\n")
	tests := []struct {
		name, text string
		options    translator.Options
		want       string
	}{
		{"id", hello, translator.Options{ID: "a.b"}, "--id: \"a.b\" cannot be a workflow's id, expected a name and a number, e.g. hello-1, at most 75 characters [name]\n"},
		{"priority", hello, translator.Options{Priority: "high"}, "--priority: \"high\" is no priority, expected HIGH, NORMAL or LOW [type]\n"},
		{"priority of the pool", hello, site("pools: {p: {priorities: [LOW, HIGH]}}"), "--priority: pool \"p\" does not take the priority NORMAL, expected one of: HIGH, LOW [pool]\n"},
		{"pool", hello, translator.Options{Pool: "defalt"}, "--pool: the site has no pool \"defalt\", did you mean \"default\"? [name]\n"},
		{"several pools", hello, site("pools: {a: , b: }"), "--pool: the site has several pools and none called \"default\": name one of a, b [name]\n"},
		{"environment", hello, translator.Options{SetEnv: []string{"A"}}, "--set-env: \"A\" is not an environment variable, expected name=value [variable]\n"},
		{"site", hello, site("pools:\n  p:\n    drver: docker\n"), "site.yaml:3:5: unknown field \"drver\" in pool \"p\", did you mean \"driver\"? [unknown-field]\n"},
		{"no platform", resources, strict, "w.yaml:4:5: resource \"default\" has no platform, and pool \"default\" has no default one; it has ovx-a40, agx-orin-jp6 [resource]\n"},
		{"no resource", hello, strict, "w.yaml:1:1: resource \"default\" has no platform, and pool \"default\" has no default one; it has ovx-a40, agx-orin-jp6 [resource]\n"},
		{"platform", platforms, strict, "" +
			"w.yaml:4:21: pool \"default\" has no platform \"ovx-l40\", did you mean \"ovx-a40\"? [resource]\n" +
			"w.yaml:5:21: pool \"default\" has no platform \"dgx-h100\", expected one of: ovx-a40, agx-orin-jp6 [resource]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan, diags := translator.Translate(translator.Source{Name: "w.yaml", Text: []byte(tt.text)}, tt.options)
			if diff := cmp.Diff(tt.want, printed(t, diags)); diff != "" || plan != nil {
				t.Errorf("plan %v, diagnostics (-want +got):\n%s", plan, diff)
			}
		})
	}
}
