package number

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// later are the decimal digits that Go knows and Python 3.11, which has the
// characters of Unicode 14, does not.
var later = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x11f50, Hi: 0x11f59, Stride: 1}, {Lo: 0x1e4f0, Hi: 0x1e4f9, Stride: 1}}}

// Digit returns the value of a decimal digit of any script.
func Digit(r rune) (value byte, ok bool) {
	if r < utf8.RuneSelf {
		return byte(r - '0'), '0' <= r && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) || unicode.Is(later, r) {
		return 0, false
	}
	zero := r // the digits of scripts stand in rows of ten, and such a row begins behind what is none
	for unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return byte((r - zero) % 10), true
}

// ASCII replaces the decimal digits of other scripts, which Python reads as
// numbers wherever it reads digits.
func ASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		if d, ok := Digit(r); ok {
			return '0' + rune(d)
		}
		return r
	}, s)
}
