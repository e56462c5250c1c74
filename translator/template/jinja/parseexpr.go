package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// targetRules say what may be assigned to.
type targetRules struct {
	tuple     bool
	namespace bool
}

// nameTarget is a target that must be one name.
func (p *parser) nameTarget() *nameExpr {
	t := p.expect(tokName)
	if isLiteralName(t.text) {
		p.fail("can't assign to 'name'", t.span)
	}
	return &nameExpr{span: t.span, name: t.text, ctx: store}
}

func (p *parser) target(rules targetRules) expr {
	p.enter()
	defer p.leave()
	e := p.tuple(tupleRules{simplified: true, namespace: rules.namespace})
	if !assignable(e) {
		p.fail("can't assign to "+quote(className(e)), e.at())
	}
	setContext(e, store)
	return e
}

func assignable(e expr) bool {
	switch e := e.(type) {
	case *nameExpr, *nsRef:
		return true
	case *tupleExpr:
		for _, item := range e.items {
			if !assignable(item) {
				return false
			}
		}
		return true
	}
	return false
}

func setContext(e expr, ctx context) {
	switch e := e.(type) {
	case *nameExpr:
		e.ctx = ctx
	case *tupleExpr:
		for _, item := range e.items {
			setContext(item, ctx)
		}
	}
}

// className is the name of Jinja2's class for the node, in lower case (nodes.py).
func className(e expr) string {
	switch e := e.(type) {
	case *constExpr:
		return "const"
	case *nameExpr:
		return "name"
	case *tupleExpr:
		return "tuple"
	case *listExpr:
		return "list"
	case *dictExpr:
		return "dict"
	case *attrExpr:
		return "getattr"
	case *itemExpr:
		return "getitem"
	case *filterExpr:
		return "filter"
	case *testExpr:
		return "test"
	case *callExpr:
		return "call"
	case *condExpr:
		return "condexpr"
	case *concatExpr:
		return "concat"
	case *compareExpr:
		return "compare"
	case *notExpr:
		return "not"
	case *logicExpr:
		if e.or {
			return "or"
		}
		return "and"
	case *unaryExpr:
		return map[string]string{"+": "pos", "-": "neg"}[e.op]
	case *binaryExpr:
		return map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "**": "pow"}[e.op]
	}
	return "node"
}

func (p *parser) expression(withCond bool) expr {
	p.enter()
	defer p.leave()
	if withCond {
		return p.conditional()
	}
	return p.or()
}

func (p *parser) conditional() expr {
	p.enter()
	defer p.leave()
	e := p.or()
	for p.skipName("if") {
		c := &condExpr{yes: e, test: p.or()}
		if p.skipName("else") {
			c.no = p.conditional()
		}
		c.span = p.since(e.at())
		e = c
	}
	return e
}

func (p *parser) or() expr {
	p.enter()
	defer p.leave()
	left := p.and()
	for p.skipName("or") {
		right := p.and()
		left = &logicExpr{left.at().to(right.at()), true, left, right}
	}
	return left
}

func (p *parser) and() expr {
	p.enter()
	defer p.leave()
	left := p.not()
	for p.skipName("and") {
		right := p.not()
		left = &logicExpr{left.at().to(right.at()), false, left, right}
	}
	return left
}

func (p *parser) not() expr {
	p.enter()
	defer p.leave()
	if !p.cur.is("not") {
		return p.compare()
	}
	t := p.next()
	node := p.not()
	return &notExpr{p.since(t.span), node}
}

func (p *parser) compare() expr {
	p.enter()
	defer p.leave()
	first := p.sum()
	var ops []operand
	for {
		op := p.comparison()
		if op == "" {
			break
		}
		ops = append(ops, operand{op, p.sum()})
	}
	if ops == nil {
		return first
	}
	return &compareExpr{p.since(first.at()), first, ops}
}

// comparison reads the operator of a comparison, if there is one.
func (p *parser) comparison() string {
	switch p.cur.kind {
	case tokEq, tokNe, tokLt, tokLe, tokGt, tokGe:
		return string(p.next().kind)
	}
	if p.skipName("in") {
		return "in"
	}
	if p.cur.is("not") && p.look().is("in") {
		p.next()
		p.next()
		return "not in"
	}
	return ""
}

func (p *parser) sum() expr {
	p.enter()
	defer p.leave()
	left := p.concat()
	for p.cur.kind == tokAdd || p.cur.kind == tokSub {
		op := p.next()
		left = binary(op, left, p.concat())
	}
	return left
}

func binary(op token, left, right expr) expr {
	return &binaryExpr{left.at().to(right.at()), string(op.kind), left, right}
}

func (p *parser) concat() expr {
	p.enter()
	defer p.leave()
	first := p.product()
	if p.cur.kind != tokTilde {
		return first
	}
	items := []expr{first}
	for p.skip(tokTilde) {
		items = append(items, p.product())
	}
	return &concatExpr{span: p.since(first.at()), items: items}
}

func (p *parser) product() expr {
	p.enter()
	defer p.leave()
	left := p.power()
	for {
		switch p.cur.kind {
		case tokMul, tokDiv, tokFloorDiv, tokMod:
			op := p.next()
			left = binary(op, left, p.power())
		default:
			return left
		}
	}
}

// power is left-associative, unlike Python's.
func (p *parser) power() expr {
	p.enter()
	defer p.leave()
	left := p.unary(true)
	for p.cur.kind == tokPow {
		op := p.next()
		left = binary(op, left, p.unary(true))
	}
	return left
}

func (p *parser) unary(withFilter bool) expr {
	p.enter()
	defer p.leave()
	var e expr
	if p.cur.kind == tokSub || p.cur.kind == tokAdd {
		op := p.next()
		node := p.unary(false)
		e = &unaryExpr{p.since(op.span), string(op.kind), node}
	} else {
		e = p.primary(false)
	}
	e = p.postfix(e)
	if withFilter {
		e = p.filterExpr(e)
	}
	return e
}

func isLiteralName(name string) bool {
	switch name {
	case "true", "false", "none", "True", "False", "None":
		return true
	}
	return false
}

func (p *parser) primary(namespace bool) expr {
	p.enter()
	defer p.leave()
	switch t := p.cur; t.kind {
	case tokName:
		return p.namePrimary(namespace)
	case tokString:
		return p.stringPrimary()
	case tokInteger, tokFloat:
		p.next()
		return &constExpr{span: t.span, value: t.value}
	case tokLParen:
		p.next()
		e := p.tuple(tupleRules{condExpr: true, explicit: true})
		p.expect(tokRParen)
		if tuple, ok := e.(*tupleExpr); ok {
			tuple.span = p.since(t.span)
		}
		return e
	case tokLBracket:
		return p.list()
	case tokLBrace:
		return p.dict()
	}
	p.fail("unexpected "+quote(p.cur.describe()), p.cur.span)
	return nil
}

func (p *parser) namePrimary(namespace bool) expr {
	t := p.next()
	switch t.text {
	case "true", "True":
		return &constExpr{span: t.span, value: py.Bool(true)}
	case "false", "False":
		return &constExpr{span: t.span, value: py.Bool(false)}
	case "none", "None":
		return &constExpr{span: t.span, value: py.None{}}
	}
	if namespace && p.cur.kind == tokDot {
		p.next()
		attr := p.expect(tokName)
		return &nsRef{span: p.since(t.span), name: t.text, attr: attr.text}
	}
	return &nameExpr{span: t.span, name: t.text}
}

// stringPrimary joins the string literals that follow each other.
func (p *parser) stringPrimary() expr {
	t := p.next()
	if p.cur.kind != tokString {
		return &constExpr{span: t.span, value: t.value}
	}
	var b strings.Builder
	for {
		s, _ := t.value.(py.Str)
		b.WriteString(string(s))
		if p.cur.kind != tokString {
			return &constExpr{span: p.since(t.span), value: py.Str(b.String())}
		}
		first := t.span
		t = p.next()
		t.span = first.to(t.span)
	}
}
