package py

// Set is a Python set; *Set is the Value. It keeps the order of insertion, where
// Python has none that could be relied on.
type Set struct{ items Dict }

// TypeName is "set".
func (*Set) TypeName() string { return "set" }

// NewSet makes a set of these items.
func NewSet(m *Meter, items ...Value) (*Set, error) {
	s := &Set{}
	return s, s.add(m, items)
}

// Len is the number of items.
func (s *Set) Len() int { return s.items.Len() }

func (s *Set) add(m *Meter, items []Value) error {
	for _, item := range items {
		if err := s.items.Set(m, item, None{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) discard(m *Meter, items []Value) error {
	for _, item := range items {
		if _, err := s.items.remove(m, item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) slice() []Value {
	out := make([]Value, 0, s.Len())
	for k := range s.items.Pairs() {
		out = append(out, k)
	}
	return out
}

// setOf is set(v).
func setOf(m *Meter, v Value) (*Set, error) {
	items, err := Collect(m, v)
	if err != nil {
		return nil, err
	}
	return NewSet(m, items...)
}

// isSetLike says that Python compares the value as a set.
func isSetLike(v Value) bool {
	switch v := v.(type) {
	case *Set:
		return true
	case *View:
		return v.kind != viewValues
	}
	return false
}

func equalSets(m *Meter, a, b Value) (bool, error) {
	x, _, _ := length(a)
	y, _, _ := length(b)
	if x != y {
		return false, nil
	}
	if _, ok := a.(*Set); ok { // which leaves it to a view
		a, b = b, a
	}
	return subset(m, a, b)
}

func compareSets(m *Meter, op string, a, b Value) (bool, error) {
	if op == ">" || op == ">=" {
		op, a, b = mirrored(op), b, a
	}
	x, _, _ := length(a)
	y, _, _ := length(b)
	if x > y || x == y && op == "<" {
		return false, nil
	}
	return subset(m, a, b)
}

// subset says that all items of one value are in another.
func subset(m *Meter, a, b Value) (bool, error) {
	it, err := Iterate(m, a)
	if err != nil {
		return false, err
	}
	for {
		item, ok, err := it.Next()
		if err != nil || !ok {
			return !ok, err
		}
		if in, err := Contains(m, b, item); err != nil || !in {
			return false, err
		}
	}
}

// subtract is a - b, where one is a set or a view of a dict.
func subtract(m *Meter, a, b Value) (Value, bool, error) {
	_, left := a.(*Set)
	_, right := b.(*Set)
	_, leftView := a.(*View)
	_, rightView := b.(*View)
	known := left && right || leftView && isSetLike(a) || rightView && isSetLike(b)
	if !known {
		return nil, false, nil
	}
	s, err := setOf(m, a)
	if err != nil {
		return nil, true, err
	}
	gone, err := Collect(m, b)
	if err != nil {
		return nil, true, err
	}
	return s, true, s.discard(m, gone)
}

// setMethod finds a method of sets.
func setMethod(name string) method {
	switch name {
	case "add", "remove", "discard":
		return setChangeOne
	case "clear", "copy", "pop":
		return setNoArgs
	case "isdisjoint", "issubset", "issuperset", "symmetric_difference", "symmetric_difference_update":
		return setWithOther
	case "union", "update", "intersection", "intersection_update", "difference", "difference_update":
		return setWithOthers
	}
	return nil
}

func setChangeOne(c *call) (Value, error) {
	s, _ := c.self.(*Set)
	item, err := c.one()
	if err != nil {
		return nil, err
	}
	if c.name == "add" {
		return None{}, s.items.Set(c.m, item, None{})
	}
	was, err := s.items.remove(c.m, item)
	if err == nil && !was && c.name == "remove" {
		return nil, keyError(c.m, item)
	}
	return None{}, err
}

func setNoArgs(c *call) (Value, error) {
	s, _ := c.self.(*Set)
	if err := c.none(); err != nil {
		return nil, err
	}
	switch c.name {
	case "clear":
		s.items.Clear()
		return None{}, nil
	case "copy":
		return NewSet(c.m, s.slice()...)
	}
	for k := range s.items.Pairs() {
		_, err := s.items.remove(c.m, k)
		return k, err
	}
	return nil, Errorf("KeyError", "'pop from an empty set'")
}

func setWithOther(c *call) (Value, error) {
	s, _ := c.self.(*Set)
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	other, err := setOf(c.m, arg)
	if err != nil {
		return nil, err
	}
	switch c.name {
	case "issubset":
		in, err := subset(c.m, s, other)
		return Bool(in), err
	case "issuperset":
		in, err := subset(c.m, other, s)
		return Bool(in), err
	case "isdisjoint":
		common, err := NewSet(c.m, s.slice()...)
		if err == nil {
			err = common.keep(c.m, other)
		}
		return Bool(common.Len() == 0), err
	}
	result, err := NewSet(c.m, s.slice()...)
	if err == nil {
		err = result.toggle(c.m, other)
	}
	return c.resultOrUpdate(s, result, err)
}

func setWithOthers(c *call) (Value, error) {
	s, _ := c.self.(*Set)
	if len(c.kwargs) > 0 {
		return nil, c.noKeywords()
	}
	result, err := NewSet(c.m, s.slice()...)
	for _, arg := range c.args {
		var other *Set
		if err == nil {
			other, err = setOf(c.m, arg)
		}
		if err != nil {
			return nil, err
		}
		switch c.name {
		case "union", "update":
			err = result.add(c.m, other.slice())
		case "difference", "difference_update":
			err = result.discard(c.m, other.slice())
		default:
			err = result.keep(c.m, other)
		}
	}
	return c.resultOrUpdate(s, result, err)
}

// resultOrUpdate returns a new set, or changes the old one for the methods that
// end in "update".
func (c *call) resultOrUpdate(old, result *Set, err error) (Value, error) {
	const suffix = "update"
	if n := len(c.name) - len(suffix); err == nil && n >= 0 && c.name[n:] == suffix {
		old.items = result.items
		return None{}, nil
	}
	return result, err
}

// keep takes away what another set does not have.
func (s *Set) keep(m *Meter, other *Set) error {
	for _, item := range s.slice() {
		_, ok, err := other.items.get(m, item)
		if err == nil && !ok {
			_, err = s.items.remove(m, item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// toggle takes away what another set has too, and adds what only that has.
func (s *Set) toggle(m *Meter, other *Set) error {
	for _, item := range other.slice() {
		was, err := s.items.remove(m, item)
		if err == nil && !was {
			err = s.items.Set(m, item, None{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
