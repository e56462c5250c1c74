package jinja

import (
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func markupFilters() []*builtin {
	escape := func(c *call) (py.Value, error) { return escapeArg(c.m(), c.args[0]) }
	return []*builtin{
		{name: "e", function: "escape", module: "markupsafe", required: 1, params: []string{"s"}, do: escape},
		{name: "escape", function: "escape", module: "markupsafe", required: 1, params: []string{"s"}, do: escape},
		filter("forceescape", "do_forceescape", passNothing, 1, []string{"value"}, (*call).forceescape),
		filter("safe", "do_mark_safe", passNothing, 1, []string{"value"}, func(c *call) (py.Value, error) { return markSafe(c.m(), c.args[0]) }),
		filter("striptags", "do_striptags", passNothing, 1, []string{"value"}, (*call).striptags),
		filter("tojson", "do_tojson", passEvalContext, 1, []string{"value", "indent"}, (*call).tojson),
		filter("urlize", "do_urlize", passEvalContext, 1,
			[]string{"value", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes"}, (*call).urlize),
		filter("xmlattr", "do_xmlattr", passEvalContext, 1, []string{"d", "autospace"}, (*call).xmlattr),
	}
}

func (c *call) forceescape() (py.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	m, err := escapeText(c.m(), s)
	return m, err
}

func (c *call) striptags() (py.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	text, err := stripTags(c.m(), s)
	return py.Str(text), err
}

// pairs are the items of a dict, for filters that call its items().
func (c *call) pairs() (*py.Dict, error) {
	switch d := c.args[0].(type) {
	case *py.Dict:
		return d, nil
	case *undefined:
		return nil, d.fail()
	case *class:
		if d.name == "dict" {
			return nil, raise("TypeError", "unbound method dict.items() needs an argument")
		}
	}
	return nil, noAttr(c.args[0], "items")
}

// xmlattr writes the attributes of a tag (filters.py, do_xmlattr).
func (c *call) xmlattr() (py.Value, error) {
	d, err := c.pairs()
	if err != nil {
		return nil, err
	}
	var items []string
	size := 0
	for k, v := range d.Pairs() {
		if _, none := v.(py.None); none || isUndefined(v) {
			continue
		}
		item, err := c.xmlAttribute(k, v)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		size += len(item)
	}
	space, err := py.Truth(c.or(1, py.Bool(true)))
	if err != nil {
		return nil, err
	}
	if err := c.m().Bytes(int64(size)); err != nil {
		return nil, err
	}
	text := strings.Join(items, " ")
	if space && text != "" {
		text = " " + text
	}
	return c.r.produced(text)
}

func (c *call) xmlAttribute(k, v py.Value) (string, error) {
	name, ok := py.AsStr(k)
	if !ok {
		return "", raise("TypeError", "expected string or bytes-like object, got '"+k.TypeName()+"'")
	}
	if strings.ContainsAny(name, " \t\n\r\f\v/>=") {
		return "", raise("ValueError", "Invalid character in attribute name: "+reprOf(k))
	}
	key, err := escapeValue(c.m(), k)
	if err != nil {
		return "", err
	}
	value, err := escapeValue(c.m(), v)
	if err != nil {
		return "", err
	}
	if err := c.charge(len(key) + len(value)); err != nil {
		return "", err
	}
	return fmt.Sprintf(`%s="%s"`, string(key), string(value)), nil
}

func (c *call) charge(n int) error { return c.r.charge(n) }
