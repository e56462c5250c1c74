package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func lazyFilters() []*builtin {
	pick := func(name string, keep, attr bool) *builtin {
		return &builtin{
			name: name, function: "sync_do_" + name, module: "jinja2.filters", pass: passContext, rest: true,
			do: func(c *call) (py.Value, error) { return c.pick(keep, attr) },
		}
	}
	return []*builtin{
		filter("batch", "do_batch", passNothing, 2, []string{"value", "linecount", "fill_with"}, (*call).batch),
		filter("items", "do_items", passNothing, 1, []string{"value"}, (*call).items),
		{name: "map", function: "sync_do_map", module: "jinja2.filters", pass: passContext, rest: true, do: (*call).mapped},
		pick("select", true, false),
		pick("reject", false, false),
		pick("selectattr", true, true),
		pick("rejectattr", false, true),
		filter("slice", "sync_do_slice", passNothing, 2, []string{"value", "slices", "fill_with"}, (*call).slice),
		filter("unique", "sync_do_unique", passEnvironment, 1, []string{"value", "case_sensitive", "attribute"}, (*call).unique),
	}
}

// next makes one value after the other.
type next func() (py.Value, bool, error)

// generator is a Python generator: nothing happens before its first value is
// asked for, and it ends with its first error.
func generator(name string, start func() (next, error)) py.Value {
	var step next
	done := false
	return py.NewGenerator(name, func() (v py.Value, ok bool, err error) {
		if done {
			return nil, false, nil
		}
		if step == nil {
			if step, err = start(); err != nil {
				done = true
				return nil, false, err
			}
		}
		v, ok, err = step()
		done = done || !ok || err != nil
		return v, ok, err
	})
}

func (c *call) batch() (py.Value, error) {
	m := c.m()
	size, fill := c.args[1], c.or(2, py.None{})
	return generator("do_batch", func() (next, error) {
		it, err := py.Iterate(m, c.args[0])
		if err != nil {
			return nil, err
		}
		var row []py.Value
		ended := false
		return func() (py.Value, bool, error) {
			for !ended {
				v, ok, err := it.Next()
				if err != nil {
					return nil, false, err
				}
				if !ok {
					ended = true
					break
				}
				if err := c.charge(16); err != nil {
					return nil, false, err
				}
				full, err := py.Equal(m, integer(len(row)), size)
				if err != nil {
					return nil, false, err
				}
				if full {
					whole := py.NewList(row...)
					row = []py.Value{v}
					return whole, true, nil
				}
				row = append(row, v)
			}
			last := row
			row = nil
			if len(last) == 0 {
				return nil, false, nil
			}
			v, err := filled(m, last, size, fill)
			return v, err == nil, err
		}, nil
	}), nil
}

// filled is the last row of a batch, filled up to its size.
func filled(m *py.Meter, row []py.Value, size, fill py.Value) (py.Value, error) {
	list := py.NewList(row...)
	if fill == (py.None{}) {
		return list, nil
	}
	short, err := py.Compare(m, "<", integer(len(row)), size)
	if err != nil || !short {
		return list, err
	}
	missing, err := py.Binary(m, "-", size, integer(len(row)))
	if err != nil {
		return nil, err
	}
	more, err := py.Binary(m, "*", py.NewList(fill), missing)
	if err != nil {
		return nil, err
	}
	return py.Binary(m, "+", list, more)
}

func (c *call) items() (py.Value, error) {
	return generator("do_items", func() (next, error) {
		v := c.args[0]
		if isUndefined(v) {
			v = py.NewDict()
		}
		d, ok := v.(*py.Dict)
		if !ok {
			return nil, raise("TypeError", "Can only get item pairs from a mapping.")
		}
		it, err := py.Iterate(c.m(), d.Items())
		if err != nil {
			return nil, err
		}
		return it.Next, nil
	}), nil
}

func (c *call) slice() (py.Value, error) {
	m := c.m()
	fill := c.or(2, py.None{})
	return generator("sync_do_slice", func() (next, error) {
		seq, err := py.Collect(m, c.args[0])
		if err != nil {
			return nil, err
		}
		// length // slices comes before range(slices), with its errors.
		if _, err := py.Binary(m, "//", integer(len(seq)), c.args[1]); err != nil {
			return nil, err
		}
		count, err := index(c.args[1])
		if err != nil {
			return nil, err
		}
		slices, small := count.Int64()
		if !small {
			slices = 1 << 62
		}
		n := int64(0)
		return func() (py.Value, bool, error) {
			if n >= slices {
				return nil, false, nil
			}
			size, extra := int64(len(seq))/slices, int64(len(seq))%slices
			from := n*size + min(n, extra)
			to := from + size
			if n < extra {
				to++
			}
			if err := c.charge(int(40 + 16*(to-from+1))); err != nil {
				return nil, false, err
			}
			part := append([]py.Value(nil), seq[from:to]...)
			if fill != (py.None{}) && n >= extra {
				part = append(part, fill)
			}
			n++
			return py.NewList(part...), true, nil
		}, nil
	}), nil
}

func (c *call) unique() (py.Value, error) {
	m := c.m()
	return generator("sync_do_unique", func() (next, error) {
		sensitive, err := c.sensitive(1)
		if err != nil {
			return nil, err
		}
		by, err := c.getter(c.args[2], !sensitive, nil)
		if err != nil {
			return nil, err
		}
		it, err := py.Iterate(m, c.args[0])
		if err != nil {
			return nil, err
		}
		seen := py.NewDict()
		return func() (py.Value, bool, error) {
			for {
				v, ok, err := it.Next()
				if err != nil || !ok {
					return nil, false, err
				}
				if err := m.Step(1); err != nil {
					return nil, false, err
				}
				key, err := by.get(v)
				if err != nil {
					return nil, false, err
				}
				before := seen.Len()
				if err := seen.Set(m, key, py.None{}); err != nil {
					return nil, false, err
				}
				if seen.Len() > before {
					return v, true, nil
				}
			}
		}, nil
	}), nil
}

// over goes through the values of a generator's argument, if it is true, with
// what prepare makes.
func (c *call) over(name string, prepare func() (func(py.Value) (py.Value, bool, error), error)) (py.Value, error) {
	if len(c.args) == 0 {
		return nil, raise("TypeError", name+"() missing 1 required positional argument: 'value'")
	}
	return generator(name, func() (next, error) {
		some, err := py.Truth(c.args[0])
		if err != nil {
			return nil, err
		}
		if !some {
			return func() (py.Value, bool, error) { return nil, false, nil }, nil
		}
		each, err := prepare()
		if err != nil {
			return nil, err
		}
		it, err := py.Iterate(c.m(), c.args[0])
		if err != nil {
			return nil, err
		}
		return func() (py.Value, bool, error) {
			for {
				v, ok, err := it.Next()
				if err != nil || !ok {
					return nil, false, err
				}
				if err := c.m().Step(1); err != nil {
					return nil, false, err
				}
				v, keep, err := each(v)
				if err != nil || keep {
					return v, keep, err
				}
			}
		}, nil
	}), nil
}
