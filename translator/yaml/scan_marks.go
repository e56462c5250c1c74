package yaml

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// anchor adds &name or *name.
func (s *scanner) anchor(kind tokenKind) {
	s.mayBeKey()
	s.keyAllowed = false
	at := s.pos
	s.pos++
	for s.is(0, isName) {
		s.pos++
	}
	what := "an anchor"
	if kind == tokAlias {
		what = "an alias"
	}
	switch c := s.buf[s.pos]; {
	case s.pos == at+1:
		s.fail(at, "%q begins %s, and no name follows: quote the text if it is none", s.text[at:at+1], what)
	case !s.is(0, isEnd) && c != '?' && c != ':' && c != ',' && c != ']' && c != '}' && c != '%' && c != '@' && c != '`':
		s.fail(s.pos, "%s cannot stand in the name of %s, which has letters, digits, - and _: quote the text if it is none", s.char(), what)
	default:
		s.push(kind, at)
	}
}

// tag adds !name, !!name, !handle!name, !<uri> or the lone !.
func (s *scanner) tag() {
	s.mayBeKey()
	s.keyAllowed = false
	at := s.pos
	s.pos++
	switch {
	case s.buf[s.pos] == '<':
		s.pos++
		if s.uri() && s.buf[s.pos] != '>' {
			s.fail(s.pos, "expected %q at the end of the tag, got %s", ">", s.char())
		}
		s.pos++
	case s.is(0, isEnd):
	case s.handle(at):
		s.uri()
	}
	s.spaceAfter("the tag")
	if s.problem == nil {
		s.push(tokTag, at)
	}
}

// spaceAfter complains of anything else than a space or the end of the line.
func (s *scanner) spaceAfter(what string) {
	if s.problem == nil && (!s.is(0, isEnd) || s.buf[s.pos] == '\t') {
		s.fail(s.pos, "expected a space after %s, got %s: quote the text if it is none", what, s.char())
	}
}

// handle moves over the rest of `!!` or `!name!`, if a tag begins with one, and
// says whether the tag goes on.
func (s *scanner) handle(at int) bool {
	for i := s.pos; s.buf[i] != '!'; i++ {
		if classes[s.buf[i]]&isEnd != 0 && s.buf[i] != '\t' {
			return true
		}
	}
	return s.handleEnd(at, "a tag's handle has letters, digits, - and _: quote the text if it is no tag")
}

// handleEnd moves over a name and an exclamation mark.
func (s *scanner) handleEnd(at int, complaint string) bool {
	for s.is(0, isName) {
		s.pos++
	}
	if s.buf[s.pos] != '!' {
		s.fail(at, "%s", complaint)
		return false
	}
	s.pos++
	return true
}

// uri moves over the name of a tag, and says whether there is one.
func (s *scanner) uri() bool {
	at := s.pos
	for s.is(0, isURI) {
		s.pos++
	}
	name, err := url.PathUnescape(s.text[at:s.pos])
	switch {
	case s.pos == at:
		s.fail(at, "the name of the tag is missing: quote the text if it is no tag")
	case err != nil || !utf8.ValidString(name):
		s.fail(at, "expected UTF-8 in hexadecimal digits after each %q in a tag", "%")
	}
	return s.problem == nil
}

// directive adds a line that begins with %.
func (s *scanner) directive() {
	at := s.pos
	s.pos++
	for s.is(0, isName) {
		s.pos++
	}
	if s.pos == at+1 || !s.is(0, isEnd) || s.buf[s.pos] == '\t' {
		s.fail(at, "a line that begins with %q is a directive, and this is none: quote the text", "%")
		return
	}
	name := s.text[at+1 : s.pos]
	s.spaces()
	end := s.pos
	switch name {
	case "TAG":
		s.tagDirective(at)
		end = s.pos
	case "YAML":
		s.version(at)
		end = s.pos
		s.edit(at, 1, "#") // the library takes 1.1 only
	default:
		s.restOfLine()
		s.edit(at, 1, "#")
	}
	if s.problem == nil {
		s.tokens = append(s.tokens, token{tokDirective, int32(at), int32(end)})
		s.headerEnd("a directive")
	}
}

func (s *scanner) version(at int) {
	for i, after := range []string{".", " \r\n\x00"} {
		digits := s.pos
		for s.buf[s.pos] >= '0' && s.buf[s.pos] <= '9' {
			s.pos++
		}
		if s.pos == digits || strings.IndexByte(after, s.buf[s.pos]) < 0 {
			s.fail(at, "the directive YAML is %q", "%YAML 1.1")
			return
		}
		if i == 0 {
			s.pos++
		}
	}
}

func (s *scanner) tagDirective(at int) {
	const complaint = "the directive TAG is `%TAG !name! prefix`"
	if s.buf[s.pos] != '!' {
		s.fail(at, "%s", complaint)
		return
	}
	s.pos++
	if s.buf[s.pos] != ' ' && !s.handleEnd(at, complaint) {
		return
	}
	if s.buf[s.pos] != ' ' {
		s.fail(at, "%s", complaint)
		return
	}
	s.spaces()
	if s.uri() {
		s.spaceAfter("the prefix")
	}
}

// headerEnd moves over the rest of a line on which only a comment may follow.
func (s *scanner) headerEnd(what string) {
	if s.problem != nil {
		return
	}
	s.spaces()
	if s.buf[s.pos] == '#' {
		s.restOfLine()
	}
	if !s.lineBreak() && s.pos < len(s.text) {
		s.fail(s.pos, "expected the end of the line after %s, got %s", what, s.char())
	}
}
