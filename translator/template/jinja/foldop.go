package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// constOperation folds what Jinja2 folds inside a try: any error means that it
// is left for rendering.
func (c *compiler) constOperation(e expr) (py.Value, error) {
	r := c.fold
	switch e := e.(type) {
	case *binaryExpr:
		left, right, err := c.constPair(e.left, e.right)
		if err != nil {
			return nil, err
		}
		return py.Binary(r.m, e.op, left, right)
	case *notExpr:
		v, err := c.asConst(e.node)
		if err != nil {
			return nil, err
		}
		holds, err := py.Truth(v)
		return py.Bool(!holds), err
	case *unaryExpr:
		v, err := c.asConst(e.node)
		if err != nil {
			return nil, err
		}
		return py.Unary(r.m, e.op, v)
	case *attrExpr:
		v, err := c.asConst(e.node)
		if err != nil {
			return nil, err
		}
		return r.getAttr(v, e.name, e.span)
	case *itemExpr:
		v, key, err := c.constPair(e.node, e.arg)
		if err != nil {
			return nil, err
		}
		return r.getItem(v, key, e.span)
	case *filterExpr:
		return c.constCall(c.t.lib.filters[e.name], e.node, &e.args, e.span)
	case *testExpr:
		return c.constCall(c.t.lib.tests[e.name], e.node, &e.args, e.span)
	}
	return nil, errNotConst
}

func (c *compiler) constPair(a, b expr) (left, right py.Value, err error) {
	if left, err = c.asConst(a); err != nil {
		return nil, nil, err
	}
	right, err = c.asConst(b)
	return left, right, err
}

// constCall folds a filter or a test.
func (c *compiler) constCall(f *builtin, node expr, a *args, at span) (py.Value, error) {
	if f == nil || f.pass == passContext || c.escape.volatile || node == nil || a.dynArgs != nil || a.dynKwds != nil {
		return nil, errNotConst
	}
	call := &call{at: at}
	var err error
	if call.args, err = c.constItems(append([]expr{node}, a.pos...)); err != nil {
		return nil, err
	}
	for _, k := range a.kw {
		v, err := c.asConst(k.value)
		if err != nil {
			return nil, err
		}
		call.kw = append(call.kw, py.Kwarg{Name: k.name, Value: v})
	}
	c.fold.escape = c.escape.on
	return f.invoke(c.fold, call)
}
