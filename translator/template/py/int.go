package py

import "math/big"

// Int is a Python int: immutable and of any size.
type Int struct {
	n   int64
	big *big.Int // nil if n is the value; else it is outside of n's range
}

// NewInt is an Int of a machine integer.
func NewInt(n int64) Int { return Int{n: n} }

// NewBigInt is an Int of a big one, which it copies where it keeps it.
func NewBigInt(b *big.Int) Int {
	if b.IsInt64() {
		return Int{n: b.Int64()}
	}
	return Int{big: new(big.Int).Set(b)}
}

// ownInt is NewBigInt of a number that nobody else holds.
func ownInt(b *big.Int) Int {
	if b.IsInt64() {
		return Int{n: b.Int64()}
	}
	return Int{big: b}
}

// TypeName is "int".
func (Int) TypeName() string { return "int" }

// Int64 is the number if a machine integer can hold it.
func (i Int) Int64() (int64, bool) { return i.n, i.big == nil }

// Big is a copy of the number.
func (i Int) Big() *big.Int { return new(big.Int).Set(i.view()) }

// view is the number, to be read only.
func (i Int) view() *big.Int {
	if i.big != nil {
		return i.big
	}
	return big.NewInt(i.n)
}

// Sign is -1, 0 or 1.
func (i Int) Sign() int {
	switch {
	case i.big != nil:
		return i.big.Sign()
	case i.n < 0:
		return -1
	case i.n > 0:
		return 1
	}
	return 0
}

// Cmp compares two numbers as big.Int's does.
func (i Int) Cmp(j Int) int {
	switch {
	case i.big != nil || j.big != nil:
		return i.view().Cmp(j.view())
	case i.n < j.n:
		return -1
	case i.n > j.n:
		return 1
	}
	return 0
}

// asInt is the number of an int or a bool.
func asInt(v Value) (Int, bool) {
	switch n := v.(type) {
	case Int:
		return n, true
	case Bool:
		if n {
			return Int{n: 1}, true
		}
		return Int{}, true
	}
	return Int{}, false
}
