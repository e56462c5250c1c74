package py

import "unicode/utf8"

// runeCount is the number of code points.
func runeCount(s string) int { return utf8.RuneCountInString(s) }

// runeOffset is the byte where code point n begins; n may be the number of them.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// substring is s[start:stop] by code points, for bounds that are in range.
func substring(s string, start, stop int) string {
	if start >= stop {
		return ""
	}
	if isASCII(s) {
		return s[start:stop]
	}
	from := runeOffset(s, start)
	return s[from : from+runeOffset(s[from:], stop-start)]
}

// onlyRune is the character of a string of one.
func onlyRune(s string) (rune, bool) {
	r, n := utf8.DecodeRuneInString(s)
	return r, n > 0 && n == len(s)
}
