package yaml

import "fmt"

// tokenKind says what a token is.
type tokenKind uint8

// The tokens, after PyYAML's. tokNone holds the place of a key that may turn
// out to be one; tokMapKey is the start of a block mapping and its first key.
const (
	tokNone tokenKind = iota
	tokCut            // the scanner stopped here
	tokEnd
	tokDirective
	tokDocStart
	tokDocEnd
	tokSeqStart
	tokMapStart
	tokMapKey
	tokBlockEnd
	tokFlowSeqStart
	tokFlowMapStart
	tokFlowSeqEnd
	tokFlowMapEnd
	tokComma
	tokItem
	tokKey
	tokValue
	tokAlias
	tokAnchor
	tokTag
	tokScalar
)

// token is a piece of the text.
type token struct {
	kind    tokenKind
	at, end int32
}

// problem is why a text is not YAML. The offset of a related place is after,
// when it is not negative.
type problem struct {
	at, after int
	msg       string
}

// possibleKey is a token that becomes a key when a colon follows it: on the same
// line, within maxKey characters.
type possibleKey struct {
	index    int // of its tokNone; -1 is no key
	at, line int
	col      int
	required bool
}

const maxKey = 1024

// scanner cuts a text into tokens by PyYAML's rules (scanner.py), which differ
// from those of YAML 1.2, of libyaml and of its translation into Go. It keeps no
// values: the library makes those, from the same text.
type scanner struct {
	source
	buf []byte
	pos int
	// line counts the breaks, start is where the line begins, less what the
	// characters on it are longer than one byte: pos-start is the column.
	line, start int
	tokens      []token
	indent      int
	indents     []int
	// keys has one entry for each open bracket, and one for none; those below
	// lowest are no keys.
	keys       []possibleKey
	lowest     int
	keyAllowed bool
	done       bool
	problem    *problem
	edits      []edit
}

func newScanner(src source) *scanner {
	s := &scanner{source: src, buf: src.buffer(), indent: -1, keyAllowed: true}
	s.tokens = make([]token, 0, 16+len(src.text)/12)
	s.keys = append(s.keys, possibleKey{index: -1})
	return s
}

// scan returns the tokens, up to the first problem.
func (s *scanner) scan() []token {
	for !s.done {
		s.next()
	}
	if s.problem != nil {
		for _, k := range s.keys {
			if k.index >= 0 {
				s.tokens = s.tokens[:min(len(s.tokens), k.index)]
			}
		}
	}
	return s.tokens
}

func (s *scanner) fail(at int, format string, args ...any) {
	if s.problem == nil {
		s.problem = &problem{at: at, after: -1, msg: fmt.Sprintf(format, args...)}
	}
	s.done = true
}

func (s *scanner) col() int   { return s.pos - s.start }
func (s *scanner) flow() bool { return len(s.keys) > 1 }

// is says whether the byte at pos+ahead is of a class.
func (s *scanner) is(ahead int, c class) bool { return classes[s.buf[s.pos+ahead]]&c != 0 }

func (s *scanner) push(kind tokenKind, at int) {
	s.tokens = append(s.tokens, token{kind, int32(at), int32(s.pos)})
}

// mark makes a token of the next n bytes.
func (s *scanner) mark(kind tokenKind, n int) {
	at := s.pos
	s.pos += n
	s.push(kind, at)
}

// skipTo moves on to a place on the same line.
func (s *scanner) skipTo(pos int) {
	if s.wide {
		for _, c := range s.buf[s.pos:pos] {
			if c&0xc0 == 0x80 {
				s.start++
			}
		}
	}
	s.pos = pos
}

// lineBreak moves over a line break, if there is one.
func (s *scanner) lineBreak() bool {
	switch s.buf[s.pos] {
	case '\r':
		s.pos++
		if s.buf[s.pos] == '\n' {
			s.pos++
		}
	case '\n':
		s.pos++
	default:
		return false
	}
	s.line++
	s.start = s.pos
	return true
}

func (s *scanner) spaces() {
	for s.buf[s.pos] == ' ' {
		s.pos++
	}
}

// restOfLine moves to the next break or the end of the text.
func (s *scanner) restOfLine() {
	for classes[s.buf[s.pos]]&isBreak == 0 && s.pos < len(s.text) {
		s.pos++
	}
}

// toToken skips spaces, breaks and comments. PyYAML skips no tabs.
func (s *scanner) toToken() {
	for {
		s.spaces()
		if s.buf[s.pos] == '#' {
			s.restOfLine()
		}
		if !s.lineBreak() {
			return
		}
		s.keyAllowed = s.keyAllowed || !s.flow()
	}
}

// next adds the next token.
func (s *scanner) next() {
	s.toToken()
	if s.dropOldKeys(); s.done {
		return
	}
	s.unwind(s.col())
	switch c := s.buf[s.pos]; {
	case s.pos >= len(s.text):
		s.unwind(-1)
		s.dropKey()
		s.mark(tokEnd, 0)
		s.done = true
	case c == '%' && s.col() == 0:
		s.unwind(-1)
		s.dropKey()
		s.keyAllowed = false
		s.directive()
	case s.separator():
		s.unwind(-1)
		s.dropKey()
		s.keyAllowed = false
		kind := tokDocStart
		if c == '.' {
			kind = tokDocEnd
		}
		s.mark(kind, 3)
	case s.indicator(c):
	case !s.is(0, isPlainBan) || !s.is(1, isEnd) && (c == '-' || !s.flow() && (c == '?' || c == ':')):
		s.plain()
	default:
		s.cannotBegin()
	}
}

// separator says whether a line with --- or ... begins here.
func (s *scanner) separator() bool {
	c := s.buf[s.pos]
	return (c == '-' || c == '.') && s.col() == 0 && s.buf[s.pos+1] == c && s.buf[s.pos+2] == c && s.is(3, isEnd)
}

// indicator adds the token that a character other than a letter stands for, if
// it stands for one here.
func (s *scanner) indicator(c byte) bool {
	alone := s.is(1, isEnd)
	switch {
	case c == '-' && alone:
		s.item()
	case c == '?' && (alone || s.flow()):
		s.key()
	case c == ':' && (alone || s.flow()):
		s.value()
	case (c == '|' || c == '>') && !s.flow():
		s.block()
	default:
		return s.bracketOrMark(c)
	}
	return true
}

func (s *scanner) bracketOrMark(c byte) bool {
	switch c {
	case '[':
		s.open(tokFlowSeqStart)
	case '{':
		s.open(tokFlowMapStart)
	case ']':
		s.close(tokFlowSeqEnd)
	case '}':
		s.close(tokFlowMapEnd)
	case ',':
		s.keyAllowed = true
		s.dropKey()
		s.mark(tokComma, 1)
	case '*':
		s.anchor(tokAlias)
	case '&':
		s.anchor(tokAnchor)
	case '!':
		s.tag()
	case '\'', '"':
		s.quoted()
	default:
		return false
	}
	return true
}
