package py

// Object is a Value that the engine adds to Python's own types. What it can do
// are the small interfaces below, looked up by type assertion; what it cannot do
// fails as Python fails for a type that lacks the operation. Each method can
// refuse with an error, as a strict Undefined does, and where there is an ok,
// false is Python's NotImplemented.
type Object interface{ Value }

// Stringer is an Object with a __str__; without, str() is its repr.
type Stringer interface {
	PyStr(m *Meter) (string, error)
}

// Reprer is an Object with a __repr__.
type Reprer interface {
	PyRepr(m *Meter) (string, error)
}

// Truther is an Object with a __bool__; without, one that is Sized is true if
// not empty and any other one is true.
type Truther interface {
	PyTruth() (bool, error)
}

// Iterable is an Object with an __iter__.
type Iterable interface {
	PyIter(m *Meter) (Iterator, error)
}

// Sized is an Object with a __len__.
type Sized interface {
	PyLen() (int, error)
}

// Equaler is an Object with an __eq__; without, it equals itself only.
type Equaler interface {
	PyEqual(m *Meter, other Value) (equal, ok bool, err error)
}

// Hasher is an Object with a __hash__ of its own: objects with the same text are
// one key of a dict. Without, an Object is a key by its identity.
type Hasher interface {
	PyHash() (string, error)
}

// Comparer is an Object with an order. op is "<", "<=", ">" or ">=", with the
// object on the left: for `1 < x` it is asked `x > 1`.
type Comparer interface {
	PyCompare(m *Meter, op string, other Value) (holds, ok bool, err error)
}

// Container is an Object with a __contains__; without, `in` iterates.
type Container interface {
	PyContains(m *Meter, item Value) (bool, error)
}

// Operator is an Object with arithmetic. reflected says that the object is the
// right operand.
type Operator interface {
	PyBinary(m *Meter, op string, other Value, reflected bool) (result Value, ok bool, err error)
}

// Negater is an Object with unary + and -.
type Negater interface {
	PyUnary(m *Meter, op string) (Value, error)
}

// ItemGetter is an Object with a __getitem__; ok is false for a LookupError or a
// TypeError.
type ItemGetter interface {
	PyGetItem(m *Meter, key Value) (item Value, ok bool, err error)
}

// Slicer is an Object that can be sliced; absent bounds are None.
type Slicer interface {
	PySlice(m *Meter, start, stop, step Value) (Value, error)
}

// AttrGetter is an Object with attributes.
type AttrGetter interface {
	PyGetAttr(name string) (Value, bool)
}

// Callable is an Object with a __call__.
type Callable interface {
	PyCall(m *Meter, args []Value, kwargs []Kwarg) (Value, error)
}

// Formatted is an Object with a __format__ of its own; without, format() is that
// of its str() as long as the specification is empty.
type Formatted interface {
	PyFormat(m *Meter, spec string) (string, error)
}

// Numeric is an Object that int() and float() take.
type Numeric interface {
	PyInt(m *Meter) (Int, error)
	PyFloat(m *Meter) (float64, error)
}

// Based is an Object whose class extends one of Python's, as Markup extends str:
// where Python wants a str it is taken for its base.
type Based interface {
	Value
	PyBase() Value
}
