package py

import (
	"math"
	"math/big"
)

// Item is v[key].
func Item(m *Meter, v, key Value) (Value, error) {
	switch c := v.(type) {
	case *List:
		return itemOf(c.Items, "list", key)
	case *Tuple:
		return itemOf(c.Items, "tuple", key)
	case *Dict:
		item, ok, err := c.get(m, key)
		if err == nil && !ok {
			err = keyError(m, key)
		}
		return item, err
	case Str:
		return charOf(m, string(c), key)
	case *Range:
		i, err := index(key, c.Len(), "range", "range object index out of range")
		return NewInt(c.At(i)), err
	case ItemGetter:
		item, ok, err := c.PyGetItem(m, key)
		if err == nil && !ok {
			err = keyError(m, key)
		}
		return item, err
	case Based:
		return Item(m, c.PyBase(), key)
	}
	return nil, typeErrorf("'%s' object is not subscriptable", v.TypeName())
}

// GetItem is v[key]. ok is false for any LookupError or TypeError, where Jinja
// goes on to try an attribute.
func GetItem(m *Meter, v, key Value) (item Value, ok bool, err error) {
	if d, isDict := v.(*Dict); isDict { // without making a KeyError
		item, ok, err = d.get(m, key)
	} else if g, isGetter := v.(ItemGetter); isGetter {
		return g.PyGetItem(m, key)
	} else {
		item, err = Item(m, v, key)
		ok = err == nil
	}
	if IsClass(err, "KeyError", "IndexError", "TypeError") {
		return nil, false, nil
	}
	return item, ok, err
}

func keyError(m *Meter, key Value) error {
	s, err := Repr(m, key)
	if err != nil {
		return err
	}
	return &Error{Class: "KeyError", Msg: s}
}

func itemOf(items []Value, typeName string, key Value) (Value, error) {
	i, err := index(key, int64(len(items)), typeName, typeName+" index out of range")
	if err != nil {
		return nil, err
	}
	return items[i], nil
}

func charOf(m *Meter, s string, key Value) (Value, error) {
	if _, isInt := asInt(key); !isInt {
		return nil, typeErrorf("string indices must be integers, not '%s'", key.TypeName())
	}
	if err := m.scanRunes(s); err != nil {
		return nil, err
	}
	i, err := index(key, int64(runeCount(s)), "string", "string index out of range")
	if err != nil {
		return nil, err
	}
	return Str(substring(s, int(i), int(i)+1)), nil
}

// index is a key as the index of one of n items.
func index(key Value, n int64, typeName, outside string) (int64, error) {
	i, ok := asInt(key)
	if !ok {
		return 0, typeErrorf("%s indices must be integers or slices, not %s", typeName, key.TypeName())
	}
	if i.big != nil && typeName != "range" {
		return 0, Errorf("IndexError", "cannot fit '%s' into an index-sized integer", key.TypeName())
	}
	at := i.n
	if at < 0 {
		at += n
	}
	if at < 0 || at >= n || i.big != nil {
		return 0, &Error{Class: "IndexError", Msg: outside}
	}
	return at, nil
}

// Slice is v[start:stop:step]; what is absent is None.
func Slice(m *Meter, v, start, stop, step Value) (Value, error) {
	switch c := v.(type) {
	case *List:
		items, err := sliceOf(m, c.Items, start, stop, step)
		return &List{Items: items}, err
	case *Tuple:
		items, err := sliceOf(m, c.Items, start, stop, step)
		return &Tuple{Items: items}, err
	case Str:
		s, err := sliceStr(m, string(c), start, stop, step)
		return Str(s), err
	case *Range:
		at, err := bounds(start, stop, step, c.Len())
		if err != nil {
			return nil, err
		}
		return &Range{c.Start + at.Start*c.Step, c.Start + at.Stop*c.Step, cutOffProduct(c.Step, at.Step)}, nil
	case Slicer:
		return c.PySlice(m, start, stop, step)
	case Based:
		return Slice(m, c.PyBase(), start, stop, step)
	case *Dict:
		return nil, typeErrorf("unhashable type: 'slice'")
	}
	return nil, typeErrorf("'%s' object is not subscriptable", v.TypeName())
}

func sliceOf(m *Meter, items []Value, start, stop, step Value) ([]Value, error) {
	at, err := bounds(start, stop, step, int64(len(items)))
	if err != nil {
		return nil, err
	}
	n := at.Len()
	if err := m.items(n); err != nil {
		return nil, err
	}
	if at.Step == 1 {
		return append(make([]Value, 0, n), items[at.Start:at.Start+n]...), nil
	}
	out := make([]Value, n)
	for i := range out {
		out[i] = items[at.At(int64(i))]
	}
	return out, nil
}

func sliceStr(m *Meter, s string, start, stop, step Value) (string, error) {
	if err := m.scanRunes(s); err != nil {
		return "", err
	}
	at, err := bounds(start, stop, step, int64(runeCount(s)))
	if err != nil {
		return "", err
	}
	n := at.Len()
	if at.Step == 1 {
		return substring(s, int(at.Start), int(at.Start+n)), nil
	}
	if err := m.text(4 * n); err != nil {
		return "", err
	}
	if isASCII(s) {
		out := make([]byte, n)
		for i := range out {
			out[i] = s[at.At(int64(i))]
		}
		return string(out), nil
	}
	if err := m.text(4 * int64(len(s))); err != nil {
		return "", err
	}
	runes := []rune(s)
	out := make([]rune, n)
	for i := range out {
		out[i] = runes[at.At(int64(i))]
	}
	return string(out), nil
}

// cutOffProduct is the step of a slice of a range, which Python has in any size;
// what is beyond a machine integer is beyond all items too.
func cutOffProduct(a, b int64) int64 {
	n := NewBigInt(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
	return max(n.clamp(), -math.MaxInt64)
}

// bounds are the indices that a slice takes of n items.
func bounds(start, stop, step Value, n int64) (*Range, error) {
	by, err := sliceIndex(step, 1)
	if err != nil {
		return nil, err
	}
	if by == 0 {
		return nil, valueErrorf("slice step cannot be zero")
	}
	low, high := int64(0), n // where a bound is cut off
	from, to := low, high
	if by < 0 {
		low, high = -1, n-1
		from, to = high, low
		by = max(by, -math.MaxInt64)
	}
	if from, err = sliceBound(start, n, low, high, from); err != nil {
		return nil, err
	}
	if to, err = sliceBound(stop, n, low, high, to); err != nil {
		return nil, err
	}
	return &Range{from, to, by}, nil
}

func sliceBound(v Value, n, low, high, absent int64) (int64, error) {
	if v == (None{}) {
		return absent, nil
	}
	i, err := sliceIndex(v, 0)
	if i < 0 {
		i += n
		return max(i, low), err
	}
	return min(i, high), err
}

// sliceIndex is a number of a slice, cut off at the machine's.
func sliceIndex(v Value, absent int64) (int64, error) {
	if v == (None{}) {
		return absent, nil
	}
	i, ok := asInt(v)
	if !ok {
		return 0, typeErrorf("slice indices must be integers or None or have an __index__ method")
	}
	return i.clamp(), nil
}

// clamp is the nearest machine integer.
func (i Int) clamp() int64 {
	switch {
	case i.big == nil:
		return i.n
	case i.big.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
