package yaml

import (
	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// parser makes our tree of the library's.
type parser struct {
	places
	diags diag.List
	outline
	// resolved are the places of the values with the tag `!`.
	resolvedAt map[[2]int]bool
	// nodes are made some hundred at a time.
	nodes []Node
	// depth is that of the node that is being read, deepest that of the deepest
	// since the innermost anchor, count the number of nodes, aliases followed.
	depth, deepest, count int
	anchors               map[*yaml.Node]*anchored
	errors, warnings      int
}

// anchored is what an alias may lead to.
type anchored struct {
	// node is nil while it is being read.
	node *Node
	// weight and depth are those of all that is in it.
	weight, depth int
}

func (p *parser) prepare(found outline) {
	p.outline = found
	p.anchors = map[*yaml.Node]*anchored{}
	if len(found.resolved) == 0 {
		return
	}
	p.resolvedAt = make(map[[2]int]bool, len(found.resolved))
	at := cursor{line: 1, col: 1}
	for _, offset := range found.resolved {
		at.advance(p.src.text[at.offset:offset])
		p.resolvedAt[[2]int{at.line, at.col}] = true
	}
}

// maxComplaints is how many errors and how many warnings are kept: more than
// anybody reads.
const maxComplaints = 100

func (p *parser) errorf(pos diag.Pos, format string, args ...any) {
	if p.errors++; p.errors <= maxComplaints {
		p.diags.Errorf(diag.YAML, pos, format, args...)
	}
}

func (p *parser) newNode(y *yaml.Node) *Node {
	if len(p.nodes) == 0 {
		p.nodes = make([]Node, 128)
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	n.Line, n.Col = p.of(y.Line, y.Column)
	if y.Value == "" && y.Kind == yaml.ScalarNode {
		n.Line, n.Col = p.inside(n.Line, n.Col)
	}
	n.Pos = p.pos(n.Line, n.Col)
	return n
}

// node reads a value.
func (p *parser) node(y *yaml.Node) *Node {
	if y.Kind == yaml.AliasNode {
		return p.alias(y)
	}
	n := p.newNode(y)
	if y.Anchor == "" {
		p.fill(y, n)
		return n
	}
	a := &anchored{}
	p.anchors[y] = a
	outer, before := p.deepest, p.count
	p.deepest = p.depth
	p.fill(y, n)
	a.node, a.weight, a.depth = n, p.count-before, p.deepest-p.depth
	p.deepest = max(outer, p.deepest)
	return n
}

// fill reads what is in a node.
func (p *parser) fill(y *yaml.Node, n *Node) {
	p.add(n, 1, 1)
	switch y.Kind {
	case yaml.ScalarNode:
		p.scalar(y, n)
	case yaml.SequenceNode:
		n.Kind = List
		p.collectionTag(y, n, "!!seq")
		p.depth++
		n.Items = make([]*Node, len(y.Content))
		for i, c := range y.Content {
			n.Items[i] = p.node(c)
		}
		p.depth--
	default:
		n.Kind = Dict
		p.collectionTag(y, n, "!!map")
		p.depth++
		p.mapping(y, n)
		p.depth--
	}
}

// add counts values, and how deep they are.
func (p *parser) add(n *Node, weight, depth int) {
	if p.count <= MaxValues && p.count+weight > MaxValues {
		p.errorf(n.Pos, "the document has more than %d values from here on, with its aliases followed", MaxValues)
	}
	p.count = min(p.count+weight, MaxValues+1)
	if p.deepest <= MaxDepth && p.depth+depth > MaxDepth+1 {
		p.errorf(n.Pos, "more than %d lists and mappings inside each other, with aliases followed", MaxDepth)
	}
	p.deepest = max(p.deepest, p.depth+depth)
}

// alias returns the node of the anchor. PyYAML allows a value inside itself.
func (p *parser) alias(y *yaml.Node) *Node {
	a := p.anchors[y.Alias]
	if a == nil { // the anchor is at a `<<`, which is no value
		return p.node(y.Alias)
	}
	if a.node != nil {
		p.add(&Node{Pos: p.posOf(y)}, a.weight, a.depth)
		return a.node
	}
	p.errorf(p.posOf(y), "the alias *%s is inside its own anchor", y.Value)
	n := p.newNode(y)
	n.Kind = Dict // so that nobody complains once more
	return n
}

func (p *parser) posOf(y *yaml.Node) diag.Pos {
	return p.pos(p.of(y.Line, y.Column))
}

func (p *parser) collectionTag(y *yaml.Node, n *Node, want string) {
	if y.Style&yaml.TaggedStyle != 0 && y.ShortTag() != want {
		p.errorf(n.Pos, "the tag %s has no place at %s", y.ShortTag(), n.Kind)
	}
}
