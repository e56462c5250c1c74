package jinja

import "slices"

// walker goes through statements and expressions in the order of Jinja2's
// visitors (the order of `fields` in nodes.py).
type walker struct {
	visitName func(*nameExpr)
	visitNS   func(*nsRef)
	// visitStmt says true if it has dealt with the statement.
	visitStmt func(stmt) bool
	depth     int
}

// maxDepth is how deep a tree Jinja2 gets through without a RecursionError, at
// two of Python's frames for each level.
const maxDepth = 491

func (w *walker) down(at span) {
	w.depth++
	if w.depth > maxDepth {
		panic(at.errorf(Budget, "RecursionError", "maximum recursion depth exceeded"))
	}
}

func (w *walker) stmts(body []stmt) {
	for _, s := range body {
		w.stmt(s)
	}
}

func (w *walker) stmt(s stmt) {
	if w.visitStmt != nil && w.visitStmt(s) {
		return
	}
	w.down(s.at())
	defer func() { w.depth-- }()
	switch s := s.(type) {
	case *printStmt:
		w.expr(s.node)
	case *forStmt:
		w.expr(s.target)
		w.expr(s.iter)
		w.stmts(s.body)
		w.stmts(s.els)
		w.expr(s.test)
	case *ifStmt:
		for _, b := range s.branches {
			w.expr(b.test)
			w.stmts(b.body)
		}
	case *macroStmt:
		w.macro(&s.macroDef)
	case *callBlockStmt:
		w.expr(s.call)
		w.macro(&s.macroDef)
	case *filterBlockStmt:
		w.stmts(s.body)
		w.expr(s.filter)
	case *withStmt:
		w.exprs(s.targets)
		w.exprs(s.values)
		w.stmts(s.body)
	case *assignStmt:
		w.expr(s.target)
		w.expr(s.value)
	case *assignBlockStmt:
		w.expr(s.target)
		w.expr(s.filter)
		w.stmts(s.body)
	case *blockStmt:
		w.stmts(s.body)
	case *extendsStmt:
		w.expr(s.template)
	case *includeStmt:
		w.expr(s.template)
	case *importStmt:
		w.expr(s.template)
	case *autoescapeStmt:
		w.expr(s.value)
		w.stmts(s.body)
	}
}

func (w *walker) macro(m *macroDef) {
	for _, arg := range m.args {
		w.visitName(arg)
	}
	w.exprs(m.defaults)
	w.stmts(m.body)
}

func (w *walker) exprs(list []expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *walker) expr(e expr) {
	if e == nil {
		return
	}
	switch e := e.(type) {
	case *constExpr:
		return
	case *nameExpr:
		w.visitName(e)
		return
	case *nsRef:
		if w.visitNS != nil {
			w.visitNS(e)
		}
		return
	}
	w.down(e.at())
	rewrite(e, func(child expr) expr {
		w.expr(child)
		return child
	})
	w.depth--
}

// rewrite replaces the parts of an expression by what f makes of them, in the
// order of Jinja2's fields.
func rewrite(e expr, f func(expr) expr) {
	switch e := e.(type) {
	case *tupleExpr:
		each(f, e.items)
	case *listExpr:
		each(f, e.items)
	case *dictExpr:
		for i := range e.keys {
			each(f, e.keys[i:i+1])
			each(f, e.values[i:i+1])
		}
	case *condExpr:
		parts(f, &e.test, &e.yes, &e.no)
	case *binaryExpr:
		parts(f, &e.left, &e.right)
	case *logicExpr:
		parts(f, &e.left, &e.right)
	case *notExpr:
		parts(f, &e.node)
	case *unaryExpr:
		parts(f, &e.node)
	case *concatExpr:
		each(f, e.items)
	case *compareExpr:
		parts(f, &e.first)
		for i := range e.ops {
			parts(f, &e.ops[i].node)
		}
	case *attrExpr:
		parts(f, &e.node)
	case *itemExpr:
		parts(f, &e.node, &e.arg)
	case *sliceExpr:
		parts(f, &e.start, &e.stop, &e.step)
	case *filterExpr:
		parts(f, &e.node)
		e.args.rewrite(f)
	case *testExpr:
		parts(f, &e.node)
		e.args.rewrite(f)
	case *callExpr:
		parts(f, &e.node)
		e.args.rewrite(f)
	}
}

func (a *args) rewrite(f func(expr) expr) {
	each(f, a.pos)
	for i := range a.kw {
		parts(f, &a.kw[i].value)
	}
	parts(f, &a.dynArgs, &a.dynKwds)
}

func each(f func(expr) expr, list []expr) {
	for i, e := range list {
		list[i] = f(e)
	}
}

func parts(f func(expr) expr, list ...*expr) {
	for _, e := range list {
		if *e != nil {
			*e = f(*e)
		}
	}
}

// undeclared are those of the names that the statements load before they set
// them, wherever that is but in blocks (compiler.py, find_undeclared).
func undeclared(body []stmt, names ...string) []string {
	var found []string
	w := walker{}
	w.visitName = func(n *nameExpr) {
		at := slices.Index(names, n.name)
		switch {
		case at < 0:
		case n.ctx == load:
			if !slices.Contains(found, n.name) {
				found = append(found, n.name)
			}
		default:
			names = slices.Delete(names, at, at+1)
		}
	}
	w.visitStmt = func(s stmt) bool {
		_, isBlock := s.(*blockStmt)
		return isBlock
	}
	w.stmts(body)
	return found
}

// descendants calls f for each statement in the bodies, however deep.
func descendants(body []stmt, f func(stmt)) {
	w := walker{visitName: func(*nameExpr) {}}
	w.visitStmt = func(s stmt) bool {
		f(s)
		return false
	}
	w.stmts(body)
}
