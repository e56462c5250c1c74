package yaml

import (
	"bytes"
	"strconv"
	"strings"
)

// plain adds a text without quotes. A tab ends it.
func (s *scanner) plain() {
	if s.col() == 0 && bytes.HasPrefix(s.buf[s.pos:], []byte(bom)) {
		s.fail(s.pos, "a byte order mark can stand at the beginning of the text only")
		return
	}
	s.mayBeKey()
	s.keyAllowed = false
	at, end, indent := s.pos, s.pos, s.indent+1
	for s.buf[s.pos] != '#' {
		word := s.wordEnd()
		if word == s.pos {
			break
		}
		s.keyAllowed = false
		s.skipTo(word)
		end = word
		if !s.plainSpaces() || !s.flow() && s.col() < indent {
			break
		}
	}
	s.tokens = append(s.tokens, token{tokScalar, int32(at), int32(end)})
}

// wordEnd returns where the word of a plain text ends that begins at pos.
func (s *scanner) wordEnd() int {
	ends, afterColon := isEnd|isColon, isEnd
	if s.flow() {
		ends, afterColon = isEnd|isColon|isFlow|isQuestion, isEnd|isFlow
	}
	i := s.pos
	for {
		c := classes[s.buf[i]]
		if c&ends != 0 && (c&isColon == 0 || classes[s.buf[i+1]]&afterColon != 0) {
			return i
		}
		i++
	}
}

// plainSpaces moves to where a plain text may go on, and says whether it may.
func (s *scanner) plainSpaces() bool {
	at := s.pos
	s.spaces()
	if !s.is(0, isBreak) {
		return s.pos > at
	}
	s.keyAllowed = true
	for s.lineBreak() {
		if s.separator() {
			return false
		}
		s.spaces()
	}
	return true
}

// quoted adds a text in quotes. Its lines need no indentation.
func (s *scanner) quoted() {
	s.mayBeKey()
	s.keyAllowed = false
	at, quote := s.pos, s.buf[s.pos]
	end := s.pos + 1
	for s.problem == nil {
		switch c := s.buf[end]; {
		case c == quote && quote == '\'' && s.buf[end+1] == quote:
			end += 2
		case c == quote:
			s.skipTo(end + 1)
			s.push(tokScalar, at)
			return
		case c == '\\' && quote == '"':
			end = s.escape(end)
		case classes[c]&isBreak != 0:
			s.pos = end
			s.lineBreak()
			end = s.foldedLine(at)
		case c == 0:
			s.fail(at, "this %s is never closed", quoteName(quote))
		default:
			end++
		}
	}
}

// foldedLine begins another line of a text in quotes.
func (s *scanner) foldedLine(at int) int {
	if s.separator() {
		s.fail(at, "this %s is not closed before the next document begins", quoteName(s.buf[at]))
	}
	return s.pos
}

func quoteName(quote byte) string {
	if quote == '"' {
		return "double quote"
	}
	return "single quote"
}

// escapes are the characters that a backslash may precede, but for x, u and U.
const escapes = "0abt\tnvfre \"\\/N_LP\r\n"

// escape returns where an escape sequence ends.
func (s *scanner) escape(at int) int {
	c := s.buf[at+1]
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case digits > 0:
		return s.hex(at, digits)
	case c == '\r' || c == '\n':
		return at + 1
	case c == '/':
		s.edit(at, 1, "") // the library knows no \/
	case c == 0 || strings.IndexByte(escapes, c) < 0:
		s.pos = at + 1
		s.fail(at, "there is no escape sequence \\%s: write \\\\%s for a backslash, or use single quotes", s.bare(), s.bare())
	}
	return at + 2
}

// hex moves over the digits of an escape sequence. PyYAML takes half of a
// surrogate pair, which is no character.
func (s *scanner) hex(at, digits int) int {
	code := rune(0)
	for i := at + 2; i < at+2+digits; i++ {
		if !isHex(s.buf[i]) {
			s.fail(at, "expected %d hexadecimal digits after \\%c: write \\\\ for a backslash, or use single quotes", digits, s.buf[at+1])
			return at
		}
		code = min(code<<4|hexValue(s.buf[i]), 0x7ffffff)
	}
	switch {
	case code >= 0xd800 && code < 0xe000:
		s.fail(at, "%s is half a character, as JSON writes the two halves of one: write the character itself, or \\U and eight digits", s.buf[at:at+2+digits])
	case code > 0x10ffff:
		s.fail(at, "%s is not a character", s.buf[at:at+2+digits])
	}
	return at + 2 + digits
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexValue(c byte) rune {
	if c <= '9' {
		return rune(c - '0')
	}
	return rune(c|0x20-'a') + 10
}

// block adds a text that begins with | or >.
func (s *scanner) block() {
	s.keyAllowed = true
	s.dropKey()
	at := s.pos
	s.pos++
	increment := s.blockHeader()
	s.headerEnd("`" + string(s.buf[at]) + "`")
	if s.problem != nil {
		return
	}
	indent := max(s.indent+1, 1)
	if increment > 0 {
		indent += increment - 1
		s.blankLines(indent)
	} else {
		least := indent
		if indent = max(indent, s.blockIndent()); s.buf[s.pos] == '\t' && indent-least < 9 {
			// The library refuses a tab as the first character, unless told.
			s.edit(at+1, 0, strconv.Itoa(1+indent-least))
		}
	}
	for s.col() == indent && s.pos < len(s.text) {
		s.blockLine()
		s.blankLines(indent)
	}
	s.push(tokScalar, at)
}

// blockHeader reads what follows | or >: a digit and a sign, in any order.
func (s *scanner) blockHeader() (increment int) {
	signed := false
	for {
		switch c := s.buf[s.pos]; {
		case (c == '+' || c == '-') && !signed:
			signed = true
		case c == '0' && increment == 0:
			s.fail(s.pos, "the indentation of a block is a digit from 1 to 9")
			return 0
		case c > '0' && c <= '9' && increment == 0:
			increment = int(c - '0')
		case !s.is(0, isEnd) || c == '\t':
			s.fail(s.pos, "expected the end of the line after `|` or `>`, got %s: write the text on the lines below, or quote it", s.char())
			return 0
		default:
			return increment
		}
		s.pos++
	}
}

// blockIndent skips blank lines and returns how far the farthest line before a
// character is indented, that character's included.
func (s *scanner) blockIndent() int {
	deepest := 0
	for {
		s.spaces()
		deepest = max(deepest, s.col())
		if !s.lineBreak() {
			return deepest
		}
	}
}

// blankLines skips lines with nothing beyond the indentation, and the
// indentation of the next.
func (s *scanner) blankLines(indent int) {
	for {
		for s.col() < indent && s.buf[s.pos] == ' ' {
			s.pos++
		}
		if !s.lineBreak() {
			return
		}
	}
}

// blockLine moves over a line of a block: most of a workflow's bytes are such.
func (s *scanner) blockLine() {
	if s.returns || s.breaks {
		s.restOfLine()
	} else if i := bytes.IndexByte(s.buf[s.pos:len(s.text)], '\n'); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.text)
	}
	s.lineBreak()
}
