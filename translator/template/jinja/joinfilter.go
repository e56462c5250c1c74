package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// join joins the strings of the values (filters.py, do_join).
func (c *call) join() (py.Value, error) {
	sep := c.or(1, py.Str(""))
	by, err := c.getter(c.args[2], false, nil)
	if err != nil {
		return nil, err
	}
	on, err := c.r.escapes()
	if err != nil {
		return nil, err
	}
	if on {
		return c.joinEscaping(sep, by)
	}
	s, err := py.ToStr(c.m(), sep)
	if err != nil && by.parts == nil {
		return nil, err
	}
	it, failed := py.Iterate(c.m(), c.args[0])
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	var parts []string
	size := 0
	for {
		v, ok, err := it.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if v, err = by.get(v); err != nil {
			return nil, err
		}
		text, err := py.ToStr(c.m(), v)
		if err != nil {
			return nil, err
		}
		if err := c.charge(16 + len(text) + len(s)); err != nil {
			return nil, err
		}
		parts = append(parts, text)
		size += len(text)
	}
	return py.Str(strings.Join(parts, s)), c.m().Bytes(int64(size))
}

// joinEscaping joins with autoescape on: if anything is Markup, all else is
// escaped.
func (c *call) joinEscaping(sep py.Value, by *attrGetter) (py.Value, error) {
	items, err := py.Collect(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	if items, err = by.all(items); err != nil {
		return nil, err
	}
	_, marked := sep.(markup)
	escape := marked
	for i, v := range items {
		if _, ok := v.(markup); ok {
			escape = true
			continue
		}
		if items[i], err = softStr(c.m(), v); err != nil {
			return nil, err
		}
	}
	if sep, err = softStr(c.m(), sep); err != nil {
		return nil, err
	}
	if escape {
		s, err := escapeValue(c.m(), sep)
		if err != nil {
			return nil, err
		}
		return joinEscaped(c.m(), string(s), items)
	}
	join, _ := py.Attr(sep, "join")
	return py.Call(c.m(), join, []py.Value{py.NewList(items...)}, nil)
}
