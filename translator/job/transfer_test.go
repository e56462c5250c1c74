package job

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// chain is three gangs: b reads a, and c reads both.
func chain() *workflow.Workflow {
	one := func(name string, inputs ...workflow.Input) workflow.Group {
		return workflow.Group{Name: text(name + "-group"), Bare: true, Tasks: []workflow.Task{{
			Name: text(name), Image: text("i"), Command: []workflow.String{text("c")}, Resource: text("default"), Inputs: inputs,
		}}}
	}
	from := func(task string) workflow.Input { return workflow.Input{Task: text(task)} }
	return &workflow.Workflow{
		Name: text("wf"), Resources: []workflow.Resource{{Name: "default"}},
		Groups: []workflow.Group{
			one("a"),
			one("b", from("a"), workflow.Input{Workflow: text("old-3"), Task: text("c"), Regex: text("{{workflow_id}}$")}),
			one("c", from("b"), workflow.Input{URL: text("s3://bucket/{{workflow_id}}")}, from("a"), from("b")),
		},
	}
}

func tasksOf(t *testing.T, w *workflow.Workflow) []meta.Task {
	t.Helper()
	pool := generousPool(t)
	pool.Platforms = nil
	gangs, diags := Build(w, Params{ID: "wf-1", Pool: &pool})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var tasks []meta.Task
	for _, g := range gangs {
		for _, tg := range g.Job.TaskGroups[1:] {
			task, err := meta.ParseTask(tg.Meta)
			if err != nil {
				t.Fatal(err)
			}
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func TestNeeds(t *testing.T) {
	pool := dockerPool()
	gangs, diags := Build(chain(), Params{ID: "wf-1", Pool: &pool})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for i, want := range []string{"", "wf-1~a-group", "wf-1~a-group,wf-1~b-group"} {
		if got := gangs[i].Job.Meta[meta.Needs]; got != want {
			t.Errorf("%s needs %q, want %q", gangs[i].Group, got, want)
		}
	}
}

func TestTransfers(t *testing.T) {
	w := chain()
	b := &w.Groups[1].Tasks[0]
	b.Outputs = []workflow.Output{{URL: text("gs://{{workflow_id}}/x"), Regex: text("^y")}}
	c := &w.Groups[2].Tasks[0]
	c.Outputs = b.Outputs
	c.Checkpoints = []workflow.Checkpoint{{Path: text("{{output}}/c"), URL: text("s3://b/{{workflow_id}}"), Frequency: workflow.Value[time.Duration]{V: 90 * time.Second}, Regex: text("z")}}
	c.Credentials = []workflow.Credential{{Name: text("one"), Path: text("/run/{{workflow_id}}")}, {Name: text("two"), Env: []workflow.CredentialVar{{Variable: text("A"), Key: text("k")}}}}
	c.ExitActions = []workflow.ExitAction{{Action: workflow.Value[workflow.Action]{V: workflow.ActionComplete}, Codes: []workflow.CodeRange{{First: 1, Last: 3}, {First: 9, Last: 9}}}}
	c.KPIs = []workflow.KPI{{Index: text("i"), Path: text("{{output}}/k.json")}}
	c.DownloadType, c.CacheSize = text("download"), text("50%")
	pools := []meta.ExitAction{{Action: "RESCHEDULE", Codes: meta.Codes{{First: 137, Last: 137}}}}
	want := []meta.Task{
		{Member: "a", DNSName: "a-wf-1.service.consul", Driver: "docker", Upload: true, ExitActions: pools},
		{
			Member: "b", DNSName: "b-wf-1.service.consul", Driver: "docker", ExitActions: pools,
			Inputs:  []meta.Input{{Workflow: "wf-1", Task: "a"}, {Workflow: "old-3", Task: "c", Regex: "wf-1$"}},
			Outputs: []meta.Output{{URL: "gs://wf-1/x", Regex: "^y"}}, Upload: true, // c reads it
		},
		{
			Member: "c", DNSName: "c-wf-1.service.consul", Driver: "docker",
			Inputs:       []meta.Input{{Workflow: "wf-1", Task: "b"}, {URL: "s3://bucket/wf-1"}, {Workflow: "wf-1", Task: "a"}, {Workflow: "wf-1", Task: "b"}},
			Outputs:      []meta.Output{{URL: "gs://wf-1/x", Regex: "^y"}},
			Checkpoints:  []meta.Checkpoint{{Path: "/osmo/data/output/c", URL: "s3://b/wf-1", Frequency: meta.Seconds(90 * time.Second), Regex: "z"}},
			Credentials:  []meta.Credential{{Name: "one", Path: "/run/wf-1"}, {Name: "two", Env: []meta.CredentialVar{{Variable: "A", Key: "k"}}}},
			ExitActions:  append([]meta.ExitAction{{Action: "COMPLETE", Codes: meta.Codes{{First: 1, Last: 3}, {First: 9, Last: 9}}}}, pools...),
			KPIs:         []meta.KPI{{Index: "i", Path: "/osmo/data/output/k.json"}},
			DownloadType: "download", CacheSize: "50%",
		},
	}
	if diff := cmp.Diff(want, tasksOf(t, w)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Tokens of inputs are directories, by number or by task, of which the last counts.
func TestInputTokens(t *testing.T) {
	w := chain()
	w.Groups[2].Tasks[0].Args = []workflow.String{text("{{input:0}} {{input:1}} {{input:a}}/x {{ input:b }} {{input:4}} {{input:00}} {{input:c}}")}
	pool := dockerPool()
	gangs, diags := Build(w, Params{ID: "wf-1", Pool: &pool})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	got := commandOf(t, gangs[2].Job.TaskGroups[1].Tasks[1]).Argv[1]
	if want := "/osmo/data/input/0 /osmo/data/input/1 /osmo/data/input/2/x /osmo/data/input/3 {{input:4}} {{input:00}} {{input:c}}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Members of one key and path are together; the first of them says how much.
func TestTopology(t *testing.T) {
	need := func(key, group string, required bool) workflow.Topology {
		return workflow.Topology{Key: text(key), Group: text(group), Required: required}
	}
	w := chain()
	w.Resources = []workflow.Resource{
		{Name: "default", Topology: []workflow.Topology{need("node", "n", true), need("zone", "z", false)}},
		{Name: "other", Topology: []workflow.Topology{need("zone", "z", true), need("node", "n", false)}},
		{Name: "third", Topology: []workflow.Topology{need("node", "n", true), need("zone", "y", true)}},
	}
	group := &w.Groups[0]
	group.Tasks[0].Lead = true
	for i, r := range []string{"default", "other", "third"} {
		task := w.Groups[0].Tasks[0]
		task.Name, task.Resource, task.Lead = text([]string{"a", "x", "y"}[i]), text(r), false
		if i > 0 {
			group.Tasks = append(group.Tasks, task)
		}
	}
	zone := func(group string, required bool) meta.TopologyNeed {
		return meta.TopologyNeed{Key: "zone", Attribute: "${meta.zone}", Group: group, Required: required}
	}
	node := func(group string, required bool) meta.TopologyNeed {
		return meta.TopologyNeed{Key: "node", Attribute: "${node.unique.id}", Group: group, Required: required}
	}
	want := [][]meta.TopologyNeed{{zone("z", false), node("z/n", true)}, {zone("z", false), node("z/n", true)}, {zone("y", true), node("y/n", true)}}
	for i, task := range tasksOf(t, w)[:3] {
		if diff := cmp.Diff(want[i], task.Topology); diff != "" {
			t.Errorf("%s (-want +got):\n%s", task.Member, diff)
		}
	}
}

func TestNodesExcluded(t *testing.T) {
	w := pair()
	w.Resources[1].NodesExcluded = []workflow.String{text("edge-1"), text("Edge 2")}
	var got []string
	for _, c := range build(t, w, dockerPool()).Job.TaskGroups[1].Constraints {
		got = append(got, c.LTarget+" "+c.Operand+" "+c.RTarget)
	}
	want := []string{"${attr.osmo.platform} = ovx-a40", "${node.unique.name} != edge-1", "${node.unique.name} != Edge 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
