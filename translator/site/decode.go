package site

import (
	"slices"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// Decode reads a site file. The site is nil when the list has an error.
func Decode(name string, text []byte) (*Site, diag.List) {
	root, diags := yaml.Parse(string(text), diag.SourceMap{File: name})
	if root == nil {
		return nil, diags
	}
	d := &decoder{diags: diags}
	s := d.site(root)
	if d.diags.HasErrors() {
		return nil, d.diags
	}
	return s, d.diags
}

type decoder struct{ diags diag.List }

func (d *decoder) site(root *yaml.Node) *Site {
	pools := d.object(root, "the site", "pools")["pools"]
	s := &Site{}
	if d.isMap(pools, "pools") {
		for _, p := range pools.Pairs {
			s.Pools = append(s.Pools, d.pool(p))
		}
	}
	if len(s.Pools) == 0 && !d.diags.HasErrors() {
		d.diags.Errorf(diag.Missing, root.Pos, "the site has no pools, expected at least one")
	}
	return s
}

// fields are the entries of a mapping that its reader knows.
type fields map[string]*yaml.Node

// object returns the fields of a mapping and reports those that are not known.
// An empty value, as in `ovx-a40:`, is a mapping without fields.
func (d *decoder) object(n *yaml.Node, what string, known ...string) fields {
	out := fields{}
	if !d.isMap(n, what) {
		return out
	}
	for _, p := range n.Pairs {
		if !slices.Contains(known, p.Key.Str()) {
			d.diags.Errorf(diag.UnknownField, p.Key.Pos, "unknown field %q in %s%s", p.Key.Str(), what, diag.DidYouMean(p.Key.Str(), known))
			continue
		}
		out[p.Key.Str()] = p.Value
	}
	return out
}

func (d *decoder) isMap(n *yaml.Node, what string) bool {
	if n == nil || n.Kind == yaml.None {
		return false
	}
	if n.Kind != yaml.Dict {
		d.wrong(n, what, "a mapping")
		return false
	}
	return true
}

func (d *decoder) wrong(n *yaml.Node, what, want string) {
	d.diags.Errorf(diag.Type, n.Pos, "%s must be %s, got %s", what, want, n.Kind)
}
