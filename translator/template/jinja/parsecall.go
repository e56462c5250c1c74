package jinja

// tupleRules say how a tuple, or the single expression it turns out to be, is
// parsed.
type tupleRules struct {
	simplified bool // names and literals only
	condExpr   bool
	explicit   bool // in parentheses: may be empty
	namespace  bool
}

func (p *parser) tuple(rules tupleRules) expr {
	p.enter()
	defer p.leave()
	start := p.cur.span
	var items []expr
	isTuple := false
	for {
		if len(items) > 0 {
			p.expect(tokComma)
		}
		if p.tupleEnd() {
			break
		}
		items = append(items, p.tupleItem(rules))
		if p.cur.kind != tokComma {
			break
		}
		isTuple = true
	}
	if !isTuple {
		if len(items) > 0 {
			return items[0]
		}
		if !rules.explicit {
			p.fail("Expected an expression, got "+quote(p.cur.describe()), p.cur.span)
		}
	}
	return &tupleExpr{p.since(start), items}
}

func (p *parser) tupleItem(rules tupleRules) expr {
	p.enter()
	defer p.leave()
	if rules.simplified {
		return p.primary(rules.namespace)
	}
	return p.expression(rules.condExpr)
}

func (p *parser) list() expr {
	p.enter()
	defer p.leave()
	t := p.expect(tokLBracket)
	var items []expr
	for p.cur.kind != tokRBracket {
		if len(items) > 0 {
			p.expect(tokComma)
		}
		if p.cur.kind == tokRBracket {
			break
		}
		items = append(items, p.expression(true))
	}
	p.expect(tokRBracket)
	return &listExpr{p.since(t.span), items}
}

func (p *parser) dict() expr {
	p.enter()
	defer p.leave()
	t := p.expect(tokLBrace)
	d := &dictExpr{}
	for p.cur.kind != tokRBrace {
		if len(d.keys) > 0 {
			p.expect(tokComma)
		}
		if p.cur.kind == tokRBrace {
			break
		}
		d.keys = append(d.keys, p.expression(true))
		p.expect(tokColon)
		d.values = append(d.values, p.expression(true))
	}
	p.expect(tokRBrace)
	d.span = p.since(t.span)
	return d
}

// postfix parses attributes, subscripts and calls.
func (p *parser) postfix(e expr) expr {
	for {
		switch p.cur.kind {
		case tokDot:
			e = p.attribute(e)
		case tokLBracket:
			e = p.subscript(e)
		case tokLParen:
			e = p.call(e)
		default:
			return e
		}
	}
}

// filterExpr parses filters, tests, and calls of what they give.
func (p *parser) filterExpr(e expr) expr {
	for {
		switch {
		case p.cur.kind == tokPipe:
			e = p.filters(e, false)
		case p.cur.is("is"):
			e = p.test(e)
		case p.cur.kind == tokLParen:
			e = p.call(e)
		default:
			return e
		}
	}
}

func (p *parser) attribute(node expr) expr {
	p.next()
	switch t := p.cur; t.kind {
	case tokName:
		p.next()
		return &attrExpr{p.since(node.at()), node, t.text}
	case tokInteger:
		p.next()
		return &itemExpr{p.since(node.at()), node, &constExpr{span: t.span, value: t.value}}
	default:
		p.next() // an error in the next token comes first
		p.fail("expected name or number", t.span)
	}
	return nil
}

func (p *parser) subscript(node expr) expr {
	p.enter()
	defer p.leave()
	t := p.next()
	var items []expr
	for p.cur.kind != tokRBracket {
		if len(items) > 0 {
			p.expect(tokComma)
		}
		items = append(items, p.subscribed())
	}
	p.expect(tokRBracket)
	if len(items) == 1 {
		return &itemExpr{p.since(node.at()), node, items[0]}
	}
	return &itemExpr{p.since(node.at()), node, &tupleExpr{p.since(t.span), items}}
}

// subscribed parses what is between brackets: an expression or a slice.
func (p *parser) subscribed() expr {
	p.enter()
	defer p.leave()
	start := p.cur.span
	s := &sliceExpr{}
	if p.cur.kind != tokColon {
		s.start = p.expression(true)
		if p.cur.kind != tokColon {
			return s.start
		}
	}
	p.next()
	if p.cur.kind != tokColon {
		s.stop = p.sliceBound()
	}
	if p.skip(tokColon) {
		s.step = p.sliceBound()
	}
	s.span = p.since(start)
	return s
}

func (p *parser) sliceBound() expr {
	if p.cur.kind == tokRBracket || p.cur.kind == tokComma {
		return nil
	}
	return p.expression(true)
}

func (p *parser) call(node expr) expr {
	p.enter()
	defer p.leave()
	a := p.callArgs()
	return &callExpr{span: p.since(node.at()), node: node, args: a}
}

func (p *parser) callArgs() args {
	p.enter()
	defer p.leave()
	open := p.expect(tokLParen)
	var a args
	for first := true; p.cur.kind != tokRParen; first = false {
		if !first {
			p.expect(tokComma)
			if p.cur.kind == tokRParen {
				break
			}
		}
		p.callArg(&a, open)
	}
	p.expect(tokRParen)
	return a
}

func (p *parser) callArg(a *args, open token) {
	ensure := func(ok bool) {
		if !ok {
			p.fail("invalid syntax for function call expression", open.to(p.cur.span))
		}
	}
	switch {
	case p.cur.kind == tokMul:
		ensure(a.dynArgs == nil && a.dynKwds == nil)
		p.next()
		a.dynArgs = p.expression(true)
	case p.cur.kind == tokPow:
		ensure(a.dynKwds == nil)
		p.next()
		a.dynKwds = p.expression(true)
	case p.cur.kind == tokName && p.look().kind == tokAssign:
		ensure(a.dynKwds == nil)
		key := p.next()
		p.next()
		value := p.expression(true)
		a.kw = append(a.kw, keyword{p.since(key.span), key.text, value})
	default:
		ensure(a.dynArgs == nil && a.dynKwds == nil && len(a.kw) == 0)
		a.pos = append(a.pos, p.expression(true))
	}
}

// dotted reads the name of a filter or a test.
func (p *parser) dotted() (string, span) {
	t := p.expect(tokName)
	name := t.text
	for p.skip(tokDot) {
		name += "." + p.expect(tokName).text
	}
	return name, p.since(t.span)
}

// filters parses |a|b(c); inline, the first | is not there (a filter block).
func (p *parser) filters(node expr, inline bool) expr {
	p.enter()
	defer p.leave()
	for inline || p.cur.kind == tokPipe {
		if !inline {
			p.next()
		}
		inline = false
		f := &filterExpr{node: node}
		f.name, f.span = p.dotted()
		if p.cur.kind == tokLParen {
			f.args = p.callArgs()
		}
		f.nameAt = f.span
		if node != nil {
			f.span = node.at()
		}
		f.span = p.since(f.span)
		node = f
	}
	return node
}

func (p *parser) test(node expr) expr {
	p.enter()
	defer p.leave()
	p.next()
	negated := p.skipName("not")
	t := &testExpr{node: node}
	t.name, t.nameAt = p.dotted()
	switch p.cur.kind {
	case tokLParen:
		t.args = p.callArgs()
	case tokName, tokString, tokInteger, tokFloat, tokLBracket, tokLBrace:
		if p.cur.is("else") || p.cur.is("or") || p.cur.is("and") {
			break
		}
		if p.cur.is("is") {
			p.fail("You cannot chain multiple tests with is", p.cur.span)
		}
		t.pos = []expr{p.postfix(p.primary(false))}
	}
	t.span = p.since(node.at())
	if negated {
		return &notExpr{t.span, t}
	}
	return t
}
