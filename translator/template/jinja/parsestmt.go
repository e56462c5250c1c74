package jinja

import "strings"

// statement parses one tag and what belongs to it.
func (p *parser) statement() []stmt {
	p.enter()
	defer p.leave()
	tag := p.cur
	if tag.kind != tokName {
		p.fail("tag name expected", tag.span)
	}
	parse := p.statementParser(tag.text)
	if parse == nil {
		p.failTag(&tag, p.wanted)
	}
	p.tags = append(p.tags, tag)
	p.enter()
	s := parse()
	p.leave()
	p.tags = p.tags[:len(p.tags)-1]
	return s
}

func (p *parser) statementParser(tag string) func() []stmt {
	switch tag {
	case "print":
		return p.printTag
	case "set":
		return one(p.set)
	case "for":
		return one(p.forLoop)
	case "if":
		return one(p.ifElse)
	case "with":
		return one(p.with)
	case "autoescape":
		return one(p.autoescape)
	case "block":
		return one(p.blockTag)
	case "extends":
		return one(p.extends)
	case "include":
		return one(p.include)
	case "import":
		return one(p.importAs)
	case "from":
		return one(p.fromImport)
	case "macro":
		return one(p.macro)
	case "call":
		return one(p.callBlock)
	case "filter":
		return one(p.filterBlock)
	}
	return nil
}

func one(parse func() stmt) func() []stmt {
	return func() []stmt { return []stmt{parse()} }
}

// printTag is {% print a, b %}.
func (p *parser) printTag() []stmt {
	p.next()
	var out []stmt
	for p.cur.kind != tokBlockEnd {
		if len(out) > 0 {
			p.expect(tokComma)
		}
		node := p.expression(true)
		out = append(out, &printStmt{span: node.at(), node: node})
	}
	return out
}

func (p *parser) set() stmt {
	tag := p.next()
	target := p.target(targetRules{tuple: true, namespace: true})
	if p.skip(tokAssign) {
		value := p.tuple(tupleRules{condExpr: true})
		return &assignStmt{span: p.since(tag.span), target: target, value: value}
	}
	filter := p.filters(nil, false)
	at := p.since(tag.span)
	body := p.block("endset")
	return &assignBlockStmt{span: at, target: target, filter: filter, body: body}
}

func (p *parser) forLoop() stmt {
	tag := p.expectName("for")
	f := &forStmt{target: p.target(targetRules{tuple: true})}
	p.expectName("in")
	f.iter = p.tuple(tupleRules{})
	if p.skipName("if") {
		f.test = p.expression(true)
	}
	f.recursive = p.skipName("recursive")
	f.span = p.since(tag.span)
	f.body = p.statements("endfor", "else")
	if p.next().text != "endfor" {
		f.els = p.block("endfor")
	}
	return f
}

func (p *parser) ifElse() stmt {
	tag := p.expectName("if")
	s := &ifStmt{}
	for {
		test := p.tuple(tupleRules{})
		if s.branches == nil {
			s.span = p.since(tag.span)
		}
		s.branches = append(s.branches, branch{test, p.statements("elif", "else", "endif")})
		switch p.next().text {
		case "elif":
			continue
		case "else":
			s.branches = append(s.branches, branch{nil, p.block("endif")})
		}
		return s
	}
}

func (p *parser) with() stmt {
	tag := p.next()
	w := &withStmt{}
	for p.cur.kind != tokBlockEnd {
		if len(w.targets) > 0 {
			p.expect(tokComma)
		}
		target := p.target(targetRules{tuple: true})
		setContext(target, param)
		w.targets = append(w.targets, target)
		p.expect(tokAssign)
		w.values = append(w.values, p.expression(true))
	}
	w.span = p.since(tag.span)
	w.body = p.block("endwith")
	return w
}

func (p *parser) autoescape() stmt {
	tag := p.next()
	a := &autoescapeStmt{value: p.expression(true)}
	a.span = p.since(tag.span)
	a.body = p.block("endautoescape")
	return a
}

func (p *parser) blockTag() stmt {
	tag := p.next()
	b := &blockStmt{name: p.expect(tokName).text}
	b.scoped = p.skipName("scoped")
	b.required = p.skipName("required")
	if p.cur.kind == tokSub {
		p.fail("Block names in Jinja have to be valid Python identifiers and may not"+
			" contain hyphens, use an underscore instead.", p.cur.span)
	}
	b.span = p.since(tag.span)
	b.body = p.block("endblock")
	if b.required && !onlySpace(b.body) {
		p.fail("Required blocks can only contain comments or whitespace", b.span)
	}
	p.skipName(b.name)
	return b
}

func onlySpace(body []stmt) bool {
	for _, s := range body {
		d, ok := s.(*dataStmt)
		if !ok || strings.TrimFunc(d.text, isSpace) != "" {
			return false
		}
	}
	return true
}

func (p *parser) extends() stmt {
	tag := p.next()
	template := p.expression(true)
	return &extendsStmt{p.since(tag.span), template}
}

func (p *parser) include() stmt {
	tag := p.next()
	i := &includeStmt{template: p.expression(true)}
	if p.cur.is("ignore") && p.look().is("missing") {
		i.ignoreMissing = true
		p.next()
		p.next()
	}
	p.importContext()
	i.span = p.since(tag.span)
	return i
}

// importContext reads `with context` or `without context`.
func (p *parser) importContext() bool {
	if (p.cur.is("with") || p.cur.is("without")) && p.look().is("context") {
		p.next()
		p.next()
		return true
	}
	return false
}

func (p *parser) importAs() stmt {
	tag := p.next()
	i := &importStmt{template: p.expression(true)}
	p.expectName("as")
	i.names = []string{p.nameTarget().name}
	p.importContext()
	i.span = p.since(tag.span)
	return i
}

func (p *parser) fromImport() stmt {
	tag := p.next()
	i := &importStmt{template: p.expression(true)}
	p.expectName("import")
	for {
		if len(i.names) > 0 {
			p.expect(tokComma)
		}
		if p.cur.kind != tokName {
			p.expect(tokName)
		}
		if p.importContext() {
			break
		}
		name := p.nameTarget()
		if strings.HasPrefix(name.name, "_") {
			panic(name.errorf(Syntax, "TemplateAssertionError", "names starting with an underline can not be imported"))
		}
		if p.skipName("as") {
			name = p.nameTarget()
		}
		i.names = append(i.names, name.name)
		if p.importContext() || p.cur.kind != tokComma {
			break
		}
	}
	i.span = p.since(tag.span)
	return i
}

func (p *parser) signature(m *macroDef) {
	p.enter()
	defer p.leave()
	p.expect(tokLParen)
	for p.cur.kind != tokRParen {
		if len(m.args) > 0 {
			p.expect(tokComma)
		}
		arg := p.nameTarget()
		arg.ctx = param
		if p.skip(tokAssign) {
			m.defaults = append(m.defaults, p.expression(true))
		} else if len(m.defaults) > 0 {
			p.fail("non-default argument follows default argument", arg.span)
		}
		m.args = append(m.args, arg)
	}
	p.expect(tokRParen)
}

func (p *parser) callBlock() stmt {
	tag := p.next()
	c := &callBlockStmt{}
	c.anonymous = true
	if p.cur.kind == tokLParen {
		p.signature(&c.macroDef)
	}
	node := p.expression(true)
	call, ok := node.(*callExpr)
	if !ok {
		p.fail("expected call", node.at())
	}
	c.call = call
	c.span = p.since(tag.span)
	c.body = p.block("endcall")
	return c
}

func (p *parser) filterBlock() stmt {
	tag := p.next()
	f := &filterBlockStmt{filter: p.filters(nil, true)}
	f.span = p.since(tag.span)
	f.body = p.block("endfilter")
	return f
}

func (p *parser) macro() stmt {
	tag := p.next()
	m := &macroStmt{}
	m.name = p.nameTarget().name
	p.signature(&m.macroDef)
	m.span = p.since(tag.span)
	m.body = p.block("endmacro")
	return m
}
