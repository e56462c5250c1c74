package py

import (
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// quote is repr() of a string, or ascii().
func quote(m *Meter, s string, onlyASCII bool) (string, error) {
	n := quotedLen(s, onlyASCII)
	if err := m.text(int64(n) + 2); err != nil {
		return "", err
	}
	q := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		q = '"'
	}
	var b strings.Builder
	b.Grow(n + 2)
	b.WriteByte(q)
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case r == rune(q) || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r >= ' ' && r < 0x7f, r >= utf8.RuneSelf && !onlyASCII && isPrintable(r):
			b.WriteString(s[i : i+size])
		default:
			writeEscape(&b, r)
		}
		i += size
	}
	b.WriteByte(q)
	return b.String(), nil
}

// quotedLen is how much quote makes, at most and without the quotes.
func quotedLen(s string, onlyASCII bool) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			n += 3
		case c == '\\' || c == '\'':
			n++
		case c >= 0xc0 && onlyASCII: // one for each rune
			n += 9
		}
	}
	return n
}

// writeEscape writes a character as an escape in a literal.
func writeEscape(b *strings.Builder, r rune) {
	digits := 8
	switch {
	case r == '\n':
		b.WriteString(`\n`)
		return
	case r == '\r':
		b.WriteString(`\r`)
		return
	case r == '\t':
		b.WriteString(`\t`)
		return
	case r < 0x100:
		b.WriteString(`\x`)
		digits = 2
	case r < 0x10000:
		b.WriteString(`\u`)
		digits = 4
	default:
		b.WriteString(`\U`)
	}
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b.WriteByte(hexDigits[r>>shift&15])
	}
}

// isASCII says that bytes are code points.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
