package yaml

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// repr is Python's repr of the kinds that the recorded corpus holds.
func repr(n *Node) string {
	var parts []string
	switch n.Kind {
	case Str:
		if strings.Contains(n.Text, "'") {
			return `"` + n.Text + `"`
		}
		return "'" + strings.ReplaceAll(n.Text, "\n", `\n`) + "'"
	case List:
		for _, c := range n.Items {
			parts = append(parts, repr(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Dict:
		for _, c := range n.Pairs {
			parts = append(parts, repr(c.Key)+": "+repr(c.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case Timestamp:
		return "datetime"
	}
	return n.Str()
}

// TestScalarsAsPyYAML compares with what PyYAML 6.0.3 answered, recorded once.
func TestScalarsAsPyYAML(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "scalars.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var c struct{ YAML, Repr string }
		var in map[string]string
		if err := json.Unmarshal(line, &in); err != nil {
			t.Fatal(err)
		}
		c.YAML, c.Repr = in["yaml"], in["pyyaml_repr"]
		root, diags := Parse(c.YAML, diag.SourceMap{File: "f"})
		if strings.HasPrefix(c.Repr, "ERR") {
			if !diags.HasErrors() {
				t.Errorf("%q: accepted as %s, PyYAML says %s", c.YAML, repr(root), c.Repr)
			}
			continue
		}
		if diags.HasErrors() {
			t.Errorf("%q: %v, PyYAML says %s", c.YAML, diags, c.Repr)
			continue
		}
		got, want := repr(root.Get("k")), c.Repr
		if strings.HasPrefix(want, "datetime") {
			want = "datetime"
		}
		if got != want {
			t.Errorf("%q: got %s, PyYAML says %s", c.YAML, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	deep := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		deep += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+p+",", 9) + "*" + p + "]\n"
	}
	for _, c := range []struct{ name, text, want, err string }{
		{name: "empty", text: "# nothing\n", want: "None"},
		{name: "merge keeps own keys", text: "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", want: "{'a': {'x': 1, 'y': 2}, 'b': {'x': 1, 'y': 3}}"},
		{name: "merge takes the first of a list", text: "a: {<<: [{x: 1}, {x: 2, y: 2}]}", want: "{'a': {'x': 1, 'y': 2}}"},
		{name: "merge of a string", text: "a: {<<: no}", err: "f:1:9: expected a mapping or a list of mappings to merge, got a boolean [yaml]"},
		{name: "duplicate", text: "a: 1\nb: 2\na: 3", err: "f:3:1: the key \"a\" is already in this mapping (see f:1:1) [duplicate-key]"},
		{name: "duplicate anchor", text: "a: &x 1\nb: &x 2", err: "f:2:4: the anchor &x is already defined (see f:1:4) [yaml]"},
		{name: "two documents", text: "a: 1\n---\nb: 2", err: "f:2:1: a second YAML document starts here, expected one [yaml]"},
		{name: "cycle", text: "a: &a [*a]", err: "f:1:8: the alias *a is inside its own anchor [yaml]"},
		{name: "list as key", text: "? [a]\n: 1", err: "f:1:3: a list cannot be a key of a mapping [yaml]"},
		{name: "unknown tag", text: "a: !ruby 1", err: "f:1:4: \"1\" cannot stand here unquoted (its YAML type is !ruby), write \"1\" [yaml]"},
		{name: "bomb", text: deep, err: "f:1:1: the aliases of this document expand to more than 1048576 values [yaml]"},
		{name: "indentation", text: "a:\n  b: 1\n  c: 2\n d: 3\n", err: "f:4:2: not valid YAML: did not find expected key [yaml]"},
		{name: "open flow", text: "a: 1\nb: [1, 2\nc: 3\n", err: "f:2:1: not valid YAML: did not find expected ',' or ']' [yaml]"},
		{name: "bad number", text: "a: 0x_", err: "f:1:4: \"0x_\" is not an integer [yaml]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, diags := Parse(c.text, diag.SourceMap{File: "f"})
			var b bytes.Buffer
			if err := diag.Print(&b, diags); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(b.String(), "\n"); got != c.err {
				t.Fatalf("diagnostics:\n%s\nwant:\n%s", got, c.err)
			}
			if (root == nil) != (c.err != "") {
				t.Fatalf("root %v with diagnostics %q", root, c.err)
			}
			if root != nil && repr(root) != c.want {
				t.Errorf("got %s, want %s", repr(root), c.want)
			}
		})
	}
}

func TestFormatFloat(t *testing.T) {
	for in, want := range map[float64]string{1.5: "1.5", 22.04: "22.04", 1000: "1000.0", 1e16: "1e+16", 0.0001: "0.0001", 0.00001: "1e-05", 0: "0.0", 1e22: "1e+22", 123456789.125: "123456789.125"} {
		if got := FormatFloat(in); got != want {
			t.Errorf("FormatFloat(%g) = %s, want %s", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: &a [1, *a]\n<<: {x: y}\n")
	f.Fuzz(func(t *testing.T, text string) {
		root, diags := Parse(text, diag.SourceMap{File: "f"})
		if (root == nil) != diags.HasErrors() {
			t.Errorf("root %v, diagnostics %v", root, diags)
		}
	})
}
