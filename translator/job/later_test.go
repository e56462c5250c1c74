package job

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Later names each field once for a task, at the first place of it.
func TestLater(t *testing.T) {
	at := func(line int, s string) workflow.String {
		return workflow.String{V: s, Pos: diag.Pos{File: "f", Line: line, Col: 1}}
	}
	w := pair()
	lead := &w.Groups[0].Tasks[0]
	lead.Inputs = []workflow.Input{{URL: at(1, "s3://a")}, {URL: at(2, "s3://b")}}
	lead.Outputs = []workflow.Output{{URL: at(3, "s3://c")}}
	lead.Checkpoints = []workflow.Checkpoint{{Path: at(4, "/x"), URL: at(5, "s3://d")}}
	other := &w.Groups[0].Tasks[1]
	other.Inputs = []workflow.Input{{Task: at(6, "x")}}
	other.Credentials = []workflow.Credential{{Name: at(7, "c")}}
	other.ExitActions = []workflow.ExitAction{{Action: workflow.Value[workflow.Action]{Pos: at(8, "").Pos}}}
	other.KPIs = []workflow.KPI{{Path: at(9, "p")}}
	var out bytes.Buffer
	if err := diag.Print(&out, later(t, w)); err != nil {
		t.Fatal(err)
	}
	want := "f:1:1: not supported yet: inputs [unsupported]\nf:3:1: not supported yet: outputs [unsupported]\nf:4:1: not supported yet: checkpoint [unsupported]\n" +
		"f:6:1: not supported yet: inputs [unsupported]\nf:7:1: not supported yet: credentials [unsupported]\nf:8:1: not supported yet: exitActions [unsupported]\nf:9:1: not supported yet: kpis [unsupported]\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if l := later(t, pair()); len(l) > 0 {
		t.Errorf("a plain workflow: %v", l)
	}
}

// What the site asks for is said where the site says it, once.
func TestLaterOfTheSite(t *testing.T) {
	pool := sitePool(t, "pools:\n  p:\n    names: hosts\n    default_exit_actions: {FAIL: 1}\n    platforms:\n      ovx-a40: {network: bridge}\n      x86: {network: cni/robots}\n    default_platform: x86\n")
	w := pair()
	w.Groups[0].Tasks = append(w.Groups[0].Tasks, w.Groups[0].Tasks[1])
	w.Groups[0].Tasks[2].Name = text("third")
	var out bytes.Buffer
	if err := diag.Print(&out, build(t, w, pool).Later); err != nil {
		t.Fatal(err)
	}
	want := "site.yaml:3:12: not supported yet: names hosts [unsupported]\nsite.yaml:4:27: not supported yet: default_exit_actions [unsupported]\n" +
		"site.yaml:6:26: not supported yet: network bridge [unsupported]\nsite.yaml:7:22: not supported yet: network cni/robots [unsupported]\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func later(t *testing.T, w *workflow.Workflow) diag.List {
	t.Helper()
	return build(t, w, dockerPool()).Later
}
