package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// getAttr is obj.name: the attribute, else the item (sandbox.py, getattr).
func (r *run) getAttr(obj py.Value, name string, at span) (py.Value, error) {
	v, found, err := r.attribute(obj, name, at)
	if err != nil || found {
		return v, err
	}
	v, found, err = r.item(obj, py.Str(name))
	if err != nil || found {
		return v, err
	}
	return undefinedAttr(obj, py.Str(name), at), nil
}

// getItem is obj[key]: the item, else the attribute (sandbox.py, getitem).
func (r *run) getItem(obj, key py.Value, at span) (py.Value, error) {
	v, found, err := r.item(obj, key)
	if err != nil || found {
		return v, err
	}
	if name, ok := py.AsStr(key); ok {
		v, found, err := r.attribute(obj, name, at)
		if err != nil || found {
			return v, err
		}
	}
	return undefinedAttr(obj, key, at), nil
}

// item is obj[key]; it is not there for a TypeError or a LookupError.
func (r *run) item(obj, key py.Value) (py.Value, bool, error) {
	if err := r.m.Step(1); err != nil {
		return nil, false, err
	}
	switch o := obj.(type) {
	case *py.Dict:
		v, ok, err := o.Get(key)
		if err != nil && caught(err, "TypeError") {
			return nil, false, nil
		}
		return v, ok, err
	case markup:
		v, ok, err := r.itemOf(py.Str(o), key)
		if ok {
			v = remark(v)
		}
		return v, ok, err
	}
	return r.itemOf(obj, key)
}

func (r *run) itemOf(obj, key py.Value) (py.Value, bool, error) {
	if alias := aliasOf(obj, key); alias != nil {
		return alias, true, nil
	}
	if s, ok := key.(*slice); ok {
		v, err := py.Slice(r.m, obj, s.start, s.stop, s.step)
		if err != nil && caught(err, "TypeError", "IndexError", "KeyError") {
			return nil, false, nil
		}
		return v, err == nil, err
	}
	v, ok, err := py.GetItem(r.m, obj, key)
	if err != nil && caught(err, "TypeError", "IndexError", "KeyError") {
		return nil, false, nil
	}
	return v, ok, err
}

// attribute is obj.name as far as the sandbox lets a template see it: what it
// hides is undefined with a SecurityError.
func (r *run) attribute(obj py.Value, name string, at span) (py.Value, bool, error) {
	if err := r.m.Step(1); err != nil {
		return nil, false, err
	}
	if u, ok := obj.(*undefined); ok {
		return u.attribute(name, at)
	}
	if n, ok := obj.(*namespace); ok {
		return n.attribute(name, at)
	}
	if strings.HasPrefix(name, "_") {
		if hides(obj, name) {
			return unsafeAttr(obj, name, at), true, nil
		}
		return nil, false, nil
	}
	if l, ok := obj.(*loopContext); ok {
		return l.getAttr(name, at)
	}
	v, ok := py.Attr(obj, name)
	if !ok {
		return nil, false, nil
	}
	if unsafeName(obj, name) {
		return unsafeAttr(obj, name, at), true, nil
	}
	return r.sandboxed(obj, name, v), true, nil
}

// unsafeName are the attributes that is_internal_attribute forbids without an
// underscore.
func unsafeName(obj py.Value, name string) bool {
	switch obj.(type) {
	case *py.Generator:
		return name == "gi_frame" || name == "gi_code"
	case *class:
		return name == "mro"
	}
	return false
}

// sandboxed replaces str.format, whose fields could reach any attribute.
func (r *run) sandboxed(obj py.Value, name string, v py.Value) py.Value {
	if name != "format" && name != "format_map" {
		return v
	}
	text, ok := py.AsStr(obj)
	if !ok {
		return v
	}
	_, escapes := obj.(markup)
	return &formatMethod{r: r, text: text, name: name, markup: escapes}
}

// attribute of something undefined fails, whatever the name; what Jinja2's class
// has itself is hidden.
func (u *undefined) attribute(name string, at span) (py.Value, bool, error) {
	switch {
	case hides(u, name):
		return unsafeAttr(u, name, at), true, nil
	case isDunder(name):
		return nil, false, nil
	}
	return nil, false, u.fail()
}

func (u *undefined) hidden() string {
	return "_fail_with_undefined_error _undefined_exception _undefined_hint _undefined_message _undefined_name _undefined_obj " +
		"__add__ __call__ __getitem__ __getattr__ __iter__ __len__ __bool__ __contains__ __int__ __float__ __mul__ __sub__"
}

func (n *namespace) attribute(name string, at span) (py.Value, bool, error) {
	if name == "__class__" || name == "_Namespace__attrs" {
		return unsafeAttr(n, name, at), true, nil
	}
	v, ok := n.attrs.GetStr(name)
	if ok && strings.HasPrefix(name, "_") {
		return unsafeAttr(n, name, at), true, nil
	}
	return v, ok, nil
}

// hides says whether Python's object has an attribute of a name with an
// underscore.
func hides(obj py.Value, name string) bool {
	const everywhere = "__class__ __delattr__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__ __getstate__ __gt__ __hash__ " +
		"__init__ __init_subclass__ __le__ __lt__ __ne__ __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __sizeof__ __str__ " +
		"__subclasshook__"
	if hasWord(everywhere, name) || hasWord(dunders(obj), name) {
		return true
	}
	if h, ok := obj.(interface{ hidden() string }); ok {
		return hasWord(h.hidden(), name) || hasWord("__dict__ __module__ __weakref__", name)
	}
	return false
}

func hasWord(words, word string) bool {
	return strings.Contains(" "+words+" ", " "+word+" ")
}
