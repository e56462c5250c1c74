package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// dunders are the names with underscores that a value of one of Python's own
// types has, besides those that every object has: the sandbox hides them, where
// a name that is not there is merely undefined.
func dunders(v py.Value) string {
	const number = "__abs__ __add__ __bool__ __ceil__ __divmod__ __float__ __floor__ __floordiv__ __getnewargs__ __int__ __mod__ __mul__ __neg__ " +
		"__pos__ __pow__ __radd__ __rdivmod__ __rfloordiv__ __rmod__ __rmul__ __round__ __rpow__ __rsub__ __rtruediv__ __sub__ __truediv__ __trunc__ "
	const view = "__and__ __contains__ __iter__ __len__ __or__ __rand__ __reversed__ __ror__ __rsub__ __rxor__ __sub__ __xor__"
	switch v := v.(type) {
	case py.Str:
		return "__add__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mod__ __mul__ __rmod__ __rmul__"
	case py.Int, py.Bool:
		return number + "__and__ __index__ __invert__ __lshift__ __or__ __rand__ __rlshift__ __ror__ __rrshift__ __rshift__ __rxor__ __xor__"
	case py.Float:
		return number + "__getformat__"
	case py.None:
		return "__bool__"
	case *py.List:
		return "__add__ __class_getitem__ __contains__ __delitem__ __getitem__ __iadd__ __imul__ __iter__ __len__ __mul__ __reversed__ __rmul__ __setitem__"
	case *py.Tuple:
		return "__add__ __class_getitem__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mul__ __rmul__"
	case *py.Dict:
		return "__class_getitem__ __contains__ __delitem__ __getitem__ __ior__ __iter__ __len__ __or__ __reversed__ __ror__ __setitem__"
	case *py.Range:
		return "__bool__ __contains__ __getitem__ __iter__ __len__ __reversed__"
	case *py.Set:
		return view + " __class_getitem__ __iand__ __ior__ __isub__ __ixor__"
	case *py.View:
		if v.TypeName() == "dict_values" {
			return "__iter__ __len__ __reversed__"
		}
		return view
	case *py.Method:
		return "__call__ __module__ __name__ __qualname__ __self__ __text_signature__"
	case *method:
		return "__call__ __func__ __self__"
	case *py.Generator:
		if v.TypeName() == "generator" {
			return "__del__ __iter__ __name__ __next__ __qualname__"
		}
		return "__iter__ __length_hint__ __next__ __setstate__"
	}
	return ""
}
