package template

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// jinjaCase is one template with what Jinja2 3.1.6 made of it, strict and with
// its defaults, recorded once.
type jinjaCase struct {
	Group, Name, Tpl string
	Data             json.RawMessage
	Want             struct {
		OK       bool
		Out, Err string
	}
}

// otherThanJinja are the cases in which this version answers otherwise: what
// it prints, or "" where it refuses what Jinja2 takes. What is refused with
// `not supported yet` need not be here.
func otherThanJinja() map[string]string {
	return map[string]string{
		// The engine's: see the package's comment.
		"tilde_int":      "a1truenone1.0",
		"tuple":          "[1, 2]",
		"mod":            "1 -1",
		"cmp_str_int_lt": "False",
		"lipsum":         "False False False",
		// OSMO's token, which Jinja2 alone would refuse.
		"input_colon": "{{input:0}}",
		// Refused: a name without a value, even where it is not used.
		"undefined_set_unused": "",
		// Refused: methods and formats of Python's strings and lists.
		"str_methods": "", "str_methods2": "", "str_format": "", "str_format2": "", "zfill": "", "list_append": "",
		// Refused: rare arguments.
		"join_attr": "", "int_": "", "tojson_indent": "",
	}
}

func TestAsJinja(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	other := otherThanJinja()
	same := 0
	for line := range bytes.Lines(raw) {
		var c jinjaCase
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		got, diags := renderCase(t, c)
		refused := diags.HasErrors()
		want, isOther := other[c.Name]
		switch {
		case refused == !c.Want.OK && (refused || got == c.Want.Out):
			same++
			if isOther {
				t.Errorf("%s is as Jinja2 now, take it off the list", c.Name)
			}
		case isOther && (got != want || refused != (want == "")):
			t.Errorf("%s %q: got %q %v, the list has %q", c.Name, c.Tpl, got, diags, want)
		case !isOther && (!refused || diags[0].Code != diag.Unsupported):
			t.Errorf("%s %q: got %q %v, Jinja2 says %q %s", c.Name, c.Tpl, got, diags, c.Want.Out, c.Want.Err)
		}
	}
	t.Logf("%d cases as Jinja2", same)
}

func renderCase(t *testing.T, c jinjaCase) (string, diag.List) {
	t.Helper()
	vars := &variables{values: map[string]*yaml.Node{}}
	root, diags := yaml.Parse(string(c.Data), diag.SourceMap{})
	if root == nil {
		t.Fatalf("%s: %v", c.Name, diags)
	}
	for _, p := range root.Pairs {
		vars.set(p.Key.Text, p.Value)
	}
	body, diags := normalized("f", []byte(c.Tpl))
	if diags.HasErrors() {
		return "", diags
	}
	r, diags := renderSection("f", strings.TrimSuffix(body, "\n"), 1, vars)
	return r.Text, diags
}
