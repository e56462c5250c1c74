package job

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// hostileWorkflow has every hostile text in every place where a text can be.
func hostileWorkflow() *workflow.Workflow {
	w := pair()
	lead := &w.Groups[0].Tasks[0]
	texts := hostileTexts()
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := text(texts[name])
		lead.Args = append(lead.Args, s)
		lead.Environment = append(lead.Environment, workflow.EnvVar{Name: text(name), Value: s})
		lead.Files = append(lead.Files, workflow.File{Path: text("/tmp/" + name), Contents: s})
	}
	return w
}

// everything is a workflow that uses every field, in hostile words.
func everything(driver string) *workflow.Workflow {
	w := full(driver)
	lead := &w.Groups[0].Tasks[0]
	hostile := text("${x} %{ if } \"u\u0308\" <a>\nb")
	w.Labels = []workflow.Label{{Key: text("example.com/team"), Value: text("robots")}}
	w.Resources[1].NodesExcluded = []workflow.String{text("edge \"1\" %{x}")}
	w.Resources[1].Topology = []workflow.Topology{{Key: text("node"), Group: hostile, Required: true}}
	lead.Inputs = []workflow.Input{{Workflow: text("w-1"), Task: text("x"), Regex: hostile}, {URL: text("s3://bucket/x")}}
	lead.Outputs = []workflow.Output{{URL: text("s3://bucket/x"), Regex: hostile}}
	lead.Checkpoints = []workflow.Checkpoint{{Path: hostile, URL: text("s3://bucket/x"), Regex: hostile}}
	lead.Credentials = []workflow.Credential{{Name: text("c"), Path: hostile}, {Name: text("d"), Env: []workflow.CredentialVar{{Variable: hostile, Key: hostile}}}}
	lead.ExitActions = []workflow.ExitAction{{Action: workflow.Value[workflow.Action]{V: workflow.ActionFail}, Codes: []workflow.CodeRange{{First: 1, Last: 2}}}}
	lead.KPIs = []workflow.KPI{{Index: hostile, Path: hostile}}
	lead.DownloadType, lead.CacheSize = text("download"), text("90%")
	return w
}

// What Nomad's own parser makes of our HCL is the job itself, whatever the user
// wrote, and Nomad finds nothing wrong with it.
func TestNomadReadsItBack(t *testing.T) {
	bin := agents.Program(t, "nomad")
	special := dockerPool()
	special.Namespace = "robots"
	special.Platforms = []site.Platform{{
		Name: "ovx-a40", Settings: special.Settings, Device: site.Device{Name: "nvidia/gpu", Model: `A "40" ${x}`},
		Constraints: []site.Constraint{{Attribute: "${meta.a-b.1c}", Operator: "regexp", Value: `^x\d+${y}$`}, {Attribute: "${node.class}", Operator: "is_set"}},
	}}
	special.DefaultPlatform = "ovx-a40"
	jobs := map[string]*api.Job{}
	for name, pool := range map[string]site.Pool{"docker": dockerPool(), "raw_exec": rawPool(), "special": special} {
		jobs[name] = build(t, hostileWorkflow(), pool).Job
	}
	for _, driver := range []string{site.Docker, site.Podman, site.Exec, site.RawExec} {
		jobs["full "+driver] = build(t, everything(driver), generousPool(t)).Job
	}
	for name, j := range jobs {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "job.hcl")
			var text bytes.Buffer
			if err := WriteHCL(&text, j); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			var parsed struct{ Job *api.Job }
			if err := json.Unmarshal(output(t, bin, "job", "run", "-output", file), &parsed); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonical(t, j), canonical(t, parsed.Job)); diff != "" {
				t.Errorf("(-ours +Nomad's):\n%s", diff)
			}
			output(t, bin, "job", "validate", file)
			output(t, bin, "fmt", "-check", file)
			jsonFile := filepath.Join(t.TempDir(), "job.json")
			var asJSON bytes.Buffer
			if err := WriteJSON(&asJSON, j); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(jsonFile, asJSON.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			output(t, bin, "job", "validate", "-json", jsonFile)
		})
	}
}

// canonical is a job as JSON, with Nomad's defaults filled in.
func canonical(t *testing.T, j *api.Job) string {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var plain api.Job
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	plain.Canonicalize()
	out, err := json.MarshalIndent(plain, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The agent's example is one that Nomad takes.
func TestNomadTakesTheAgentExample(t *testing.T) {
	bin := agents.Program(t, "nomad")
	rest := filepath.Join(t.TempDir(), "rest.hcl")
	if err := os.WriteFile(rest, []byte("data_dir = \"/opt/nomad/data\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const examples = "../../jobspecs/"
	output(t, bin, "config", "validate", examples+"agent/client.hcl", rest)
	output(t, bin, "fmt", "-check", examples+"agent", examples+"acl")
}

// output runs Nomad away from any cluster and returns what it prints.
func output(t *testing.T, bin string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Env = []string{"NOMAD_ADDR=http://127.0.0.1:1", "HOME=" + t.TempDir()}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("nomad %v: %v\n%s%s", args, err, stderr.String(), out)
	}
	return out
}
