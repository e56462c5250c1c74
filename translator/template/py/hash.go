package py

import (
	"math"
	"math/big"
	"reflect"
	"strconv"
)

// hashKey is what two keys of a dict have in common when Python has them equal.
type hashKey struct {
	kind byte
	n    int64
	s    string
	o    Value
}

const (
	hashStr byte = iota
	hashInt
	hashBig   // s is the number
	hashFloat // n is the bits
	hashTuple // s is the parts, each with its length before it
	hashRange // n is the length, s is the first item and the step
	hashObject
	hashNamed // s is what a Hasher says
)

// maxHashed is how many values a key may be made of. Tuples within tuples can
// make a key of any size out of a few lines.
const maxHashed = 4096

// hash is the dict key of a value, or Python's TypeError.
func hash(m *Meter, v Value) (hashKey, error) {
	h := hasher{m: m, left: maxHashed}
	return h.hash(v)
}

type hasher struct {
	m    *Meter
	left int
}

func (h *hasher) hash(v Value) (hashKey, error) {
	if h.left--; h.left < 0 {
		return hashKey{}, Errorf("MemoryError", "a key of a dict is made of more than %d values", maxHashed)
	}
	switch v := v.(type) {
	case Str:
		return hashKey{kind: hashStr, s: string(v)}, nil
	case Int:
		return hashOfInt(v), h.m.scan(bigLen(v))
	case Bool:
		i, _ := asInt(v)
		return hashOfInt(i), nil
	case Float:
		return hashOfFloat(float64(v)), nil
	case *Tuple:
		return h.tuple(v)
	case *List, *Dict, *Set:
		return hashKey{}, unhashable(v)
	case *View:
		if v.kind != viewValues {
			return hashKey{}, unhashable(v)
		}
	case *Range:
		return hashOfRange(v), nil
	case Hasher:
		s, err := v.PyHash()
		return hashKey{kind: hashNamed, s: s}, err
	case Based:
		return h.hash(v.PyBase())
	}
	if !reflect.TypeOf(v).Comparable() {
		return hashKey{}, unhashable(v)
	}
	return hashKey{kind: hashObject, o: v}, nil
}

func unhashable(v Value) error { return typeErrorf("unhashable type: '%s'", v.TypeName()) }

func hashOfInt(i Int) hashKey {
	if i.big == nil {
		return hashKey{kind: hashInt, n: i.n}
	}
	return hashKey{kind: hashBig, n: int64(i.big.Sign()), s: string(i.big.Bytes())}
}

func hashOfFloat(f float64) hashKey {
	switch {
	case f != math.Trunc(f) || math.IsInf(f, 0):
		return hashKey{kind: hashFloat, n: int64(math.Float64bits(f))}
	case math.Abs(f) < 1<<62:
		return hashKey{kind: hashInt, n: int64(f)}
	}
	b, _ := big.NewFloat(f).Int(nil)
	return hashOfInt(ownInt(b))
}

func (h *hasher) tuple(t *Tuple) (hashKey, error) {
	var key []byte
	for _, item := range t.Items {
		k, err := h.hash(item)
		if err != nil {
			return k, err
		}
		if k.kind == hashObject && k.o != (None{}) {
			// No text tells two objects apart: such a tuple is a key by its identity.
			return hashKey{kind: hashObject, o: t}, nil
		}
		if err := h.m.text(int64(len(k.s)) + 16); err != nil {
			return k, err
		}
		key = append(key, k.kind)
		key = strconv.AppendInt(key, k.n, 36)
		key = append(key, ':')
		key = strconv.AppendInt(key, int64(len(k.s)), 36)
		key = append(key, ':')
		key = append(key, k.s...)
	}
	return hashKey{kind: hashTuple, s: string(key)}, nil
}

// hashOfRange: ranges with the same items are equal.
func hashOfRange(r *Range) hashKey {
	key := hashKey{kind: hashRange, n: r.Len()}
	if key.n > 0 {
		key.s = strconv.FormatInt(r.Start, 36)
	}
	if key.n > 1 {
		key.s += " " + strconv.FormatInt(r.Step, 36)
	}
	return key
}
