package py

import (
	"math"
	"strings"
)

// repeated is seq * n, for n of at least 0.
func repeated(m *Meter, seq Value, n int64) (Value, error) {
	switch s := seq.(type) {
	case Str:
		out, err := repeatStr(m, string(s), n)
		return Str(out), err
	case *List:
		items, err := repeatItems(m, s.Items, n)
		return &List{Items: items}, err
	case *Tuple:
		items, err := repeatItems(m, s.Items, n)
		return &Tuple{Items: items}, err
	}
	return nil, typeErrorf("'%s' object cannot be repeated", seq.TypeName())
}

func repeatStr(m *Meter, s string, n int64) (string, error) {
	if s == "" || n <= 0 {
		return "", nil
	}
	if err := m.text(product(int64(len(s)), n)); err != nil {
		return "", err
	}
	return strings.Repeat(s, int(n)), nil
}

func repeatItems(m *Meter, items []Value, n int64) ([]Value, error) {
	if len(items) == 0 || n <= 0 {
		return nil, nil
	}
	total := product(int64(len(items)), n)
	if err := m.items(total); err != nil {
		return nil, err
	}
	out := make([]Value, 0, total)
	for range n {
		out = append(out, items...)
	}
	return out, nil
}

// product is a * b, or the largest number if that is larger; neither is negative.
func product(a, b int64) int64 {
	if b != 0 && a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}
