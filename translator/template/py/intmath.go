package py

import (
	"math"
	"math/big"
	"math/bits"
)

// intBinary is arithmetic of two ints.
func intBinary(m *Meter, op string, a, b Int) (Value, error) {
	if a.big == nil && b.big == nil {
		if result, ok := smallBinary(op, a.n, b.n); ok {
			return result, nil
		}
	}
	switch op {
	case "+", "-", "*":
		return bigBinary(m, op, a, b)
	case "/":
		f, err := trueDivide(m, a, b)
		return Float(f), err
	case "//", "%":
		return bigDivide(m, op, a, b)
	case "**":
		return intPow(m, a, b)
	}
	return nil, typeErrorf("unsupported operand type(s) for %s: 'int' and 'int'", op)
}

// smallBinary is what machine integers can do without overflow.
func smallBinary(op string, a, b int64) (Value, bool) {
	switch op {
	case "+":
		sum := a + b
		return NewInt(sum), (sum > a) == (b > 0)
	case "-":
		diff := a - b
		return NewInt(diff), (diff < a) == (b > 0)
	case "*":
		return smallProduct(a, b)
	case "/":
		const exact = 1 << 53
		return Float(a) / Float(b), b != 0 && -exact <= a && a <= exact && -exact <= b && b <= exact
	case "//", "%":
		if b == 0 || b == -1 { // MinInt64 / -1 overflows
			return nil, false
		}
		q, r := a/b, a%b
		if r != 0 && r < 0 != (b < 0) {
			q, r = q-1, r+b
		}
		if op == "//" {
			return NewInt(q), true
		}
		return NewInt(r), true
	}
	return nil, false
}

func smallProduct(a, b int64) (Value, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high != 0 || low > math.MaxInt64 {
		return nil, false
	}
	return NewInt(a * b), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// words is the length of a number in machine words.
func words(i Int) int64 {
	if i.big == nil {
		return 1
	}
	return int64(len(i.big.Bits()))
}

// multiplying charges for a product or a quotient of numbers of this many words.
func multiplying(m *Meter, a, b int64) error {
	small := float64(min(a, b))
	if err := m.Step(int64(float64(max(a, b))*math.Sqrt(small)/8) + 1); err != nil {
		return err
	}
	return m.Bytes(8 * (a + b))
}

func bigBinary(m *Meter, op string, a, b Int) (Value, error) {
	if op == "*" {
		if err := multiplying(m, words(a), words(b)); err != nil {
			return nil, err
		}
		return ownInt(new(big.Int).Mul(a.view(), b.view())), nil
	}
	if err := m.text(8 * (max(words(a), words(b)) + 1)); err != nil {
		return nil, err
	}
	if op == "+" {
		return ownInt(new(big.Int).Add(a.view(), b.view())), nil
	}
	return ownInt(new(big.Int).Sub(a.view(), b.view())), nil
}

func bigDivide(m *Meter, op string, a, b Int) (Value, error) {
	switch {
	case b.Sign() != 0:
	case op == "%":
		return nil, zeroDivision("integer modulo by zero")
	default:
		return nil, zeroDivision("integer division or modulo by zero")
	}
	if err := multiplying(m, words(a), words(b)); err != nil {
		return nil, err
	}
	q, r := new(big.Int).QuoRem(a.view(), b.view(), new(big.Int))
	if r.Sign()*b.Sign() < 0 {
		q.Sub(q, big.NewInt(1))
		r.Add(r, b.view())
	}
	if op == "%" {
		return ownInt(r), nil
	}
	return ownInt(q), nil
}

// trueDivide is a / b, correctly rounded.
func trueDivide(m *Meter, a, b Int) (float64, error) {
	if b.Sign() == 0 {
		return 0, zeroDivision("division by zero")
	}
	if a.Sign() == 0 {
		return math.Copysign(0, float64(b.Sign())), nil
	}
	if err := multiplying(m, words(a), words(b)); err != nil {
		return 0, err
	}
	f := quotient(a.view(), b.view())
	if math.IsInf(f, 0) {
		return 0, Errorf("OverflowError", "integer division result too large for a float")
	}
	return f, nil
}

// quotient is a / b rounded once: as many bits of the integer quotient as round
// without doubt, with a last one for the rest.
func quotient(a, b *big.Int) float64 {
	const enough = 66
	shift := max(enough-(a.BitLen()-b.BitLen()), -1<<30)
	num, den := a, b
	if shift > 0 {
		num = new(big.Int).Lsh(a, uint(shift))
	} else {
		den = new(big.Int).Lsh(b, uint(-shift))
	}
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	negative := q.Sign() < 0
	q.Lsh(q.Abs(q), 1)
	if r.Sign() != 0 {
		q.SetBit(q, 0, 1)
	}
	x := new(big.Float).SetMode(big.ToNearestEven).SetPrec(128).SetInt(q)
	f, _ := x.SetMantExp(x, -shift-1).Float64()
	if negative {
		return -f
	}
	return f
}

// intPow is a ** b.
func intPow(m *Meter, a, b Int) (Value, error) {
	if b.Sign() < 0 {
		x, err := a.asFloat()
		if err != nil {
			return nil, err
		}
		y, err := b.asFloat()
		if err != nil {
			return nil, err
		}
		return floatPow(m, float64(x), float64(y))
	}
	if a.big == nil && -1 <= a.n && a.n <= 1 {
		odd := b.view().Bit(0) == 1
		switch {
		case b.Sign() == 0:
			return NewInt(1), nil
		case a.n == -1 && !odd:
			return NewInt(1), nil
		}
		return a, nil
	}
	if b.big != nil {
		return nil, Errorf("MemoryError", "a power with an exponent of %d bits is too large", b.big.BitLen())
	}
	w := product(int64(a.view().BitLen()), b.n)/64 + 1
	if err := multiplying(m, w, w); err != nil {
		return nil, err
	}
	return ownInt(new(big.Int).Exp(a.view(), b.view(), nil)), nil
}
