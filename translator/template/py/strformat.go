package py

import (
	"strings"
	"unicode/utf8"
)

// Lookup is what another kind of str.format does in its own way. Jinja's sandbox
// finds `{0.name}` and `{0[key]}` through its environment.
type Lookup struct {
	Attr func(m *Meter, v Value, name string) (Value, error)
	Item func(m *Meter, v, key Value) (Value, error)
	// Format makes the text of a field; nil is format().
	Format func(m *Meter, v Value, spec string) (string, error)
}

// FormatMethod is format.format(*args, **kwargs), which sees those attributes
// that Attr gives.
func FormatMethod(m *Meter, format string, args []Value, kwargs []Kwarg) (string, error) {
	f := formatter{m: m, args: args, kwargs: kwargsDict(kwargs), look: plainLookup()}
	return f.build(format, 2)
}

// FormatMap is format.format_map(mapping).
func FormatMap(m *Meter, format string, mapping Value) (string, error) {
	f := formatter{m: m, kwargs: mapping, noArgs: true, look: plainLookup()}
	return f.build(format, 2)
}

// FormatWith formats as Python's string.Formatter does, which is what Jinja's
// SandboxedFormatter is one of. It differs from str.format in texts of errors,
// and it does not number `{.name}`.
func FormatWith(m *Meter, format string, args []Value, kwargs []Kwarg, look Lookup) (string, error) {
	f := formatter{m: m, args: args, kwargs: kwargsDict(kwargs), look: look.orPlain(), class: true}
	return f.build(format, 3)
}

// FormatMapWith is FormatWith of what format_map got.
func FormatMapWith(m *Meter, format string, mapping Value, look Lookup) (string, error) {
	f := formatter{m: m, kwargs: mapping, look: look.orPlain(), class: true}
	return f.build(format, 3)
}

// orPlain has Python's own ways where there is none.
func (l Lookup) orPlain() Lookup {
	plain := plainLookup()
	if l.Attr == nil {
		l.Attr = plain.Attr
	}
	if l.Item == nil {
		l.Item = plain.Item
	}
	if l.Format == nil {
		l.Format = plain.Format
	}
	return l
}

func kwargsDict(kwargs []Kwarg) Value {
	d := NewDict()
	for _, kw := range kwargs {
		d.SetStr(kw.Name, kw.Value)
	}
	return d
}

func plainLookup() Lookup {
	return Lookup{
		Attr: func(_ *Meter, v Value, name string) (Value, error) {
			if attr, ok := Attr(v, name); ok {
				return attr, nil
			}
			return nil, Errorf("AttributeError", "'%s' object has no attribute '%s'", v.TypeName(), name)
		},
		Item:   Item,
		Format: Format,
	}
}

// formatter is one call of str.format or of string.Formatter (class).
type formatter struct {
	m      *Meter
	args   []Value
	noArgs bool // format_map has none
	kwargs Value
	look   Lookup
	class  bool
	auto   int64 // the number of the next `{}`
	// numbering cannot change within a format.
	numbering numbering
}

// numbering says who numbers the fields.
type numbering byte

const (
	undecided numbering = iota
	byItself
	byHand
)

// field is what stands between braces.
type field struct {
	name, spec string
	conversion rune // 0 if there is none
}

// build formats a string whose fields may have fields in their specification,
// down to a depth.
func (f *formatter) build(format string, depth int) (string, error) {
	if depth <= 0 {
		return "", valueErrorf("Max string recursion exceeded")
	}
	var out strings.Builder
	for format != "" {
		literal, found, rest, err := nextField(format)
		if err != nil {
			return "", err
		}
		format = rest
		if found != nil {
			text, err := f.field(*found, depth)
			if err != nil {
				return "", err
			}
			literal += text
		}
		if err := f.m.text(int64(len(literal))); err != nil {
			return "", err
		}
		out.WriteString(literal)
	}
	return out.String(), nil
}

// nextField reads literal text and the field after it, if there is one. A
// doubled brace ends a literal text.
func nextField(s string) (literal string, _ *field, rest string, err error) {
	at := strings.IndexAny(s, "{}")
	if at < 0 {
		return s, nil, "", nil
	}
	brace, after := s[at], s[at+1:]
	switch {
	case after != "" && after[0] == brace:
		return s[:at+1], nil, after[1:], nil
	case brace == '}':
		return "", nil, "", valueErrorf("Single '}' encountered in format string")
	case after == "":
		return "", nil, "", valueErrorf("Single '{' encountered in format string")
	}
	f, rest, err := parseField(after)
	return s[:at], &f, rest, err
}

// parseField reads a field up to its closing brace.
func parseField(s string) (f field, rest string, err error) {
	end, err := fieldNameEnd(s)
	if err != nil {
		return field{}, "", err
	}
	f.name = s[:end]
	stop, s := s[end], s[end+1:]
	if stop == '!' {
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 {
			return field{}, "", valueErrorf("end of string while looking for conversion specifier")
		}
		f.conversion, s = r, s[n:]
		if s == "" {
			return field{}, "", valueErrorf("unmatched '{' in format spec")
		}
		if stop, s = s[0], s[1:]; stop != '}' && stop != ':' {
			return field{}, "", valueErrorf("expected ':' after conversion specifier")
		}
	}
	if stop == '}' {
		return f, s, nil
	}
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			f.spec = s[:i]
			return f, s[i+1:], nil
		}
	}
	return field{}, "", valueErrorf("unmatched '{' in format spec")
}

// fieldNameEnd is where the name of a field ends; what is in brackets is not
// looked at.
func fieldNameEnd(s string) (int, error) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			return 0, valueErrorf("unexpected '{' in field name")
		case '[':
			n := strings.IndexByte(s[i:], ']')
			if n < 0 {
				n = len(s) - i
			}
			i += n - 1
		case '}', ':', '!':
			return i, nil
		}
	}
	return 0, valueErrorf("expected '}' before end of string")
}

func (f *formatter) field(d field, depth int) (string, error) {
	v, err := f.value(d.name)
	if err != nil {
		return "", err
	}
	if v, err = f.convert(v, d.conversion); err != nil {
		return "", err
	}
	spec := d.spec
	if f.class || strings.Contains(spec, "{") {
		if spec, err = f.build(spec, depth-1); err != nil {
			return "", err
		}
	}
	return f.look.Format(f.m, v, spec)
}

func (f *formatter) convert(v Value, conversion rune) (Value, error) {
	var s string
	var err error
	switch {
	case conversion == 0:
		return v, nil
	case conversion == 's':
		s, err = ToStr(f.m, v)
	case conversion == 'r':
		s, err = Repr(f.m, v)
	case conversion == 'a':
		s, err = ascii(f.m, v)
	case f.class || conversion > ' ' && conversion < 127:
		err = valueErrorf("Unknown conversion specifier %c", conversion)
	default:
		err = valueErrorf(`Unknown conversion specifier \x%x`, conversion)
	}
	return Str(s), err
}
