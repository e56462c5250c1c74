package py

import (
	"math"
	"math/big"
	"reflect"
	"strings"
)

// Truth is bool(v).
func Truth(v Value) (bool, error) {
	switch v := v.(type) {
	case Bool:
		return bool(v), nil
	case None:
		return false, nil
	case Str:
		return v != "", nil
	case Int:
		return v.Sign() != 0, nil
	case Float:
		return v != 0, nil
	case Truther:
		return v.PyTruth()
	}
	if n, ok, err := length(base(v)); ok || err != nil {
		return n > 0, err
	}
	return true, nil
}

// same is Python's `is`, for values that have an identity.
func same(a, b Value) bool {
	switch a := a.(type) {
	case None, *List, *Tuple, *Dict, *Set, *View, *Range, *Generator:
		return a == b
	case *Method:
		b, ok := b.(*Method)
		return ok && a.Name == b.Name && same(a.Self, b.Self)
	case Str, Int, Bool, Float:
		return false
	}
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

// Equal is a == b.
func Equal(m *Meter, a, b Value) (bool, error) {
	switch a := a.(type) {
	case Str:
		if b, ok := b.(Str); ok {
			return a == b, m.scan(min(len(a), len(b)))
		}
	case Int:
		if b, ok := b.(Int); ok {
			return a.Cmp(b) == 0, m.scan(bigLen(a))
		}
	case Equaler:
		return equalObject(m, a, b)
	}
	if b, ok := b.(Equaler); ok {
		equal, known, err := b.PyEqual(m, a)
		return known && equal, err
	}
	if c, ordered, isNumber := compareNumbers(a, b); isNumber {
		return ordered && c == 0, m.Step(1)
	}
	return equalContainers(m.orNew(), base(a), base(b))
}

func equalObject(m *Meter, a Equaler, b Value) (bool, error) {
	equal, known, err := a.PyEqual(m, b)
	if known || err != nil {
		return equal, err
	}
	v, _ := a.(Value)
	if b, ok := b.(Equaler); ok {
		if equal, known, err = b.PyEqual(m, v); known || err != nil {
			return equal, err
		}
	}
	return same(v, b), nil
}

func equalContainers(m *Meter, a, b Value) (bool, error) {
	if err := m.Step(1); err != nil {
		return false, err
	}
	if err := m.Enter(); err != nil {
		return false, err
	}
	defer m.Leave()
	switch x := a.(type) {
	case *List:
		if y, ok := b.(*List); ok {
			return equalItems(m, x.Items, y.Items)
		}
	case *Tuple:
		if y, ok := b.(*Tuple); ok {
			return equalItems(m, x.Items, y.Items)
		}
	case *Dict:
		if y, ok := b.(*Dict); ok {
			return equalDicts(m, x, y)
		}
	case *Range:
		if y, ok := b.(*Range); ok {
			return hashOfRange(x) == hashOfRange(y), nil
		}
	case Str:
		y, ok := b.(Str)
		return ok && x == y, nil
	}
	if isSetLike(a) && isSetLike(b) {
		return equalSets(m, a, b)
	}
	return same(a, b), nil
}

// sameOrEqual is what Python asks of the items of containers.
func sameOrEqual(m *Meter, a, b Value) (bool, error) {
	if same(a, b) {
		return true, m.Step(1)
	}
	return Equal(m, a, b)
}

func equalItems(m *Meter, a, b []Value) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	i, err := firstDifferent(m, a, b)
	return i == len(a), err
}

func firstDifferent(m *Meter, a, b []Value) (int, error) {
	for i := range min(len(a), len(b)) {
		if equal, err := sameOrEqual(m, a[i], b[i]); err != nil || !equal {
			return i, err
		}
	}
	return min(len(a), len(b)), nil
}

func equalDicts(m *Meter, a, b *Dict) (bool, error) {
	if a.Len() != b.Len() {
		return false, nil
	}
	for k, v := range a.Pairs() {
		w, ok, err := b.get(m, k)
		if err != nil || !ok {
			return false, err
		}
		if equal, err := sameOrEqual(m, v, w); err != nil || !equal {
			return false, err
		}
	}
	return true, nil
}

// compareNumbers compares exactly, whatever the types; ordered is false for NaN,
// which differs from itself.
func compareNumbers(a, b Value) (c int, ordered, isNumber bool) {
	x, xInt := asInt(a)
	y, yInt := asInt(b)
	f, xFloat := a.(Float)
	g, yFloat := b.(Float)
	switch {
	case xInt && yInt:
		return x.Cmp(y), true, true
	case xFloat && yFloat:
		return compareFloats(float64(f), float64(g)), f == f && g == g, true
	case xInt && yFloat:
		return compareIntFloat(x, float64(g)), g == g, true
	case xFloat && yInt:
		return -compareIntFloat(y, float64(f)), f == f, true
	}
	return 0, false, false
}

func compareFloats(f, g float64) int {
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

func compareIntFloat(i Int, f float64) int {
	const exact = 1 << 53
	switch {
	case i.big == nil && -exact <= i.n && i.n <= exact:
		return compareFloats(float64(i.n), f)
	case math.IsInf(f, 1):
		return -1
	case math.IsInf(f, -1):
		return 1
	case math.IsNaN(f):
		return 0
	}
	whole, _ := big.NewFloat(f).Int(nil)
	if c := i.view().Cmp(whole); c != 0 {
		return c
	}
	return compareFloats(math.Trunc(f), f)
}

// Compare is a < b, or what op says: "<", "<=", ">" or ">=".
func Compare(m *Meter, op string, a, b Value) (bool, error) {
	if c, ordered, isNumber := compareNumbers(a, b); isNumber {
		return ordered && holds(op, c), m.Step(1)
	}
	if x, ok := a.(Comparer); ok {
		if result, known, err := x.PyCompare(m, op, b); known || err != nil {
			return result, err
		}
	}
	if y, ok := b.(Comparer); ok {
		if result, known, err := y.PyCompare(m, mirrored(op), a); known || err != nil {
			return result, err
		}
	}
	switch x := base(a).(type) {
	case Str:
		if y, ok := asStr(b); ok {
			return holds(op, strings.Compare(string(x), y)), m.scan(min(len(x), len(y)))
		}
	case *List:
		if y, ok := b.(*List); ok {
			return compareItems(m.orNew(), op, x.Items, y.Items)
		}
	case *Tuple:
		if y, ok := b.(*Tuple); ok {
			return compareItems(m.orNew(), op, x.Items, y.Items)
		}
	}
	if isSetLike(a) && isSetLike(b) {
		return compareSets(m, op, a, b)
	}
	return false, typeErrorf("'%s' not supported between instances of '%s' and '%s'", op, a.TypeName(), b.TypeName())
}

// holds turns the sign of a comparison into its result.
func holds(op string, c int) bool {
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func mirrored(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	}
	return "<="
}

func compareItems(m *Meter, op string, a, b []Value) (bool, error) {
	if err := m.Enter(); err != nil {
		return false, err
	}
	defer m.Leave()
	i, err := firstDifferent(m, a, b)
	if err != nil {
		return false, err
	}
	if i == len(a) || i == len(b) {
		return holds(op, len(a)-len(b)), nil
	}
	return Compare(m, op, a[i], b[i])
}

// bigLen is how long an int is in bytes beyond the machine's.
func bigLen(i Int) int {
	if i.big == nil {
		return 0
	}
	return i.big.BitLen() / 8
}
