package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// stmt compiles a statement; nil is one that never does anything.
func (c *compiler) stmt(node stmt, s scope) stmt {
	defer c.nest(node.at(), 0, 0, 2)()
	switch n := node.(type) {
	case *dataStmt:
		if s.check && c.known {
			return nil
		}
	case *printStmt:
		if s.check && c.known {
			return nil
		}
		c.print(n, s)
	case *forStmt:
		c.forLoop(n, s)
	case *ifStmt:
		c.ifElse(n, s)
	case *macroStmt:
		c.macro(&n.macroDef, n.span, s)
		n.target, _ = c.ref(n.span, n.name, s)
		n.exported = -1
		if s.toplevel {
			n.exported = c.id(n.name)
		}
	case *callBlockStmt:
		c.callBlock(n, s)
	case *filterBlockStmt:
		c.filterBlock(n, s)
	case *withStmt:
		c.with(n, s)
	case *assignStmt:
		c.assign(n, s)
	case *assignBlockStmt:
		c.assignBlock(n, s)
	case *blockStmt:
		return c.blockCall(n, s)
	case *extendsStmt:
		c.extend(n, s)
	case *includeStmt:
		n.template = c.expr(n.template, s)
	case *importStmt:
		n.template = c.expr(n.template, s)
	case *autoescapeStmt:
		c.autoescape(n, s)
	}
	return node
}

func (c *compiler) print(p *printStmt, s scope) {
	p.escape = c.escape
	if p.static = c.static(p); p.static != nil {
		return
	}
	brackets := 1
	if s.buffered {
		brackets = 3
	}
	defer c.open(brackets, p.span)()
	p.node = c.expr(p.node, s)
}

func (c *compiler) forLoop(f *forStmt, s scope) {
	f.fn = s.fn
	if f.recursive {
		f.fn = newFunction(s.fn)
	}
	body, els := s.inner(f.fn), s.inner(f.fn)
	body.loop = true
	f.extended = f.recursive || len(undeclared(f.body, "loop")) > 0 || hasScopedBlock(f)
	if f.extended {
		f.loop = ref{slot: body.declare("loop").slot}
	}
	a := body.analyser()
	a.targets(f.target)
	a.stmts(f.body)
	if f.els != nil {
		els.analyser().stmts(f.els)
	}
	c.loopFilter(f, s)
	c.checkLoopNames(f)
	if f.recursive {
		body.buffered, els.buffered = true, true
		c.loopFunction(f, s, body, els)
		return
	}
	c.resolveTarget(f.target, body)
	f.iter = c.expr(f.iter, s)
	defer c.nest(f.span, 1, 1, 2)()
	c.loopBody(f, body, els)
}

// loopFunction compiles a recursive loop, whose body is a function of its own.
func (c *compiler) loopFunction(f *forStmt, s, body, els scope) {
	back := c.function(f.span)
	c.resolveTarget(f.target, body)
	in := c.nest(f.span, 1, 1, 0)
	c.loopBody(f, body, els)
	in()
	back()
	f.iter = c.expr(f.iter, s)
}

func (c *compiler) loopBody(f *forStmt, body, els scope) {
	f.enter = c.entry(body.symbols)
	f.body = c.stmts(f.body, body)
	if f.els != nil {
		f.enterElse = c.entry(els.symbols)
		f.els = c.stmts(f.els, els)
	}
}

// loopFilter compiles the `if` of a loop, a function of its own that yields the
// items which pass.
func (c *compiler) loopFilter(f *forStmt, s scope) {
	if f.test == nil {
		return
	}
	f.testFn = newFunction(s.fn)
	test := s.inner(f.testFn)
	a := test.analyser()
	a.targets(f.target)
	a.expr(f.test)
	f.enterTest = c.entry(test.symbols)
	f.testTarget = cloneTarget(f.target)
	defer c.function(f.test.at())()
	c.resolveTarget(f.testTarget, test)
	f.test = c.expr(f.test, test)
}

// cloneTarget copies a target, to be resolved in another function.
func cloneTarget(e expr) expr {
	switch e := e.(type) {
	case *nameExpr:
		clone := *e
		return &clone
	case *tupleExpr:
		clone := &tupleExpr{span: e.span}
		for _, item := range e.items {
			clone.items = append(clone.items, cloneTarget(item))
		}
		return clone
	}
	return e
}

func hasScopedBlock(f *forStmt) bool {
	scoped := false
	look := func(s stmt) {
		if b, ok := s.(*blockStmt); ok && b.scoped {
			scoped = true
		}
	}
	descendants(f.body, look)
	descendants(f.els, look)
	return scoped
}

// checkLoopNames refuses assignments to `loop` anywhere in a loop.
func (c *compiler) checkLoopNames(f *forStmt) {
	w := walker{}
	w.visitName = func(n *nameExpr) {
		if n.ctx == store && n.name == "loop" {
			c.fail(n.span, "Can't assign to special loop variable in for-loop target")
		}
	}
	w.stmt(f)
}

func (c *compiler) ifElse(n *ifStmt, s scope) {
	soft := s.softly()
	for i := range n.branches {
		b := &n.branches[i]
		if b.test != nil {
			b.test = c.expr(b.test, soft)
		}
		back := c.nest(n.span, 1, 0, 2)
		b.body = c.stmts(b.body, soft)
		back()
	}
}

func (c *compiler) callBlock(n *callBlockStmt, s scope) {
	c.macro(&n.macroDef, n.span, s)
	n.call.caller = true
	defer c.open(1, n.span)()
	c.call(n.call, s, false)
}

func (c *compiler) filterBlock(n *filterBlockStmt, s scope) {
	inner := s.inner(s.fn)
	a := inner.analyser()
	a.stmts(n.body)
	a.expr(n.filter)
	inner.buffered = true
	n.enter = c.entry(inner.symbols)
	n.buffer = c.fillFilter(n.filter, n.span, s.fn)
	defer c.nest(n.span, 0, 0, 2)()
	n.body = c.stmts(n.body, inner)
	n.filter = c.expr(n.filter, inner)
}

// fillFilter makes the innermost filter of a chain without a start begin with
// what is in a slot, which is returned.
func (c *compiler) fillFilter(filter expr, at span, fn *function) int {
	f, ok := filter.(*filterExpr)
	if !ok {
		return -1
	}
	for f.node != nil {
		inner, ok := f.node.(*filterExpr)
		if !ok {
			return -1
		}
		f = inner
	}
	b := &bufferExpr{span: at, slot: fn.fresh(), escape: c.escape}
	f.node = b
	return b.slot
}

func (c *compiler) with(n *withStmt, s scope) {
	inner := s.inner(s.fn)
	a := inner.analyser()
	a.exprs(n.targets)
	a.stmts(n.body)
	n.enter = c.entry(inner.symbols)
	for i := range n.targets {
		c.resolveTarget(n.targets[i], inner)
		n.values[i] = c.expr(n.values[i], s)
	}
	defer c.nest(n.span, 0, 0, 2)()
	n.body = c.stmts(n.body, inner)
}

// export is a name that a set at the top level puts into the context.
type export struct {
	id  int
	ref ref
}

func (c *compiler) assign(n *assignStmt, s scope) {
	n.checks = c.namespaces(n.target, s)
	n.exported = c.resolveTarget(n.target, s)
	n.value = c.expr(n.value, s)
}

// namespaces are the names in ns.attr targets, each once.
func (c *compiler) namespaces(target expr, s scope) []*nsRef {
	var out []*nsRef
	seen := map[string]bool{}
	w := walker{visitName: func(*nameExpr) {}}
	w.visitNS = func(n *nsRef) {
		if !seen[n.name] {
			n.ref, _ = c.ref(n.span, n.name, s)
			seen[n.name] = true
			out = append(out, n)
		}
	}
	w.expr(target)
	return out
}

// resolveTarget resolves the names of a target; the result are those that go
// into the context.
func (c *compiler) resolveTarget(target expr, s scope) []export {
	var out []export
	switch e := target.(type) {
	case *nameExpr:
		e.ref, _ = c.ref(e.span, e.name, s)
		if s.toplevel {
			out = append(out, export{c.id(e.name), e.ref})
		}
	case *nsRef:
		e.ref, _ = c.ref(e.span, e.name, s)
	case *tupleExpr:
		for _, item := range e.items {
			out = append(out, c.resolveTarget(item, s)...)
		}
	}
	return out
}

func (c *compiler) assignBlock(n *assignBlockStmt, s scope) {
	inner := s.inner(s.fn)
	inner.check = false
	inner.buffered = true
	inner.analyser().stmts(n.body)
	n.enter = c.entry(inner.symbols)
	n.buffer = -1
	if n.filter != nil {
		n.buffer = c.fillFilter(n.filter, n.span, s.fn)
	}
	defer c.nest(n.span, 0, 0, 2)()
	n.body = c.stmts(n.body, inner)
	n.exported = c.resolveTarget(n.target, s)
	if n.filter != nil {
		defer c.open(1, n.span)()
		n.filter = c.expr(n.filter, inner)
	}
}

// local is a variable that a scoped block sees.
type local struct {
	id  int
	ref ref
}

func (c *compiler) blockCall(n *blockStmt, s scope) stmt {
	if s.toplevel && c.known {
		return nil
	}
	if n.scoped {
		seen := map[string]bool{}
		for sym := s.symbols; sym != nil; sym = sym.parent {
			for _, stored := range sym.order {
				if err := c.work.Step(50); err != nil {
					panic(n.place(err))
				}
				if stored.stored && !seen[stored.name] {
					seen[stored.name] = true
					r, _ := c.ref(n.span, stored.name, s)
					n.locals = append(n.locals, local{c.id(stored.name), r})
				}
			}
		}
	}
	if s.buffered {
		defer c.nest(n.span, 2, 2, 0)()
	}
	return n
}

func (c *compiler) extend(n *extendsStmt, s scope) {
	if !s.toplevel {
		c.fail(n.span, "cannot use extend from a non top-level scope")
	}
	n.template = c.expr(n.template, s)
	c.known = c.known || s.root
	c.extends++
}

func (c *compiler) autoescape(n *autoescapeStmt, s scope) {
	inner := s.inner(s.fn)
	a := inner.analyser()
	a.expr(n.value)
	a.stmts(n.body)
	n.enter = c.entry(inner.symbols)
	saved := c.escape
	value, err := c.asConst(n.value)
	n.value = c.expr(n.value, inner)
	if err != nil {
		c.escape.volatile = true
	} else {
		c.escape.on, _ = py.Truth(value)
	}
	defer c.nest(n.span, 0, 0, 3)()
	n.body = c.stmts(n.body, inner)
	c.escape = saved
}
