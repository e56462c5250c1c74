package py

// dictMethod finds a method of dicts.
func dictMethod(name string) method {
	switch name {
	case "keys", "values", "items", "clear", "copy", "popitem":
		return dictNoArgs
	case "get", "setdefault":
		return dictGet
	case "pop":
		return dictPop
	case "update":
		return dictUpdate
	case "fromkeys":
		return dictFromKeys
	}
	return nil
}

func (c *call) dict() *Dict {
	d, _ := c.self.(*Dict)
	return d
}

func dictNoArgs(c *call) (Value, error) {
	if err := c.none(); err != nil {
		return nil, err
	}
	d := c.dict()
	switch c.name {
	case "keys":
		return d.Keys(), nil
	case "values":
		return d.Values(), nil
	case "items":
		return d.Items(), nil
	case "clear":
		d.Clear()
		return None{}, nil
	case "copy":
		return d.Copy(c.m)
	}
	if d.Len() == 0 {
		return nil, Errorf("KeyError", "'popitem(): dictionary is empty'")
	}
	last := d.last()
	_, err := d.remove(c.m, last.key)
	return NewTuple(last.key, last.value), err
}

func dictGet(c *call) (Value, error) {
	if err := c.between(1, 2); err != nil {
		return nil, err
	}
	d := c.dict()
	v, ok, err := d.get(c.m, c.args[0])
	if ok || err != nil {
		return v, err
	}
	if v = c.arg(1); v == nil {
		v = None{}
	}
	if c.name == "setdefault" {
		err = d.Set(c.m, c.args[0], v)
	}
	return v, err
}

func dictPop(c *call) (Value, error) {
	if err := c.between(1, 2); err != nil {
		return nil, err
	}
	d := c.dict()
	if d.Len() == 0 && len(c.args) == 1 { // before it is asked for its hash
		return nil, keyError(c.m, c.args[0])
	}
	v, ok, err := d.get(c.m, c.args[0])
	switch {
	case err != nil:
		return nil, err
	case ok:
		_, err = d.remove(c.m, c.args[0])
		return v, err
	case len(c.args) == 2:
		return c.args[1], nil
	}
	return nil, keyError(c.m, c.args[0])
}

func dictUpdate(c *call) (Value, error) {
	if len(c.args) > 1 {
		return nil, typeErrorf("update expected at most 1 argument, got %d", len(c.args))
	}
	if len(c.args) == 1 {
		if err := c.dict().UpdateFrom(c.m, c.args[0]); err != nil {
			return nil, err
		}
	}
	for _, kw := range c.kwargs {
		if err := c.dict().Set(c.m, Str(kw.Name), kw.Value); err != nil {
			return nil, err
		}
	}
	return None{}, nil
}

// UpdateFrom is d.update(v): of another dict, or of pairs.
func (d *Dict) UpdateFrom(m *Meter, v Value) error {
	if from, ok := v.(*Dict); ok {
		return d.Update(m, from)
	}
	it, err := Iterate(m, v)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		item, ok, err := it.Next()
		if err != nil || !ok {
			return err
		}
		pair, err := Collect(m, item)
		switch {
		case IsClass(err, "TypeError"):
			return typeErrorf("cannot convert dictionary update sequence element #%d to a sequence", i)
		case err != nil:
			return err
		case len(pair) != 2:
			return valueErrorf("dictionary update sequence element #%d has length %d; 2 is required", i, len(pair))
		}
		if err := d.Set(m, pair[0], pair[1]); err != nil {
			return err
		}
	}
}

func dictFromKeys(c *call) (Value, error) {
	if err := c.between(1, 2); err != nil {
		return nil, err
	}
	keys, err := Collect(c.m, c.args[0])
	if err != nil {
		return nil, err
	}
	var v Value = None{}
	if len(c.args) == 2 {
		v = c.args[1]
	}
	d := NewDict()
	for _, k := range keys {
		if err := d.Set(c.m, k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// viewAttr finds an attribute of a dict's view.
func viewAttr(v *View, name string) (Value, bool) {
	if name == "isdisjoint" && v.kind != viewValues {
		return bind(v, name, viewIsDisjoint)
	}
	return nil, false
}

func viewIsDisjoint(c *call) (Value, error) {
	other, err := c.one()
	if err != nil {
		return nil, err
	}
	items, err := Collect(c.m, other)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if in, err := Contains(c.m, c.self, item); err != nil || in {
			return Bool(false), err
		}
	}
	return Bool(true), nil
}
