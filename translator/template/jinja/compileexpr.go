package jinja

import (
	"math"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// expr resolves the names of an expression and folds what is constant in it.
// What comes back replaces it.
func (c *compiler) expr(e expr, s scope) expr { return c.visit(e, s, false) }

// visit is expr; in an expression that has been folded as a whole, done is set.
func (c *compiler) visit(e expr, s scope, done bool) expr {
	if e == nil {
		return nil
	}
	if !done && folds(e) && !c.escape.volatile {
		e, _ = c.optimize(e, 0)
		done = true
	}
	switch n := e.(type) {
	case *constExpr:
		c.constant(n)
		return n
	case *foldedExpr:
		c.visit(n.expr, s, true)
		return n
	case *nameExpr:
		c.name(n, s)
		return n
	case *nsRef:
		n.ref, _ = c.ref(n.span, n.name, s)
		return n
	case *filterExpr:
		c.checkFilter(n, s)
	case *testExpr:
		c.checkTest(n, s)
	case *callExpr:
		c.call(n, s, done)
		return n
	case *concatExpr:
		n.escape = c.escape
	case *condExpr:
		s = s.softly()
	case *tupleExpr:
		c.noSlices(n)
	}
	defer c.open(brackets(e), e.at())()
	rewrite(e, func(child expr) expr { return c.visit(child, s, done) })
	return e
}

// folds says whether Jinja2 folds expressions of the kind (optimizeconst).
func folds(e expr) bool {
	switch e.(type) {
	case *constExpr, *nameExpr, *nsRef, *tupleExpr, *listExpr, *dictExpr, *sliceExpr, *bufferExpr, *foldedExpr:
		return false
	}
	return true
}

// brackets is how many brackets the Python for the expression opens around its
// parts.
func brackets(e expr) int {
	switch e := e.(type) {
	case *concatExpr:
		return 2
	case *itemExpr:
		if _, slice := e.arg.(*sliceExpr); slice {
			return 0
		}
	case *sliceExpr:
		return 1
	case *bufferExpr:
		return 1
	}
	return 1
}

// constant looks at a constant that goes into the generated Python.
func (c *compiler) constant(n *constExpr) {
	switch v := n.value.(type) {
	case py.Int:
		if err := tooLong(v); err != nil {
			panic(n.place(err))
		}
	case py.Float:
		n.unwritable = math.IsInf(float64(v), 0) || math.IsNaN(float64(v))
	case *py.Tuple:
		for _, item := range v.Items {
			part := &constExpr{span: n.span, value: item}
			c.constant(part)
			n.unwritable = n.unwritable || part.unwritable
		}
	}
}

func (c *compiler) name(n *nameExpr, s scope) {
	r, sym := c.ref(n.span, n.name, s)
	n.ref = r
	n.bare = sym.load == loadParam && !c.undeclared[sym]
	if !n.bare {
		c.open(2, n.span)()
	}
}

// noSlices refuses x[1:2, 3], which Jinja2 parses and Python does not.
func (c *compiler) noSlices(n *tupleExpr) {
	for _, item := range n.items {
		if _, slice := item.(*sliceExpr); slice {
			c.syntax(item.at(), "SyntaxError", "invalid syntax")
		}
	}
}

func (c *compiler) call(n *callExpr, s scope, done bool) {
	c.keywords(&n.args, n.caller)
	defer c.open(1, n.span)()
	rewrite(n, func(child expr) expr { return c.visit(child, s, done) })
}

// checkFilter fails for a filter that does not exist, unless it is in an if: it
// may never be used.
func (c *compiler) checkFilter(n *filterExpr, s scope) {
	n.filter = c.t.lib.filters[n.name]
	if n.filter == nil && !s.soft {
		err := n.nameAt.errorf(Syntax, "TemplateAssertionError", "No filter named "+quote(n.name)+".")
		err.Known = names(c.t.lib.filters)
		panic(err)
	}
	c.keywords(&n.args, false)
}

func (c *compiler) checkTest(n *testExpr, s scope) {
	n.test = c.t.lib.tests[n.name]
	if n.test == nil && !s.soft {
		err := n.nameAt.errorf(Syntax, "TemplateAssertionError", "No test named "+quote(n.name)+".")
		err.Known = names(c.t.lib.tests)
		panic(err)
	}
	c.keywords(&n.args, false)
}
