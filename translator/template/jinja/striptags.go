package jinja

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// stripTags removes comments and tags, joins the words with single spaces and
// resolves entities (MarkupSafe, Markup.striptags).
func stripTags(m *py.Meter, s string) (string, error) {
	if err := m.Bytes(int64(3 * len(s))); err != nil {
		return "", err
	}
	s = cutBetween(s, "<!--", "-->")
	s = cutBetween(s, "<", ">")
	return unescapeHTML(m, strings.Join(strings.FieldsFunc(s, isSpace), " "))
}

// cutBetween removes what is between two marks, again and again from the start:
// what a removal joins together can be a mark again.
func cutBetween(s, open, closing string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		out = append(out, s[i])
		i++
		if !bytes.HasSuffix(out, []byte(open)) {
			continue
		}
		n := closingEnd(s[i:], open, closing)
		if n < 0 {
			return string(out) + s[i:]
		}
		out = out[:len(out)-len(open)]
		i += n
	}
	return string(out)
}

// closingEnd is where the closing mark ends in what follows an opening mark, of
// whose bytes it may use the last ones: <!-->.
func closingEnd(rest, open, closing string) int {
	for n := len(closing) - 1; n > 0; n-- {
		if strings.HasSuffix(open, closing[:n]) && strings.HasPrefix(rest, closing[n:]) {
			return len(closing) - n
		}
	}
	n := strings.Index(rest, closing)
	if n < 0 {
		return -1
	}
	return n + len(closing)
}

// unescapeHTML resolves entities as Python's html.unescape does: Go's is the
// same but for numbers that no character has.
func unescapeHTML(m *py.Meter, s string) (string, error) {
	if !strings.Contains(s, "&") {
		return s, nil
	}
	if err := m.Bytes(int64(2 * len(s))); err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(s, '&')
		if at < 0 {
			break
		}
		b.WriteString(s[:at])
		s = s[at:]
		text, n := numericEntity(s)
		if n == 0 {
			text, n = namedEntity(s)
		}
		b.WriteString(text)
		s = s[n:]
	}
	b.WriteString(s)
	return b.String(), nil
}

// longestName is longer than any entity's name.
const longestName = 40

// namedEntity resolves the entity that s begins with, up to the next one.
func namedEntity(s string) (string, int) {
	end := 1
	for end < len(s) && end < longestName && isASCIIAlnum(s[end]) {
		end++
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return html.UnescapeString(s[:end]), end
}

func isASCIIAlnum(c byte) bool {
	return c < utf8.RuneSelf && c != '_' && isWord(rune(c))
}

// numericEntity resolves &#38; and &#x26;, the semicolon being optional.
func numericEntity(s string) (string, int) {
	if len(s) < 3 || s[1] != '#' {
		return "", 0
	}
	base, from := 10, 2
	if s[2] == 'x' || s[2] == 'X' {
		base, from = 16, 3
	}
	end := from
	for end < len(s) && isDigitOf(s[end], base) {
		end++
	}
	if end == from {
		return "", 0
	}
	digits := strings.TrimLeft(s[from:end], "0")
	if end < len(s) && s[end] == ';' {
		end++
	}
	if digits == "" {
		return "\ufffd", end
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		n = utf8.MaxRune + 1
	}
	return entityText(rune(n)), end
}

func isDigitOf(c byte, base int) bool {
	return c >= '0' && c <= '9' || base == 16 && (c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
}

// entityText is the character of a number, as browsers take it (CPython
// html/__init__.py).
func entityText(n rune) string {
	switch {
	case n == 0x0d:
		return "\r"
	case n >= 0x80 && n <= 0x9f:
		return html.UnescapeString("&#" + strconv.Itoa(int(n)) + ";")
	case n >= 0xd800 && n <= 0xdfff, n > utf8.MaxRune:
		return "\ufffd"
	case n >= 1 && n <= 8, n == 0xb, n >= 0xe && n <= 0x1f, n == 0x7f, n >= 0xfdd0 && n <= 0xfdef, n&0xfffe == 0xfffe:
		return ""
	}
	return string(n)
}
