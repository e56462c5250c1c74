package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// TestLater: what cannot be carried out yet can be looked at and not run.
func TestLater(t *testing.T) {
	var list diag.List
	list.Errorf(diag.Unsupported, diag.Pos{File: "wf.yaml", Line: 3, Col: 5}, "not supported yet: inputs")
	for _, c := range []struct {
		toRun bool
		want  string
	}{
		{false, "wf.yaml:3:5: warning: not supported yet: inputs [unsupported]\n"},
		{true, "wf.yaml:3:5: not supported yet: inputs [unsupported]\n"},
	} {
		s := &source{toRun: c.toRun}
		got := s.later(list)
		var b bytes.Buffer
		if err := diag.Print(&b, got); err != nil || b.String() != c.want || got.HasErrors() != c.toRun {
			t.Errorf("to run: %v: %q, %v; want %q", c.toRun, b.String(), err, c.want)
		}
	}
	if list[0].Severity != diag.Error {
		t.Error("the plan's own list was changed")
	}
}

// TestDirectory: what local files are relative to.
func TestDirectory(t *testing.T) {
	for file, want := range map[string]string{"-": "", "wf.yaml": ".", "a/b/wf.yaml": "a/b", "/a/wf.yaml": "/a"} {
		if got := directory(file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// TestDevRunFromStdin: the workflow is read once, though it is checked before the
// cluster is made and translated after.
func TestDevRunFromStdin(t *testing.T) {
	a, _, errs := against(t, small)
	a.in = strings.NewReader("workflow:\n  name: w\n  tasks:\n  - {name: a, image: i, command: [c]}\n")
	s, err := a.open("-", sourceOptions{priority: "NORMAL"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "w-1", "w-2"} {
		if plan, err := a.plan(s, id); err != nil || plan.Name != "w" {
			t.Errorf("id %q: %v, %s", id, err, errs)
		}
	}
}
