package py

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upperSpecial are the characters whose upper case is more than one (Unicode's
// SpecialCasing.txt), each with that upper case.
var upperSpecial = specials(
	"\u00dfSS \u0149\u02bcN \u01f0J\u030c \u0390\u0399\u0308\u0301 \u03b0\u03a5\u0308\u0301 \u0587\u0535\u0552 " +
		"\u1e96H\u0331 \u1e97T\u0308 \u1e98W\u030a \u1e99Y\u030a \u1e9aA\u02be \u1f50\u03a5\u0313 " +
		"\u1f52\u03a5\u0313\u0300 \u1f54\u03a5\u0313\u0301 \u1f56\u03a5\u0313\u0342 \u1f80\u1f08\u0399 " +
		"\u1f81\u1f09\u0399 \u1f82\u1f0a\u0399 \u1f83\u1f0b\u0399 \u1f84\u1f0c\u0399 \u1f85\u1f0d\u0399 " +
		"\u1f86\u1f0e\u0399 \u1f87\u1f0f\u0399 \u1f88\u1f08\u0399 \u1f89\u1f09\u0399 \u1f8a\u1f0a\u0399 " +
		"\u1f8b\u1f0b\u0399 \u1f8c\u1f0c\u0399 \u1f8d\u1f0d\u0399 \u1f8e\u1f0e\u0399 \u1f8f\u1f0f\u0399 " +
		"\u1f90\u1f28\u0399 \u1f91\u1f29\u0399 \u1f92\u1f2a\u0399 \u1f93\u1f2b\u0399 \u1f94\u1f2c\u0399 " +
		"\u1f95\u1f2d\u0399 \u1f96\u1f2e\u0399 \u1f97\u1f2f\u0399 \u1f98\u1f28\u0399 \u1f99\u1f29\u0399 " +
		"\u1f9a\u1f2a\u0399 \u1f9b\u1f2b\u0399 \u1f9c\u1f2c\u0399 \u1f9d\u1f2d\u0399 \u1f9e\u1f2e\u0399 " +
		"\u1f9f\u1f2f\u0399 \u1fa0\u1f68\u0399 \u1fa1\u1f69\u0399 \u1fa2\u1f6a\u0399 \u1fa3\u1f6b\u0399 " +
		"\u1fa4\u1f6c\u0399 \u1fa5\u1f6d\u0399 \u1fa6\u1f6e\u0399 \u1fa7\u1f6f\u0399 \u1fa8\u1f68\u0399 " +
		"\u1fa9\u1f69\u0399 \u1faa\u1f6a\u0399 \u1fab\u1f6b\u0399 \u1fac\u1f6c\u0399 \u1fad\u1f6d\u0399 " +
		"\u1fae\u1f6e\u0399 \u1faf\u1f6f\u0399 \u1fb2\u1fba\u0399 \u1fb3\u0391\u0399 \u1fb4\u0386\u0399 " +
		"\u1fb6\u0391\u0342 \u1fb7\u0391\u0342\u0399 \u1fbc\u0391\u0399 \u1fc2\u1fca\u0399 \u1fc3\u0397\u0399 " +
		"\u1fc4\u0389\u0399 \u1fc6\u0397\u0342 \u1fc7\u0397\u0342\u0399 \u1fcc\u0397\u0399 " +
		"\u1fd2\u0399\u0308\u0300 \u1fd3\u0399\u0308\u0301 \u1fd6\u0399\u0342 \u1fd7\u0399\u0308\u0342 " +
		"\u1fe2\u03a5\u0308\u0300 \u1fe3\u03a5\u0308\u0301 \u1fe4\u03a1\u0313 \u1fe6\u03a5\u0342 " +
		"\u1fe7\u03a5\u0308\u0342 \u1ff2\u1ffa\u0399 \u1ff3\u03a9\u0399 \u1ff4\u038f\u0399 \u1ff6\u03a9\u0342 " +
		"\u1ff7\u03a9\u0342\u0399 \u1ffc\u03a9\u0399 \ufb00FF \ufb01FI \ufb02FL \ufb03FFI \ufb04FFL \ufb05ST " +
		"\ufb06ST \ufb13\u0544\u0546 \ufb14\u0544\u0535 \ufb15\u0544\u053b \ufb16\u054e\u0546 \ufb17\u0544\u053d ",
)

// specials reads a table of characters, each with what becomes of it.
func specials(table string) map[rune]string {
	m := map[rune]string{}
	for field := range strings.FieldsSeq(table) {
		r, n := utf8.DecodeRuneInString(field)
		m[r] = field[n:]
	}
	return m
}

// The functions below write what becomes of a character behind what is there.

func appendUpper(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return append(dst, byte(r))
	}
	if s, ok := upperSpecial[r]; ok {
		return append(dst, s...)
	}
	if !unicode.Is(later, r) {
		r = unicode.ToUpper(r)
	}
	return utf8.AppendRune(dst, r)
}

// appendLower writes the lower case wherever the character stands.
func appendLower(dst []byte, r rune) []byte {
	switch {
	case r >= 'A' && r <= 'Z':
		return append(dst, byte(r)|0x20)
	case r < utf8.RuneSelf:
		return append(dst, byte(r))
	case r == 0x130: // the Turkish capital i with a dot
		return append(dst, "i\u0307"...)
	}
	return utf8.AppendRune(dst, unicode.ToLower(r))
}

// appendTitle writes the upper case at the beginning of a word: "Ss" for a
// sharp s.
func appendTitle(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		return appendUpper(dst, r)
	}
	if t := unicode.ToTitle(r); t != r && !unicode.Is(later, r) {
		return utf8.AppendRune(dst, t)
	}
	upper, ok := upperSpecial[r]
	switch {
	case !ok || isUpper(r) || isTitle(r):
		return utf8.AppendRune(dst, r)
	case r == 0x149: // the apostrophe before the n is no letter
		return append(dst, upper...)
	}
	first, n := utf8.DecodeRuneInString(upper)
	dst = utf8.AppendRune(dst, first)
	// What would be a small iota by itself is written below the letter.
	return append(dst, strings.Map(unicode.ToLower, strings.ReplaceAll(upper[n:], "\u0399", "\u0345"))...)
}

// appendFold writes the case folding: the lower case of the upper case, with
// exceptions.
func appendFold(dst []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return appendLower(dst, r)
	case r == 0x131 || unicode.Is(later, r): // the dotless i stays
		return utf8.AppendRune(dst, r)
	case r == 0x1e9e: // the capital sharp s
		return append(dst, "ss"...)
	case unicode.Is(unicode.Cherokee, r): // folds to the capitals, which came first
		return utf8.AppendRune(dst, unicode.ToUpper(r))
	}
	upper, ok := upperSpecial[r]
	if !ok {
		return appendLower(dst, unicode.ToUpper(r))
	}
	for _, u := range upper {
		dst = appendLower(dst, u)
	}
	return dst
}
