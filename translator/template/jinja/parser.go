package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// frames is how deep Python's stack may be when Jinja2's parser, whose functions
// are also the functions here, gives up.
const frames = 990

// maxTokens is how many tokens a template may have: each becomes several hundred
// bytes. Jinja2 takes some seconds for as many.
const maxTokens = 500_000

// parser is parser.py: recursive descent with one token of look-ahead. Errors
// are panics with *Error, caught in Parse.
type parser struct {
	lex   *lexer
	cur   token
	ahead []token // at most one
	last  int     // where the last token that was read ends
	read  int     // so many tokens
	depth int
	// tags are the open blocks, wanted what would close them, from outside in.
	tags   []token
	wanted [][]string
}

func newParser(l *lexer) *parser {
	p := &parser{lex: l}
	p.cur = l.next()
	return p
}

// next goes on to the next token and returns the one left.
func (p *parser) next() token {
	t := p.cur
	if t.kind != tokEOF {
		p.last = t.end
	}
	if p.read++; p.read > maxTokens {
		panic(t.errorf(Budget, "MemoryError", "the template is made of more than "+strconv.Itoa(maxTokens)+" words and signs"))
	}
	if len(p.ahead) > 0 {
		p.cur, p.ahead = p.ahead[0], p.ahead[:0]
	} else {
		p.cur = p.lex.next()
	}
	return t
}

// look is the token after the current one.
func (p *parser) look() token {
	if len(p.ahead) == 0 {
		p.ahead = append(p.ahead, p.lex.next())
	}
	return p.ahead[0]
}

// since is the stretch from a token to the last one that was read.
func (p *parser) since(s span) span { return span{s.off, max(p.last, s.off)} }

func (p *parser) fail(msg string, at span) {
	panic(at.errorf(Syntax, "TemplateSyntaxError", msg))
}

// enter counts a function of the parser; the caller defers leave.
func (p *parser) enter() {
	p.depth++
	if p.depth > frames {
		panic(p.cur.span.errorf(Budget, "RecursionError", "maximum recursion depth exceeded"))
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) skip(k kind) bool {
	if p.cur.kind == k {
		p.next()
		return true
	}
	return false
}

func (p *parser) skipName(name string) bool {
	if p.cur.is(name) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(k kind) token {
	if p.cur.kind != k {
		p.failExpected(string(k))
	}
	return p.next()
}

func (p *parser) expectName(name string) token {
	if !p.cur.is(name) {
		p.failExpected(name)
	}
	return p.next()
}

func (p *parser) failExpected(what string) {
	if p.cur.kind == tokEOF {
		p.fail("unexpected end of template, expected "+quote(what)+".", p.cur.span)
	}
	p.fail("expected token "+quote(what)+", got "+quote(p.cur.describe()), p.cur.span)
}

// quote is repr() of a word of the grammar.
func quote(s string) string {
	if strings.Contains(s, "'") {
		return `"` + s + `"`
	}
	return "'" + s + "'"
}

// tupleEnd says whether a tuple is over. The names that Jinja2 means to end one
// too, such as the `in` of a loop, it never recognises.
func (p *parser) tupleEnd() bool {
	switch p.cur.kind {
	case tokVariableEnd, tokBlockEnd, tokRParen:
		return true
	}
	return false
}

// template parses all of it.
func (p *parser) template() []stmt {
	p.depth = 5 // of Jinja2's functions around
	return p.subparse(nil)
}

// subparse parses statements until one of the end tags.
func (p *parser) subparse(until []string) []stmt {
	p.enter()
	defer p.leave()
	if until != nil {
		p.wanted = append(p.wanted, until)
		defer func() { p.wanted = p.wanted[:len(p.wanted)-1] }()
	}
	var body []stmt
	for {
		switch t := p.cur; t.kind {
		case tokEOF:
			return body
		case tokData:
			p.next()
			body = append(body, p.dataNode(t))
		case tokVariableBegin:
			p.next()
			node := p.tuple(tupleRules{condExpr: true})
			end := p.expect(tokVariableEnd)
			body = append(body, &printStmt{span: t.to(end.span), node: node})
		default:
			p.next()
			if p.cur.kind == tokName && slices.Contains(until, p.cur.text) {
				return body
			}
			body = append(body, p.statement()...)
			p.expect(tokBlockEnd)
		}
	}
}

func (p *parser) dataNode(t token) stmt {
	d := &dataStmt{span: t.span, text: t.text}
	for _, at := range p.lex.breaks(t.from, t.from+len(t.text)) {
		d.breaks = append(d.breaks, mark{at, p.lex.given(t.from + at)})
	}
	return d
}

// statements parses the body of a block, whose tag ends here, up to the end tag.
func (p *parser) statements(until ...string) []stmt {
	p.enter()
	defer p.leave()
	p.skip(tokColon) // for compatibility with Python
	p.expect(tokBlockEnd)
	body := p.subparse(until)
	if p.cur.kind == tokEOF {
		p.failTag(nil, append(slices.Clone(p.wanted), until))
	}
	return body
}

// block is statements with the end tag's name read too.
func (p *parser) block(end string) []stmt {
	body := p.statements(end)
	p.next()
	return body
}

// failTag is for a tag that nothing knows, or for the end of the template.
func (p *parser) failTag(tag *token, wanted [][]string) {
	msg := "Unexpected end of template."
	at := p.cur.span
	if tag != nil {
		msg = "Encountered unknown tag " + quote(tag.text) + "."
		at = tag.span
	}
	if n := len(wanted); n > 0 {
		looking := quoted(wanted[n-1])
		if tag != nil && slices.ContainsFunc(wanted, func(w []string) bool { return slices.Contains(w, tag.text) }) {
			msg += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " + looking + "."
		} else {
			msg += " Jinja was looking for the following tags: " + looking + "."
		}
	}
	if n := len(p.tags); n > 0 {
		msg += " The innermost block that needs to be closed is " + quote(p.tags[n-1].text) + "."
		if tag == nil {
			at = p.tags[n-1].span
		}
	}
	err := at.errorf(Syntax, "TemplateSyntaxError", msg)
	if tag != nil {
		err.Known = p.knownTags()
	}
	panic(err)
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " or ")
}

func (p *parser) knownTags() []string {
	known := statementNames()
	if n := len(p.wanted); n > 0 {
		known = append(known, p.wanted[n-1]...)
	}
	slices.Sort(known)
	return slices.Compact(known)
}

func statementNames() []string {
	return []string{
		"autoescape", "block", "call", "extends", "filter", "for", "from", "if", "import", "include", "macro", "print", "raw", "set", "with",
	}
}
