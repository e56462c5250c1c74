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
	return [...]string{"dict_keys", "dict_values", "dict_items"}[v.kind]
}

// Keys is d.keys().
func (d *Dict) Keys() *View { return &View{d, viewKeys} }

// Values is d.values().
func (d *Dict) Values() *View { return &View{d, viewValues} }

// Items is d.items().
func (d *Dict) Items() *View { return &View{d, viewItems} }

// Set is a Python set; *Set is the Value. It keeps the order of insertion, where
// Python has none that could be relied on.
type Set struct{ items Dict }

// TypeName is "set".
func (*Set) TypeName() string { return "set" }

// NewSet makes a set of these items.
func NewSet(m *Meter, items ...Value) (*Set, error) {
	s := &Set{}
	for _, item := range items {
		if err := s.items.Set(m, item, None{}); err != nil {
			return nil, err
		}
	}
	return s, nil
}
