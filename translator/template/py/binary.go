package py

import (
	"math"
	"math/big"
)

// Binary is `a op b` for + - * / // % and **.
func Binary(m *Meter, op string, a, b Value) (Value, error) {
	if x, ok := a.(Int); ok {
		if y, ok := b.(Int); ok {
			return intBinary(m, op, x, y)
		}
	}
	if o, ok := a.(Operator); ok {
		if result, known, err := o.PyBinary(m, op, b, false); known || err != nil {
			return result, err
		}
	}
	if s, ok := asStr(a); ok && op == "%" {
		out, err := PrintfFormat(m, s, b)
		return Str(out), err
	}
	if o, ok := b.(Operator); ok {
		if result, known, err := o.PyBinary(m, op, a, true); known || err != nil {
			return result, err
		}
	}
	if result, known, err := numberBinary(m, op, a, b); known {
		return result, err
	}
	result, known, err := Value(nil), false, error(nil)
	switch left, right := base(a), base(b); op {
	case "+":
		result, known, err = concat(m, left, right)
	case "*":
		result, known, err = repeat(m, left, right)
	case "-":
		result, known, err = subtract(m, left, right)
	case "**":
		op = "** or pow()"
	}
	if !known && err == nil {
		err = typeErrorf("unsupported operand type(s) for %s: '%s' and '%s'", op, a.TypeName(), b.TypeName())
	}
	return result, err
}

// Unary is +v or -v.
func Unary(m *Meter, op string, v Value) (Value, error) {
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		if op == "+" {
			return i, nil
		}
		return i.neg(), m.Bytes(int64(bigLen(i)))
	case Float:
		if op == "+" {
			return x, nil
		}
		return -x, nil
	case Negater:
		return x.PyUnary(m, op)
	}
	return nil, typeErrorf("bad operand type for unary %s: '%s'", op, v.TypeName())
}

// Abs is abs(v).
func Abs(m *Meter, v Value) (Value, error) {
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		if i.Sign() < 0 {
			i = i.neg()
		}
		return i, m.Bytes(int64(bigLen(i)))
	case Float:
		return Float(math.Abs(float64(x))), nil
	case Negater:
		return x.PyUnary(m, "abs")
	}
	return nil, typeErrorf("bad operand type for abs(): '%s'", v.TypeName())
}

func (i Int) neg() Int {
	if i.big == nil && i.n != math.MinInt64 {
		return Int{n: -i.n}
	}
	return ownInt(new(big.Int).Neg(i.view()))
}

// numberBinary is arithmetic where both are numbers.
func numberBinary(m *Meter, op string, a, b Value) (result Value, known bool, err error) {
	x, xInt := asInt(a)
	y, yInt := asInt(b)
	if xInt && yInt {
		result, err = intBinary(m, op, x, y)
		return result, true, err
	}
	f, fFloat := a.(Float)
	g, gFloat := b.(Float)
	if !xInt && !fFloat || !yInt && !gFloat {
		return nil, false, nil
	}
	if xInt {
		f, err = x.asFloat()
	} else if yInt {
		g, err = y.asFloat()
	}
	if err != nil {
		return nil, true, err
	}
	result, err = floatBinary(m, op, float64(f), float64(g))
	return result, true, err
}

// asFloat is float(i), rounded to nearest even.
func (i Int) asFloat() (Float, error) {
	if i.big == nil {
		return Float(i.n), nil
	}
	f, _ := new(big.Float).SetInt(i.big).Float64()
	if math.IsInf(f, 0) {
		return 0, Errorf("OverflowError", "int too large to convert to float")
	}
	return Float(f), nil
}

func floatBinary(m *Meter, op string, x, y float64) (Value, error) {
	switch op {
	case "+":
		return Float(x + y), nil
	case "-":
		return Float(x - y), nil
	case "*":
		return Float(x * y), nil
	case "/":
		if y == 0 {
			return nil, zeroDivision("float division by zero")
		}
		return Float(x / y), nil
	case "//":
		if y == 0 {
			return nil, zeroDivision("float floor division by zero")
		}
		q, _ := floatDivMod(x, y)
		return Float(q), nil
	case "%":
		if y == 0 {
			return nil, zeroDivision("float modulo")
		}
		_, r := floatDivMod(x, y)
		return Float(r), nil
	case "**":
		return floatPow(m, x, y)
	}
	return nil, typeErrorf("unsupported operand type(s) for %s: 'float' and 'float'", op)
}

func zeroDivision(msg string) error { return &Error{Class: "ZeroDivisionError", Msg: msg} }

// floatDivMod is Python's (x // y, x % y): the remainder has the sign of y, and
// the quotient is what goes with the remainder (CPython floatobject.c).
func floatDivMod(x, y float64) (q, r float64) {
	r = math.Mod(x, y)
	q = (x - r) / y
	switch {
	case r == 0:
		r = math.Copysign(0, y)
	case r < 0 != (y < 0):
		r += y
		q--
	}
	if q == 0 {
		return math.Copysign(0, x/y), r
	}
	floor := math.Floor(q)
	if q-floor > 0.5 {
		floor++
	}
	return floor, r
}

// concat is a + b of sequences.
func concat(m *Meter, a, b Value) (Value, bool, error) {
	switch x := a.(type) {
	case Str:
		y, ok := asStr(b)
		if !ok {
			return nil, true, cannotConcat("str", b)
		}
		if err := m.text(int64(len(x) + len(y))); err != nil {
			return nil, true, err
		}
		return x + Str(y), true, nil
	case *List:
		y, ok := b.(*List)
		if !ok {
			return nil, true, cannotConcat("list", b)
		}
		items, err := concatItems(m, x.Items, y.Items)
		return &List{Items: items}, true, err
	case *Tuple:
		y, ok := b.(*Tuple)
		if !ok {
			return nil, true, cannotConcat("tuple", b)
		}
		items, err := concatItems(m, x.Items, y.Items)
		return &Tuple{Items: items}, true, err
	}
	return nil, false, nil
}

func cannotConcat(to string, b Value) error {
	return typeErrorf("can only concatenate %s (not \"%s\") to %s", to, b.TypeName(), to)
}

func concatItems(m *Meter, a, b []Value) ([]Value, error) {
	if err := m.items(int64(len(a) + len(b))); err != nil {
		return nil, err
	}
	return append(append(make([]Value, 0, len(a)+len(b)), a...), b...), nil
}

// repeat is a * b of a sequence and a number, in either order.
func repeat(m *Meter, a, b Value) (Value, bool, error) {
	seq, count := a, b
	if !isSequence(a) {
		seq, count = b, a
	}
	if !isSequence(seq) {
		return nil, false, nil
	}
	i, ok := asInt(count)
	if !ok {
		return nil, true, typeErrorf("can't multiply sequence by non-int of type '%s'", count.TypeName())
	}
	if i.big != nil {
		return nil, true, Errorf("OverflowError", "cannot fit '%s' into an index-sized integer", count.TypeName())
	}
	result, err := repeated(m, seq, max(i.n, 0))
	return result, true, err
}

func isSequence(v Value) bool {
	switch v.(type) {
	case Str, *List, *Tuple:
		return true
	}
	return false
}
