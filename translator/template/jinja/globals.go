package jinja

import (
	"fmt"
	"math/big"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// globals are the names that every template knows (defaults.py,
// DEFAULT_NAMESPACE).
func globals() map[string]py.Value {
	return map[string]py.Value{
		"range":     &nativeFunc{"safe_range", safeRange},
		"dict":      &class{"dict", makeDict},
		"lipsum":    &nativeFunc{"generate_lorem_ipsum", lipsum},
		"cycler":    &class{"jinja2.utils.Cycler", newCycler},
		"joiner":    &class{"jinja2.utils.Joiner", newJoiner},
		"namespace": &class{"jinja2.utils.Namespace", newNamespace},
	}
}

type native func(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error)

// nativeFunc is a function of Python's.
type nativeFunc struct {
	name string
	call native
}

// TypeName is "function".
func (*nativeFunc) TypeName() string { return "function" }

// PyRepr has the address that Python prints.
func (f *nativeFunc) PyRepr(*py.Meter) (string, error) {
	return "<function " + f.name + " at " + address + ">", nil
}

// PyCall calls it.
func (f *nativeFunc) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	return f.call(m, args, kwargs)
}

func (*nativeFunc) hidden() string {
	return "__annotations__ __builtins__ __call__ __closure__ __code__ __defaults__ __get__ __globals__ __kwdefaults__ __name__ __qualname__"
}

// class is a class of Python's; calling it makes an object.
type class struct {
	name string
	make native
}

// TypeName is "type".
func (*class) TypeName() string { return "type" }

// PyRepr is <class 'dict'>.
func (c *class) PyRepr(*py.Meter) (string, error) { return "<class '" + c.name + "'>", nil }

// PyCall makes an object.
func (c *class) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	return c.make(m, args, kwargs)
}

// PyGetAttr is a method of dict that takes its dict as an argument, or
// dict.fromkeys.
func (c *class) PyGetAttr(name string) (py.Value, bool) {
	if name == "mro" {
		return c, true // hidden
	}
	if c.name != "dict" {
		return nil, false
	}
	if name == "fromkeys" {
		return &nativeFunc{"fromkeys", fromKeys}, true
	}
	if _, ok := py.Attr(py.NewDict(), name); !ok {
		return nil, false
	}
	return &descriptor{nativeFunc{name, func(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
		if len(args) == 0 {
			return nil, raise("TypeError", "unbound method dict."+name+"() needs an argument")
		}
		d, ok := args[0].(*py.Dict)
		if !ok {
			return nil, raise("TypeError", fmt.Sprintf("descriptor '%s' for 'dict' objects doesn't apply to a '%s' object", name, args[0].TypeName()))
		}
		bound, _ := py.Attr(d, name)
		return py.Call(m, bound, args[1:], kwargs)
	}}}, true
}

// descriptor is a method of dict that is not bound to one.
type descriptor struct{ nativeFunc }

// TypeName is that of Python's class.
func (*descriptor) TypeName() string { return "method_descriptor" }

// PyRepr is <method 'keys' of 'dict' objects>.
func (d *descriptor) PyRepr(*py.Meter) (string, error) {
	return "<method '" + d.name + "' of 'dict' objects>", nil
}

// aliasOf is dict[key], which is meant for type annotations, or nil.
func aliasOf(obj, key py.Value) py.Value {
	if c, ok := obj.(*class); ok && c.name == "dict" {
		return &genericAlias{c, "dict[" + reprOf(key) + "]"}
	}
	return nil
}

// genericAlias is dict['x'], which is called as dict is.
type genericAlias struct {
	of   *class
	repr string
}

// TypeName is that of Python's class.
func (*genericAlias) TypeName() string { return "types.GenericAlias" }

// PyRepr is dict['x'].
func (a *genericAlias) PyRepr(*py.Meter) (string, error) { return a.repr, nil }

// PyCall makes a dict.
func (a *genericAlias) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	return a.of.make(m, args, kwargs)
}

// PyGetAttr is that of dict.
func (a *genericAlias) PyGetAttr(name string) (py.Value, bool) { return a.of.PyGetAttr(name) }

func (*class) hidden() string {
	return "__abstractmethods__ __annotations__ __base__ __bases__ __basicsize__ __call__ __class_getitem__ __contains__ __delitem__ " +
		"__dictoffset__ __flags__ __getitem__ __instancecheck__ __ior__ __itemsize__ __iter__ __len__ __mro__ __name__ __or__ " +
		"__prepare__ __qualname__ __reversed__ __ror__ __setitem__ __subclasscheck__ __subclasses__ __text_signature__ __weakrefoffset__"
}

func fromKeys(m *py.Meter, args []py.Value, _ []py.Kwarg) (py.Value, error) {
	if len(args) == 0 {
		return nil, raise("TypeError", "fromkeys expected at least 1 argument, got 0")
	}
	if len(args) > 2 {
		return nil, raise("TypeError", fmt.Sprintf("fromkeys expected at most 2 arguments, got %d", len(args)))
	}
	var value py.Value = py.None{}
	if len(args) == 2 {
		value = args[1]
	}
	keys, err := py.Collect(m, args[0])
	if err != nil {
		return nil, err
	}
	d := py.NewDict()
	for _, k := range keys {
		if err := d.Set(m, k, value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// makeDict is dict(mapping or pairs, **kwargs).
func makeDict(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	d := py.NewDict()
	if len(args) > 1 {
		return nil, raise("TypeError", fmt.Sprintf("dict expected at most 1 argument, got %d", len(args)))
	}
	if len(args) == 1 {
		if err := fill(m, d, args[0]); err != nil {
			return nil, err
		}
	}
	for _, k := range kwargs {
		if err := d.Set(m, py.Str(k.Name), k.Value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func fill(m *py.Meter, d *py.Dict, from py.Value) error {
	if other, ok := from.(*py.Dict); ok {
		return d.Update(m, other)
	}
	switch from := from.(type) { // Python looks for a keys() first
	case *class:
		if from.name == "dict" {
			return raise("TypeError", "unbound method dict.keys() needs an argument")
		}
	case *undefined:
		return from.fail()
	}
	pairs, err := py.Collect(m, from)
	if err != nil {
		return err
	}
	for i, pair := range pairs {
		items, err := py.Collect(m, pair)
		if err != nil {
			if caught(err, "TypeError") {
				err = raise("TypeError", fmt.Sprintf("cannot convert dictionary update sequence element #%d to a sequence", i))
			}
			return err
		}
		if len(items) != 2 {
			return raise("ValueError", fmt.Sprintf("dictionary update sequence element #%d has length %d; 2 is required", i, len(items)))
		}
		if err := d.Set(m, items[0], items[1]); err != nil {
			return err
		}
	}
	return nil
}

// maxRange is how long a range may be in the sandbox.
const maxRange = 100000

// safeRange is range() with the sandbox's limit (sandbox.py, safe_range).
func safeRange(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if len(kwargs) > 0 {
		return nil, raise("TypeError", "safe_range() got an unexpected keyword argument '"+kwargs[0].Name+"'")
	}
	if len(args) == 0 {
		return nil, raise("TypeError", "range expected at least 1 argument, got 0")
	}
	if len(args) > 3 {
		return nil, raise("TypeError", fmt.Sprintf("range expected at most 3 arguments, got %d", len(args)))
	}
	bounds := [3]py.Int{py.NewInt(0), py.NewInt(0), py.NewInt(1)}
	for i, arg := range args {
		n, err := index(arg)
		if err != nil {
			return nil, err
		}
		at := i
		if len(args) == 1 {
			at = 1
		}
		bounds[at] = n
	}
	return checkedRange(bounds)
}

func checkedRange(bounds [3]py.Int) (py.Value, error) {
	if bounds[2].Sign() == 0 {
		return nil, raise("ValueError", "range() arg 3 must not be zero")
	}
	size := rangeSize(bounds)
	if !size.IsInt64() {
		return nil, raise("OverflowError", "Python int too large to convert to C ssize_t")
	}
	if size.Int64() > maxRange {
		return nil, raise("OverflowError", "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
	}
	start, a := bounds[0].Int64()
	stop, b := bounds[1].Int64()
	step, c := bounds[2].Int64()
	if !a || !b || !c {
		return nil, raise(unsupportedClass, "a range of numbers beyond 64 bits is not supported")
	}
	return &py.Range{Start: start, Stop: stop, Step: step}, nil
}

// rangeSize is how many numbers there are from start to stop, at any size.
func rangeSize(bounds [3]py.Int) *big.Int {
	span := new(big.Int).Sub(bounds[1].Big(), bounds[0].Big())
	step := bounds[2].Big()
	if span.Sign() != step.Sign() {
		return new(big.Int)
	}
	span.Abs(span).Sub(span, big.NewInt(1))
	return span.Div(span, step.Abs(step)).Add(span, big.NewInt(1))
}

// index is what Python does to a value that must be an integer.
func index(v py.Value) (py.Int, error) {
	switch v := v.(type) {
	case py.Int:
		return v, nil
	case py.Bool:
		if v {
			return py.NewInt(1), nil
		}
		return py.NewInt(0), nil
	}
	return py.Int{}, raise("TypeError", "'"+v.TypeName()+"' object cannot be interpreted as an integer")
}

// lipsum is random in Jinja2, so it cannot be the same here.
func lipsum(*py.Meter, []py.Value, []py.Kwarg) (py.Value, error) {
	return nil, raise(unsupportedClass, "lipsum() makes random text, which differs each time: write the text itself")
}
