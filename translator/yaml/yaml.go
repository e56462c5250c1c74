// Package yaml reads YAML as PyYAML's safe loader does, because that is what
// OSMO's users write for: YAML 1.1, where `yes` is true, `012` is ten, `1e3` is
// a string, and of two equal keys the last counts. The result is a tree in which
// every node knows its place.
//
// A check of our own walks the text by PyYAML's rules and says what is wrong, and
// where; what passes is read by the library, after a few edits where the two
// read differently; the library's plain scalars are resolved by PyYAML's table.
// testdata/generate.py has PyYAML's answers to thousands of documents recorded.
//
// These are refused on purpose, though PyYAML reads them: a value inside itself
// (`&a [*a]`); the tags !!set, !!omap, !!pairs and !!binary, which make what a
// workflow has no use for, and a mapping that is a scalar by its key `=`; half a
// surrogate pair ("\ud800"); a byte order mark at the beginning of a line other
// than the first; an integer of more than 4300 characters, which Python refuses
// in decimal only; and what is beyond the bounds below. Equal keys are warned of.
package yaml

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// The bounds of a document, beside MaxDepth.
const (
	// MaxScalar is how many bytes a text may have: a Kubernetes Secret, in which
	// OSMO keeps a task's files, holds no more.
	MaxScalar = 1 << 20
	// MaxValues is how many values a document may have, its aliases followed.
	MaxValues = 1 << 20
	// maxText is how large a document may be; what renders it stops earlier.
	maxText = 64 << 20
)

// bom is a byte order mark, which is no character where a text begins.
const bom = "\ufeff"

// Kind says what a node is.
type Kind uint8

// The kinds of nodes, named as Python names the values.
const (
	None Kind = iota
	Bool
	Int
	Float
	Str
	Timestamp
	List
	Dict
)

var kindNames = [...]string{"null", "a boolean", "an integer", "a decimal number", "a string", "a date", "a list", "a mapping"}

// String names the kind for people: "a list", "null".
func (k Kind) String() string { return kindNames[k] }

// Node is one value of a document. An alias is the node of its anchor.
type Node struct {
	Kind Kind
	Bool bool
	// Text is the string of a Str, and for other scalars what is written.
	Text  string
	Int   *big.Int
	Float float64
	Items []*Node
	Pairs []Pair
	// Line and Col are the place in the text that was parsed, Pos is the place
	// in the user's file.
	Line, Col int
	Pos       diag.Pos
}

// Pair is one entry of a mapping, in the order of Python's dictionary: merged
// ones first, and a key that is there twice where it is first.
type Pair struct{ Key, Value *Node }

// Get returns the value of a string key, or nil.
func (n *Node) Get(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key.Kind == Str && p.Key.Text == key {
			return p.Value
		}
	}
	return nil
}

// Parse reads one document; m leads from places in the text to the user's file.
// An empty document is None. The node is nil when, and only when, the list has
// an error.
func Parse(text string, m diag.SourceMap) (*Node, diag.List) {
	p := &parser{places: places{at: m}}
	if len(text) > maxText {
		p.diags.Errorf(diag.YAML, m.Pos(1, 1), "the text is larger than %d MiB", maxText>>20)
		return nil, p.diags
	}
	src, bad := inspect(strings.TrimPrefix(text, bom))
	p.src = src
	if bad >= 0 {
		p.unprintable(bad)
		return nil, p.diags
	}
	found, wrong := check(src)
	if wrong != nil {
		p.refuse(wrong)
		return nil, p.diags
	}
	if found.empty {
		return &Node{Line: 1, Col: 1, Pos: m.Pos(1, 1)}, nil
	}
	root := p.decode(found)
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	return root, p.diags
}

// decode has the library make the values, and a tree of them.
func (p *parser) decode(found outline) *Node {
	var doc yaml.Node
	text, bytes := p.src.text, found.bytes
	if len(found.edits) > 0 || p.src.breaks {
		text, p.shifts = p.src.edited(found.edits)
		bytes = []byte(text)
	}
	if p.src.breaks {
		p.origins = lineOrigins(text)
	}
	if err := yaml.Unmarshal(bytes, &doc); err != nil || len(doc.Content) == 0 {
		p.libraryError(err)
		return nil
	}
	p.prepare(found)
	return p.node(doc.Content[0])
}

// refuse reports a problem.
func (p *parser) refuse(w *problem) {
	d := diag.Diagnostic{Code: diag.YAML, Pos: p.at.Pos(p.src.place(w.at)), Msg: w.msg}
	if w.after >= 0 {
		d.Related = []diag.Pos{p.at.Pos(p.src.place(w.after))}
	}
	p.diags = append(p.diags, d)
}

func (p *parser) unprintable(at int) {
	line, col := p.src.place(at)
	if r, n := utf8.DecodeRuneInString(p.src.text[at:]); r == utf8.RuneError && n <= 1 {
		p.errorf(p.at.Pos(line, col), "this is not UTF-8 text")
	} else {
		p.errorf(p.at.Pos(line, col), "the character %U is not allowed, but as an escape sequence in double quotes", r)
	}
}

var lineRE = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// libraryError reports what the library refuses and PyYAML does not.
func (p *parser) libraryError(err error) {
	msg := fmt.Sprint(err)
	m := lineRE.FindStringSubmatch(msg)
	if m == nil {
		m = []string{"", ""}
	}
	line, _ := strconv.Atoi(m[1])
	line, _ = p.inside(p.of(max(line, 1), 1))
	p.diags.Errorf(diag.YAML, p.at.Pos(line, 0), "cannot read this YAML, write it in a simpler way: %s", msg[len(m[0]):])
}
