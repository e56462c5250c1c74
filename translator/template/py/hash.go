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
	hashBig // s is the number
	hashFloat
	hashTuple // s is the parts, each with its length before it
	hashObject
	hashNamed // s is what a Hasher says, n tells it from all else
)

// hash is the dict key of a value, or Python's TypeError.
func hash(v Value) (hashKey, error) {
	switch v := v.(type) {
	case Str:
		return hashKey{kind: hashStr, s: string(v)}, nil
	case Int, Bool:
		i, _ := asInt(v)
		return hashOfInt(i), nil
	case Float:
		return hashOfFloat(float64(v)), nil
	case None:
		return hashKey{kind: hashObject, o: v}, nil
	case *Tuple:
		return hashOfTuple(v)
	case *List, *Dict, *Set, *View:
		return hashKey{}, typeErrorf("unhashable type: '%s'", v.TypeName())
	case *Range:
		return hashOfRange(v), nil
	case Hasher:
		s, err := v.PyHash()
		return hashKey{kind: hashNamed, s: s}, err
	case Based:
		return hash(v.PyBase())
	}
	if !reflect.TypeOf(v).Comparable() {
		return hashKey{}, typeErrorf("unhashable type: '%s'", v.TypeName())
	}
	return hashKey{kind: hashObject, o: v}, nil
}

func hashOfInt(i Int) hashKey {
	if i.big != nil {
		return hashKey{kind: hashBig, s: i.big.Text(62)}
	}
	return hashKey{kind: hashInt, n: i.n}
}

func hashOfFloat(f float64) hashKey {
	if f != math.Trunc(f) || math.IsInf(f, 0) {
		return hashKey{kind: hashFloat, n: int64(math.Float64bits(f))}
	}
	b, _ := big.NewFloat(f).Int(nil)
	return hashOfInt(ownInt(b))
}

func hashOfTuple(t *Tuple) (hashKey, error) {
	key := hashKey{kind: hashTuple}
	for _, item := range t.Items {
		h, err := hash(item)
		if err != nil {
			return h, err
		}
		if h.kind == hashObject && h.o != (None{}) { // no text tells two objects apart
			return hashKey{kind: hashObject, o: t}, nil
		}
		part := strconv.Itoa(int(h.kind)) + ":" + strconv.FormatInt(h.n, 36) + ":" + h.s
		key.s += strconv.Itoa(len(part)) + ":" + part
	}
	return key, nil
}

// hashOfRange: ranges with the same items are equal.
func hashOfRange(r *Range) hashKey {
	n := r.Len()
	key := hashKey{kind: hashNamed, n: n, s: "range"}
	if n > 0 {
		key.s += " " + strconv.FormatInt(r.Start, 36)
	}
	if n > 1 {
		key.s += " " + strconv.FormatInt(r.Step, 36)
	}
	return key
}
