package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// attrGetter looks an attribute up, with dots for attributes of attributes
// (filters.py, make_attrgetter).
type attrGetter struct {
	r     *run
	at    span
	parts []py.Value
	// lower says that strings are made lower case, to compare without case.
	lower    bool
	fallback py.Value // for what is undefined, or nil
}

// getter makes an attrGetter for an attribute, which may be nil or None.
func (c *call) getter(attribute py.Value, lower bool, fallback py.Value) (*attrGetter, error) {
	g := &attrGetter{r: c.r, at: c.at, lower: lower}
	if fallback != (py.None{}) {
		g.fallback = fallback
	}
	if attribute == nil || attribute == (py.None{}) {
		return g, nil
	}
	name, ok := py.AsStr(attribute)
	if !ok {
		g.parts = []py.Value{attribute}
		return g, nil
	}
	var err error
	g.parts, err = c.attributeParts(name)
	if _, ok := attribute.(markup); ok {
		for i, part := range g.parts {
			g.parts[i] = remark(part)
		}
	}
	return g, err
}

func (c *call) attributeParts(name string) ([]py.Value, error) {
	if err := c.charge(len(name)); err != nil {
		return nil, err
	}
	var out []py.Value
	for part := range strings.SplitSeq(name, ".") {
		if part != "" && strings.TrimFunc(part, isDigit) == "" {
			if n, ok := py.ParseInt(part, 10); ok {
				out = append(out, n)
				continue
			}
		}
		out = append(out, py.Str(part))
	}
	return out, nil
}

func (g *attrGetter) get(v py.Value) (py.Value, error) {
	for _, part := range g.parts {
		var err error
		if v, err = g.r.getItem(v, part, g.at); err != nil {
			return nil, err
		}
		if g.fallback != nil && isUndefined(v) {
			v = g.fallback
		}
	}
	if g.lower {
		return ignoreCase(g.r.m, v)
	}
	return v, nil
}

// all applies get to each value.
func (g *attrGetter) all(vs []py.Value) ([]py.Value, error) {
	if err := g.r.m.Bytes(int64(16 * len(vs))); err != nil {
		return nil, err
	}
	out := make([]py.Value, len(vs))
	for i, v := range vs {
		key, err := g.get(v)
		if err != nil {
			return nil, err
		}
		out[i] = key
	}
	return out, nil
}

// ignoreCase makes a string lower case and leaves other values alone.
func ignoreCase(m *py.Meter, v py.Value) (py.Value, error) {
	s, ok := py.AsStr(v)
	if !ok {
		return v, nil
	}
	low, err := strMethod(m, s, "lower")
	return py.Str(low), err
}

// multiGetter is for several attributes separated by commas (filters.py,
// make_multi_attrgetter).
type multiGetter []*attrGetter

func (c *call) multiGetter(attribute py.Value, lower bool) (multiGetter, error) {
	names := []py.Value{attribute}
	if s, ok := py.AsStr(orNone(attribute)); ok {
		names = nil
		for part := range strings.SplitSeq(s, ",") {
			names = append(names, py.Str(part))
		}
	}
	var out multiGetter
	for _, name := range names {
		g, err := c.getter(name, lower, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func orNone(v py.Value) py.Value {
	if v == nil {
		return py.None{}
	}
	return v
}

// keys are what the values are sorted by: a list each. Where all are of a kind
// that compares the same alone, the lists are saved.
func (g multiGetter) keys(vs []py.Value) ([]py.Value, error) {
	columns := make([][]py.Value, len(g))
	for i, getter := range g {
		column, err := getter.all(vs)
		if err != nil {
			return nil, err
		}
		columns[i] = column
	}
	if len(g) == 1 && all(columns[0], isPlainKey) {
		return columns[0], nil
	}
	if err := g[0].r.m.Bytes(int64(40 * len(vs))); err != nil {
		return nil, err
	}
	out := make([]py.Value, len(vs))
	for i := range vs {
		key := make([]py.Value, len(g))
		for j := range g {
			key[j] = columns[j][i]
		}
		out[i] = py.NewList(key...)
	}
	return out, nil
}

func isPlainKey(v py.Value) bool {
	switch v.(type) {
	case py.Str, py.Int:
		return true
	}
	return false
}
