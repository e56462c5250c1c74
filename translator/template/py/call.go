package py

// Kwarg is a keyword argument of a call.
type Kwarg struct {
	Name  string
	Value Value
}

// Method is a built-in method bound to its object, such as `"a".upper`.
type Method struct {
	Self Value
	Name string
	call func(c *call) (Value, error)
}

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
		return f.call(&call{m: m, self: f.Self, name: f.Name, args: args, kwargs: kwargs})
	case Callable:
		return f.PyCall(m, args, kwargs)
	}
	return nil, typeErrorf("'%s' object is not callable", f.TypeName())
}

// Attr is the attribute of a value that Python's type has and a template may
// use: bound methods, and the parts of a number.
func Attr(v Value, name string) (Value, bool) {
	if a, ok := v.(AttrGetter); ok {
		return a.PyGetAttr(name)
	}
	return nil, false
}
