package jinja

import (
	"fmt"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// namespace is what namespace() makes: set can assign to its attributes
// (utils.py, Namespace).
type namespace struct{ attrs *py.Dict }

func newNamespace(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	v, err := makeDict(m, args, kwargs)
	if err != nil {
		return nil, err
	}
	d, _ := v.(*py.Dict)
	return &namespace{d}, nil
}

// TypeName is that of Jinja2's class.
func (*namespace) TypeName() string { return "Namespace" }

func (*namespace) module() string { return "jinja2.utils" }

// PyRepr is <Namespace {…}>.
func (n *namespace) PyRepr(m *py.Meter) (string, error) {
	inner, err := py.Repr(m, n.attrs)
	return "<Namespace " + inner + ">", err
}

// cycler goes round its items (utils.py, Cycler).
type cycler struct {
	items []py.Value
	pos   int
}

func newCycler(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if len(kwargs) > 0 {
		return nil, raise("TypeError", "Cycler.__init__() got an unexpected keyword argument '"+kwargs[0].Name+"'")
	}
	if len(args) == 0 {
		return nil, raise("RuntimeError", "at least one item has to be provided")
	}
	return &cycler{items: args}, nil
}

// TypeName is that of Jinja2's class.
func (*cycler) TypeName() string { return "Cycler" }

func (*cycler) module() string { return "jinja2.utils" }

func (*cycler) hidden() string { return "__next__" }

// PyRepr has the address that Python prints.
func (*cycler) PyRepr(*py.Meter) (string, error) {
	return "<jinja2.utils.Cycler object at " + address + ">", nil
}

// PyGetAttr is current, next(), reset() and what they work on.
func (c *cycler) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "items":
		return py.NewTuple(c.items...), true
	case "pos":
		return integer(c.pos), true
	case "current":
		return c.items[c.pos], true
	case "next":
		return c.method(name, func() py.Value {
			v := c.items[c.pos]
			c.pos = (c.pos + 1) % len(c.items)
			return v
		}), true
	case "reset":
		return c.method(name, func() py.Value {
			c.pos = 0
			return py.None{}
		}), true
	}
	return nil, false
}

func (c *cycler) method(name string, f func() py.Value) py.Value {
	return &method{c, name, func(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
		if _, err := bind("Cycler."+name, []string{"self"}, 1, append([]py.Value{c}, args...), kwargs); err != nil {
			return nil, err
		}
		return f(), nil
	}}
}

// joiner gives its separator, except the first time (utils.py, Joiner).
type joiner struct {
	sep  py.Value
	used bool
}

func newJoiner(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	bound, err := bind("Joiner.__init__", []string{"self", "sep"}, 1, append([]py.Value{py.None{}}, args...), kwargs)
	if err != nil {
		return nil, err
	}
	j := &joiner{sep: py.Str(", ")}
	if bound[1] != nil {
		j.sep = bound[1]
	}
	return j, nil
}

// TypeName is that of Jinja2's class.
func (*joiner) TypeName() string { return "Joiner" }

func (*joiner) module() string { return "jinja2.utils" }

func (*joiner) hidden() string { return "__call__" }

// PyRepr has the address that Python prints.
func (*joiner) PyRepr(*py.Meter) (string, error) {
	return "<jinja2.utils.Joiner object at " + address + ">", nil
}

// PyGetAttr is sep and used.
func (j *joiner) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "sep":
		return j.sep, true
	case "used":
		return py.Bool(j.used), true
	}
	return nil, false
}

// PyCall is the separator, or nothing the first time.
func (j *joiner) PyCall(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if _, err := bind("Joiner.__call__", []string{"self"}, 1, append([]py.Value{j}, args...), kwargs); err != nil {
		return nil, err
	}
	if !j.used {
		j.used = true
		return py.Str(""), nil
	}
	return j.sep, nil
}

// groupTuple is the named tuple of the groupby filter.
type groupTuple struct{ grouper, list py.Value }

// TypeName is that of Jinja2's class.
func (*groupTuple) TypeName() string { return "_GroupTuple" }

func (*groupTuple) module() string { return "jinja2.filters" }

// PyBase makes it a tuple.
func (g *groupTuple) PyBase() py.Value { return py.NewTuple(g.grouper, g.list) }

// PyRepr is that of a tuple.
func (g *groupTuple) PyRepr(m *py.Meter) (string, error) { return py.Repr(m, g.PyBase()) }

// PyIter goes through grouper and list.
func (g *groupTuple) PyIter(m *py.Meter) (py.Iterator, error) { return py.Iterate(m, g.PyBase()) }

// PyGetAttr is grouper, list, or a method of tuple.
func (g *groupTuple) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "grouper":
		return g.grouper, true
	case "list":
		return g.list, true
	}
	return py.Attr(g.PyBase(), name)
}

func (*groupTuple) hidden() string {
	return "_asdict _field_defaults _fields _make _replace __slots__ __match_args__ __add__ __contains__ __getitem__ __iter__ __len__ __mul__ __rmul__"
}

// formatMethod is str.format or str.format_map, whose fields reach attributes
// and items only as the template itself may (sandbox.py, wrap_str_format).
type formatMethod struct {
	r      *run
	text   string
	name   string
	markup bool
}

// TypeName is "function": Jinja2 wraps the method.
func (*formatMethod) TypeName() string { return "function" }

// PyRepr has the address that Python prints.
func (f *formatMethod) PyRepr(*py.Meter) (string, error) {
	return "<function str." + f.name + " at " + address + ">", nil
}

// PyCall formats.
func (f *formatMethod) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	look := py.Lookup{Attr: f.attr, Item: f.item}
	if f.markup {
		args, kwargs = f.escaped(args, kwargs)
	}
	var text string
	var err error
	switch {
	case f.name == "format":
		text, err = py.FormatWith(m, f.text, args, kwargs, look)
	case len(kwargs) > 0:
		err = raise("TypeError", "format_map() takes no keyword arguments")
	case len(args) != 1:
		err = raise("TypeError", fmt.Sprintf("format_map() takes exactly one argument (%d given)", len(args)))
	default:
		text, err = py.FormatMapWith(m, f.text, args[0], look)
	}
	if err != nil {
		return nil, err
	}
	if f.markup {
		return markup(text), nil
	}
	return py.Str(text), nil
}
