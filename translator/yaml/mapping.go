package yaml

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// mapping fills n as PyYAML does (constructor.py, flatten_mapping): what `<<`
// merges comes first, of several lists' mappings the last, and of equal keys the
// first keeps its place and the last its value.
func (p *parser) mapping(y *yaml.Node, n *Node) {
	n.Pairs = make([]Pair, 0, len(y.Content)/2)
	var merged []Pair
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if p.isMerge(k) {
			merged = append(merged, p.merge(v)...)
			continue
		}
		n.Pairs = append(n.Pairs, Pair{Key: p.key(k), Value: p.node(v)})
	}
	n.Pairs = p.unique(n.Pairs, true)
	if merged != nil {
		n.Pairs = p.unique(append(merged, n.Pairs...), false)
	}
}

// key reads a key. A plain `=` is a string there, and nowhere else.
func (p *parser) key(y *yaml.Node) *Node {
	if mayBe(y, "=") && p.tag(y) == "!!value" {
		y.Style, y.Tag = yaml.TaggedStyle, tagStr
	}
	n := p.node(y)
	if n.Kind == List || n.Kind == Dict {
		p.errorf(p.posOf(y), "%s cannot be a key of a mapping", n.Kind)
	}
	return n
}

func (p *parser) isMerge(k *yaml.Node) bool {
	if k.Kind == yaml.AliasNode {
		k = k.Alias
	}
	return mayBe(k, "<<") && p.tag(k) == "!!merge"
}

// mayBe says whether it is worth to look closer.
func mayBe(k *yaml.Node, text string) bool {
	return k.Kind == yaml.ScalarNode && (strings.HasPrefix(k.Value, text) || k.Style&yaml.TaggedStyle != 0)
}

// merge returns what `<<: v` brings in. A tag of v does not count.
func (p *parser) merge(v *yaml.Node) []Pair {
	v.Style &^= yaml.TaggedStyle
	if v.Kind == yaml.SequenceNode {
		for _, c := range v.Content {
			c.Style &^= yaml.TaggedStyle
		}
	}
	n := p.node(v)
	sources := []*Node{n}
	if n.Kind == List {
		sources = n.Items
	}
	out := []Pair{}
	for i := len(sources) - 1; i >= 0 && p.count <= MaxValues; i-- {
		s := sources[i]
		if s.Kind != Dict {
			p.errorf(n.Pos, "expected a mapping or a list of mappings to merge, got %s", s.Kind)
			return nil
		}
		out = append(out, s.Pairs...)
	}
	return out
}

// fewPairs is up to how many keys are compared one by one.
const fewPairs = 8

// unique leaves one pair of those with equal keys, and may warn of the others.
func (p *parser) unique(pairs []Pair, warn bool) []Pair {
	if len(pairs) > fewPairs {
		return p.uniqueOfMany(pairs, warn)
	}
	out := pairs[:0]
	for _, pair := range pairs {
		i := 0
		for i < len(out) && !sameKey(out[i].Key, pair.Key) {
			i++
		}
		out = p.put(out, i, pair, warn)
	}
	return out
}

func (p *parser) uniqueOfMany(pairs []Pair, warn bool) []Pair {
	seen := make(map[id]int, len(pairs))
	out := pairs[:0]
	for _, pair := range pairs {
		k := idOf(pair.Key)
		i, known := seen[k]
		if !known {
			i = len(out)
			seen[k] = i
		}
		out = p.put(out, i, pair, warn)
	}
	return out
}

// put appends a pair, or gives an earlier one its value.
func (p *parser) put(out []Pair, i int, pair Pair, warn bool) []Pair {
	if i == len(out) {
		return append(out, pair)
	}
	if warn {
		p.warnings++
	}
	if warn && p.warnings <= maxComplaints {
		p.diags = append(p.diags, diag.Diagnostic{
			Code: diag.DuplicateKey, Severity: diag.Warning, Pos: pair.Key.Pos, Related: []diag.Pos{out[i].Key.Pos},
			Msg: fmt.Sprintf("the key %q is already in this mapping, the last one counts", pair.Key.Text),
		})
	}
	out[i].Value = pair.Value
	return out
}

func sameKey(a, b *Node) bool {
	if a.Kind == Str || b.Kind == Str {
		return a.Kind == b.Kind && a.Text == b.Text
	}
	return idOf(a) == idOf(b)
}

// id is equal for keys that are equal in Python, where 1, 1.0 and True are.
type id struct {
	kind Kind
	text string
}

func idOf(n *Node) id {
	switch n.Kind {
	case Str:
		return id{Str, n.Text}
	case Bool:
		if n.Bool {
			return id{Int, "1"}
		}
		return id{Int, "0"}
	case Int:
		return id{Int, n.Int.String()}
	case Float:
		if i := n.Float; i == math.Trunc(i) && !math.IsInf(i, 0) {
			exact, _ := big.NewFloat(i).Int(nil)
			return id{Int, exact.String()}
		}
		return id{Float, number.Format(n.Float)}
	case Timestamp:
		return id{Timestamp, n.moment()}
	}
	return id{n.Kind, ""}
}
