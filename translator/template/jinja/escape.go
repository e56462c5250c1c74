package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// badEscape says what is wrong with a string literal.
type badEscape struct {
	kind       Kind
	class, msg string
}

func badString(msg string) *badEscape { return &badEscape{Syntax, "TemplateSyntaxError", msg} }

// unescape resolves the escapes of a string literal as Python's unicode-escape
// codec does after `backslashreplace` (lexer.py, wrap): a backslash before a
// character that is not ASCII stays, and spoils that character.
func unescape(s string) (string, *badEscape) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		n, err := escapeAt(&b, s[i:])
		if err != nil {
			return "", err
		}
		i += n
	}
	return b.String(), nil
}

// escapeAt resolves the escape that s begins with and says how long it is.
func escapeAt(b *strings.Builder, s string) (int, *badEscape) {
	c := s[1]
	if at := strings.IndexByte(`nrtabfv\'"`, c); at >= 0 {
		b.WriteByte("\n\r\t\a\b\f\v\\'\""[at])
		return 2, nil
	}
	switch {
	case c == '\n':
		return 2, nil
	case c >= '0' && c <= '7':
		return octalEscape(b, s), nil
	case c == 'x':
		return hexEscape(b, s, 2)
	case c == 'u':
		return hexEscape(b, s, 4)
	case c == 'U':
		return hexEscape(b, s, 8)
	case c == 'N':
		return 0, namedEscape(s)
	case c >= utf8.RuneSelf:
		r, size := utf8.DecodeRuneInString(s[1:])
		b.WriteString(replaced(r))
		return 1 + size, nil
	}
	b.WriteString(s[:2])
	return 2, nil
}

// replaced is what is left of a character after a backslash.
func replaced(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

func octalEscape(b *strings.Builder, s string) int {
	n := 1
	value := rune(0)
	for ; n < 4 && n < len(s) && s[n] >= '0' && s[n] <= '7'; n++ {
		value = value*8 + rune(s[n]-'0')
	}
	b.WriteRune(value)
	return n
}

func hexEscape(b *strings.Builder, s string, digits int) (int, *badEscape) {
	name := map[int]string{2: `\xXX`, 4: `\uXXXX`, 8: `\UXXXXXXXX`}[digits]
	if len(s) < 2+digits {
		return 0, badString("truncated " + name + " escape")
	}
	value, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	switch {
	case err != nil:
		return 0, badString("truncated " + name + " escape")
	case value > utf8.MaxRune:
		return 0, badString("illegal Unicode character")
	case value >= 0xd800 && value < 0xe000:
		return 0, &badEscape{Unsupported, unsupportedClass, "half of a surrogate pair in a string is not supported: write the character or \\U and eight digits"}
	}
	b.WriteRune(rune(value))
	return 2 + digits, nil
}

// namedEscape is \N{…}.
func namedEscape(s string) *badEscape {
	if len(s) < 4 || s[2] != '{' || strings.IndexByte(s, '}') < 4 {
		return badString(`malformed \N character escape`)
	}
	return &badEscape{Unsupported, unsupportedClass, `\N{…} in a string is not supported: write the character or \u and four digits`}
}
