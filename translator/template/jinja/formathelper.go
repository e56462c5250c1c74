package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// escaped wraps the arguments of Markup.format, so that each field is escaped
// after it has been formatted (MarkupSafe, EscapeFormatter).
func (f *formatMethod) escaped(args []py.Value, kwargs []py.Kwarg) ([]py.Value, []py.Kwarg) {
	wrapped := make([]py.Value, len(args))
	for i, a := range args {
		wrapped[i] = fieldHelper{a, f.r}
	}
	named := make([]py.Kwarg, len(kwargs))
	for i, k := range kwargs {
		named[i] = py.Kwarg{Name: k.Name, Value: fieldHelper{k.Value, f.r}}
	}
	return wrapped, named
}

// fieldHelper is a value in a field of Markup.format.
type fieldHelper struct {
	v py.Value
	r *run
}

// TypeName is that of the value.
func (h fieldHelper) TypeName() string { return h.v.TypeName() }

// PyFormat formats and escapes.
func (h fieldHelper) PyFormat(m *py.Meter, spec string) (string, error) {
	if s, ok := h.v.(markup); ok {
		if spec != "" {
			return "", raise("ValueError", "Unsupported format specification for Markup.")
		}
		return string(s), nil
	}
	s, err := py.Format(m, h.v, spec)
	if err != nil {
		return "", err
	}
	e, err := escapeText(m, s)
	return string(e), err
}

// PyStr is the escaped text.
func (h fieldHelper) PyStr(m *py.Meter) (string, error) {
	s, err := escapeValue(m, h.v)
	return string(s), err
}

// PyRepr is the escaped repr.
func (h fieldHelper) PyRepr(m *py.Meter) (string, error) { return escapeHelper{h.v}.PyRepr(m) }

// attr and item look further into a value that may be wrapped.
func (f *formatMethod) attr(_ *py.Meter, v py.Value, name string) (py.Value, error) {
	if h, ok := v.(fieldHelper); ok {
		inner, err := f.r.getAttr(h.v, name, span{})
		return fieldHelper{inner, f.r}, err
	}
	return f.r.getAttr(v, name, span{})
}

func (f *formatMethod) item(_ *py.Meter, v, key py.Value) (py.Value, error) {
	if h, ok := v.(fieldHelper); ok {
		inner, err := f.r.getItem(h.v, key, span{})
		return fieldHelper{inner, f.r}, err
	}
	return f.r.getItem(v, key, span{})
}
