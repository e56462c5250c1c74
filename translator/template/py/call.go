package py

import (
	"fmt"
	"slices"
)

// Kwarg is a keyword argument of a call.
type Kwarg struct {
	Name  string
	Value Value
}

// Method is a built-in method bound to its object, such as `"a".upper`. Who has
// to treat one of them as special, as Jinja's sandbox does str.format, knows it
// by the type of Self and by Name.
type Method struct {
	Self Value
	Name string
	call method
}

type method func(c *call) (Value, error)

// TypeName is "builtin_function_or_method".
func (*Method) TypeName() string { return "builtin_function_or_method" }

// call is one call of a Method.
type call struct {
	m      *Meter
	self   Value
	name   string
	args   []Value
	kwargs []Kwarg
}

// Call is f(*args, **kwargs).
func Call(m *Meter, f Value, args []Value, kwargs []Kwarg) (Value, error) {
	switch f := f.(type) {
	case *Method:
		if err := m.Step(1); err != nil {
			return nil, err
		}
		return f.call(&call{m: m, self: f.Self, name: f.Name, args: args, kwargs: kwargs})
	case Callable:
		return f.PyCall(m, args, kwargs)
	}
	return nil, typeErrorf("'%s' object is not callable", f.TypeName())
}

// qualified is the method's name with its type.
func (c *call) qualified() string {
	if _, ok := c.self.(Bool); ok { // which has them from int
		return "int." + c.name
	}
	return c.self.TypeName() + "." + c.name
}

func (c *call) noKeywords() error {
	return typeErrorf("%s() takes no keyword arguments", c.qualified())
}

// none checks that there are no arguments.
func (c *call) none() error {
	switch {
	case len(c.kwargs) > 0:
		return c.noKeywords()
	case len(c.args) > 0:
		return typeErrorf("%s() takes no arguments (%d given)", c.qualified(), len(c.args))
	}
	return nil
}

// one is the only argument.
func (c *call) one() (Value, error) {
	switch {
	case len(c.kwargs) > 0:
		return nil, c.noKeywords()
	case len(c.args) != 1:
		return nil, typeErrorf("%s() takes exactly one argument (%d given)", c.qualified(), len(c.args))
	}
	return c.args[0], nil
}

// between checks the number of positional arguments, in the words of the newer
// of CPython's two ways to take arguments.
func (c *call) between(low, high int) error {
	bound, n := "", low
	switch {
	case len(c.kwargs) > 0:
		return c.noKeywords()
	case len(c.args) >= low && len(c.args) <= high:
		return nil
	case low == high:
	case len(c.args) < low:
		bound = "at least "
	default:
		bound, n = "at most ", high
	}
	return typeErrorf("%s expected %s%s, got %d", c.name, bound, plural(n, "argument"), len(c.args))
}

// parsed is between in the words of the older way.
func (c *call) parsed(low, high int) error {
	switch {
	case len(c.kwargs) > 0:
		return typeErrorf("%s() takes no keyword arguments", c.name)
	case len(c.args) < low:
		return typeErrorf("%s() takes at least %s (%d given)", c.name, plural(low, "argument"), len(c.args))
	case len(c.args) > high:
		return typeErrorf("%s() takes at most %s (%d given)", c.name, plural(high, "argument"), len(c.args))
	}
	return nil
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// named are the arguments of a method that takes them by name; one that was not
// given is nil.
func (c *call) named(positional int, names ...string) ([]Value, error) {
	if n := len(c.args) + len(c.kwargs); n > len(names) {
		kind := "argument"
		if len(c.args) == 0 {
			kind = "keyword argument"
		}
		return nil, typeErrorf("%s() takes at most %s (%d given)", c.name, plural(len(names), kind), n)
	}
	if len(c.args) > positional {
		return nil, typeErrorf("%s() takes no positional arguments", c.name)
	}
	out := make([]Value, len(names))
	copy(out, c.args)
	for _, kw := range c.kwargs {
		i := 0
		for i < len(names) && names[i] != kw.Name {
			i++
		}
		switch {
		case i == len(names):
			return nil, typeErrorf("'%s' is an invalid keyword argument for %s()", kw.Name, c.name)
		case out[i] != nil:
			return nil, typeErrorf("argument for %s() given by name ('%s') and position (%d)", c.name, kw.Name, i+1)
		}
		out[i] = kw.Value
	}
	return out, nil
}

// arg is argument i, or nil.
func (c *call) arg(i int) Value {
	if i < len(c.args) {
		return c.args[i]
	}
	return nil
}

// size is an argument that counts something.
func size(v Value, absent int64) (int64, error) {
	if v == nil {
		return absent, nil
	}
	i, ok := asInt(v)
	if !ok {
		return 0, notIndex(v)
	}
	if i.big != nil {
		return 0, Errorf("OverflowError", "Python int too large to convert to C ssize_t")
	}
	return i.n, nil
}

func notIndex(v Value) error {
	return typeErrorf("'%s' object cannot be interpreted as an integer", v.TypeName())
}

// notStr is the error of an argument that must be a string.
func (c *call) notStr(which string, v Value) error {
	name := v.TypeName()
	if v == (None{}) {
		name = "None"
	}
	return typeErrorf("%s() argument%s must be str, not %s", c.name, which, name)
}

// flag is an argument that is a C int used as a truth value.
func flag(v Value) (bool, error) {
	n, err := cInt(v, 0)
	return n != 0, err
}

func cInt(v Value, absent int64) (int64, error) {
	if v == nil {
		return absent, nil
	}
	i, ok := asInt(v)
	switch {
	case !ok:
		return 0, notIndex(v)
	case i.big != nil:
		return 0, Errorf("OverflowError", "Python int too large to convert to C int")
	case i.n != int64(int32(i.n)):
		return 0, Errorf("OverflowError", "Python int too large to convert to C int")
	}
	return i.n, nil
}

// Attr is the attribute of a value that Python's type has and a template may
// use: bound methods, and the parts of a number or a range.
func Attr(v Value, name string) (Value, bool) {
	var find func(string) method
	switch x := v.(type) {
	case AttrGetter:
		return x.PyGetAttr(name)
	case Str:
		find = strMethod
	case *List:
		find = listMethod
	case *Tuple:
		if i := slices.Index(x.Fields, name); i >= 0 {
			return x.Items[i], true
		}
		find = tupleMethod
	case *Dict:
		find = dictMethod
	case *Set:
		find = setMethod
	case *View:
		return viewAttr(x, name)
	case *Range:
		return rangeAttr(x, name)
	case Int, Bool:
		return intAttr(v, name)
	case Float:
		return floatAttr(x, name)
	case Based:
		return Attr(x.PyBase(), name)
	default:
		return nil, false
	}
	return bind(v, name, find(name))
}

func bind(v Value, name string, f method) (Value, bool) {
	if f == nil {
		return nil, false
	}
	return &Method{Self: v, Name: name, call: f}, true
}

// Func is a function or a type that the engine gives to templates; *Func is the
// Value.
type Func struct {
	Name string
	Type string // its own type: "function" or "type"
	Text string // its repr, such as "<class 'range'>"
	F    func(m *Meter, args []Value, kwargs []Kwarg) (Value, error)
}

// TypeName is "function", or what Type says.
func (f *Func) TypeName() string {
	if f.Type == "" {
		return "function"
	}
	return f.Type
}

// PyRepr is the Text, or that of a function.
func (f *Func) PyRepr(*Meter) (string, error) {
	if f.Text == "" {
		return "<function " + f.Name + " at " + address + ">", nil
	}
	return f.Text, nil
}

// PyCall calls it.
func (f *Func) PyCall(m *Meter, args []Value, kwargs []Kwarg) (Value, error) {
	return f.F(m, args, kwargs)
}
