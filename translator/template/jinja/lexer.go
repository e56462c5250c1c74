package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// state is what kind of tag the lexer is in.
type state int

const (
	inData state = iota
	inBlock
	inVariable
)

// lexer cuts a template into tokens, on demand: an error behind the place where
// the parser gives up is never seen, as with Jinja2's. It is lexer.py without
// line statements, trim_blocks and lstrip_blocks. Errors are panics with *Error.
type lexer struct {
	source
	pos     int
	state   state
	balance []kind // the closing brackets that are due
	ready   [3]token
	read, n int      // ready[read:n] are to be returned next
	opaque  []Opaque // in places of the normalised text, ascending
	texts   []Opaque // those that were read as ordinary text
}

func (l *lexer) fail(from, to int, msg string) {
	panic(l.span(from, to).errorf(Syntax, "TemplateSyntaxError", msg))
}

// next is the next token; at the end it is tokEOF again and again.
func (l *lexer) next() token {
	for l.read == l.n {
		if l.pos >= len(l.text) {
			return token{kind: tokEOF, span: l.span(len(l.text), len(l.text))}
		}
		l.read, l.n = 0, 0
		if l.state == inData {
			l.data()
		} else {
			l.tag()
		}
	}
	l.read++
	return l.ready[l.read-1]
}

func (l *lexer) emit(k kind, from, to int) *token {
	t := &l.ready[l.n]
	*t = token{kind: k, span: l.span(from, to), from: from}
	l.n++
	return t
}

func (l *lexer) emitData(from, to int) {
	if from < to {
		l.emit(tokData, from, to).text = l.text[from:to]
	}
}

// data reads up to and including the next opening mark.
func (l *lexer) data() {
	from := l.pos
	at := openingMark(l.text, from)
	if at < 0 {
		l.emitData(from, len(l.text))
		l.pos = len(l.text)
		return
	}
	sign := byte(0)
	l.pos = at + 2
	if l.pos < len(l.text) && (l.text[l.pos] == '-' || l.text[l.pos] == '+') {
		sign = l.text[l.pos]
		l.pos++
	}
	to := at
	if sign == '-' {
		to = from + len(strings.TrimRightFunc(l.text[from:at], isSpace))
	}
	l.emitData(from, to)
	switch {
	case l.text[at+1] == '#':
		l.comment(at)
	case l.text[at+1] == '{':
		l.emit(tokVariableBegin, at, l.pos)
		l.state = inVariable
	case !l.raw(at):
		l.emit(tokBlockBegin, at, l.pos)
		l.state = inBlock
	}
}

// openingMark is where the next {{, {% or {# is.
func openingMark(s string, from int) int {
	for i := from; ; i++ {
		n := strings.IndexByte(s[i:], '{')
		if n < 0 || i+n+1 >= len(s) {
			return -1
		}
		i += n
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

func (l *lexer) comment(start int) {
	n := strings.Index(l.text[l.pos:], "#}")
	if n < 0 {
		if l.pos < len(l.text) {
			l.fail(start, len(l.text), "Missing end of comment tag")
		}
		return
	}
	end := l.pos + n
	strip := n > 0 && l.text[end-1] == '-'
	l.pos = end + 2
	if strip {
		l.pos = skipSpace(l.text, l.pos)
	}
}

// raw reads a whole raw block, if the mark at start opens one.
func (l *lexer) raw(start int) bool {
	end, ok := rawTag(l.text, l.pos, "raw", false)
	if !ok {
		return false
	}
	from := end
	for at := from; ; at += 2 {
		n := strings.Index(l.text[at:], "{%")
		if n < 0 {
			break
		}
		at += n
		p := at + 2
		strip := p < len(l.text) && l.text[p] == '-'
		if strip || p < len(l.text) && l.text[p] == '+' {
			p++
		}
		if end, ok := rawTag(l.text, p, "endraw", true); ok {
			to := at
			if strip {
				to = from + len(strings.TrimRightFunc(l.text[from:at], isSpace))
			}
			l.emitData(from, to)
			l.asText(from, at)
			l.pos = end
			return true
		}
	}
	if from < len(l.text) {
		l.fail(start, len(l.text), "Missing end of raw directive")
	}
	l.pos = from
	return true
}

// rawTag reads the rest of a {% raw %} or {% endraw %}, with its marks.
func rawTag(s string, at int, name string, plus bool) (end int, ok bool) {
	at = skipSpace(s, at)
	if !strings.HasPrefix(s[at:], name) {
		return 0, false
	}
	at = skipSpace(s, at+len(name))
	switch rest := s[at:]; {
	case strings.HasPrefix(rest, "%}"):
		return at + 2, true
	case strings.HasPrefix(rest, "-%}"):
		return skipSpace(s, at+3), true
	case plus && strings.HasPrefix(rest, "+%}"):
		return at + 3, true
	}
	return 0, false
}

// tag reads one token inside {{ }} or {% %}. The order of the rules is the
// lexer's: the end of the tag first, unless brackets are open.
func (l *lexer) tag() {
	if l.opaqueToken() {
		return
	}
	if len(l.balance) == 0 && l.closingMark() {
		return
	}
	r, size := utf8.DecodeRuneInString(l.text[l.pos:])
	switch {
	case isSpace(r):
		l.pos += size
	case isDigit(r) && l.number():
	case isNameRune(r):
		l.name()
	case (r == '"' || r == '\'') && l.str():
	default:
		l.operator()
	}
}

// asText notes the opaque stretches that begin in text[from:to].
func (l *lexer) asText(from, to int) {
	l.passOpaque(from)
	for len(l.opaque) > 0 && l.opaque[0].Start < to {
		l.texts = append(l.texts, l.opaque[0])
		l.opaque = l.opaque[1:]
	}
}

// passOpaque drops the opaque stretches before a place.
func (l *lexer) passOpaque(at int) {
	for len(l.opaque) > 0 && l.opaque[0].Start < at {
		l.opaque = l.opaque[1:]
	}
}

func (l *lexer) opaqueToken() bool {
	l.passOpaque(l.pos)
	if len(l.opaque) == 0 || l.opaque[0].Start != l.pos || l.opaque[0].End <= l.pos {
		return false
	}
	o := l.opaque[0]
	l.emit(tokString, o.Start, o.End).value = py.Str(o.Value)
	l.pos = o.End
	return true
}

func (l *lexer) closingMark() bool {
	rest := l.text[l.pos:]
	k, mark := tokBlockEnd, "%}"
	if l.state == inVariable {
		k, mark = tokVariableEnd, "}}"
	}
	end := l.pos
	switch {
	case strings.HasPrefix(rest, mark), l.state == inBlock && strings.HasPrefix(rest, "+"+mark):
		end += len(mark)
		if rest[0] == '+' {
			end++
		}
	case rest[0] == '-' && strings.HasPrefix(rest[1:], mark):
		end = skipSpace(l.text, l.pos+3)
	default:
		return false
	}
	l.emit(k, l.pos, end)
	l.pos = end
	l.state = inData
	return true
}

func (l *lexer) name() {
	from := l.pos
	valid := true
	for i, r := range l.text[from:] {
		if !isNameRune(r) {
			break
		}
		valid = valid && (i > 0 && isIDContinue(r) || isIDStart(r))
		l.pos = from + i + utf8.RuneLen(r)
	}
	if !valid {
		l.fail(from, l.pos, "Invalid character in identifier")
	}
	l.emit(tokName, from, l.pos).text = l.text[from:l.pos]
}

// str reads a string literal, if it ends.
func (l *lexer) str() bool {
	quote := l.text[l.pos]
	for i := l.pos + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case quote:
			value, err := unescape(l.text[l.pos+1 : i])
			if err != nil {
				at := l.span(l.pos, i+1)
				panic(at.errorf(err.kind, err.class, err.msg))
			}
			l.emit(tokString, l.pos, i+1).value = py.Str(value)
			l.asText(l.pos, i)
			l.pos = i + 1
			return true
		}
	}
	return false
}

func (l *lexer) operator() {
	op := operatorAt(l.text[l.pos:])
	end := l.pos + len(op)
	switch op {
	case "":
		r, size := utf8.DecodeRuneInString(l.text[l.pos:])
		quoted, _ := py.Repr(nil, py.Str(string(r)))
		l.fail(l.pos, l.pos+size, "unexpected char "+quoted+" at "+strconv.Itoa(utf8.RuneCountInString(l.text[:l.pos])))
	case tokLBrace:
		l.balance = append(l.balance, tokRBrace)
	case tokLParen:
		l.balance = append(l.balance, tokRParen)
	case tokLBracket:
		l.balance = append(l.balance, tokRBracket)
	case tokRBrace, tokRParen, tokRBracket:
		l.closeBracket(op, end)
	}
	l.emit(op, l.pos, end)
	l.pos = end
}

func (l *lexer) closeBracket(op kind, end int) {
	n := len(l.balance)
	if n == 0 {
		l.fail(l.pos, end, "unexpected '"+string(op)+"'")
	}
	if due := l.balance[n-1]; due != op {
		l.fail(l.pos, end, "unexpected '"+string(op)+"', expected '"+string(due)+"'")
	}
	l.balance = l.balance[:n-1]
}
