package py

import (
	"math"
	"math/big"
	"strconv"
)

// Round is round(v, ndigits): to the nearest, and half way to even, of the exact
// value.
func Round(m *Meter, v Value, ndigits int) (Value, error) {
	if err := m.Step(30); err != nil {
		return nil, err
	}
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		return roundInt(m, i, ndigits)
	case Float:
		f, err := roundFloat(float64(x), ndigits)
		return Float(f), err
	}
	return nil, typeErrorf("type %s doesn't define __round__ method", v.TypeName())
}

func roundInt(m *Meter, i Int, ndigits int) (Value, error) {
	const bitsPerDigit = 3.321928094887362
	if ndigits >= 0 {
		return i, nil
	}
	if float64(-ndigits-1)*bitsPerDigit > float64(i.view().BitLen()) {
		return NewInt(0), nil // even the half of the unit is larger
	}
	if err := multiplying(m, words(i), words(i)); err != nil {
		return nil, err
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-ndigits)), nil)
	q := roundedQuotient(i.view(), unit)
	return ownInt(q.Mul(q, unit)), nil
}

// roundedQuotient is a / b to the nearest, half way to even, for a positive b.
func roundedQuotient(a, b *big.Int) *big.Int {
	q, r := new(big.Int).DivMod(a, b, new(big.Int)) // r is never negative
	switch r.Lsh(r, 1).Cmp(b) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

func roundFloat(x float64, ndigits int) (float64, error) {
	const most, least = 323, -308 // beyond, no digit changes or none is left
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0) || ndigits > most:
		return x, nil
	case ndigits < least:
		return math.Copysign(0, x), nil
	case ndigits >= 0:
		return strconv.ParseFloat(strconv.FormatFloat(x, 'f', ndigits, 64), 64)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-ndigits)), nil)
	exact := new(big.Rat).SetFloat64(math.Abs(x))
	q := roundedQuotient(exact.Num(), unit.Mul(unit, exact.Denom()))
	unit.Exp(big.NewInt(10), big.NewInt(int64(-ndigits)), nil)
	f, _ := new(big.Float).SetInt(q.Mul(q, unit)).Float64()
	if math.IsInf(f, 0) {
		return 0, Errorf("OverflowError", "rounded value too large to represent")
	}
	return math.Copysign(f, x), nil
}

// Floor is math.floor(v).
func Floor(v Value) (Value, error) { return wholeOf(v, math.Floor) }

// Ceil is math.ceil(v).
func Ceil(v Value) (Value, error) { return wholeOf(v, math.Ceil) }

func wholeOf(v Value, round func(float64) float64) (Value, error) {
	if i, ok := asInt(v); ok {
		return i, nil
	}
	f, ok := v.(Float)
	if !ok {
		return nil, typeErrorf("must be real number, not %s", v.TypeName())
	}
	return intOfFloat(round(float64(f)))
}
