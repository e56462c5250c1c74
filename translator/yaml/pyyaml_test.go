package yaml

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

var answers = flag.String("answers", filepath.Join("testdata", "pyyaml.jsonl"), "what testdata/generate.py recorded")

// answer is what PyYAML makes of a document.
type answer struct {
	In  string
	Out json.RawMessage
	Err string
	At  []int
}

func readAnswers(t testing.TB) []answer {
	t.Helper()
	f, err := os.Open(*answers)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []answer
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// TestAsPyYAML reads every recorded document and compares what comes out.
func TestAsPyYAML(t *testing.T) {
	all := readAnswers(t)
	different, errs, line := 0, 0, 0
	for _, a := range all {
		root, diags := Parse(a.In, diag.SourceMap{File: "f"})
		checkPlaces(t, a.In, diags)
		got, want := "", string(a.Out)
		if root != nil {
			got = dumped(root)
		}
		if got != want {
			different++
		}
		switch reason, listed := differences[a.In]; {
		case got == want && listed:
			t.Errorf("%q: there is no difference any more: %s", a.In, reason)
		case got != want && !listed:
			t.Errorf("%q: we read %q %v, PyYAML %q %s", a.In, got, diags, want, a.Err)
		case len(a.At) == 2 && got == "":
			errs++
			if a.At[0] == diags[0].Pos.Line {
				line++
			}
		}
	}
	t.Logf("%d documents, %d read in another way, of %d errors with a place %d on PyYAML's line", len(all), different, errs, line)
}

func checkPlaces(t *testing.T, text string, diags diag.List) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, d := range diags {
		for _, p := range append([]diag.Pos{d.Pos}, d.Related...) {
			if p.Line < 1 || p.Line > len(lines) || p.Col < 0 || p.Col > 1+len([]rune(lines[p.Line-1])) {
				t.Errorf("%q: %v is not in the text: %s", text, p, d.Msg)
			}
		}
	}
}

// checkNodes fails when a place of a node is not in the text.
func checkNodes(t *testing.T, text string, n *Node) {
	t.Helper()
	var l diag.List
	seen := map[*Node]bool{}
	var walk func(n *Node)
	walk = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		l.Errorf(diag.YAML, n.Pos, "%s", n.Text)
		for _, c := range n.Items {
			walk(c)
		}
		for _, c := range n.Pairs {
			walk(c.Key)
			walk(c.Value)
		}
	}
	walk(n)
	checkPlaces(t, text, l)
}

// dumped is a value as testdata/generate.py writes it.
func dumped(n *Node) string {
	var b strings.Builder
	dump(&b, n)
	return b.String()
}

func dump(b *strings.Builder, n *Node) {
	switch n.Kind {
	case None:
		b.WriteString("null")
	case Bool:
		fmt.Fprint(b, n.Bool)
	case Int:
		b.WriteString(n.Str())
	case Float:
		fmt.Fprintf(b, `{"float":"%s"}`, n.Str())
	case Timestamp:
		fmt.Fprintf(b, `{"date":"%s"}`, n.Str())
	case Str:
		dumpString(b, n.Text)
	case List:
		b.WriteByte('[')
		for i, c := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			dump(b, c)
		}
		b.WriteByte(']')
	case Dict:
		b.WriteString(`{"dict":[`)
		for i, c := range n.Pairs {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('[')
			dump(b, c.Key)
			b.WriteByte(',')
			dump(b, c.Value)
			b.WriteByte(']')
		}
		b.WriteString("]}")
	}
}

// dumpString writes a string as Python's json.dumps.
func dumpString(b *strings.Builder, s string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case short[r] != "":
			b.WriteString(short[r])
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		default:
			for _, u := range utf16.Encode([]rune{r}) {
				b.WriteString(`\u` + strconv.FormatInt(int64(u)+0x10000, 16)[1:])
			}
		}
	}
	b.WriteByte('"')
}

// differences are the documents that we refuse and PyYAML reads, and why.
var differences = map[string]string{
	"a: b\n\ufeffc: d":     "a byte order mark inside the text is no letter of a key",
	"\ufeff\ufeffa":        "a byte order mark inside the text is no letter of a key",
	"a: &x [*x]":           "a value inside itself has no end",
	"a: &a {<<: *a}":       "a value inside itself has no end",
	"\"\\ud800\"":          "half of a surrogate pair is no character",
	"\"\\ud83d\\ude00\"":   "half of a surrogate pair is no character; PyYAML makes two of them",
	"\"\\udc00x\"":         "half of a surrogate pair is no character",
	"a: !!set {b, c}":      "OSMO has no use for sets",
	"a: !!omap [b: c]":     "OSMO has no use for tuples",
	"a: !!pairs [b: c]":    "OSMO has no use for tuples",
	"a: !!binary aGVsbG8=": "OSMO has no use for bytes",
	"!!str {=: x}":         "a mapping that is a scalar by its key `=` is PyYAML's own",
	"!!int {=: 12}":        "a mapping that is a scalar by its key `=` is PyYAML's own",
}
