package yaml

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// This file words what is wrong for people: the scanner and the grammar know
// that a token cannot stand where it is, and here is what most often led to it.

// char is the character at pos.
func (s *scanner) char() string {
	if s.pos >= len(s.text) {
		return "the end of the text"
	}
	switch s.buf[s.pos] {
	case '\n', '\r':
		return "the end of the line"
	case '\t':
		return "a tab"
	}
	return fmt.Sprintf("%q", s.bare())
}

func (s *scanner) bare() string {
	_, n := utf8.DecodeRune(s.buf[s.pos:])
	return string(s.buf[s.pos : s.pos+n])
}

// lineStart is the offset at which the line of an offset begins.
func (s source) lineStart(at int) int {
	return 1 + strings.LastIndexAny(s.text[:at], "\r\n")
}

// cannotBegin complains of a character that no token begins with.
func (s *scanner) cannotBegin() {
	before := s.text[s.lineStart(s.pos):s.pos]
	switch c := s.buf[s.pos]; {
	case c == '\t' && strings.Trim(before, " -?:") == "":
		s.fail(s.pos, "a tab cannot indent, use spaces")
	case c == '\t':
		s.fail(s.pos, "a tab cannot stand here, use a space")
	case c == '%' && strings.HasSuffix(before, "{"):
		s.fail(s.pos-1, "`{%%` cannot begin a value: quote the text")
	default:
		s.fail(s.pos, "%q cannot begin a value: quote the text", s.bare())
	}
}

// noColon complains of a line among the keys of a mapping that is no key.
func (s *scanner) noColon(k *possibleKey) {
	text := shorten(s.text[k.at:])
	word, _, _ := strings.Cut(text, " ")
	name, _, colon := strings.Cut(word, ":")
	switch {
	case colon && name != "" && !strings.ContainsAny(name, "'\"[{"):
		s.fail(k.at, "expected a space after the colon of the key %q", name)
	case s.line == k.line && s.pos-k.at > maxKey:
		s.fail(k.at, "a key of more than %d characters needs a line of its own that begins with `? `", maxKey)
	default:
		s.fail(k.at, "expected a colon and a space after the key %q, or a deeper indentation if the line continues the value above", text)
	}
}

// colonNotAllowed complains of `: ` in what cannot be a key.
func (s *scanner) colonNotAllowed() {
	last := s.tokens[len(s.tokens)-1]
	line := s.lineStart(s.pos)
	switch {
	case last.kind == tokScalar && int(last.at) < line:
		s.keyInText(last)
	case strings.Count(s.text[line:s.pos], "{{") > strings.Count(s.text[line:s.pos], "}}"):
		s.fail(s.pos, "mapping values are not allowed here: quote the text with `{{`")
	default:
		s.fail(s.pos, "mapping values are not allowed here: quote the text if the colon belongs to it")
	}
}

// keyInText complains of a key that is a part of the text above. When that has a
// line of its own, the mistake is there.
func (s *scanner) keyInText(above token) {
	text := shorten(s.text[above.at:])
	word, _, _ := strings.Cut(text, " ")
	switch {
	case !s.leads(above):
		s.fail(s.pos, "mapping values are not allowed here: this line continues the text above, check its indentation or quote the text")
		s.problem.after = int(above.at)
	case strings.IndexByte(word, ':') > 0:
		s.fail(int(above.at), "expected a space after the colon, got %q", text)
	default:
		s.fail(int(above.at), "expected a key and a colon, as on the line below, got %q", text)
	}
}

// snippet is the text of a token that is not where it should be.
func (g *grammar) snippet(t token) string {
	if t.kind == tokEnd || int(t.at) >= len(g.text) {
		return "the end of the text"
	}
	return fmt.Sprintf("%q", shorten(g.text[t.at:]))
}

// leads says that only spaces and indicators are before a token on its line.
func (s source) leads(t token) bool {
	return strings.Trim(s.text[s.lineStart(int(t.at)):t.at], " -?") == ""
}

// indentation is the number of spaces before the line of a token.
func (g *grammar) indentation(t token) int {
	line := g.text[g.lineStart(int(t.at)):t.at]
	return len(line) - len(strings.TrimLeft(line, " "))
}

// notInMapping complains of what is neither a key of a block mapping nor below
// one.
func (g *grammar) notInMapping(start token) {
	switch t := g.peek(); {
	case g.stopped():
	case t.kind == tokValue:
		g.fail(int(t.at), -1, "expected a key before the colon")
	case !g.leads(t):
		g.goesOn(t)
	case t.kind == tokItem || t.kind == tokSeqStart:
		g.fail(int(t.at), int(start.at), "a list item cannot stand here, among the keys of a mapping: check its indentation")
	default:
		g.wrongIndentation(t, start, "keys of this mapping")
	}
}

// wrongIndentation complains of a line whose column is none of those of the
// blocks before it.
func (g *grammar) wrongIndentation(t, start token, what string) {
	_, col := g.place(int(start.at))
	above := ""
	if g.tokens[g.i-1].kind == tokBlockEnd {
		_, inner := g.place(int(g.inner.at))
		above = fmt.Sprintf("the lines above begin in column %d, ", inner)
	}
	g.fail(int(t.at), int(start.at), "wrong indentation: %sthe %s begin in column %d", above, what, col)
}

// notInList complains of what is neither an item of a block list nor below one.
func (g *grammar) notInList(start token) {
	if g.stopped() {
		return
	}
	t := g.peek()
	_, col := g.place(int(start.at))
	switch _, here := g.place(int(t.at)); {
	case !g.leads(t):
		g.goesOn(t)
	case here == col:
		g.fail(int(t.at), int(start.at), "expected `- `, as the other items of this list begin, or another indentation")
	default:
		g.wrongIndentation(t, start, "items of this list")
	}
}

// afterDocument complains of what follows the value of the whole text.
func (g *grammar) afterDocument() {
	if t := g.peek(); g.leads(t) {
		g.fail(int(t.at), -1, "wrong indentation: the value of the whole text is complete before this line")
	} else {
		g.goesOn(t)
	}
}

// goesOn complains of what follows a value on its line.
func (g *grammar) goesOn(t token) {
	last := t
	for _, before := range g.tokens[:g.i] {
		if before.kind == tokScalar {
			last = before
		}
	}
	if c := g.text[last.at]; (c == '\'' || c == '"') && int(last.at) < g.lineStart(int(t.at)) {
		g.fail(int(t.at), int(last.at), "%s cannot follow the end of the text in quotes that begins on an earlier line: check the quotes", g.snippet(t))
		return
	}
	g.fail(int(t.at), -1, "%s cannot follow the value on its line: quote the whole text", g.snippet(t))
}

// noValue complains of a token where a value has to be.
func (g *grammar) noValue(t token) {
	switch {
	case g.stopped() || g.unclosed(t):
	case t.kind == tokComma || t.kind == tokFlowSeqEnd || t.kind == tokFlowMapEnd:
		g.fail(int(t.at), -1, "expected a value before %q", g.text[t.at:t.at+1])
	case t.kind == tokItem:
		g.fail(int(t.at), -1, "a list item cannot stand here: quote the text if it is none")
	case t.kind == tokKey && g.text[t.at] == '?':
		g.fail(int(t.at), -1, "a question mark cannot stand here: quote the text")
	default:
		g.fail(int(t.at), -1, "expected a value, got %s", g.snippet(t))
	}
}

// noComma complains of a token after a value in brackets.
func (g *grammar) noComma() {
	t := g.peek()
	open, closing := g.bracket, "]"
	if open.kind == tokFlowMapStart {
		closing = "}"
	}
	switch {
	case g.stopped() || g.unclosed(t):
	case t.kind == tokValue && int(open.at) < g.lineStart(int(t.at)) && g.indentation(t) <= g.indentation(open):
		g.fail(int(open.at), int(t.at), "this %q is not closed before the next key", g.text[open.at:open.end])
	case t.kind == tokValue:
		g.fail(int(t.at), int(open.at), "a colon cannot stand here: quote the text, or close the bracket with %q", closing)
	case t.kind == tokKey && g.text[t.at] == '?':
		g.fail(int(t.at), int(open.at), "a question mark cannot stand here: quote the text")
	default:
		g.fail(int(t.at), int(open.at), "expected %q or %q, got %s: quote the text if it goes on", ",", closing, g.snippet(t))
	}
}

// unclosed complains of a bracket that is open where the text ends.
func (g *grammar) unclosed(t token) bool {
	open := g.bracket.kind != tokNone && (t.kind == tokEnd || t.kind == tokDocStart || t.kind == tokDocEnd)
	if open {
		g.fail(int(g.bracket.at), -1, "this %q is never closed", g.text[g.bracket.at:g.bracket.end])
	}
	return open
}

// shorten is the first line of a text, or as much of it as a message bears.
func shorten(text string) string {
	if end := strings.IndexAny(text, "\r\n"); end >= 0 {
		text = text[:end]
	}
	return diag.Cut(text, 40)
}
