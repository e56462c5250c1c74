// Package number reads and writes numbers as Python does: int(), float() and the
// repr() of a float. OSMO's YAML, its templates and its fields are all read by
// Python, so they share one idea of what a number looks like: blanks around it,
// underscores between digits, the decimal digits of any script.
package number

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// MaxDigits is the longest text that Python makes an integer of, except in a base
// that is a power of two (sys.int_info.default_max_str_digits).
const MaxDigits = 4300

// Int is int(s, base), as far as that succeeds.
func Int(s string, base int) (*big.Int, bool) {
	digits, base, ok := Digits(s, base)
	if !ok || TooLong(digits, base) {
		return nil, false
	}
	return new(big.Int).SetString(digits, base)
}

// TooLong says that Python refuses so many digits.
func TooLong(digits string, base int) bool {
	return len(strings.TrimPrefix(digits, "-")) > MaxDigits && base&(base-1) != 0
}

// Digits is what int(s, base) reads: ASCII digits behind a minus sign or none,
// without prefix and underscores, and the base that they are in. Base 0 reads the
// prefix of a literal.
func Digits(s string, base int) (digits string, _ int, ok bool) {
	if base != 0 && (base < 2 || base > 36) {
		return "", 0, false
	}
	s = ASCII(strings.TrimSpace(s))
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	digits, base, ok = unsigned(s, base)
	return sign + digits, base, ok
}

func unsigned(s string, base int) (digits string, _ int, ok bool) {
	prefixed := 0
	if len(s) > 1 && s[0] == '0' {
		switch s[1] | 0x20 {
		case 'x':
			prefixed = 16
		case 'o':
			prefixed = 8
		case 'b':
			prefixed = 2
		}
	}
	fromLiteral := base == 0
	if prefixed > 0 && (fromLiteral || base == prefixed) {
		s, base, fromLiteral = strings.TrimPrefix(s[2:], "_"), prefixed, false
	} else if fromLiteral {
		base = 10
	}
	digits = strings.ReplaceAll(s, "_", "")
	if !underscoresBetween(s) || !allDigits(digits, base) {
		return "", 0, false
	}
	if fromLiteral && digits[0] == '0' && strings.Trim(digits, "0") != "" {
		return "", 0, false // 010 is no literal
	}
	return digits, base, true
}

func underscoresBetween(s string) bool {
	return !strings.HasPrefix(s, "_") && !strings.HasSuffix(s, "_") && !strings.Contains(s, "__")
}

func allDigits(s string, base int) bool {
	for i := range len(s) {
		d := 99
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			d = int(c|0x20-'a') + 10
		}
		if d >= base {
			return false
		}
	}
	return s != ""
}

// Float is float(s), as far as that succeeds.
func Float(s string) (float64, bool) {
	s = ASCII(strings.TrimSpace(s))
	if !isFloat(s) {
		return 0, false
	}
	if s[len(s)-1]|0x20 == 'n' { // Go reads no sign before it
		return math.NaN(), true
	}
	f, _ := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64) // out of range is ±Inf, as in Python
	return f, true
}

// isFloat is Python's grammar; Go's has hex and other underscores.
func isFloat(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	switch strings.ToLower(s[:min(len(s), len("infinity"))]) {
	case "inf", "infinity", "nan":
		return len(s) <= len("infinity")
	}
	whole, rest := digitPart(s)
	fraction := 0
	if rest != "" && rest[0] == '.' {
		fraction, rest = digitPart(rest[1:])
	}
	if whole+fraction <= 0 || whole < 0 || fraction < 0 {
		return false
	}
	if rest == "" || rest[0]|0x20 != 'e' {
		return rest == ""
	}
	if rest = rest[1:]; rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	exponent, rest := digitPart(rest)
	return exponent > 0 && rest == ""
}

// digitPart reads digits with single underscores between them. The length is
// negative if an underscore stands elsewhere.
func digitPart(s string) (n int, rest string) {
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '_') {
		n++
	}
	if !underscoresBetween(s[:n]) {
		return -1, ""
	}
	return n, s[n:]
}

// Format is repr(f): the shortest digits that read back as the same number, with
// an exponent below 1e-4 and from 1e16.
func Format(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
