package py

// View is what a dict's keys(), values() or items() gives: it sees what becomes
// of the dict. *View is the Value.
type View struct {
	Dict *Dict
	kind viewKind
}

type viewKind byte

const (
	viewKeys viewKind = iota
	viewValues
	viewItems
)

// TypeName is "dict_keys", "dict_values" or "dict_items".
func (v *View) TypeName() string {
	switch v.kind {
	case viewKeys:
		return "dict_keys"
	case viewValues:
		return "dict_values"
	}
	return "dict_items"
}

// Keys is d.keys().
func (d *Dict) Keys() *View { return &View{d, viewKeys} }

// Values is d.values().
func (d *Dict) Values() *View { return &View{d, viewValues} }

// Items is d.items().
func (d *Dict) Items() *View { return &View{d, viewItems} }

// item is what the view shows of an entry.
func (v *View) item(e entry) Value {
	switch v.kind {
	case viewKeys:
		return e.key
	case viewValues:
		return e.value
	}
	return NewTuple(e.key, e.value)
}

func (v *View) contains(m *Meter, item Value) (bool, error) {
	switch v.kind {
	case viewKeys:
		_, ok, err := v.Dict.get(m, item)
		return ok, err
	case viewItems:
		pair, ok := item.(*Tuple)
		if !ok || len(pair.Items) != 2 {
			return false, nil
		}
		found, ok, err := v.Dict.get(m, pair.Items[0])
		if err != nil || !ok {
			return false, err
		}
		return sameOrEqual(m, found, pair.Items[1])
	}
	return iterated(m, v, item)
}
