package jinja

import (
	"fmt"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// assign stores a value in a target.
func (r *run) assign(target expr, v py.Value, f *frame) error {
	switch t := target.(type) {
	case *nameExpr:
		f.set(t.ref, v)
	case *nsRef:
		return t.wrap(r.setAttr(f.get(t.ref), t.attr, v))
	case *tupleExpr:
		items, err := r.unpack(v, len(t.items))
		if err != nil {
			return t.wrap(err)
		}
		for i, item := range t.items {
			if err := r.assign(item, items[i], f); err != nil {
				return err
			}
		}
	}
	return nil
}

// setAttr is obj[name] = v: a namespace, or, in a set block, what Python lets be
// changed so.
func (r *run) setAttr(obj py.Value, name string, v py.Value) error {
	switch o := obj.(type) {
	case *namespace:
		return o.attrs.Set(r.m, py.Str(name), v)
	case *py.Dict:
		return o.Set(r.m, py.Str(name), v)
	case *py.List:
		return raise("TypeError", "list indices must be integers or slices, not str")
	case nil:
		obj = missing{}
	}
	return raise("TypeError", fmt.Sprintf("'%s' object does not support item assignment", obj.TypeName()))
}

// unpack is the n values that a, b = v assigns.
func (r *run) unpack(v py.Value, n int) ([]py.Value, error) {
	if err := r.m.Step(int64(n)); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *py.Tuple:
		return v.Items, wrongCount(len(v.Items), n)
	case *py.List:
		return v.Items, wrongCount(len(v.Items), n)
	}
	it, err := py.Iterate(r.m, v)
	if err != nil {
		if caught(err, "TypeError") {
			err = raise("TypeError", "cannot unpack non-iterable "+v.TypeName()+" object")
		}
		return nil, err
	}
	items := make([]py.Value, 0, n)
	for {
		item, ok, err := it.Next()
		if err != nil {
			return nil, err
		}
		if !ok || len(items) == n {
			if ok {
				return nil, wrongCount(n+1, n)
			}
			return items, wrongCount(len(items), n)
		}
		items = append(items, item)
	}
}

func wrongCount(got, want int) error {
	switch {
	case got > want:
		return raise("ValueError", fmt.Sprintf("too many values to unpack (expected %d)", want))
	case got < want:
		return raise("ValueError", fmt.Sprintf("not enough values to unpack (expected %d, got %d)", want, got))
	}
	return nil
}

// missing is Jinja2's marker of a variable without a value, which shows where it
// does not check.
type missing struct{}

// TypeName is that of Jinja2's class.
func (missing) TypeName() string { return "_MissingType" }

func (missing) module() string { return "jinja2.utils" }

// PyRepr is "missing".
func (missing) PyRepr(*py.Meter) (string, error) { return "missing", nil }
