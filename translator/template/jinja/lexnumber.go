package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// maxDigits is how many decimal digits Python turns into a number.
const maxDigits = 4300

// number reads a float or an integer, if there is one.
func (l *lexer) number() bool {
	if end := floatEnd(l.text, l.pos); end > 0 {
		l.float(end)
		return true
	}
	end := integerEnd(l.text, l.pos)
	if end == 0 {
		return false
	}
	literal := strings.ReplaceAll(l.text[l.pos:end], "_", "")
	if n := utf8.RuneCountInString(literal); n > maxDigits && (literal[0] != '0' || literal[1] == '0') {
		at := l.span(l.pos, end)
		panic(at.errorf(Runtime, "ValueError", fmt.Sprintf("Exceeds the limit (%d digits) for integer string conversion: "+
			"value has %d digits; use sys.set_int_max_str_digits() to increase the limit", maxDigits, n)))
	}
	n, ok := py.ParseInt(literal, 0)
	if !ok {
		l.fail(l.pos, end, "invalid number")
	}
	l.emit(tokInteger, l.pos, end).value = n
	l.pos = end
	return true
}

// float reads the literal up to end, which Jinja2 leaves to Python's parser:
// that one takes ASCII digits only.
func (l *lexer) float(end int) {
	literal := strings.ReplaceAll(l.text[l.pos:end], "_", "")
	for _, r := range literal {
		if r >= utf8.RuneSelf {
			at := l.span(l.pos, end)
			panic(at.errorf(Syntax, "SyntaxError", "invalid decimal literal"))
		}
	}
	f, _ := strconv.ParseFloat(literal, 64) // out of range is inf, as in Python
	l.emit(tokFloat, l.pos, end).value = py.Float(f)
	l.pos = end
}

// floatEnd is where the float at i ends, or 0 (lexer.py, float_re).
func floatEnd(s string, i int) int {
	if i > 0 && s[i-1] == '.' {
		return 0
	}
	whole := digitsEnd(s, i)
	end := whole
	if strings.HasPrefix(s[whole:], ".") {
		if fraction := digitsEnd(s, whole+1); fraction > whole+1 {
			end = fraction
		}
	}
	if e := exponentEnd(s, end); e > 0 {
		return e
	}
	if end > whole {
		return end
	}
	return 0
}

func exponentEnd(s string, i int) int {
	if i >= len(s) || s[i] != 'e' && s[i] != 'E' {
		return 0
	}
	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	if end := digitsEnd(s, i); end > i {
		return end
	}
	return 0
}

// digitsEnd is where digits with single underscores between them end.
func digitsEnd(s string, i int) int {
	end := i
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case isDigit(r):
			i += size
			end = i
		case r == '_' && i == end && s[i-1] != '_':
			i++
		default:
			return end
		}
	}
	return end
}

// integerEnd is where the integer at i ends, or 0 (lexer.py, integer_re).
func integerEnd(s string, i int) int {
	if len(s) > i+2 && s[i] == '0' {
		digits := ""
		switch s[i+1] | 0x20 {
		case 'b':
			digits = "01"
		case 'o':
			digits = "01234567"
		case 'x':
			digits = "0123456789abcdefABCDEF"
		}
		if end := runEnd(s, i+2, digits); digits != "" && end > i+2 {
			return end
		}
	}
	switch {
	case s[i] == '0':
		return runEnd(s, i+1, "0")
	case s[i] >= '1' && s[i] <= '9':
		return digitsEnd(s, i)
	}
	return 0
}

// runEnd is where a run of these digits, each with an underscore before it or
// not, ends.
func runEnd(s string, i int, digits string) int {
	for i < len(s) {
		next := i
		if s[i] == '_' {
			next++
		}
		if next >= len(s) || strings.IndexByte(digits, s[next]) < 0 {
			break
		}
		i = next + 1
	}
	return i
}
