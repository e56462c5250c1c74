package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// markup is MarkupSafe's Markup: a str whose operations escape what is put into
// it. It comes up without autoescape too, from escape, safe and tojson.
type markup string

// TypeName is that of MarkupSafe's class.
func (markup) TypeName() string { return "Markup" }

func (markup) module() string { return "markupsafe" }

// PyBase makes it a str.
func (s markup) PyBase() py.Value { return py.Str(s) }

// PyStr is the text.
func (s markup) PyStr(*py.Meter) (string, error) { return string(s), nil }

// PyRepr is Markup('…').
func (s markup) PyRepr(m *py.Meter) (string, error) {
	inner, err := py.Repr(m, py.Str(s))
	return "Markup(" + inner + ")", err
}

func (markup) hidden() string {
	return "__html__ __html_format__ __slots__ __add__ __radd__ __mul__ __rmul__ __mod__ __rmod__ __getitem__ __iter__ __len__ __contains__ __getnewargs__"
}

// PyBinary is + * and %: they escape the other side.
func (s markup) PyBinary(m *py.Meter, op string, other py.Value, reflected bool) (py.Value, bool, error) {
	switch op {
	case "+":
		if _, isStr := py.AsStr(other); !isStr {
			return nil, false, s.cannotAdd(other, reflected)
		}
		o, err := escapeValue(m, other)
		if err != nil {
			return nil, false, err
		}
		if reflected {
			s, o = o, s
		}
		v, err := py.Binary(m, "+", py.Str(s), py.Str(o))
		return remark(v), true, err
	case "*":
		n, err := index(other)
		if err != nil {
			return nil, false, err
		}
		v, err := py.Binary(m, "*", py.Str(s), n)
		return remark(v), true, err
	case "%":
		if reflected {
			return nil, false, nil
		}
		v, err := s.format(m, other)
		return v, true, err
	}
	return nil, false, nil
}

// cannotAdd is the error of adding something that is no string.
func (s markup) cannotAdd(other py.Value, reflected bool) error {
	left, right := s.TypeName(), other.TypeName()
	if isUndefined(other) {
		return nil // has an error of its own
	}
	if reflected {
		left, right = right, left
		switch left {
		case "list", "tuple":
			return raise("TypeError", "can only concatenate "+left+` (not "Markup") to `+left)
		}
	}
	return raise("TypeError", "unsupported operand type(s) for +: '"+left+"' and '"+right+"'")
}

// format is s % arg with each argument escaped.
func (s markup) format(m *py.Meter, arg py.Value) (py.Value, error) {
	var wrapped py.Value
	switch a := arg.(type) {
	case *py.Tuple:
		items := make([]py.Value, len(a.Items))
		for i, item := range a.Items {
			items[i] = escapeHelper{item}
		}
		wrapped = py.NewTuple(items...)
	case *py.Dict, *py.List, *py.Range, *undefined:
		wrapped = escapeHelper{arg}
	default:
		wrapped = py.NewTuple(escapeHelper{arg})
	}
	text, err := py.PrintfFormat(m, string(s), wrapped)
	return markup(text), err
}

// escapeHelper escapes a value when it is formatted (_MarkupEscapeHelper).
type escapeHelper struct{ obj py.Value }

// TypeName is that of MarkupSafe's class.
func (escapeHelper) TypeName() string { return "_MarkupEscapeHelper" }

// PyStr is the escaped text.
func (h escapeHelper) PyStr(m *py.Meter) (string, error) {
	s, err := escapeValue(m, h.obj)
	return string(s), err
}

// PyRepr is the escaped repr.
func (h escapeHelper) PyRepr(m *py.Meter) (string, error) {
	s, err := py.Repr(m, h.obj)
	if err != nil {
		return "", err
	}
	e, err := escapeText(m, s)
	return string(e), err
}

// PyGetItem wraps the item.
func (h escapeHelper) PyGetItem(m *py.Meter, key py.Value) (py.Value, bool, error) {
	v, err := py.Item(m, h.obj, key)
	return escapeHelper{v}, err == nil, err
}

// PyInt is int() of the value.
func (h escapeHelper) PyInt(m *py.Meter) (py.Int, error) { return py.IntOf(m, h.obj) }

// PyFloat is float() of the value.
func (h escapeHelper) PyFloat(m *py.Meter) (float64, error) { return py.FloatOf(m, h.obj) }

// remark makes the strings that a method of str gives Markup again.
func remark(v py.Value) py.Value {
	switch v := v.(type) {
	case py.Str:
		return markup(v)
	case *py.List:
		for i, item := range v.Items {
			v.Items[i] = remark(item)
		}
	case *py.Tuple:
		for i, item := range v.Items {
			v.Items[i] = remark(item)
		}
	}
	return v
}

// PyGetAttr is a method of str whose result is Markup again, where MarkupSafe
// says so.
func (s markup) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "striptags", "unescape", "escape":
		return &method{s, name, s.own(name)}, true
	case "join":
		return &method{s, name, s.join}, true
	}
	f, ok := py.Attr(py.Str(s), name)
	if !ok {
		return nil, false
	}
	if sig, ok := markupSignature(name); ok {
		return &method{s, name, sig.call(f, name)}, true
	}
	return f, true
}

// signature is how MarkupSafe declares a method that it takes over from str.
type signature struct {
	params   []string // without self
	required int
	escaped  int  // which argument is escaped, or -1
	named    bool // arguments may be given by name
}

func markupSignature(name string) (signature, bool) {
	switch name {
	case "capitalize", "title", "lower", "upper", "swapcase", "casefold":
		return signature{escaped: -1}, true
	case "lstrip", "rstrip", "strip":
		return signature{params: []string{"chars"}, escaped: -1}, true
	case "split", "rsplit":
		return signature{params: []string{"sep", "maxsplit"}, escaped: -1, named: true}, true
	case "splitlines":
		return signature{params: []string{"keepends"}, escaped: -1, named: true}, true
	case "expandtabs":
		return signature{params: []string{"tabsize"}, escaped: -1}, true
	case "translate":
		return signature{params: []string{"table"}, required: 1, escaped: -1}, true
	case "zfill":
		return signature{params: []string{"width"}, required: 1, escaped: -1}, true
	case "removeprefix", "removesuffix":
		return signature{params: []string{name[len("remove"):]}, required: 1, escaped: -1, named: name == "removesuffix"}, true
	case "partition", "rpartition":
		return signature{params: []string{"sep"}, required: 1, escaped: -1}, true
	case "replace":
		return signature{params: []string{"old", "new", "count"}, required: 2, escaped: 1}, true
	case "ljust", "rjust", "center":
		return signature{params: []string{"width", "fillchar"}, required: 1, escaped: 1}, true
	}
	return signature{}, false
}

// call calls the method of str and makes Markup of what it gives.
func (sig signature) call(f py.Value, name string) native {
	return func(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
		name := "Markup." + name
		if len(kwargs) > 0 && !sig.named && indexOf(sig.params, kwargs[0].Name) >= 0 {
			return nil, raise("TypeError", name+"() got some positional-only arguments passed as keyword arguments: '"+kwargs[0].Name+"'")
		}
		bound, err := bind(name, append([]string{"self"}, sig.params...), sig.required+1, append([]py.Value{py.None{}}, args...), kwargs)
		if err != nil {
			return nil, err
		}
		args = bound[1:]
		if at := sig.escaped; at >= 0 && at < len(args) && args[at] != nil {
			e, err := escapeValue(m, args[at])
			if err != nil {
				return nil, err
			}
			args[at] = py.Str(e)
		}
		v, err := py.Call(m, f, sig.filled(args), nil)
		if err != nil {
			return nil, err
		}
		return remark(v), nil
	}
}

// filled are the arguments for str's method: those left out have their defaults
// if there is one after them, and end the list if not.
func (sig signature) filled(args []py.Value) []py.Value {
	n := len(args)
	for n > 0 && args[n-1] == nil {
		n--
	}
	for i := range args[:n] {
		if args[i] == nil {
			args[i] = py.None{} // the sep of split
		}
	}
	return args[:n]
}

func (s markup) own(name string) native {
	return func(m *py.Meter, args []py.Value, _ []py.Kwarg) (py.Value, error) {
		switch {
		case name == "escape":
			if len(args) != 1 {
				return nil, raise("TypeError", "Markup.escape() missing 1 required positional argument: 's'")
			}
			return escapeValue(m, args[0])
		case len(args) > 0:
			return nil, raise("TypeError", "Markup."+name+"() takes 1 positional argument but more were given")
		case name == "striptags":
			text, err := stripTags(m, string(s))
			return py.Str(text), err
		}
		text, err := unescapeHTML(m, string(s))
		return py.Str(text), err
	}
}

func (s markup) join(m *py.Meter, args []py.Value, _ []py.Kwarg) (py.Value, error) {
	if len(args) != 1 {
		return nil, raise("TypeError", "Markup.join() missing 1 required positional argument: 'iterable'")
	}
	items, err := py.Collect(m, args[0])
	if err != nil {
		return nil, err
	}
	return joinEscaped(m, string(s), items)
}

// joinEscaped joins values, each escaped, with a separator that is not.
func joinEscaped(m *py.Meter, sep string, items []py.Value) (py.Value, error) {
	texts := make([]string, len(items))
	size := 0
	for i, item := range items {
		e, err := escapeValue(m, item)
		if err != nil {
			return nil, err
		}
		texts[i] = string(e)
		size += len(e) + len(sep)
	}
	if err := m.Bytes(int64(size)); err != nil {
		return nil, err
	}
	return markup(strings.Join(texts, sep)), nil
}

// joinMarkup is a ~ b with autoescape on: escaped if any of them is Markup
// (runtime.py, markup_join).
func joinMarkup(m *py.Meter, values []py.Value) (py.Value, error) {
	texts := make([]py.Value, len(values))
	marked := false
	size := 0
	for i, v := range values {
		s, err := softStr(m, v)
		if err != nil {
			return nil, err
		}
		_, isMarkup := s.(markup)
		marked = marked || isMarkup
		texts[i] = s
		t, _ := py.AsStr(s)
		size += len(t)
	}
	if marked {
		return joinEscaped(m, "", texts)
	}
	if err := m.Bytes(int64(size)); err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, t := range texts {
		s, _ := py.AsStr(t)
		b.WriteString(s)
	}
	return py.Str(b.String()), nil
}

// softStr is the value as a string; Markup stays Markup.
func softStr(m *py.Meter, v py.Value) (py.Value, error) {
	switch v.(type) {
	case py.Str, markup:
		return v, nil
	}
	s, err := py.ToStr(m, v)
	return py.Str(s), err
}

// markSafe is Markup(v).
func markSafe(m *py.Meter, v py.Value) (py.Value, error) {
	if _, ok := v.(markup); ok {
		return v, nil
	}
	s, err := py.ToStr(m, v)
	return markup(s), err
}

// escapeValue is MarkupSafe's escape.
func escapeValue(m *py.Meter, v py.Value) (markup, error) {
	if s, ok := v.(markup); ok {
		return s, nil
	}
	s, err := py.ToStr(m, v)
	if err != nil {
		return "", err
	}
	return escapeText(m, s)
}

func escapeText(m *py.Meter, s string) (markup, error) {
	if !strings.ContainsAny(s, `&<>'"`) {
		return markup(s), nil
	}
	if err := m.Bytes(int64(6 * len(s))); err != nil {
		return "", err
	}
	return markup(strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;").Replace(s)), nil
}
