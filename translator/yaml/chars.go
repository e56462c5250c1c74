package yaml

import (
	"bytes"
	"unicode/utf8"
)

// class says what a byte means to the scanner.
type class uint8

const (
	isBreak class = 1 << iota
	// isEnd is what ends a word: a space, a tab, a break, the end of the text.
	isEnd
	isColon
	// isFlow are the brackets and commas that end a plain text inside brackets,
	// isQuestion is the question mark, which ends it too but not after a colon.
	isFlow
	isQuestion
	// isName are the characters of anchors and directives, isURI those of tags.
	isName
	isURI
	// isPlainBan is what no plain text begins with.
	isPlainBan
)

var classes = classTable()

func classTable() (t [256]class) {
	mark := func(chars string, c class) {
		for i := range len(chars) {
			t[chars[i]] |= c
		}
	}
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	mark("\r\n", isBreak)
	mark("\x00 \t\r\n", isEnd|isPlainBan)
	mark(":", isColon)
	mark(",[]{}", isFlow)
	mark("?", isQuestion)
	mark(letters+"-_", isName)
	mark(letters+"-;/?:@&=+$,_.!~*'()[]%", isURI)
	mark("-?:,[]{}#&*!|>'\"%@`", isPlainBan)
	return t
}

// source is a text with what the scanner wants to know of all its characters.
type source struct {
	text string
	// wide says that some characters have more bytes than one, returns that
	// there are carriage returns.
	wide, returns bool
	// breaks says that some lines end in what people and editors do not count as
	// the end of a line: a lone CR, NEL, LS or PS.
	breaks bool
}

// inspect looks at every character once. The offset is that of the first one
// that YAML does not allow (PyYAML reader.py, NON_PRINTABLE), or -1.
func inspect(text string) (source, int) {
	s := source{text: text}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= ' ' && c < 0x7f || c == '\n' || c == '\t':
			i++
		case c == '\r':
			s.returns = true
			s.breaks = s.breaks || i+1 == len(text) || text[i+1] != '\n'
			i++
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			if !printable(r, n) {
				return s, i
			}
			s.wide = true
			s.breaks = s.breaks || r == '\u0085' || r == '\u2028' || r == '\u2029'
			i += n
		}
	}
	return s, -1
}

func printable(r rune, size int) bool {
	if r == utf8.RuneError && size <= 1 {
		return false
	}
	return r == '\u0085' || r >= 0xa0 && r <= 0xfffd || r >= 0x10000
}

// padding is how far the scanner looks beyond the place where it is.
const padding = 4

// buffer returns a copy of the text with zeros behind it. The breaks that only
// YAML knows become carriage returns and line feeds, of the same length.
func (s source) buffer() []byte {
	b := make([]byte, len(s.text)+padding)
	copy(b, s.text)
	if s.breaks {
		replaceAll(b, "\u0085", "\r\n")
		replaceAll(b, "\u2028", "\r\r\n")
		replaceAll(b, "\u2029", "\r\r\n")
	}
	return b
}

func replaceAll(b []byte, from, to string) {
	for {
		i := bytes.Index(b, []byte(from))
		if i < 0 {
			return
		}
		b = b[i+copy(b[i:], to):]
	}
}
