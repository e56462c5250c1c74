package py

// Iterator gives one value after the other. An Iterator that is a Value is one
// of Python's iterators, which can be gone through once.
type Iterator interface {
	Next() (v Value, ok bool, err error)
}

// Generator is a Python iterator made of a function; *Generator is the Value.
type Generator struct {
	kind, name string
	next       func() (Value, bool, error)
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

// Next takes the next value.
func (g *Generator) Next() (Value, bool, error) { return g.next() }

// Iterate is iter(v).
func Iterate(m *Meter, v Value) (Iterator, error) {
	switch v := v.(type) {
	case *List:
		return &listIterator{list: v}, nil
	case *Tuple:
		return &listIterator{list: &List{Items: v.Items}}, nil
	case Iterable:
		return v.PyIter(m)
	case Iterator:
		return v, nil
	}
	return nil, typeErrorf("'%s' object is not iterable", v.TypeName())
}

// listIterator sees what is appended to the list meanwhile, as Python's does.
type listIterator struct {
	list *List
	i    int
}

// Next takes the next item.
func (it *listIterator) Next() (Value, bool, error) {
	if it.list == nil || it.i >= len(it.list.Items) {
		it.list = nil
		return nil, false, nil
	}
	it.i++
	return it.list.Items[it.i-1], true, nil
}

// Collect is list(v), as a slice that the caller owns.
func Collect(m *Meter, v Value) ([]Value, error) {
	it, err := Iterate(m, v)
	if err != nil {
		return nil, err
	}
	var out []Value
	for {
		item, ok, err := it.Next()
		if err != nil || !ok {
			return out, err
		}
		if err := m.items(1); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
}
