package jinja

import (
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// undefined is what a name or an attribute that is not there gives: nothing can
// be done with a strict one but ask whether it is defined (runtime.py,
// StrictUndefined). The one that is not strict is the missing else of an inline
// if, which can be printed.
type undefined struct {
	span   // where it came from
	strict bool
	hint   string
	line   func() string // a hint that is dear to make
	obj    py.Value      // what was asked, or nil
	name   py.Value
	class  string // of the error, if not UndefinedError
}

func undefinedName(name string, at span) *undefined {
	return &undefined{span: at, strict: true, name: py.Str(name)}
}

func undefinedHint(hint, name string, at span) *undefined {
	return &undefined{span: at, strict: true, hint: hint, name: py.Str(name)}
}

// undefinedAttr is obj.name or obj[name] that is not there.
func undefinedAttr(obj, name py.Value, at span) *undefined {
	return &undefined{span: at, strict: true, obj: obj, name: name}
}

// unsafeAttr is an attribute that the sandbox hides.
func unsafeAttr(obj py.Value, name string, at span) *undefined {
	u := undefinedAttr(obj, py.Str(name), at)
	u.hint = fmt.Sprintf("access to attribute %s of '%s' object is unsafe.", reprStr(name), obj.TypeName())
	u.class = "SecurityError"
	return u
}

// missingElse is the value of `a if false`.
func missingElse(t *Template, at span) *undefined {
	return &undefined{span: at, line: func() string {
		return fmt.Sprintf("the inline if-expression on line %d evaluated to false and no else section was defined.", t.line(at.off))
	}}
}

// fail is the error of using it.
func (u *undefined) fail() error {
	class := u.class
	if class == "" {
		class = "UndefinedError"
	}
	return u.errorf(kindOf(class), class, u.message())
}

func (u *undefined) message() string {
	switch {
	case u.line != nil:
		return u.line()
	case u.hint != "":
		return u.hint
	case u.obj == nil:
		return reprOf(u.name) + " is undefined"
	}
	if _, isStr := py.AsStr(u.name); !isStr {
		return objectType(u.obj) + " has no element " + reprOf(u.name)
	}
	return reprStr(objectType(u.obj)) + " has no attribute " + reprOf(u.name)
}

// reprOf is repr() in a message, which is cut short.
func reprOf(v py.Value) string {
	const enough = 200_000
	s, err := py.Repr(py.NewMeter(py.Limits{Steps: enough, Bytes: enough, Depth: 100}), v)
	if err != nil {
		return "<" + v.TypeName() + " object>"
	}
	return s
}

func reprStr(s string) string { return reprOf(py.Str(s)) }

// moduled is an object whose class is not one of Python's own.
type moduled interface{ module() string }

// objectType names the type of an object as messages about undefined attributes
// do (utils.py, object_type_repr).
func objectType(v py.Value) string {
	if _, none := v.(py.None); none {
		return "None"
	}
	if m, ok := v.(moduled); ok {
		return m.module() + "." + v.TypeName() + " object"
	}
	return v.TypeName() + " object"
}

// TypeName is that of Jinja2's class.
func (u *undefined) TypeName() string {
	if u.strict {
		return "StrictUndefined"
	}
	return "Undefined"
}

func (u *undefined) module() string { return "jinja2.runtime" }

// PyRepr never fails: [x] prints [Undefined].
func (u *undefined) PyRepr(*py.Meter) (string, error) { return "Undefined", nil }

// PyStr fails, unless it is the missing else.
func (u *undefined) PyStr(*py.Meter) (string, error) { return "", u.strictly() }

// strictly is the error of what only a strict one refuses.
func (u *undefined) strictly() error {
	if u.strict {
		return u.fail()
	}
	return nil
}

// PyTruth fails, unless it is the missing else, which is false.
func (u *undefined) PyTruth() (bool, error) { return false, u.strictly() }

// PyLen fails, unless it is the missing else, which is empty.
func (u *undefined) PyLen() (int, error) { return 0, u.strictly() }

// PyIter fails, unless it is the missing else, which is empty.
func (u *undefined) PyIter(m *py.Meter) (py.Iterator, error) {
	if err := u.strictly(); err != nil {
		return nil, err
	}
	return py.Iterate(m, py.NewTuple())
}

// PyEqual fails, unless it is the missing else, which equals its like.
func (u *undefined) PyEqual(_ *py.Meter, other py.Value) (equal, ok bool, err error) {
	if err := u.strictly(); err != nil {
		return false, false, err
	}
	o, same := other.(*undefined)
	return same && !o.strict, true, nil
}

// PyHash fails, unless it is the missing else.
func (u *undefined) PyHash() (string, error) { return "undefined", u.strictly() }

// PyContains fails if strict; else it is empty.
func (u *undefined) PyContains(*py.Meter, py.Value) (bool, error) { return false, u.strictly() }

// PyCompare fails.
func (u *undefined) PyCompare(*py.Meter, string, py.Value) (holds, ok bool, err error) {
	return false, false, u.fail()
}

// PyBinary fails; but `"%s" % x` formats x, and so does not ask x at all.
func (u *undefined) PyBinary(_ *py.Meter, op string, other py.Value, reflected bool) (py.Value, bool, error) {
	if _, isStr := other.(py.Str); isStr && op == "%" && reflected {
		return nil, false, nil
	}
	return nil, false, u.fail()
}

// PyUnary fails, and abs() for its own reason.
func (u *undefined) PyUnary(_ *py.Meter, op string) (py.Value, error) {
	if op == "abs" {
		return nil, raise("TypeError", "bad operand type for abs(): '"+u.TypeName()+"'")
	}
	return nil, u.fail()
}

// PyGetItem fails.
func (u *undefined) PyGetItem(*py.Meter, py.Value) (py.Value, bool, error) {
	return nil, false, u.fail()
}

// PySlice fails.
func (u *undefined) PySlice(*py.Meter, py.Value, py.Value, py.Value) (py.Value, error) {
	return nil, u.fail()
}

// PyCall fails.
func (u *undefined) PyCall(*py.Meter, []py.Value, []py.Kwarg) (py.Value, error) {
	return nil, u.fail()
}

// PyInt fails.
func (u *undefined) PyInt(*py.Meter) (py.Int, error) { return py.Int{}, u.fail() }

// PyFloat fails.
func (u *undefined) PyFloat(*py.Meter) (float64, error) { return 0, u.fail() }

func isUndefined(v py.Value) bool {
	_, ok := v.(*undefined)
	return ok
}

// isDunder says whether a name looks like one of Python's own.
func isDunder(name string) bool {
	return len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}
