package py

import "iter"

// Dict is a Python dict; *Dict is the Value. It keeps the order of insertion,
// and 1, 1.0 and True are one key.
type Dict struct {
	entries []entry // one whose key is nil was deleted
	live    int
	strs    map[string]int // where the entries with a Str for a key are
	others  map[hashKey]int
}

// dictEntryBytes is about what one more key takes, with what is thrown away when
// the maps grow.
const dictEntryBytes = 256

type entry struct{ key, value Value }

// NewDict makes an empty dict.
func NewDict() *Dict { return &Dict{} }

// TypeName is "dict".
func (*Dict) TypeName() string { return "dict" }

// Len is the number of keys.
func (d *Dict) Len() int { return d.live }

// Get finds the value of a key; the error is that of one that cannot be hashed.
func (d *Dict) Get(k Value) (Value, bool, error) { return d.get(nil, k) }

func (d *Dict) get(m *Meter, k Value) (Value, bool, error) {
	i, err := d.find(m, k)
	if err != nil || i < 0 {
		return nil, false, err
	}
	return d.entries[i].value, true, nil
}

// GetStr is Get of a string.
func (d *Dict) GetStr(name string) (Value, bool) {
	i, ok := d.strs[name]
	if !ok {
		return nil, false
	}
	return d.entries[i].value, true
}

// Set gives a key a value. A key that is there keeps its place and its type.
func (d *Dict) Set(m *Meter, k, v Value) error {
	if s, ok := k.(Str); ok {
		return d.setStr(m, s, v)
	}
	h, err := hash(m, k)
	if err != nil {
		return err
	}
	if h.kind == hashStr {
		return d.setStr(m, Str(h.s), v)
	}
	if i, ok := d.others[h]; ok {
		d.entries[i].value = v
		return nil
	}
	if err := m.Bytes(dictEntryBytes); err != nil {
		return err
	}
	if d.others == nil {
		d.others = map[hashKey]int{}
	}
	d.others[h] = len(d.entries)
	d.add(k, v)
	return nil
}

// SetStr is Set of a string, by code that a template cannot repeat.
func (d *Dict) SetStr(name string, v Value) { _ = d.setStr(nil, Str(name), v) }

func (d *Dict) setStr(m *Meter, k Str, v Value) error {
	if i, ok := d.strs[string(k)]; ok {
		d.entries[i].value = v
		return nil
	}
	if err := m.Bytes(dictEntryBytes); err != nil {
		return err
	}
	if d.strs == nil {
		d.strs = map[string]int{}
	}
	d.strs[string(k)] = len(d.entries)
	d.add(k, v)
	return nil
}

func (d *Dict) add(k, v Value) {
	d.entries = append(d.entries, entry{k, v})
	d.live++
}

// sweep makes what was deleted go when it is most of the entries.
func (d *Dict) sweep() {
	kept := make([]entry, 0, d.live+8)
	moved := make([]int, len(d.entries))
	for i, e := range d.entries {
		if e.key != nil {
			moved[i] = len(kept)
			kept = append(kept, e)
		}
	}
	for k, i := range d.strs {
		d.strs[k] = moved[i]
	}
	for k, i := range d.others {
		d.others[k] = moved[i]
	}
	d.entries = kept
}

// find is the place of a key, or -1.
func (d *Dict) find(m *Meter, k Value) (int, error) {
	if s, ok := k.(Str); ok {
		return d.findKey(hashKey{kind: hashStr, s: string(s)}), m.scan(len(s))
	}
	h, err := hash(m, k)
	if err != nil {
		return -1, err
	}
	return d.findKey(h), m.Step(1)
}

func (d *Dict) findKey(h hashKey) int {
	var i int
	var ok bool
	if h.kind == hashStr {
		i, ok = d.strs[h.s]
	} else {
		i, ok = d.others[h]
	}
	if !ok {
		return -1
	}
	return i
}

// Delete takes a key away and says whether it was there.
func (d *Dict) Delete(k Value) (bool, error) { return d.remove(nil, k) }

func (d *Dict) remove(m *Meter, k Value) (bool, error) {
	h, err := hash(m, k)
	if err != nil {
		return false, err
	}
	i := d.findKey(h)
	if i < 0 {
		return false, m.Step(1)
	}
	if h.kind == hashStr {
		delete(d.strs, h.s)
	} else {
		delete(d.others, h)
	}
	d.entries[i] = entry{}
	if d.live--; i == len(d.entries)-1 {
		d.entries = d.entries[:i]
	}
	if len(d.entries) > 2*d.live+8 {
		d.sweep()
	}
	return true, m.Step(1)
}

// Clear takes all keys away.
func (d *Dict) Clear() { *d = Dict{} }

// Copy makes a shallow copy.
func (d *Dict) Copy(m *Meter) (*Dict, error) {
	if err := m.Bytes(dictEntryBytes * int64(d.live)); err != nil {
		return nil, err
	}
	c := &Dict{entries: make([]entry, 0, d.live)}
	if d.strs != nil {
		c.strs = make(map[string]int, len(d.strs))
	}
	if d.others != nil {
		c.others = make(map[hashKey]int, len(d.others))
	}
	for k, v := range d.Pairs() {
		if err := c.Set(nil, k, v); err != nil {
			return nil, err
		}
	}
	return c, m.Step(int64(d.live))
}

// Update sets all keys of another dict.
func (d *Dict) Update(m *Meter, from *Dict) error {
	for k, v := range from.Pairs() {
		if err := d.Set(m, k, v); err != nil {
			return err
		}
	}
	return nil
}

// Pairs goes through keys and values in the order of insertion. What the body
// adds to the dict is not seen.
func (d *Dict) Pairs() iter.Seq2[Value, Value] {
	return func(yield func(k, v Value) bool) {
		for _, e := range d.entries {
			if e.key != nil && !yield(e.key, e.value) {
				return
			}
		}
	}
}

// last is the entry that was added last, of a dict that is not empty.
func (d *Dict) last() entry {
	for i := len(d.entries) - 1; ; i-- {
		if d.entries[i].key != nil {
			return d.entries[i]
		}
	}
}
