package py

import (
	"math"
	"math/big"
)

// floatPow is x ** y of floats. Go's math.Pow is off by several units in the
// last place; this is correctly rounded, which the C library's is but for about
// one result in a thousand.
func floatPow(m *Meter, x, y float64) (Value, error) {
	if result, known, err := specialPow(x, y); known {
		return Float(result), err
	}
	negative := false
	if x < 0 {
		if y != math.Trunc(y) {
			return nil, Errorf("Unsupported", "a negative number to a fractional power is a complex number, which templates here do not have")
		}
		negative = math.Mod(y, 2) != 0
		x = -x
	}
	if err := m.Step(700); err != nil {
		return nil, err
	}
	result := positivePow(x, y)
	if math.IsInf(result, 0) {
		return nil, Errorf("OverflowError", "(34, 'Numerical result out of range')")
	}
	if negative {
		result = -result
	}
	return Float(result), nil
}

// specialPow has the cases that C99 lists, and Python's one refusal.
func specialPow(x, y float64) (result float64, known bool, err error) {
	odd := math.Mod(math.Abs(y), 2) == 1
	switch {
	case y == 0 || x == 1:
		return 1, true, nil
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN(), true, nil
	case math.IsInf(y, 0):
		switch ax := math.Abs(x); {
		case ax == 1:
			return 1, true, nil
		case (y > 0) == (ax > 1):
			return math.Inf(1), true, nil
		}
		return 0, true, nil
	case x == 0 && y < 0:
		return 0, true, zeroDivision("0.0 cannot be raised to a negative power")
	case math.IsInf(x, 0) || x == 0:
		result = math.Abs(x)
		if y < 0 {
			result = 0 // of infinity
		}
		if odd {
			result = math.Copysign(result, x)
		}
		return result, true, nil
	}
	return 0, false, nil
}

// powPrec is enough bits for the rounding to be right: results that lie closer
// to the middle of two floats are exact, and integerPow has those.
const powPrec = 192

// positivePow is x ** y for a positive finite x that is not 1.
func positivePow(x, y float64) float64 {
	if y == math.Trunc(y) && math.Abs(y) <= 32 {
		return integerPow(x, int(y))
	}
	estimate := y * math.Log2(x)
	switch {
	case estimate > 1100:
		return math.Inf(1)
	case estimate < -1200:
		return 0
	}
	t := new(big.Float).SetPrec(powPrec).SetFloat64(y)
	result, _ := bigExp(t.Mul(t, bigLog(x))).Float64()
	return result
}

// integerPow is exact up to the last rounding.
func integerPow(x float64, n int) float64 {
	const prec = 53*32 + 64
	base := new(big.Float).SetPrec(prec).SetFloat64(x)
	p := new(big.Float).SetPrec(prec).SetInt64(1)
	for range max(n, -n) {
		p.Mul(p, base)
	}
	if n < 0 {
		p.Quo(new(big.Float).SetPrec(prec).SetInt64(1), p)
	}
	result, _ := p.Float64()
	return result
}

// bigLog is the natural logarithm of a positive x.
func bigLog(x float64) *big.Float {
	frac, exp := math.Frexp(x)
	if frac < math.Sqrt2/2 {
		frac, exp = frac*2, exp-1
	}
	num := new(big.Float).SetPrec(powPrec).SetFloat64(frac)
	den := new(big.Float).SetPrec(powPrec).SetFloat64(frac)
	one := big.NewFloat(1)
	log := twiceArtanh(num.Quo(num.Sub(num, one), den.Add(den, one)))
	whole := new(big.Float).SetPrec(powPrec).SetInt64(int64(exp))
	return log.Add(log, whole.Mul(whole, bigLn2()))
}

func bigLn2() *big.Float {
	third := new(big.Float).SetPrec(powPrec).SetInt64(1)
	return twiceArtanh(third.Quo(third, big.NewFloat(3)))
}

// twiceArtanh is ln((1+z)/(1-z)), for a z of at most a third.
func twiceArtanh(z *big.Float) *big.Float {
	sum := new(big.Float).SetPrec(powPrec)
	square := new(big.Float).SetPrec(powPrec).Mul(z, z)
	power := new(big.Float).SetPrec(powPrec).Set(z)
	term := new(big.Float).SetPrec(powPrec)
	for k := int64(1); k < 130; k += 2 {
		sum.Add(sum, term.Quo(power, new(big.Float).SetInt64(k)))
		power.Mul(power, square)
	}
	return sum.Mul(sum, big.NewFloat(2))
}

// bigExp is e to the t.
func bigExp(t *big.Float) *big.Float {
	const halvings = 16
	approx, _ := t.Float64()
	k := int(math.Round(approx / math.Ln2))
	rest := new(big.Float).SetPrec(powPrec).SetInt64(int64(k))
	rest.Sub(t, rest.Mul(rest, bigLn2()))
	rest.SetMantExp(rest, -halvings)
	sum := new(big.Float).SetPrec(powPrec).SetInt64(1)
	term := new(big.Float).SetPrec(powPrec).SetInt64(1)
	for n := int64(1); n < 14; n++ {
		term.Quo(term.Mul(term, rest), new(big.Float).SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum.SetMantExp(sum, k)
}
