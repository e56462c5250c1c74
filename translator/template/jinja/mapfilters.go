package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// mapped is the map filter: an attribute of each value, or what a filter makes
// of it (filters.py, prepare_map).
func (c *call) mapped() (py.Value, error) {
	return c.over("sync_do_map", func() (func(py.Value) (py.Value, bool, error), error) {
		args := c.args[1:]
		if attribute, rest := take(append([]py.Kwarg(nil), c.kw...), "attribute"); len(args) == 0 && attribute != nil {
			return c.mapAttribute(attribute, rest)
		}
		if len(args) == 0 {
			return nil, raise("FilterArgumentError", "map requires a filter argument")
		}
		return func(v py.Value) (py.Value, bool, error) {
			v, err := c.named(c.r.t.lib.filters, "filter", args[0], v, args[1:])
			return v, true, err
		}, nil
	})
}

func (c *call) mapAttribute(attribute py.Value, kw []py.Kwarg) (func(py.Value) (py.Value, bool, error), error) {
	fallback, kw := take(kw, "default")
	if len(kw) > 0 {
		return nil, raise("FilterArgumentError", "Unexpected keyword argument "+reprStr(kw[0].Name))
	}
	by, err := c.getter(attribute, false, fallback)
	if err != nil {
		return nil, err
	}
	return func(v py.Value) (py.Value, bool, error) {
		v, err := by.get(v)
		return v, true, err
	}, nil
}

// pick are select, reject, selectattr and rejectattr (filters.py,
// select_or_reject).
func (c *call) pick(keep, attr bool) (py.Value, error) {
	return c.over("select_or_reject", func() (func(py.Value) (py.Value, bool, error), error) {
		args := c.args[1:]
		by := &attrGetter{r: c.r, at: c.at}
		if attr {
			if len(args) == 0 {
				return nil, raise("FilterArgumentError", "Missing parameter for attribute name")
			}
			var err error
			if by, err = c.getter(args[0], false, nil); err != nil {
				return nil, err
			}
			args = args[1:]
		}
		return func(v py.Value) (py.Value, bool, error) {
			subject, err := by.get(v)
			if err != nil {
				return nil, false, err
			}
			if len(args) > 0 {
				if subject, err = c.named(c.r.t.lib.tests, "test", args[0], subject, args[1:]); err != nil {
					return nil, false, err
				}
			}
			holds, err := py.Truth(subject)
			return v, holds == keep, err
		}, nil
	})
}

// named calls a filter or a test by the name that a value gives (environment.py,
// _filter_test_common).
func (c *call) named(table map[string]*builtin, what string, name, v py.Value, args []py.Value) (py.Value, error) {
	var b *builtin
	if s, ok := py.AsStr(name); ok {
		b = table[s]
	} else if err := hashable(c.m(), name); err != nil && !isUndefined(name) {
		return nil, err // it cannot be hashed
	}
	if b == nil {
		msg := "No " + what + " named " + reprOf(name) + "."
		if u, ok := name.(*undefined); ok {
			return nil, u.fail()
		}
		err := c.at.errorf(Runtime, "TemplateRuntimeError", msg)
		err.Known = names(table)
		return nil, err
	}
	inner := &call{at: c.at, args: append([]py.Value{v}, args...), kw: append([]py.Kwarg(nil), c.kw...)}
	return b.invoke(c.r, inner)
}
