package py

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// FormatFloat is repr(f): the shortest digits that read back as the same number.
func FormatFloat(f float64) string {
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

// IntOf is int(v).
func IntOf(m *Meter, v Value) (Int, error) {
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		return i, nil
	case Float:
		return intOfFloat(float64(x))
	case Numeric:
		return x.PyInt(m)
	}
	s, ok := asStr(v)
	if !ok {
		return Int{}, typeErrorf("int() argument must be a string, a bytes-like object or a real number, not '%s'", v.TypeName())
	}
	return intOfText(m, v, s, 10)
}

func intOfFloat(f float64) (Int, error) {
	switch {
	case math.IsNaN(f):
		return Int{}, valueErrorf("cannot convert float NaN to integer")
	case math.IsInf(f, 0):
		return Int{}, Errorf("OverflowError", "cannot convert float infinity to integer")
	case math.Abs(f) < 1<<62:
		return NewInt(int64(f)), nil
	}
	b, _ := big.NewFloat(f).Int(nil)
	return ownInt(b), nil
}

// IntOfStr is int(s, base), with Python's exceptions.
func IntOfStr(m *Meter, s string, base int) (Int, error) { return intOfText(m, Str(s), s, base) }

// intOfText reads the text of v.
func intOfText(m *Meter, v Value, s string, base int) (Int, error) {
	if base != 0 && (base < 2 || base > 36) {
		return Int{}, valueErrorf("int() base must be >= 2 and <= 36, or 0")
	}
	if err := m.Step(1 + int64(len(s))/8); err != nil {
		return Int{}, err
	}
	n, digits, ok := parseInt(s, base)
	if digits > maxIntDigits {
		return Int{}, valueErrorf("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; "+
			"use sys.set_int_max_str_digits() to increase the limit", maxIntDigits, digits)
	}
	if !ok {
		quoted, err := Repr(m, v)
		if err != nil {
			return Int{}, err
		}
		return Int{}, valueErrorf("invalid literal for int() with base %d: %s", base, quoted)
	}
	return n, m.Bytes(int64(bigLen(n)))
}

// FloatOf is float(v).
func FloatOf(m *Meter, v Value) (float64, error) {
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		f, err := i.asFloat()
		return float64(f), err
	case Float:
		return float64(x), nil
	case Numeric:
		return x.PyFloat(m)
	}
	s, ok := asStr(v)
	if !ok {
		return 0, typeErrorf("float() argument must be a string or a real number, not '%s'", v.TypeName())
	}
	if err := m.Step(1 + int64(len(s))/16); err != nil {
		return 0, err
	}
	f, ok := ParseFloat(s)
	if !ok {
		quoted, err := Repr(m, v)
		if err != nil {
			return 0, err
		}
		return 0, valueErrorf("could not convert string to float: %s", quoted)
	}
	return f, nil
}

// ParseInt is int(s, base), as far as that succeeds: blanks around it, a sign,
// underscores between digits and the decimal digits of any script. Base 0 reads
// the prefix of a literal. More than 4300 digits are refused.
func ParseInt(s string, base int) (Int, bool) {
	n, _, ok := parseInt(s, base)
	return n, ok
}

// parseInt also says how many decimal digits were too many.
func parseInt(s string, base int) (n Int, tooMany int, ok bool) {
	s, ok = asciiDigits(s)
	if !ok || base != 0 && (base < 2 || base > 36) {
		return Int{}, 0, false
	}
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	digits, base, ok := intDigits(s, base)
	if !ok {
		return Int{}, 0, false
	}
	if len(digits) > maxIntDigits && base&(base-1) != 0 {
		return Int{}, len(digits), false
	}
	if small, err := strconv.ParseInt(sign+digits, base, 64); err == nil {
		return NewInt(small), 0, true
	}
	b, ok := new(big.Int).SetString(sign+digits, base)
	if !ok {
		return Int{}, 0, false
	}
	return ownInt(b), 0, true
}

// intDigits are the digits of a literal without its prefix and underscores.
func intDigits(s string, base int) (digits string, _ int, ok bool) {
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

// ParseFloat is float(s), as far as that succeeds.
func ParseFloat(s string) (float64, bool) {
	s, ok := asciiDigits(s)
	if !ok || !isFloatLiteral(s) {
		return 0, false
	}
	if s[len(s)-1]|0x20 == 'n' { // Go reads no sign before it
		return math.NaN(), true
	}
	f, _ := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64) // out of range is ±Inf, as in Python
	return f, true
}

// isFloatLiteral is Python's grammar; Go's has hex and other underscores.
func isFloatLiteral(s string) bool {
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
