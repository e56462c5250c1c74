package jinja

import (
	"errors"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// errNotConst says that an expression's value is known only when rendering.
var errNotConst = errors.New("not a constant")

// foldLimits bound what is folded. What would take more is left for rendering,
// which has a budget of its own.
func foldLimits() py.Limits { return py.Limits{Steps: 200_000, Bytes: 2 << 20, Depth: frames} }

// optimize folds the constant parts of an expression, from the inside out
// (optimizer.py); known says whether all of it has a constant value. As in
// Jinja2, some errors surface here, even in a branch that is never taken.
func (c *compiler) optimize(e expr, depth int) (folded expr, known bool) {
	if depth > maxDepth {
		panic(e.at().errorf(Budget, "RecursionError", "maximum recursion depth exceeded"))
	}
	switch e.(type) {
	case *constExpr, *foldedExpr:
		return e, true
	case *nameExpr, *nsRef, *bufferExpr:
		return e, false
	}
	all := true
	rewrite(e, func(child expr) expr {
		child, known := c.optimize(child, depth+1)
		all = all && known
		return child
	})
	if !all && !lazy(e) {
		return e, false
	}
	v, err := c.asConst(e)
	switch {
	case errors.Is(err, errNotConst):
		return e, false
	case err != nil:
		panic(e.at().wrap(err))
	case !writable(v):
		return e, true
	case mutable(v):
		return &foldedExpr{e, v}, true
	}
	return &constExpr{span: e.at(), value: v}, true
}

// lazy expressions can have a value, or an error, without all their parts having
// a value.
func lazy(e expr) bool {
	switch e.(type) {
	case *condExpr, *logicExpr, *compareExpr, *concatExpr, *dictExpr:
		return true
	}
	return false
}

// writable says whether Jinja2 can write the value into its generated Python
// (has_safe_repr).
func writable(v py.Value) bool {
	switch v := v.(type) {
	case py.None, py.Bool, py.Int, py.Float, py.Str, markup, *py.Range:
		return true
	case *py.Tuple:
		return all(v.Items, writable)
	case *py.List:
		return all(v.Items, writable)
	case *py.Dict:
		for key, value := range v.Pairs() {
			if !writable(key) || !writable(value) {
				return false
			}
		}
		return true
	}
	return false
}

func mutable(v py.Value) bool {
	switch v := v.(type) {
	case *py.List, *py.Dict:
		return true
	case *py.Tuple:
		return !all(v.Items, func(v py.Value) bool { return !mutable(v) })
	}
	return false
}

func all(vs []py.Value, ok func(py.Value) bool) bool {
	for _, v := range vs {
		if !ok(v) {
			return false
		}
	}
	return true
}

// static is what a print statement of a constant prints (visit_Output). Any
// error is left for rendering.
func (c *compiler) static(p *printStmt) *string {
	v, err := c.asConst(p.node)
	if err != nil {
		return nil
	}
	var text string
	if c.escape.on {
		var m markup
		m, err = escapeValue(c.fold.m, v)
		text = string(m)
	} else {
		text, err = py.ToStr(c.fold.m, v)
	}
	if err != nil {
		return nil
	}
	return &text
}

// asConst is the value of a constant expression, or errNotConst; other errors
// are those that Jinja2 does not catch (nodes.py, as_const).
func (c *compiler) asConst(e expr) (py.Value, error) {
	if c.fold.m.Step(1) != nil {
		return nil, errNotConst
	}
	v, err := c.constValue(e)
	if err != nil && isBudget(err) {
		return nil, errNotConst
	}
	return v, err
}

func isBudget(err error) bool { return caught(err, "MemoryError", "RecursionError") }

func (c *compiler) constValue(e expr) (py.Value, error) {
	switch e := e.(type) {
	case *constExpr:
		return e.value, nil
	case *foldedExpr:
		return e.value, nil
	case *tupleExpr:
		items, err := c.constItems(e.items)
		return py.NewTuple(items...), err
	case *listExpr:
		items, err := c.constItems(e.items)
		return py.NewList(items...), err
	case *dictExpr:
		return c.constDict(e)
	case *condExpr:
		return c.constCond(e)
	case *logicExpr:
		left, err := c.asConst(e.left)
		if err != nil {
			return nil, err
		}
		holds, err := py.Truth(left)
		if err != nil || holds == e.or {
			return left, err
		}
		return c.asConst(e.right)
	case *concatExpr:
		return c.constConcat(e)
	case *compareExpr:
		return c.constCompare(e)
	case *sliceExpr:
		return c.constSlice(e)
	case *binaryExpr, *notExpr, *unaryExpr, *attrExpr, *itemExpr, *filterExpr, *testExpr:
		v, err := c.constOperation(e)
		if err != nil {
			return nil, errNotConst
		}
		return v, nil
	}
	return nil, errNotConst
}

func (c *compiler) constItems(list []expr) ([]py.Value, error) {
	out := make([]py.Value, len(list))
	for i, e := range list {
		v, err := c.asConst(e)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (c *compiler) constDict(e *dictExpr) (py.Value, error) {
	d := &py.Dict{}
	for i := range e.keys {
		key, err := c.asConst(e.keys[i])
		if err != nil {
			return nil, err
		}
		value, err := c.asConst(e.values[i])
		if err != nil {
			return nil, err
		}
		if err := d.Set(c.fold.m, key, value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (c *compiler) constCond(e *condExpr) (py.Value, error) {
	test, err := c.asConst(e.test)
	if err != nil {
		return nil, err
	}
	holds, err := py.Truth(test)
	if err != nil {
		return nil, err
	}
	if holds {
		return c.asConst(e.yes)
	}
	if e.no == nil {
		return nil, errNotConst
	}
	return c.asConst(e.no)
}

func (c *compiler) constConcat(e *concatExpr) (py.Value, error) {
	text := ""
	for _, item := range e.items {
		v, err := c.asConst(item)
		if err != nil {
			return nil, err
		}
		s, err := py.ToStr(c.fold.m, v)
		if err != nil {
			return nil, err
		}
		if err := c.fold.m.Bytes(int64(len(text) + len(s))); err != nil {
			return nil, err
		}
		text += s
	}
	return py.Str(text), nil
}

func (c *compiler) constCompare(e *compareExpr) (py.Value, error) {
	left, err := c.asConst(e.first)
	if err != nil {
		return nil, err
	}
	for _, op := range e.ops {
		right, err := c.asConst(op.node)
		if err != nil {
			return nil, errNotConst
		}
		holds, err := compare(c.fold.m, op.op, left, right)
		if err != nil {
			return nil, errNotConst
		}
		if !holds {
			return py.Bool(false), nil
		}
		left = right
	}
	return py.Bool(true), nil
}

func (c *compiler) constSlice(e *sliceExpr) (py.Value, error) {
	s := &slice{py.None{}, py.None{}, py.None{}}
	for _, bound := range []struct {
		e  expr
		to *py.Value
	}{{e.start, &s.start}, {e.stop, &s.stop}, {e.step, &s.step}} {
		if bound.e == nil {
			continue
		}
		v, err := c.asConst(bound.e)
		if err != nil {
			return nil, err
		}
		*bound.to = v
	}
	return s, nil
}
