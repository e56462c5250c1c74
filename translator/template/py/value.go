package py

// Value is a Python object. A nil Value is none at all; Python's None is None{}.
type Value interface {
	// TypeName is Python's type(x).__name__.
	TypeName() string
}

// None is Python's None.
type None struct{}

// Bool is True or False. It counts as an int in arithmetic.
type Bool bool

// Float is a Python float.
type Float float64

// Str is a Python string, in UTF-8. Python indexes it by code point.
type Str string

// List is a Python list; *List is the Value.
type List struct{ Items []Value }

// Tuple is a Python tuple; *Tuple is the Value. Nobody changes its Items. One with
// Fields is a named tuple, which has its items as attributes too.
type Tuple struct {
	Items  []Value
	Class  string // its own name, of a named tuple
	Fields []string
}

// Range is a Python range; *Range is the Value. Step is not 0.
type Range struct{ Start, Stop, Step int64 }

// NewList makes a list of these items, which it takes over.
func NewList(items ...Value) *List { return &List{Items: items} }

// NewTuple makes a tuple of these items, which it takes over.
func NewTuple(items ...Value) *Tuple { return &Tuple{Items: items} }

// TypeName is "NoneType".
func (None) TypeName() string { return "NoneType" }

// TypeName is "bool".
func (Bool) TypeName() string { return "bool" }

// TypeName is "float".
func (Float) TypeName() string { return "float" }

// TypeName is "str".
func (Str) TypeName() string { return "str" }

// TypeName is "list".
func (*List) TypeName() string { return "list" }

// TypeName is "tuple", or the name of the named one.
func (t *Tuple) TypeName() string {
	if t.Class != "" {
		return t.Class
	}
	return "tuple"
}

// TypeName is "range".
func (*Range) TypeName() string { return "range" }

// Len is the number of items of the range.
func (r *Range) Len() int64 {
	var span, step uint64
	switch {
	case r.Step > 0 && r.Start < r.Stop:
		span, step = uint64(r.Stop)-uint64(r.Start), uint64(r.Step)
	case r.Step < 0 && r.Start > r.Stop:
		span, step = uint64(r.Start)-uint64(r.Stop), -uint64(r.Step)
	default:
		return 0
	}
	return int64(min((span-1)/step, 1<<63-2) + 1)
}

// At is the range's item i, which must be less than Len.
func (r *Range) At(i int64) int64 { return r.Start + i*r.Step }

// AsStr is the text of a string or of a value that is a kind of string.
func AsStr(v Value) (string, bool) { return asStr(v) }

// base is the value that stands for one whose class extends Python's.
func base(v Value) Value {
	if b, ok := v.(Based); ok {
		return b.PyBase()
	}
	return v
}

// asStr is the text of a string or of a value that is a kind of string.
func asStr(v Value) (string, bool) {
	switch s := v.(type) {
	case Str:
		return string(s), true
	case Based:
		t, ok := s.PyBase().(Str)
		return string(t), ok
	}
	return "", false
}
