package py

import "unicode/utf8"

// Iterator gives one value after the other. An Iterator that is a Value is one
// of Python's iterators, which can be gone through once.
type Iterator interface {
	Next() (v Value, ok bool, err error)
}

// Generator is a Python iterator made of a function; *Generator is the Value.
type Generator struct {
	kind, name string
	next       func() (Value, bool, error)
	ended      bool
}

// NewGenerator makes the generator of a Python function of that name.
func NewGenerator(name string, next func() (Value, bool, error)) *Generator {
	return &Generator{kind: "generator", name: name, next: next}
}

// NewIterator makes an iterator of another type, such as list_reverseiterator.
func NewIterator(typeName string, next func() (Value, bool, error)) *Generator {
	return &Generator{kind: typeName, next: next}
}

// TypeName is "generator", or what NewIterator was told.
func (g *Generator) TypeName() string { return g.kind }

// Next takes the next value. After the last one and after an error there is none.
func (g *Generator) Next() (Value, bool, error) {
	if g.ended {
		return nil, false, nil
	}
	v, ok, err := g.next()
	g.ended = !ok || err != nil
	return v, ok, err
}

// Iterate is iter(v).
func Iterate(m *Meter, v Value) (Iterator, error) {
	switch v := v.(type) {
	case *List:
		return &listIterator{m: m, list: v}, nil
	case *Tuple:
		return &listIterator{m: m, list: &List{Items: v.Items}}, nil
	case *Dict:
		return &dictIterator{m: m, view: v.Keys(), size: v.Len()}, nil
	case *View:
		return &dictIterator{m: m, view: v, size: v.Dict.Len()}, nil
	case *Set:
		return &dictIterator{m: m, view: v.items.Keys(), size: v.Len(), set: true}, nil
	case Str:
		return &strIterator{m: m, rest: v}, nil
	case *Range:
		return &rangeIterator{m: m, r: v, n: v.Len()}, nil
	case Iterable:
		return v.PyIter(m)
	case Iterator:
		return v, nil
	case Based:
		return Iterate(m, v.PyBase())
	}
	return nil, typeErrorf("'%s' object is not iterable", v.TypeName())
}

// listIterator sees what is appended to the list meanwhile, as Python's does.
type listIterator struct {
	m    *Meter
	list *List
	i    int
}

func (it *listIterator) Next() (Value, bool, error) {
	if it.list == nil || it.i >= len(it.list.Items) {
		it.list = nil
		return nil, false, nil
	}
	it.i++
	return it.list.Items[it.i-1], true, it.m.Step(1)
}

// dictIterator refuses to go on when the dict's size changed.
type dictIterator struct {
	m       *Meter
	view    *View
	i, size int
	set     bool
}

func (it *dictIterator) Next() (Value, bool, error) {
	if it.view == nil {
		return nil, false, nil
	}
	d := it.view.Dict
	if d.Len() != it.size {
		it.size = -1
		if it.set {
			return nil, false, Errorf("RuntimeError", "Set changed size during iteration")
		}
		return nil, false, Errorf("RuntimeError", "dictionary changed size during iteration")
	}
	for ; it.i < len(d.entries); it.i++ {
		if e := d.entries[it.i]; e.key != nil {
			it.i++
			return it.view.item(e), true, it.m.Step(1)
		}
	}
	it.view = nil
	return nil, false, nil
}

// strIterator gives the code points.
type strIterator struct {
	m    *Meter
	rest Str
}

func (it *strIterator) Next() (Value, bool, error) {
	if it.rest == "" {
		return nil, false, nil
	}
	n := 1
	if it.rest[0] >= utf8.RuneSelf {
		_, n = utf8.DecodeRuneInString(string(it.rest))
	}
	c := it.rest[:n]
	it.rest = it.rest[n:]
	return c, true, it.m.Step(1)
}

type rangeIterator struct {
	m    *Meter
	r    *Range
	i, n int64
}

func (it *rangeIterator) Next() (Value, bool, error) {
	if it.i >= it.n {
		return nil, false, nil
	}
	it.i++
	return NewInt(it.r.At(it.i - 1)), true, it.m.Step(1)
}

// Collect is list(v), as a slice that the caller owns.
func Collect(m *Meter, v Value) ([]Value, error) {
	switch v := v.(type) {
	case *List:
		return copied(m, v.Items)
	case *Tuple:
		return copied(m, v.Items)
	}
	it, err := Iterate(m, v)
	if err != nil {
		return nil, err
	}
	var out []Value
	if n, known, err := length(v); known && err == nil {
		if err := m.items(int64(n)); err != nil {
			return nil, err
		}
		out = make([]Value, 0, n)
	}
	for {
		item, ok, err := it.Next()
		if err != nil || !ok {
			return out, err
		}
		if err := m.Bytes(32); err != nil { // the item is new, too
			return nil, err
		}
		out = append(out, item)
	}
}

func copied(m *Meter, items []Value) ([]Value, error) {
	if err := m.items(int64(len(items))); err != nil {
		return nil, err
	}
	return append([]Value(nil), items...), nil
}
