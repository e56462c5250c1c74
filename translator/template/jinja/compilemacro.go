package jinja

import (
	"fmt"
	"slices"
)

// macroDef is a macro, or the body of a call block.
type macroDef struct {
	name      string
	anonymous bool
	where     span
	args      []*nameExpr
	defaults  []expr
	body      []stmt

	fn    *function
	enter entry
	// params are the slots of the arguments, then those that the body asks for.
	params                   []int
	caller, kwargs, varargs  bool // are asked for
	explicitCaller           bool
	callerSlot, kwSlot, slot int
}

// macro compiles a macro (macro_body).
func (c *compiler) macro(m *macroDef, at span, s scope) {
	m.where = at
	m.fn = newFunction(s.fn)
	inner := s.inner(m.fn)
	inner.check = false
	inner.buffered = true
	a := inner.analyser()
	for _, arg := range m.args {
		a.declare(arg.name)
	}
	a.exprs(m.defaults)
	a.stmts(m.body)
	c.special(m, at, inner)
	m.enter = c.entry(inner.symbols)
	defer c.function(at)()
	c.defaults(m, inner)
	m.body = c.stmts(m.body, inner)
}

// special finds which of caller, kwargs and varargs the body asks for.
func (c *compiler) special(m *macroDef, at span, s scope) {
	named := func(name string) int {
		return slices.IndexFunc(m.args, func(a *nameExpr) bool { return a.name == name })
	}
	found := undeclared(m.body, "caller", "kwargs", "varargs")
	explicit := named("caller")
	m.explicitCaller = explicit >= 0
	if slices.Contains(found, "caller") {
		m.caller = true
		if m.explicitCaller && explicit < len(m.args)-len(m.defaults) {
			c.fail(at, `When defining macros or call blocks the special "caller" argument must be omitted or be given a default.`)
		}
		if !m.explicitCaller {
			m.callerSlot = s.declare("caller").slot
		}
	}
	if slices.Contains(found, "kwargs") && named("kwargs") < 0 {
		m.kwargs = true
		m.kwSlot = s.declare("kwargs").slot
	}
	if slices.Contains(found, "varargs") && named("varargs") < 0 {
		m.varargs = true
		m.slot = s.declare("varargs").slot
	}
}

// defaults compiles the defaults of the arguments, in which an argument that
// comes later may be missing.
func (c *compiler) defaults(m *macroDef, s scope) {
	outer := c.undeclared
	c.undeclared = map[*symbol]bool{}
	for _, sym := range s.order {
		c.undeclared[sym] = sym.load == loadParam
	}
	seen := map[int]bool{}
	first := len(m.args) - len(m.defaults)
	for i, arg := range m.args {
		sym := s.refs[arg.name]
		if seen[sym.slot] {
			c.syntax(arg.span, "SyntaxError", fmt.Sprintf("duplicate argument 'l_%d_%s' in function definition", s.level, arg.name))
		}
		seen[sym.slot] = true
		m.params = append(m.params, sym.slot)
		if i >= first {
			m.defaults[i-first] = c.expr(m.defaults[i-first], s)
		}
		delete(c.undeclared, sym)
	}
	c.undeclared = outer
}
