package py

import "strings"

// Size is len(v). To count the code points of a string is work, and charged.
func Size(m *Meter, v Value) (int, error) {
	if s, ok := asStr(v); ok {
		if err := m.scanRunes(s); err != nil {
			return 0, err
		}
	}
	n, ok, err := length(base(v))
	if !ok && err == nil {
		err = typeErrorf("object of type '%s' has no len()", v.TypeName())
	}
	return n, err
}

func length(v Value) (n int, ok bool, err error) {
	switch v := v.(type) {
	case Str:
		return runeCount(string(v)), true, nil
	case *List:
		return len(v.Items), true, nil
	case *Tuple:
		return len(v.Items), true, nil
	case *Dict:
		return v.Len(), true, nil
	case *Set:
		return v.Len(), true, nil
	case *View:
		return v.Dict.Len(), true, nil
	case *Range:
		return int(v.Len()), true, nil
	case Sized:
		n, err := v.PyLen()
		return n, err == nil, err
	}
	return 0, false, nil
}

// Contains is item in container.
func Contains(m *Meter, container, item Value) (bool, error) {
	switch c := container.(type) {
	case Str:
		s, ok := asStr(item)
		if !ok {
			return false, typeErrorf("'in <string>' requires string as left operand, not %s", item.TypeName())
		}
		return strings.Contains(string(c), s), m.scan(len(c))
	case *List:
		return among(m, c.Items, item)
	case *Tuple:
		return among(m, c.Items, item)
	case *Dict:
		_, ok, err := c.get(m, item)
		return ok, err
	case *Set:
		_, ok, err := c.items.get(m, item)
		return ok, err
	case *View:
		return c.contains(m, item)
	case *Range:
		if _, asks := item.(Equaler); !asks {
			return c.contains(item), nil
		}
	case Container:
		return c.PyContains(m, item)
	case Based:
		return Contains(m, c.PyBase(), item)
	}
	return iterated(m, container, item)
}

func among(m *Meter, items []Value, item Value) (bool, error) {
	for _, v := range items {
		if equal, err := sameOrEqual(m, v, item); err != nil || equal {
			return equal, err
		}
	}
	return false, nil
}

func iterated(m *Meter, container, item Value) (bool, error) {
	it, err := Iterate(m, container)
	if err != nil {
		if _, object := container.(Iterable); !object {
			err = typeErrorf("argument of type '%s' is not iterable", container.TypeName())
		}
		return false, err
	}
	for {
		v, ok, err := it.Next()
		if err != nil || !ok {
			return false, err
		}
		if equal, err := sameOrEqual(m, v, item); err != nil || equal {
			return equal, err
		}
	}
}

// contains is done by arithmetic, for numbers of any type.
func (r *Range) contains(item Value) bool {
	i, ok := asInt(item)
	if f, isFloat := item.(Float); isFloat {
		h := hashOfFloat(float64(f))
		i, ok = Int{n: h.n}, h.kind == hashInt
	}
	if !ok || i.big != nil || r.Len() == 0 {
		return false
	}
	low, high, step := r.Start, r.At(r.Len()-1), uint64(r.Step)
	if r.Step < 0 {
		low, high, step = high, low, -step
	}
	return low <= i.n && i.n <= high && (uint64(i.n)-uint64(low))%step == 0
}
