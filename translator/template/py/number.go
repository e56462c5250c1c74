package py

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

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
	if digits > number.MaxDigits {
		return Int{}, valueErrorf("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; "+
			"use sys.set_int_max_str_digits() to increase the limit", number.MaxDigits, digits)
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
	f, ok := number.Float(s)
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
	digits, base, ok := number.Digits(s, base)
	switch {
	case !ok:
		return Int{}, 0, false
	case number.TooLong(digits, base):
		return Int{}, len(strings.TrimPrefix(digits, "-")), false
	}
	if small, err := strconv.ParseInt(digits, base, 64); err == nil {
		return NewInt(small), 0, true
	}
	b, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return Int{}, 0, false
	}
	return ownInt(b), 0, true
}
