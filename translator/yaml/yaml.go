// Package yaml reads YAML as PyYAML's safe loader does, because that is what
// OSMO's users write for: YAML 1.1, where `yes` is true, `012` is ten and `1e3`
// is a string. The result is a tree in which every node knows its place.
//
// It is stricter in one point: a mapping that has a key twice is an error,
// where PyYAML silently takes the last. The package is the only one that
// imports a YAML library, and takes nothing from it but the shape of the
// document: plain scalars are resolved by a table of our own.
package yaml

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// maxValues bounds a document after its aliases are followed.
const maxValues = 1 << 20

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
	// Text is the string of a Str, and for other scalars what is written.
	Text  string
	Bool  bool
	Int   *big.Int
	Float float64
	Items []*Node
	Pairs []Pair
	// Line and Col are the place in the text that was parsed, Pos is the place
	// in the user's file.
	Line, Col int
	Pos       diag.Pos
}

// Pair is one entry of a mapping, keys in the order of the file, merged ones first.
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
	p := parser{at: m, done: map[*yaml.Node]*Node{}, weight: map[*Node]int{}, anchors: map[string]diag.Pos{}}
	dec := yaml.NewDecoder(strings.NewReader(text))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return &Node{Line: 1, Col: 1, Pos: m.Pos(1, 1)}, nil
	}
	if err == nil {
		if err = dec.Decode(&next); err == nil {
			p.diags.Errorf(diag.YAML, m.Pos(next.Line, next.Column), "a second YAML document starts here, expected one")
			return nil, p.diags
		}
	}
	if !errors.Is(err, io.EOF) {
		p.syntaxError(text, err)
		return nil, p.diags
	}
	root := p.node(doc.Content[0])
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	if p.weight[root] > maxValues {
		p.diags.Errorf(diag.YAML, root.Pos, "the aliases of this document expand to more than %d values", maxValues)
		return nil, p.diags
	}
	return root, p.diags
}

type parser struct {
	at diag.SourceMap
	// done holds what an alias may lead to; nil marks a node that is not finished.
	done map[*yaml.Node]*Node
	// weight counts the values under a node, aliases followed, and stays there
	// once it is above maxValues.
	weight  map[*Node]int
	anchors map[string]diag.Pos
	diags   diag.List
}

func (p *parser) node(y *yaml.Node) *Node {
	if y.Kind == yaml.AliasNode {
		return p.alias(y)
	}
	n := &Node{Line: y.Line, Col: y.Column, Pos: p.at.Pos(y.Line, y.Column)}
	p.anchor(y, n)
	p.done[y] = nil
	switch y.Kind {
	case yaml.ScalarNode:
		p.scalar(y, n)
	case yaml.SequenceNode:
		n.Kind = List
		p.collectionTag(y, n, "!!seq")
		for _, c := range y.Content {
			n.Items = append(n.Items, p.node(c))
		}
	default:
		n.Kind = Dict
		p.collectionTag(y, n, "!!map")
		p.mapping(y, n)
	}
	p.done[y] = n
	p.weigh(n)
	return n
}

func (p *parser) weigh(n *Node) {
	w := 1
	for _, c := range n.Items {
		w = min(w+p.weight[c], maxValues+1)
	}
	for _, c := range n.Pairs {
		w = min(w+p.weight[c.Key]+p.weight[c.Value], maxValues+1)
	}
	p.weight[n] = w
}

func (p *parser) alias(y *yaml.Node) *Node {
	n, known := p.done[y.Alias]
	if n != nil {
		return n
	}
	n = &Node{Line: y.Line, Col: y.Column, Pos: p.at.Pos(y.Line, y.Column)}
	if known {
		p.diags.Errorf(diag.YAML, n.Pos, "the alias *%s is inside its own anchor", y.Value)
	} else {
		p.diags.Errorf(diag.YAML, n.Pos, "the alias *%s has no anchor before it", y.Value)
	}
	return n
}

// anchor refuses a second anchor of one name, as PyYAML does.
func (p *parser) anchor(y *yaml.Node, n *Node) {
	if y.Anchor == "" {
		return
	}
	if first, taken := p.anchors[y.Anchor]; taken {
		p.diags = append(p.diags, diag.Diagnostic{
			Code: diag.YAML, Pos: n.Pos, Related: []diag.Pos{first},
			Msg: fmt.Sprintf("the anchor &%s is already defined", y.Anchor),
		})
		return
	}
	p.anchors[y.Anchor] = n.Pos
}

func (p *parser) collectionTag(y *yaml.Node, n *Node, want string) {
	if y.Style&yaml.TaggedStyle != 0 && y.ShortTag() != want {
		p.diags.Errorf(diag.YAML, n.Pos, "the tag %s is not supported", y.Tag)
	}
}

// mapping fills n with y's own pairs after those it merges, as PyYAML does.
func (p *parser) mapping(y *yaml.Node, n *Node) {
	var merged []Pair
	own := map[string]diag.Pos{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if isMerge(k) {
			merged = append(merged, p.merge(v)...)
			continue
		}
		pair := Pair{Key: p.node(k), Value: p.node(v)}
		id := p.keyID(pair.Key)
		if first, taken := own[id]; taken {
			p.diags = append(p.diags, diag.Diagnostic{
				Code: diag.DuplicateKey, Pos: pair.Key.Pos, Related: []diag.Pos{first},
				Msg: fmt.Sprintf("the key %q is already in this mapping", pair.Key.Text),
			})
			continue
		}
		own[id] = pair.Key.Pos
		n.Pairs = append(n.Pairs, pair)
	}
	if len(merged) > 0 {
		n.Pairs = append(p.inherit(merged, own), n.Pairs...)
	}
}

// inherit returns the merged pairs that the mapping does not have itself, the
// first of each key.
func (p *parser) inherit(merged []Pair, own map[string]diag.Pos) []Pair {
	var out []Pair
	for _, pair := range merged {
		id := p.keyID(pair.Key)
		if _, taken := own[id]; !taken {
			own[id] = pair.Key.Pos
			out = append(out, pair)
		}
	}
	return out
}

// keyID is the same for two scalars that are the same key of a Python
// dictionary, but for numbers of different types, which no field of ours has.
func (p *parser) keyID(n *Node) string {
	switch n.Kind {
	case None, Bool, Int, Float:
		return n.Kind.String() + " " + n.Str()
	case List, Dict:
		p.diags.Errorf(diag.YAML, n.Pos, "%s cannot be a key of a mapping", n.Kind)
	}
	return "= " + n.Text
}

func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Style == 0 && k.Value == "<<"
}

// merge returns what `<<: v` brings in, the first mapping of a list first.
func (p *parser) merge(v *yaml.Node) []Pair {
	n := p.node(v)
	sources := []*Node{n}
	if n.Kind == List {
		sources = n.Items
	}
	var out []Pair
	for _, s := range sources {
		if s.Kind != Dict {
			p.diags.Errorf(diag.YAML, n.Pos, "expected a mapping or a list of mappings to merge, got %s", s.Kind)
			return nil
		}
		out = append(out, s.Pairs...)
	}
	return out
}

// scalar resolves a scalar: what is quoted or a block is a string, a tag
// decides for itself, and the rest is read by PyYAML's table.
func (p *parser) scalar(y *yaml.Node, n *Node) {
	n.Kind, n.Text = Str, y.Value
	var err error
	switch tagged := y.Style&yaml.TaggedStyle != 0; {
	case tagged && y.Tag != "!":
		err = n.convert(y.ShortTag())
	case y.Style&^yaml.TaggedStyle == 0:
		err = n.convert(implicitTag(y.Value))
	}
	if err != nil {
		p.diags.Errorf(diag.YAML, n.Pos, "%v", err)
	}
}

var lineRE = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxError reports what the library says at the first line with which the
// text stops being YAML: the line that the library names is often where the
// enclosing block begins.
func (p *parser) syntaxError(text string, err error) {
	msg := err.Error()
	m := lineRE.FindStringSubmatch(msg)
	if m == nil {
		p.diags.Errorf(diag.YAML, p.at.Pos(1, 0), "not valid YAML: %s", msg)
		return
	}
	line, _ := strconv.Atoi(m[1])
	if found := breakingLine(text); found > 0 {
		line = found
	}
	col := 0
	if lines := strings.Split(text, "\n"); line >= 1 && line <= len(lines) {
		col = 1 + len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " "))
	}
	p.diags.Errorf(diag.YAML, p.at.Pos(max(line, 1), col), "not valid YAML: %s", msg[len(m[0]):])
}

// maxSearched bounds the text in which breakingLine parses again and again,
// lookahead how far it looks beyond a value that several lines make up.
const (
	maxSearched = 1 << 17
	lookahead   = 8
)

// breakingLine returns the first line (1-based) such that no longer beginning
// of the text is YAML, found by halving; 0 when it does not know.
func breakingLine(text string) int {
	if len(text) > maxSearched {
		return 0
	}
	lines := strings.SplitAfter(text, "\n")
	parses := func(n int) bool {
		var doc yaml.Node
		err := yaml.Unmarshal([]byte(strings.Join(lines[:n], "")), &doc)
		return err == nil
	}
	good, bad := 0, len(lines)
	for bad-good > 1 {
		mid := (good + bad) / 2
		ok := false
		for k := mid; k < min(mid+lookahead, bad) && !ok; k++ {
			if ok = parses(k); ok {
				good = k
			}
		}
		if !ok {
			bad = mid
		}
	}
	return good + 1
}
