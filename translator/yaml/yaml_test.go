package yaml

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/e2e/corpus"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// repr is Python's repr of the kinds that the corpus holds.
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
		d, _ := parseDate(n.Text)
		if !d.hasTime {
			return d.Format("datetime.date(2006, 1, 2)")
		}
		return d.Format("datetime.datetime(2006, 1, 2, 15, 4)")
	}
	return n.Str()
}

// TestCorpus compares with PyYAML's answers about the forms of scalars that the
// corpus lists; TestAsPyYAML does so for the same forms, and needs no corpus.
func TestCorpus(t *testing.T) {
	raw, err := os.ReadFile(corpus.Path(t, "yaml", "scalars.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(raw) {
		var c map[string]string
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		count++
		got := "ERR"
		root, diags := Parse(c["yaml"], diag.SourceMap{File: "f"})
		if root != nil {
			got = repr(root.Get("k"))
		}
		if want := c["pyyaml_repr"]; got != want && (got != "ERR" || !strings.HasPrefix(want, "ERR")) {
			t.Errorf("%q: got %s %v, PyYAML says %s", c["yaml"], got, diags, want)
		}
	}
	if count < 61 {
		t.Errorf("only %d forms", count)
	}
}

// printed is the list as people read it, all of one code.
func printed(t *testing.T, code diag.Code, l diag.List) string {
	t.Helper()
	var lines []string
	for _, d := range l.Sorted() {
		if d.Code != code {
			t.Errorf("%s: expected %s", d, code)
		}
		d.Code = ""
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, want, diags string }{
		{name: "empty", text: "# nothing\n", want: "None"},
		{name: "byte order mark", text: "\ufeffa: 1", want: "{'a': 1}"},
		{name: "merge keeps own keys", text: "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", want: "{'a': {'x': 1, 'y': 2}, 'b': {'x': 1, 'y': 3}}"},
		{name: "merge keeps the place of merged keys", text: "a: {y: 3, <<: {x: 1, y: 2}}", want: "{'a': {'x': 1, 'y': 3}}"},
		{name: "merge takes the first of a list", text: "a: {<<: [{x: 1}, {x: 2, y: 2}]}", want: "{'a': {'x': 1, 'y': 2}}"},
		{
			name: "the last of equal keys counts", text: "a: 1\nb: 2\na: 3\na: 4", want: "{'a': 4, 'b': 2}",
			diags: "f:3:1: warning: the key \"a\" is already in this mapping, the last one counts (see f:1:1)\n" +
				"f:4:1: warning: the key \"a\" is already in this mapping, the last one counts (see f:1:1)",
		},
		{
			name: "equal numbers are one key", text: "1: a\nx: b\n1.0: c\ntrue: d", want: "{1: 'd', 'x': 'b'}",
			diags: "f:3:1: warning: the key \"1.0\" is already in this mapping, the last one counts (see f:1:1)\n" +
				"f:4:1: warning: the key \"true\" is already in this mapping, the last one counts (see f:1:1)",
		},
		{
			name: "equal keys of many", text: "{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, a: 9}",
			want:  "{'a': 9, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8}",
			diags: "f:1:50: warning: the key \"a\" is already in this mapping, the last one counts (see f:1:2)",
		},
		{name: "an alias twice", text: "a: &a [x]\nb: [*a, *a]", want: "{'a': ['x'], 'b': [['x'], ['x']]}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, diags := Parse(c.text, diag.SourceMap{File: "f"})
			if got := printed(t, diag.DuplicateKey, diags); got != c.diags {
				t.Errorf("diagnostics:\n%s\nwant:\n%s", got, c.diags)
			}
			if root == nil || repr(root) != c.want {
				t.Errorf("got %v, want %s", root, c.want)
			}
		})
	}
}

// TestPlaces compares the places of scalars, which are not where the library
// says: the text was edited, has line ends that only YAML knows, or came from
// somewhere else.
func TestPlaces(t *testing.T) {
	m := diag.SourceMap{File: "f", Spans: []diag.Span{{Line: 1, Col: 1, FromLine: 10, FromCol: 1}, {Line: 2, Col: 4, FromLine: 20, FromCol: 7, Fixed: true}, {Line: 3, Col: 1, FromLine: 12, FromCol: 3}}}
	for _, c := range []struct {
		text string
		m    diag.SourceMap
		want string
	}{
		{text: "a: 1\né: {b: c}\n", want: "a f:1:1, 1 f:1:4, é f:2:1, b f:2:5, c f:2:8"},
		{text: "[a:{b}, \"\\/\\/\", c]\n- d", want: ""},
		{text: "- [x:{y}, \"\\/\\/\", z]\n- d", want: "x f:1:4, y f:1:7,  f:1:8, // f:1:11, z f:1:19, d f:2:3"},
		{text: "- [?, a]\n- b", want: "~ f:1:5,  f:1:5, a f:1:7, b f:2:3"},
		{text: "- [?, a, ?:b]", want: "~ f:1:5,  f:1:5, a f:1:7, ~ f:1:11, b f:1:12"},
		{text: "\ufeff- a\u0085- b\u2028- c\r- d\r\n- e", want: "a f:1:3, b f:1:7, c f:1:11, d f:1:15, e f:2:3"},
		{text: "- a\u0085- {b:{}}\n- c", want: "a f:1:3, b f:1:8, c f:2:3"},
		{text: "a: 1\nb: 2\nc: 3", m: m, want: "a f:10:1, 1 f:10:4, b f:11:1, 2 f:20:7, c f:12:3, 3 f:12:6"},
		{text: "- a: &x 1\n- *x\n- b", m: m, want: "a f:10:3, 1 f:10:6, 1 f:10:6, b f:12:5"},
		{text: "- ! 12\n- ! '13'\n- &x ! \"14\"", want: "12 f:1:3, 13 f:2:3, 14 f:3:3"},
	} {
		if c.m.File == "" {
			c.m.File = "f"
		}
		root, diags := Parse(c.text, c.m)
		var got []string
		if root != nil {
			got = scalars(root)
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%q:\n got %s %v\nwant %s", c.text, got, diags, c.want)
		}
	}
}

func scalars(n *Node) []string {
	var out []string
	for _, c := range n.Items {
		out = append(out, scalars(c)...)
	}
	for _, c := range n.Pairs {
		out = append(out, scalars(c.Key)...)
		out = append(out, scalars(c.Value)...)
	}
	if n.Kind != List && n.Kind != Dict {
		out = append(out, n.Text+" "+n.Pos.String())
	}
	return out
}

func TestStr(t *testing.T) {
	for in, want := range map[string]string{
		"~": "None", "yes": "True", "0x1F": "31", "1.50": "1.5", "2024-01-01": "2024-01-01", "2024-1-2 3:04:05": "2024-01-02 03:04:05",
		"2024-01-01T10:00:00Z": "2024-01-01 10:00:00+00:00", "2024-01-01 10:00:00.5 -5:30": "2024-01-01 10:00:00.500000-05:30", "'a b'": "a b",
	} {
		root, diags := Parse("- "+in, diag.SourceMap{File: "f"})
		if root == nil || root.Items[0].Str() != want {
			t.Errorf("%s: got %v %v, want %s", in, root, diags, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: &a [1, *a]\n<<: {x: y}\n")
	for i, a := range readAnswers(f) {
		if i%10 == 0 {
			f.Add(a.In)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, diags := Parse(text, diag.SourceMap{File: "f"})
		if (root == nil) != diags.HasErrors() {
			t.Errorf("root %v, diagnostics %v", root, diags)
		}
		checkPlaces(t, text, diags)
		if root != nil {
			checkNodes(t, text, root)
		}
	})
}
