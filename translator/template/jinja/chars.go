package jinja

import (
	"unicode"
	"unicode/utf8"
)

// isSpace is Python's str.isspace for one character, which is also \s.
func isSpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r >= 0x1c && r <= ' ', r == 0x85, r == 0xa0:
		return true
	case r < 0x1680:
		return false
	}
	return r == 0x1680 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000
}

func skipSpace(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isSpace(r) {
			break
		}
		i += size
	}
	return i
}

// isDigit is \d.
func isDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= utf8.RuneSelf && unicode.IsDigit(r)
}

// isWord is \w.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// isNameRune says whether the lexer takes the character for a part of a name,
// which then may turn out to be none.
func isNameRune(r rune) bool { return isWord(r) || r >= utf8.RuneSelf && isIDContinue(r) }

// isIDStart is Unicode's XID_Start or an underscore: what str.isidentifier wants
// first.
func isIDStart(r rune) bool {
	if r < utf8.RuneSelf {
		return isWord(r) && (r < '0' || r > '9')
	}
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Other_ID_Start) && !notNormal(r)
}

// isIDContinue is Unicode's XID_Continue.
func isIDContinue(r rune) bool {
	if r < utf8.RuneSelf {
		return isWord(r)
	}
	return (isIDStart(r) || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue) ||
		r == 0xe33 || r == 0xeb3 || r == 0xff9e || r == 0xff9f) && (!notNormal(r) || r == 0xe33 || r == 0xeb3 || r == 0xff9e || r == 0xff9f)
}

// notNormal are the letters whose compatibility form does not begin an
// identifier, so that XID_Start leaves them out.
func notNormal(r rune) bool {
	switch r {
	case 0x37a, 0xe33, 0xeb3, 0x2e2f, 0x309b, 0x309c, 0xfdfa, 0xfdfb, 0xfe70, 0xfe72, 0xfe74, 0xfe76, 0xfe78, 0xfe7a, 0xfe7c, 0xfe7e, 0xff9e, 0xff9f:
		return true
	}
	return r >= 0xfc5e && r <= 0xfc63
}
