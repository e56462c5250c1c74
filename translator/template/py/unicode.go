package py

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// Python 3.11 has the character database of Unicode 14 and Go has a later one.
// later are the characters that came after: Python takes them for unassigned.
// testdata/unicode.jsonl has Python's answer for every character there is.
var later = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0cf3, 0x0cf3, 1}, {0x0ece, 0x0ece, 1}},
	R32: []unicode.Range32{
		{0x10efd, 0x10eff, 1},
		{0x1123f, 0x11241, 1},
		{0x11b00, 0x11b09, 1},
		{0x11f00, 0x11f10, 1},
		{0x11f12, 0x11f3a, 1},
		{0x11f3e, 0x11f59, 1},
		{0x1342f, 0x1342f, 1},
		{0x13439, 0x13455, 1},
		{0x1b132, 0x1b132, 1},
		{0x1b155, 0x1b155, 1},
		{0x1d2c0, 0x1d2d3, 1},
		{0x1df25, 0x1df2a, 1},
		{0x1e030, 0x1e06d, 1},
		{0x1e08f, 0x1e08f, 1},
		{0x1e4d0, 0x1e4f9, 1},
		{0x1f6dc, 0x1f6dc, 1},
		{0x1f774, 0x1f776, 1},
		{0x1f77b, 0x1f77f, 1},
		{0x1f7d9, 0x1f7d9, 1},
		{0x1fa75, 0x1fa77, 1},
		{0x1fa87, 0x1fa88, 1},
		{0x1faad, 0x1faaf, 1},
		{0x1fabb, 0x1fabd, 1},
		{0x1fabf, 0x1fabf, 1},
		{0x1face, 0x1facf, 1},
		{0x1fada, 0x1fadb, 1},
		{0x1fae8, 0x1fae8, 1},
		{0x1faf7, 0x1faf8, 1},
		{0x2b739, 0x2b739, 1},
		{0x31350, 0x323af, 1},
	},
}

// isIn says that a character of Unicode 14 is in one of the tables.
func isIn(r rune, tables ...*unicode.RangeTable) bool {
	return unicode.In(r, tables...) && !unicode.Is(later, r)
}

func isPrintable(r rune) bool { return unicode.IsPrint(r) && !unicode.Is(later, r) }

func isAlpha(r rune) bool {
	if r < utf8.RuneSelf {
		return r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return isIn(r, unicode.L)
}

func isDecimal(r rune) bool {
	_, ok := number.Digit(r)
	return ok
}

// digits are the characters with a digit's value that is not part of a decimal
// notation, such as superscripts.
var digits = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00b2, 0x00b3, 1},
		{0x00b9, 0x00b9, 1},
		{0x1369, 0x1371, 1},
		{0x19da, 0x19da, 1},
		{0x2070, 0x2070, 1},
		{0x2074, 0x2079, 1},
		{0x2080, 0x2089, 1},
		{0x2460, 0x2468, 1},
		{0x2474, 0x247c, 1},
		{0x2488, 0x2490, 1},
		{0x24ea, 0x24ea, 1},
		{0x24f5, 0x24fd, 1},
		{0x24ff, 0x24ff, 1},
		{0x2776, 0x277e, 1},
		{0x2780, 0x2788, 1},
		{0x278a, 0x2792, 1},
	},
	R32: []unicode.Range32{
		{0x10a40, 0x10a43, 1}, {0x10e60, 0x10e68, 1}, {0x11052, 0x1105a, 1}, {0x1f100, 0x1f10a, 1},
	},
	LatinOffset: 2,
}

func isDigit(r rune) bool { return isDecimal(r) || unicode.Is(digits, r) }

// numerals are the ideographs that are numbers.
const numerals = "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零" +
	"\uf96b\uf973\uf978\uf9b2\uf9d1\uf9d3\uf9fd" +
	"\U00020001\U00020064\U000200e2\U00020121\U0002092a\U00020983\U0002098c\U0002099c\U00020aea\U00020afd" +
	"\U00020b19\U00022390\U00022998\U00023b1b\U0002626d\U0002f890"

func isNumeric(r rune) bool {
	if r < utf8.RuneSelf {
		return isDecimal(r)
	}
	return isIn(r, unicode.N) || r >= 0x3405 && strings.ContainsRune(numerals, r)
}

func isAlnum(r rune) bool { return isAlpha(r) || isNumeric(r) }

// isSpace is str.isspace: White_Space and the separators of ASCII.
func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r' || r >= 0x1c && r <= 0x1f
	}
	return unicode.IsSpace(r)
}

func isUpper(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'A' && r <= 'Z'
	}
	return isIn(r, unicode.Lu, unicode.Other_Uppercase)
}

func isLower(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z'
	}
	switch r {
	case 0x10fc, 0xa7f2, 0xa7f3, 0xa7f4, 0xab69: // in Other_Lowercase since Unicode 15
		return false
	}
	return isIn(r, unicode.Ll, unicode.Other_Lowercase)
}

func isTitle(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(unicode.Lt, r) }

func isCased(r rune) bool { return isUpper(r) || isLower(r) || isTitle(r) }

// isCaseIgnorable is what a final sigma looks across.
func isCaseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:·\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a", r) ||
		isIn(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// notXID are in ID_Start or ID_Continue but not in XID_Start and XID_Continue,
// because NFKC makes something else of them.
const notXID = "\u0e33\u0eb3\uff9e\uff9f" + // these may continue
	"\u037a\u309b\u309c\ufc5e\ufc5f\ufc60\ufc61\ufc62\ufc63\ufdfa\ufdfb\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e"

func isIdentStart(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || isAlpha(r)
	}
	return isIn(r, unicode.L, unicode.Nl, unicode.Other_ID_Start) &&
		!unicode.In(r, unicode.Pattern_Syntax, unicode.Pattern_White_Space) && !strings.ContainsRune(notXID, r)
}

func isIdentContinue(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || isAlpha(r) || isDecimal(r)
	}
	return isIdentStart(r) || strings.ContainsRune(notXID[:len("\u0e33\u0eb3\uff9e\uff9f")], r) ||
		isIn(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
}
