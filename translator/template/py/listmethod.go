package py

import "slices"

// listMethod finds a method of lists.
func listMethod(name string) method {
	switch name {
	case "append", "extend":
		return listGrow
	case "insert":
		return listInsert
	case "pop":
		return listPop
	case "remove":
		return listRemove
	case "index":
		return seqIndex
	case "count":
		return seqCount
	case "clear", "copy", "reverse":
		return listNoArgs
	case "sort":
		return listSort
	}
	return nil
}

// tupleMethod finds a method of tuples.
func tupleMethod(name string) method {
	switch name {
	case "index":
		return seqIndex
	case "count":
		return seqCount
	}
	return nil
}

func (c *call) list() *List {
	l, _ := c.self.(*List)
	return l
}

func listGrow(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	more := []Value{arg}
	if c.name == "extend" {
		if more, err = Collect(c.m, arg); err != nil {
			return nil, err
		}
	}
	if err := c.m.items(int64(len(more))); err != nil {
		return nil, err
	}
	l := c.list()
	l.Items = append(l.Items, more...)
	return None{}, nil
}

func listInsert(c *call) (Value, error) {
	if err := c.between(2, 2); err != nil {
		return nil, err
	}
	at, err := size(c.args[0], 0)
	if err != nil {
		return nil, err
	}
	l := c.list()
	n := int64(len(l.Items))
	if at < 0 {
		at = max(at+n, 0)
	}
	if err := c.m.scan(int(n)); err != nil {
		return nil, err
	}
	if err := c.m.items(1); err != nil {
		return nil, err
	}
	l.Items = slices.Insert(l.Items, int(min(at, n)), c.args[1])
	return None{}, nil
}

func listPop(c *call) (Value, error) {
	if err := c.between(0, 1); err != nil {
		return nil, err
	}
	at, err := size(c.arg(0), -1)
	if err != nil {
		return nil, err
	}
	l := c.list()
	n := int64(len(l.Items))
	if n == 0 {
		return nil, Errorf("IndexError", "pop from empty list")
	}
	if at < 0 {
		at += n
	}
	if at < 0 || at >= n {
		return nil, Errorf("IndexError", "pop index out of range")
	}
	item := l.Items[at]
	l.Items = slices.Delete(l.Items, int(at), int(at)+1)
	return item, c.m.scan(int(n - at))
}

func listRemove(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	l := c.list()
	for i, item := range l.Items {
		equal, err := sameOrEqual(c.m, item, arg)
		if err != nil {
			return nil, err
		}
		if equal {
			l.Items = slices.Delete(l.Items, i, i+1)
			return None{}, c.m.scan(len(l.Items))
		}
	}
	return nil, valueErrorf("list.remove(x): x not in list")
}

func listNoArgs(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	l := c.list()
	switch c.name {
	case "copy":
		items, err := copied(c.m, l.Items)
		return &List{Items: items}, err
	case "clear":
		l.Items = nil
		return None{}, nil
	}
	slices.Reverse(l.Items)
	return None{}, c.m.scan(len(l.Items))
}

func listSort(c *call) (Value, error) {
	args, err := c.named(0, "key", "reverse")
	if err != nil {
		return nil, err
	}
	reverse, err := flag(args[1])
	if err != nil {
		return nil, err
	}
	l := c.list()
	keys := l.Items
	if key := args[0]; key != nil && key != (None{}) {
		if keys, err = copied(c.m, l.Items); err != nil {
			return nil, err
		}
		for i, item := range keys {
			if keys[i], err = Call(c.m, key, []Value{item}, nil); err != nil {
				return nil, err
			}
		}
	}
	sorted, err := SortedBy(c.m, l.Items, keys, reverse)
	if err != nil {
		return nil, err
	}
	l.Items = sorted
	return None{}, nil
}

// seq are the items of a list or a tuple.
func (c *call) seq() []Value {
	if t, ok := c.self.(*Tuple); ok {
		return t.Items
	}
	return c.list().Items
}

func seqCount(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	n := 0
	for _, item := range c.seq() {
		equal, err := sameOrEqual(c.m, item, arg)
		if err != nil {
			return nil, err
		}
		if equal {
			n++
		}
	}
	return NewInt(int64(n)), nil
}

func seqIndex(c *call) (Value, error) {
	if err := c.between(1, 3); err != nil {
		return nil, err
	}
	items := c.seq()
	bounds := [2]int{0, len(items)}
	for i := range bounds {
		if v := c.arg(i + 1); v != nil {
			n, ok := asInt(v)
			if !ok {
				return nil, typeErrorf("slice indices must be integers or have an __index__ method")
			}
			at := n.clamp()
			if at < 0 {
				at = max(at+int64(len(items)), 0)
			}
			bounds[i] = int(min(at, int64(len(items))))
		}
	}
	for i := bounds[0]; i < bounds[1]; i++ {
		equal, err := sameOrEqual(c.m, items[i], c.args[0])
		if err != nil {
			return nil, err
		}
		if equal {
			return NewInt(int64(i)), nil
		}
	}
	if _, ok := c.self.(*Tuple); ok {
		return nil, valueErrorf("tuple.index(x): x not in tuple")
	}
	s, err := Repr(c.m, c.args[0])
	if err != nil {
		return nil, err
	}
	return nil, &Error{Class: "ValueError", Msg: s + " is not in list"}
}
