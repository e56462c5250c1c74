package workflow

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// TestVerdicts compares with what OSMO's rules answered, run once with pydantic
// 2.13.4 and PyYAML 6.0.3: for each template, with which values in the place of §
// the workflow is accepted.
func TestVerdicts(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "verdicts.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(raw) {
		var c struct {
			Template string
			OK, No   []string
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		for _, v := range c.OK {
			count++
			if _, diags := Decode(strings.ReplaceAll(c.Template, "§", v), diag.SourceMap{}, nil); diags.HasErrors() {
				t.Errorf("OSMO accepts %s in:\n%sgot %v", v, c.Template, diags)
			}
		}
		for _, v := range c.No {
			count++
			if _, diags := Decode(strings.ReplaceAll(c.Template, "§", v), diag.SourceMap{}, nil); !diags.HasErrors() {
				t.Errorf("OSMO refuses %s in:\n%sgot %v", v, c.Template, diags)
			}
		}
	}
	if count < 5000 {
		t.Errorf("only %d workflows", count)
	}
}

// TestStricter: what we refuse and OSMO accepts, and why.
func TestStricter(t *testing.T) {
	many := "workflow: {name: w, groups: [{name: g, tasks: [{name: t0, lead: true, image: a, command: [a]}" +
		strings.Repeat(", {name: X, image: a, command: [a]}", MaxMembers) + "]}]}"
	for i := 1; strings.Contains(many, "X"); i++ {
		many = strings.Replace(many, "X", "t"+strings.Repeat("a", i%50+1)+strings.Repeat("b", i/50), 1)
	}
	for why, text := range map[string]string{
		"one gang's go is one transaction":    many,
		"no machine has so many cores":        "workflow: {name: w, resources: {default: {cpu: 1000001}}, tasks: [{name: t, image: a, command: [a]}]}",
		"no machine has so many GPUs":         "workflow: {name: w, resources: {default: {gpu: 1000001}}, tasks: [{name: t, image: a, command: [a]}]}",
		"no machine has so much memory":       "workflow: {name: w, resources: {default: {memory: 99999999999Ti}}, tasks: [{name: t, image: a, command: [a]}]}",
		"no process can be given a NUL":       `workflow: {name: w, tasks: [{name: t, image: a, command: ["a\0"]}]}`,
		"no environment can hold a NUL":       `workflow: {name: w, tasks: [{name: t, image: a, command: [a], environment: {"A\0": b}}]}`,
		"no environment's value can hold one": `workflow: {name: w, tasks: [{name: t, image: a, command: [a], environment: {A: "\0"}}]}`,
	} {
		if _, diags := Decode(text, diag.SourceMap{}, nil); len(diags) != 1 || !diags.HasErrors() {
			t.Errorf("%s: got %v", why, diags)
		}
	}
}

func FuzzDecode(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "verdicts.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var c struct {
			Template string
			OK       []string
		}
		if err := json.Unmarshal(line, &c); err != nil {
			f.Fatal(err)
		}
		for _, v := range c.OK[:min(3, len(c.OK))] {
			f.Add(strings.ReplaceAll(c.Template, "§", v))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		local := func(path string) (string, diag.SourceMap, diag.List) { return path, diag.SourceMap{}, nil }
		w, diags := Decode(text, diag.SourceMap{}, local)
		if w == nil && !diags.HasErrors() {
			t.Error("no workflow and no error")
		}
		if diags.HasErrors() {
			return
		}
		for i := range w.Groups {
			w.Upstream(&w.Groups[i])
			w.Groups[i].Ports()
			if w.Groups[i].Lead() == nil || w.ResourceOf(w.Groups[i].Lead()) == nil {
				t.Error("a group without a lead, or one without a resource")
			}
		}
	})
}
