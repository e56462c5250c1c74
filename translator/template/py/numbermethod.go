package py

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// intAttr finds an attribute of an int or a bool.
func intAttr(v Value, name string) (Value, bool) {
	i, _ := asInt(v)
	switch name {
	case "real", "numerator":
		return i, true
	case "imag":
		return NewInt(0), true
	case "denominator":
		return NewInt(1), true
	case "bit_length", "bit_count", "conjugate", "as_integer_ratio":
		return bind(v, name, intNoArgs)
	case "to_bytes", "from_bytes":
		return bind(v, name, intBytes)
	}
	return nil, false
}

func intBytes(c *call) (Value, error) { return nil, unsupported("int." + c.name) }

func intNoArgs(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	i, _ := asInt(c.self)
	switch c.name {
	case "bit_length":
		return NewInt(int64(i.view().BitLen())), nil
	case "bit_count":
		n := 0
		for _, word := range i.view().Bits() {
			n += bits.OnesCount(uint(word))
		}
		return NewInt(int64(n)), c.m.scan(bigLen(i))
	case "as_integer_ratio":
		return NewTuple(i, NewInt(1)), nil
	}
	return i, nil
}

// floatAttr finds an attribute of a float.
func floatAttr(f Float, name string) (Value, bool) {
	switch name {
	case "real":
		return f, true
	case "imag":
		return Float(0), true
	case "conjugate", "is_integer", "as_integer_ratio", "hex":
		return bind(f, name, floatNoArgs)
	case "fromhex":
		return bind(f, name, floatFromHex)
	}
	return nil, false
}

func floatFromHex(*call) (Value, error) {
	return nil, Errorf("Unsupported", "float.fromhex is not supported in templates here")
}

func floatNoArgs(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	v, _ := c.self.(Float)
	f := float64(v)
	switch c.name {
	case "is_integer":
		return Bool(f == math.Trunc(f) && !math.IsInf(f, 0)), nil
	case "as_integer_ratio":
		return integerRatio(f)
	case "hex":
		return Str(floatHex(f)), nil
	}
	return v, nil
}

func integerRatio(f float64) (Value, error) {
	switch {
	case math.IsNaN(f):
		return nil, valueErrorf("cannot convert NaN to integer ratio")
	case math.IsInf(f, 0):
		return nil, Errorf("OverflowError", "cannot convert Infinity to integer ratio")
	}
	r := new(big.Rat).SetFloat64(f)
	return NewTuple(NewBigInt(r.Num()), NewBigInt(r.Denom())), nil
}

// floatHex is C's %a with all digits: Go's leaves zeros out and numbers below
// the normal ones have another exponent.
func floatHex(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return number.Format(f)
	}
	if f == 0 {
		return strings.TrimSuffix(number.Format(f), "0.0") + "0x0.0p+0"
	}
	b := math.Float64bits(f)
	mantissa, exp, lead := b&(1<<52-1), int(b>>52&0x7ff)-1023, "1"
	if exp == -1023 {
		exp, lead = -1022, "0"
	}
	digits := strconv.FormatUint(mantissa, 16)
	sign := ""
	if f < 0 {
		sign = "-"
	}
	plus := "+"
	if exp < 0 {
		plus = ""
	}
	return sign + "0x" + lead + "." + strings.Repeat("0", 13-len(digits)) + digits + "p" + plus + strconv.Itoa(exp)
}

// rangeAttr finds an attribute of a range.
func rangeAttr(r *Range, name string) (Value, bool) {
	switch name {
	case "start":
		return NewInt(r.Start), true
	case "stop":
		return NewInt(r.Stop), true
	case "step":
		return NewInt(r.Step), true
	case "count", "index":
		return bind(r, name, rangeFind)
	}
	return nil, false
}

func rangeFind(c *call) (Value, error) {
	item, err := c.one()
	if err != nil {
		return nil, err
	}
	r, _ := c.self.(*Range)
	in := r.contains(item)
	if c.name == "count" {
		if in {
			return NewInt(1), nil
		}
		return NewInt(0), nil
	}
	if !in {
		s, err := Repr(c.m, item)
		if err != nil {
			return nil, err
		}
		if _, isInt := asInt(item); !isInt {
			return nil, valueErrorf("sequence.index(x): x not in sequence")
		}
		return nil, &Error{Class: "ValueError", Msg: s + " is not in range"}
	}
	i, err := IntOf(c.m, item)
	return NewInt((i.n - r.Start) / r.Step), err
}
