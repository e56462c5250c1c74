package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// test makes a test written in Python.
func test(name string, params []string, do func(*call) (bool, error)) *builtin {
	return &builtin{
		name: name, function: "test_" + name, module: "jinja2.tests", required: len(params), params: params,
		do: func(c *call) (py.Value, error) {
			holds, err := do(c)
			return py.Bool(holds), err
		},
	}
}

// is makes a test of what the value is.
func is(name string, holds func(v py.Value) bool) *builtin {
	return test(name, []string{"value"}, func(c *call) (bool, error) { return holds(c.args[0]), nil })
}

func typeTests() []*builtin {
	isBool := func(v py.Value) bool { _, ok := v.(py.Bool); return ok }
	isInt := func(v py.Value) bool { _, ok := v.(py.Int); return ok }
	isFloat := func(v py.Value) bool { _, ok := v.(py.Float); return ok }
	isMarkup := func(v py.Value) bool { _, ok := v.(markup); return ok }
	callable := nativeBuiltin("callable", "callable", 1, func(c *call) (py.Value, error) { return py.Bool(isCallable(c.args[0])), nil })
	return []*builtin{
		is("defined", func(v py.Value) bool { return !isUndefined(v) }),
		is("undefined", isUndefined),
		is("none", func(v py.Value) bool { return v == py.None{} }),
		is("boolean", isBool),
		is("false", func(v py.Value) bool { return v == py.Bool(false) }),
		is("true", func(v py.Value) bool { return v == py.Bool(true) }),
		is("integer", isInt),
		is("float", isFloat),
		is("number", func(v py.Value) bool { return isInt(v) || isFloat(v) || isBool(v) }),
		is("string", func(v py.Value) bool { _, ok := py.AsStr(v); return ok }),
		is("mapping", func(v py.Value) bool { _, ok := v.(*py.Dict); return ok }),
		is("escaped", isMarkup),
		test("sequence", []string{"value"}, func(c *call) (bool, error) { return isSequence(c.args[0]), c.m().Step(1) }),
		test("iterable", []string{"value"}, isIterable),
		callable,
	}
}

func isCallable(v py.Value) bool {
	switch v.(type) {
	case py.Callable, *py.Method:
		return true
	}
	return false
}

// isSequence says whether a value has a length and items.
func isSequence(v py.Value) bool {
	switch v := v.(type) {
	case py.Str, markup, *py.List, *py.Tuple, *py.Dict, *py.Range, *groupTuple:
		return true
	case *undefined:
		return !v.strict
	}
	return false
}

func isIterable(c *call) (bool, error) {
	_, err := py.Iterate(c.m(), c.args[0])
	if err != nil && caught(err, "TypeError") {
		return false, nil
	}
	return err == nil, err
}

func valueTests() []*builtin {
	value, other := []string{"value"}, []string{"value", "other"}
	inTable := func(name string, table func(l *library) map[string]*builtin) *builtin {
		b := test(name, value, func(c *call) (bool, error) { return c.isNamed(table(c.r.t.lib)) })
		b.pass = passEnvironment
		return b
	}
	all := []*builtin{
		test("odd", value, func(c *call) (bool, error) { return c.remainderIs(py.NewInt(2), 1) }),
		test("even", value, func(c *call) (bool, error) { return c.remainderIs(py.NewInt(2), 0) }),
		test("divisibleby", []string{"value", "num"}, func(c *call) (bool, error) { return c.remainderIs(c.args[1], 0) }),
		inTable("filter", func(l *library) map[string]*builtin { return l.filters }),
		inTable("test", func(l *library) map[string]*builtin { return l.tests }),
		test("lower", value, func(c *call) (bool, error) { return c.strIs("islower") }),
		test("upper", value, func(c *call) (bool, error) { return c.strIs("isupper") }),
		test("sameas", other, func(c *call) (bool, error) { return same(c.args[0], c.args[1]), nil }),
		test("in", []string{"value", "seq"}, func(c *call) (bool, error) { return py.Contains(c.m(), c.args[1], c.args[0]) }),
	}
	for _, op := range []struct {
		function, op string
		names        []string
	}{
		{"eq", "==", []string{"==", "eq", "equalto"}},
		{"ne", "!=", []string{"!=", "ne"}},
		{"gt", ">", []string{">", "gt", "greaterthan"}},
		{"ge", ">=", []string{">=", "ge"}},
		{"lt", "<", []string{"<", "lt", "lessthan"}},
		{"le", "<=", []string{"<=", "le"}},
	} {
		for _, name := range op.names {
			all = append(all, nativeBuiltin(name, op.function, 2, func(c *call) (py.Value, error) {
				holds, err := compare(c.m(), op.op, c.args[0], c.args[1])
				return py.Bool(holds), err
			}))
		}
	}
	return all
}

// isNamed says whether the value is the name of something in a table.
func (c *call) isNamed(table map[string]*builtin) (bool, error) {
	name, ok := py.AsStr(c.args[0])
	if !ok {
		return false, hashable(c.m(), c.args[0])
	}
	return table[name] != nil, nil
}

func (c *call) remainderIs(by py.Value, want int) (bool, error) {
	v, err := py.Binary(c.m(), "%", c.args[0], by)
	if err != nil {
		return false, err
	}
	return py.Equal(c.m(), v, integer(want))
}

func (c *call) strIs(method string) (bool, error) {
	s, err := c.str(0)
	if err != nil {
		return false, err
	}
	f, _ := py.Attr(py.Str(s), method)
	v, err := py.Call(c.m(), f, nil, nil)
	if err != nil {
		return false, err
	}
	return py.Truth(v)
}

// same is Python's `is`, as far as values here have an identity: numbers and
// strings that are equal are taken for one.
func same(a, b py.Value) bool {
	switch x := a.(type) {
	case py.Int:
		y, ok := b.(py.Int)
		return ok && x.Cmp(y) == 0
	case py.Str, markup, py.Float, py.Bool, py.None, missing:
		return a == b
	case escapeHelper, fieldHelper:
		return false
	}
	return a == b
}
