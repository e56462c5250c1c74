package py

import (
	"strings"
	"unicode/utf8"
)

func strCase(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	s, err := Recase(c.m, c.text(), c.name)
	return Str(s), err
}

// Recase is one of the string methods that change the case, by its name:
// capitalize, casefold, lower, swapcase, title or upper.
func Recase(m *Meter, s, how string) (string, error) {
	if isASCII(s) {
		if err := m.text(int64(len(s))); err != nil {
			return "", err
		}
		switch how {
		case "upper":
			return strings.ToUpper(s), nil
		case "lower", "casefold":
			return strings.ToLower(s), nil
		}
	} else if err := m.text(3 * int64(len(s))); err != nil { // a character can become three
		return "", err
	}
	if err := m.Step(int64(len(s)) / 8); err != nil {
		return "", err
	}
	out := make([]byte, 0, len(s))
	wasCased := false
	for i, r := range s {
		out = recase(out, s, i, r, how, wasCased)
		wasCased = how == "title" && isCased(r)
	}
	return string(out), nil
}

// recase writes the character at s[i].
func recase(dst []byte, s string, i int, r rune, how string, wasCased bool) []byte {
	switch {
	case how == "upper", how == "swapcase" && isLower(r):
		return appendUpper(dst, r)
	case how == "casefold":
		return appendFold(dst, r)
	case how == "title" && !wasCased, how == "capitalize" && i == 0:
		return appendTitle(dst, r)
	case how == "swapcase" && !isUpper(r):
		return utf8.AppendRune(dst, r)
	}
	// A capital sigma at the end of a word has a small one of its own.
	const sigma = '\u03a3'
	if r == sigma && casedBefore(s[:i]) && !casedAfter(s[i+utf8.RuneLen(sigma):]) {
		return append(dst, "\u03c2"...)
	}
	return appendLower(dst, r)
}

// casedBefore says that marks and then a letter with a case end the string. The
// marks between two sigmas are looked at twice, so lower() stays linear.
func casedBefore(s string) bool {
	for {
		r, n := utf8.DecodeLastRuneInString(s)
		if n == 0 || !isCaseIgnorable(r) {
			return n > 0 && isCased(r)
		}
		s = s[:len(s)-n]
	}
}

func casedAfter(s string) bool {
	for {
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || !isCaseIgnorable(r) {
			return n > 0 && isCased(r)
		}
		s = s[n:]
	}
}

func strTest(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	s := c.text()
	if err := c.m.Step(1 + int64(len(s))/8); err != nil {
		return nil, err
	}
	switch c.name {
	case "islower":
		return Bool(allCased(s, isLower)), nil
	case "isupper":
		return Bool(allCased(s, isUpper)), nil
	case "istitle":
		return Bool(isTitled(s)), nil
	case "isascii":
		return Bool(isASCII(s)), nil
	case "isidentifier":
		r, n := utf8.DecodeRuneInString(s)
		return Bool(s != "" && isIdentStart(r) && allOf(s[n:], isIdentContinue)), nil
	case "isprintable":
		return Bool(allOf(s, isPrintable)), nil
	}
	return Bool(s != "" && allOf(s, characterTest(c.name))), nil
}

func characterTest(name string) func(rune) bool {
	switch name {
	case "isalnum":
		return isAlnum
	case "isalpha":
		return isAlpha
	case "isdecimal":
		return isDecimal
	case "isdigit":
		return isDigit
	case "isnumeric":
		return isNumeric
	}
	return isSpace
}

func allOf(s string, is func(rune) bool) bool {
	for _, r := range s {
		if !is(r) {
			return false
		}
	}
	return true
}

// allCased says that there are letters with a case and all have this one.
func allCased(s string, is func(rune) bool) bool {
	found := false
	for _, r := range s {
		switch {
		case is(r):
			found = true
		case isCased(r):
			return false
		}
	}
	return found
}

// isTitled says that each run of letters with a case begins with a capital and
// goes on small.
func isTitled(s string) bool {
	found, inWord := false, false
	for _, r := range s {
		capital := isUpper(r) || isTitle(r)
		small := !capital && isLower(r)
		if capital && inWord || small && !inWord {
			return false
		}
		inWord = capital || small
		found = found || inWord
	}
	return found
}
