package py

import (
	"errors"
	"strings"
	"testing"
)

// strict is an object that refuses everything, as Jinja's StrictUndefined.
type strict struct{}

var errStrict = errors.New("'x' is undefined")

func (*strict) TypeName() string                                  { return "StrictUndefined" }
func (*strict) PyStr(*Meter) (string, error)                      { return "", errStrict }
func (*strict) PyTruth() (bool, error)                            { return false, errStrict }
func (*strict) PyIter(*Meter) (Iterator, error)                   { return nil, errStrict }
func (*strict) PyLen() (int, error)                               { return 0, errStrict }
func (*strict) PyEqual(*Meter, Value) (equal, ok bool, err error) { return false, false, errStrict }
func (*strict) PyHash() (string, error)                           { return "", errStrict }
func (*strict) PyCompare(*Meter, string, Value) (holds, ok bool, e error) {
	return false, false, errStrict
}
func (*strict) PyContains(*Meter, Value) (bool, error) { return false, errStrict }
func (*strict) PyBinary(*Meter, string, Value, bool) (Value, bool, error) {
	return nil, false, errStrict
}
func (*strict) PyUnary(*Meter, string) (Value, error) { return nil, errStrict }
func (*strict) PyGetItem(*Meter, Value) (item Value, ok bool, err error) {
	return nil, false, errStrict
}
func (*strict) PySlice(_ *Meter, _, _, _ Value) (Value, error) { return nil, errStrict }
func (*strict) PyCall(*Meter, []Value, []Kwarg) (Value, error) { return nil, errStrict }
func (*strict) PyInt(*Meter) (Int, error)                      { return Int{}, errStrict }
func (*strict) PyFloat(*Meter) (float64, error)                { return 0, errStrict }

// TestObjectRefuses: the error of an object comes back as it is, wherever the
// object stands.
func TestObjectRefuses(t *testing.T) {
	u, one, list := &strict{}, NewInt(1), NewList(NewInt(1))
	type result = func() error
	var cases []result
	for _, other := range []Value{one, Float(2.5), Str("a"), list, NewTuple(one), None{}, Bool(true), NewDict()} {
		for _, op := range []string{"+", "-", "*", "/", "//", "%", "**"} {
			cases = append(cases,
				func() error { _, err := Binary(nil, op, u, other); return err },
				func() error { _, err := Binary(nil, op, other, u); return err })
			if op == "%" && other == Str("a") { // 'a' has no place for it, and what has items may be left over
				cases = cases[:len(cases)-1]
			}
		}
		for _, op := range []string{"<", "<=", ">", ">="} {
			cases = append(cases,
				func() error { _, err := Compare(nil, op, u, other); return err },
				func() error { _, err := Compare(nil, op, other, u); return err })
		}
		cases = append(cases,
			func() error { _, err := Equal(nil, u, other); return err },
			func() error { _, err := Equal(nil, other, u); return err },
			func() error { _, err := Contains(nil, NewList(other), u); return err },
			func() error { _, err := Contains(nil, u, other); return err },
			func() error { _, err := Contains(nil, &Range{0, 2, 1}, u); return err },
			func() error { _, err := Equal(nil, NewTuple(other), NewTuple(u)); return err },
			func() error { _, err := Compare(nil, "<", NewList(other), NewList(u)); return err },
			func() error { _, err := SortedBy(nil, []Value{one, one}, []Value{other, u}, false); return err })
	}
	cases = append(cases,
		func() error { _, err := ToStr(nil, u); return err },
		func() error { _, err := Truth(u); return err },
		func() error { _, err := Size(nil, u); return err },
		func() error { _, err := Collect(nil, u); return err },
		func() error { _, err := Unary(nil, "-", u); return err },
		func() error { _, err := Abs(nil, u); return err },
		func() error { _, err := Item(nil, u, one); return err },
		func() error { _, _, err := GetItem(nil, u, one); return err },
		func() error { _, _, err := GetItem(nil, NewDict(), u); return err },
		func() error { _, err := Slice(nil, u, None{}, None{}, None{}); return err },
		func() error { _, err := Call(nil, u, nil, nil); return err },
		func() error { _, err := IntOf(nil, u); return err },
		func() error { _, err := FloatOf(nil, u); return err },
		func() error { _, err := Format(nil, u, ""); return err },
		func() error { _, err := PrintfFormat(nil, "%s", u); return err },
		func() error { _, err := PrintfFormat(nil, "%d", u); return err },
		func() error { _, err := PrintfFormat(nil, "%f", NewTuple(u)); return err },
		func() error { _, err := FormatMethod(nil, "{}", []Value{u}, nil); return err },
		func() error { return NewDict().Set(nil, u, one) },
		func() error { return NewDict().Set(nil, NewTuple(one, u), one) },
		func() error { _, err := call2(Str("a"), "join", u); return err },
	)
	for i, c := range cases {
		if err := c(); !errors.Is(err, errStrict) {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

func TestIdentityFirst(t *testing.T) {
	u := &strict{}
	if in, err := Contains(nil, NewList(NewInt(1), u), u); err == nil {
		t.Errorf("1 == u was not asked: %t", in)
	}
	if in, err := Contains(nil, NewList(u), u); err != nil || !in {
		t.Errorf("u in [u] is %t, %v", in, err)
	}
}

// TestRecursiveRepr has what Python 3.11 prints.
func TestRecursiveRepr(t *testing.T) {
	l := NewList(NewInt(1))
	l.Items = append(l.Items, l)
	inner := NewList()
	tuple := NewTuple(inner)
	inner.Items = append(inner.Items, tuple)
	d, values, both := NewDict(), NewDict(), NewDict()
	d.SetStr("a", d)
	values.SetStr("v", values.Values())
	both.SetStr("k", NewList(both, both.Keys()))
	for _, c := range []struct {
		v    Value
		want string
	}{
		{l, "[1, [...]]"},
		{d, "{'a': {...}}"},
		{tuple, "([(...)],)"},
		{inner, "[([...],)]"},
		{both, "{'k': [{...}, dict_keys(['k'])]}"},
		{NewTuple(l, l), "([1, [...]], [1, [...]])"},
	} {
		m := NewMeter(Limits{})
		for range 2 { // the second time as the first
			if got, err := Repr(m, c.v); err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		}
	}
	v, _, _ := values.Get(Str("v"))
	if got, err := Repr(nil, v); err != nil || got != "dict_values([...])" {
		t.Errorf("got %s, %v", got, err)
	}
}

// markup is a class that extends str, as MarkupSafe's does.
type markup string

func (markup) TypeName() string { return "Markup" }

func (s markup) PyBase() Value { return Str(s) }

func (s markup) PyStr(*Meter) (string, error) { return string(s), nil }

func (s markup) PyRepr(m *Meter) (string, error) {
	text, err := Repr(m, Str(s))
	return "Markup(" + text + ")", err
}

func TestBased(t *testing.T) {
	html := markup("<é>")
	d := NewDict()
	d.SetStr("<é>", NewInt(2))
	if err := d.Set(nil, html, NewInt(3)); err != nil || d.Len() != 1 {
		t.Errorf("%d keys, %v", d.Len(), err)
	}
	for _, c := range []struct {
		want string
		do   func() (Value, error)
	}{
		{"[Markup('<é>')]", func() (Value, error) { return NewList(html), nil }},
		{"'<é>'", func() (Value, error) { return str(ToStr(nil, html)) }},
		{"True", func() (Value, error) { return boolean(Equal(nil, html, Str("<é>"))) }},
		{"True", func() (Value, error) { return boolean(Equal(nil, Str("<é>"), html)) }},
		{"True", func() (Value, error) { return boolean(Equal(nil, html, markup("<é>"))) }},
		{"True", func() (Value, error) { return boolean(Compare(nil, "<", html, Str("z"))) }},
		{"True", func() (Value, error) { return boolean(Contains(nil, NewTuple(Str("<é>")), html)) }},
		{"True", func() (Value, error) { return boolean(Contains(nil, Str("a<é>"), html)) }},
		{"True", func() (Value, error) { return boolean(Contains(nil, html, Str("é"))) }},
		{"3", func() (Value, error) { n, err := Size(nil, html); return NewInt(int64(n)), err }},
		{"['<', 'é', '>']", func() (Value, error) { l, err := Collect(nil, html); return NewList(l...), err }},
		{"'é'", func() (Value, error) { return Item(nil, html, NewInt(1)) }},
		{"'é>'", func() (Value, error) { return Slice(nil, html, NewInt(1), None{}, None{}) }},
		{"'a<é>'", func() (Value, error) { return Binary(nil, "+", Str("a"), html) }},
		{"'<é><é>'", func() (Value, error) { return Binary(nil, "*", html, NewInt(2)) }},
		{"'x<é>'", func() (Value, error) { return Binary(nil, "%", markup("x%s"), html) }},
		{"'x-<é>'", func() (Value, error) {
			return call2(Str("-"), "join", NewList(Str("x"), html))
		}},
		{"'<É>'", func() (Value, error) { return call2(html, "upper") }},
		{"Markup('x')", func() (Value, error) { return quotedIn(IntOf(nil, markup("x"))) }},
		{"5", func() (Value, error) { return IntOf(nil, markup(" 5")) }},
		{"'<é>  '", func() (Value, error) { return str(Format(nil, html, "5")) }},
		{"False", func() (Value, error) { return boolean(Truth(markup(""))) }},
	} {
		v, err := c.do()
		if err != nil {
			t.Errorf("want %s: %v", c.want, err)
			continue
		}
		if got, err := Repr(nil, v); err != nil || got != c.want {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
	}
}

// quotedIn is what the text of an error ends with.
func quotedIn(_ Value, err error) (Value, error) {
	if err == nil {
		return nil, errors.New("no error")
	}
	text := err.Error()
	s, ok := strings.CutSuffix(strings.TrimPrefix(text[strings.LastIndexByte(text, ' ')+1:], "Markup('"), "')")
	if !ok {
		return nil, err
	}
	return markup(s), nil
}

func call2(self Value, name string, args ...Value) (Value, error) {
	v, _, err := callNamed(nil, self, name, args...)
	return v, err
}

func TestNamedTuple(t *testing.T) {
	v := &Tuple{Items: []Value{Str("k"), NewList()}, Class: "_GroupTuple", Fields: []string{"grouper", "list"}}
	grouper, _ := Attr(v, "grouper")
	_, unknown := Attr(v, "nosuch")
	same, err := Equal(nil, v, NewTuple(Str("k"), NewList()))
	if grouper != Str("k") || unknown || !same || err != nil || v.TypeName() != "_GroupTuple" {
		t.Errorf("%v %t %t %v", grouper, unknown, same, err)
	}
	if s, _ := Repr(nil, v); s != "('k', [])" {
		t.Error(s)
	}
}

func TestChangedWhileIterating(t *testing.T) {
	d, s := NewDict(), &Set{}
	for i := range 3 {
		_ = d.Set(nil, NewInt(int64(i)), None{})
		_ = s.items.Set(nil, NewInt(int64(i)), None{})
	}
	for _, c := range []struct {
		over   Value
		change func() error
		want   string
	}{
		{d, func() error { return d.Set(nil, Str("new"), None{}) }, "dictionary changed size during iteration"},
		{d.Items(), func() error { _, err := d.Delete(NewInt(0)); return err }, "dictionary changed size during iteration"},
		{s, func() error { return s.items.Set(nil, Str("new"), None{}) }, "Set changed size during iteration"},
	} {
		it, err := Iterate(nil, c.over)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := it.Next(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var e *Error
			if _, _, err := it.Next(); !errors.As(err, &e) || e.Class != "RuntimeError" || e.Msg != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
	}
	l := NewList(NewInt(1), NewInt(2))
	it, _ := Iterate(nil, l)
	for n := 0; ; n++ {
		_, ok, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			if n != 5 {
				t.Errorf("%d items of a list that grew to 5", n)
			}
			break
		}
		if len(l.Items) < 5 {
			l.Items = append(l.Items, None{})
		}
	}
}

// TestDictOrder: deleting and adding over and over keeps the order and the size.
func TestDictOrder(t *testing.T) {
	d := NewDict()
	for i := range 1000 {
		_ = d.Set(nil, NewInt(int64(i)), Str("old"))
		if i >= 3 {
			if was, err := d.Delete(NewInt(int64(i - 3))); !was || err != nil {
				t.Fatalf("%d: %t, %v", i, was, err)
			}
		}
	}
	_ = d.Set(nil, Float(998), Str("new"))
	if got, _ := Repr(nil, d); got != "{997: 'old', 998: 'new', 999: 'old'}" {
		t.Error(got)
	}
	if len(d.entries) > 20 {
		t.Errorf("%d entries for %d keys", len(d.entries), d.Len())
	}
}

func TestGenerators(t *testing.T) {
	n := int64(0)
	next := func() (Value, bool, error) { n++; return NewInt(n), n < 4, nil }
	g := NewGenerator("do_map", next)
	if s, _ := ToStr(nil, NewList(g)); s != "[<generator object do_map at 0x7f0000000000>]" {
		t.Error(s)
	}
	if in, err := Contains(nil, g, NewInt(2)); !in || err != nil {
		t.Error(in, err)
	}
	rest, err := Collect(nil, g)
	if s, _ := Repr(nil, NewList(rest...)); s != "[3]" || err != nil {
		t.Error(s, err)
	}
	if again, err := Collect(nil, g); len(again) > 0 || err != nil || n != 4 {
		t.Errorf("%v, %v; asked %d times", again, err, n)
	}
	if _, err := Size(nil, g); err == nil || err.Error() != "TypeError: object of type 'generator' has no len()" {
		t.Error(err)
	}
	if s, _ := Repr(nil, NewIterator("list_reverseiterator", next)); s != "<list_reverseiterator object at 0x7f0000000000>" {
		t.Error(s)
	}
}

func TestCallables(t *testing.T) {
	f := &Func{Name: "range", Type: "type", Text: "<class 'range'>", F: func(_ *Meter, args []Value, kwargs []Kwarg) (Value, error) {
		return NewTuple(NewInt(int64(len(args))), NewInt(int64(len(kwargs)))), nil
	}}
	v, err := Call(nil, f, []Value{f}, []Kwarg{{"a", f}})
	upper, _ := Attr(Str("a"), "upper")
	if s, _ := Repr(nil, NewTuple(v, f, &Func{Name: "x"}, upper)); err != nil ||
		s != "((1, 1), <class 'range'>, <function x at 0x7f0000000000>, <built-in method upper of str object at 0x7f0000000000>)" {
		t.Error(s, err)
	}
	if _, err := Call(nil, NewInt(1), nil, nil); err == nil || err.Error() != "TypeError: 'int' object is not callable" {
		t.Error(err)
	}
	if m, ok := upper.(*Method); !ok || m.Name != "upper" || m.Self != Str("a") {
		t.Errorf("%v", upper)
	}
	for _, name := range []string{"encode", "__class__"} {
		f, ok := Attr(Str("a"), name)
		if name == "__class__" {
			if ok {
				t.Error("there is a __class__")
			}
			continue
		}
		if _, err := Call(nil, f, nil, nil); !IsClass(err, "Unsupported") {
			t.Error(err)
		}
	}
}

// TestLookup: the fields of a format go through the engine.
func TestLookup(t *testing.T) {
	look := Lookup{
		Attr: func(_ *Meter, v Value, name string) (Value, error) { return Str("." + name), nil },
		Item: func(_ *Meter, v, key Value) (Value, error) { s, err := Repr(nil, key); return Str("[" + s + "]"), err },
		Format: func(_ *Meter, v Value, spec string) (string, error) {
			s, _ := AsStr(v)
			return "<" + s + "|" + spec + ">", nil
		},
	}
	got, err := FormatWith(nil, "{0.__class__} {a[7]:{0}} {a[k]!r:5}", []Value{Str("x")}, []Kwarg{{"a", None{}}}, look)
	if want := "<.__class__|> <[7]|<x|>> <\"['k']\"|5>"; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := FormatMethod(nil, "{0.__class__}", []Value{Str("x")}, nil); err == nil || err.Error() != "AttributeError: 'str' object has no attribute '__class__'" {
		t.Error(err)
	}
	got, err = PrintfWith(nil, "%s %.2s %d", NewTuple(Str("<"), Str("<<"), NewInt(5)), func(*Meter, rune, Value) (string, error) { return "&lt;", nil })
	if got != "&lt; &l 5" || err != nil {
		t.Error(got, err)
	}
}

func TestSortedBy(t *testing.T) {
	vs := []Value{Str("a"), Str("b"), Str("c"), Str("d")}
	keys := []Value{NewInt(2), NewInt(1), NewInt(2), Float(1)}
	for reverse, want := range map[bool]string{false: "['b', 'd', 'a', 'c']", true: "['a', 'c', 'b', 'd']"} {
		got, err := SortedBy(nil, vs, keys, reverse)
		if s, _ := Repr(nil, NewList(got...)); s != want || err != nil {
			t.Errorf("reverse %t: %s, %v, want %s", reverse, s, err, want)
		}
	}
}

// TestErrorText: an Error reads as the last line of a traceback.
func TestErrorText(t *testing.T) {
	if s := (&Error{Class: "KeyError", Msg: "'a'"}).Error() + (&Error{Class: "StopIteration"}).Error(); s != "KeyError: 'a'StopIteration" {
		t.Error(s)
	}
}
