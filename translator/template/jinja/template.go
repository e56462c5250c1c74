package jinja

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// Options say how a template is read.
type Options struct {
	Opaque []Opaque
	// KeepTrailingNewline keeps the final newline, of which Jinja2 drops one.
	KeepTrailingNewline bool
}

// Opaque is a stretch text[Start:End] of a template that is one token: a constant
// string of this value. That holds where a token of an expression may begin;
// inside string literals, raw blocks and text the stretch is ordinary text.
type Opaque struct {
	Start, End int
	Value      string
}

// Template is a parsed template. It does not change and can be rendered many
// times.
type Template struct {
	source
	body  []stmt
	fn    *function
	enter entry
	self  int // the slot of `self`, or -1
	// names are what is looked up in the context, by number.
	names    []string
	resolved map[string]bool
	blocks   map[string]*blockDef
	lib      *library
	texts    []Opaque
}

// maxTemplate is how long a template may be.
const maxTemplate = 16 << 20

// Parse reads a template.
func Parse(text string, o Options) (t *Template, err *Error) {
	if !utf8.ValidString(text) {
		return nil, notUTF8(text)
	}
	if len(text) > maxTemplate {
		return nil, span{0, len(text)}.errorf(Budget, "MemoryError", "the template is longer than 16 MiB")
	}
	defer func() {
		if e := recover(); e != nil {
			failed, ours := e.(*Error)
			if !ours {
				panic(e)
			}
			t, err = nil, clip(failed, len(text))
		}
	}()
	src := newSource(text, o.KeepTrailingNewline)
	l := &lexer{source: src, opaque: placed(&src, o.Opaque)}
	body := newParser(l).template()
	t, err = compileTemplate(src, body)
	if t != nil {
		t.texts = l.texts
	}
	return t, err
}

// Texts are the opaque stretches that string literals and raw blocks made
// ordinary text of, at their places in the template.
func (t *Template) Texts() []Opaque {
	out := slices.Clone(t.texts)
	for i := range out {
		out[i].Start, out[i].End = t.given(out[i].Start), t.given(out[i].End)
	}
	return out
}

func notUTF8(text string) *Error {
	at := len(text) - len(strings.TrimLeftFunc(text, func(r rune) bool { return r != utf8.RuneError }))
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return span{at, min(at+1, len(text))}.errorf(Syntax, "UnicodeDecodeError", "the template is not UTF-8")
}

// placed are the opaque stretches as the lexer sees them.
func placed(src *source, given []Opaque) []Opaque {
	out := slices.Clone(given)
	for i := range out {
		out[i].Start, out[i].End = src.place(out[i].Start), min(src.place(out[i].End), len(src.text))
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out
}

// compileTemplate makes a template of what the parser found.
func compileTemplate(src source, body []stmt) (*Template, *Error) {
	t := &Template{source: src, resolved: map[string]bool{}, blocks: map[string]*blockDef{}, lib: newLibrary()}
	c := &compiler{t: t, ids: map[string]int{}}
	c.fold = &run{t: t, m: py.NewMeter(foldLimits())}
	c.work = py.NewMeter(py.Limits{Steps: 10_000_000})
	c.template(body)
	if c.err != nil {
		return nil, clip(c.err, len(src.text)+len(src.removed)+1)
	}
	return t, nil
}

// clip keeps the place of an error inside the template.
func clip(e *Error, size int) *Error {
	e.Offset = min(max(e.Offset, 0), size)
	e.End = min(max(e.End, e.Offset), size)
	return e
}

// Names are the names that the template looks up and does not set itself, but
// for Jinja2's globals: what it needs as variables. They are sorted.
func (t *Template) Names() []string {
	var out []string
	known := globals()
	for name := range t.resolved {
		if known[name] == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Output is a rendered template.
type Output struct {
	Text  string
	Spans []Span // ascending, the first at 0
}

// Span says where the text from byte Out on comes from: from the template's byte
// Src on, byte for byte, or, if Fixed, from the expression or call at Src.
type Span struct {
	Out   int
	Src   int
	Fixed bool
}

// DefaultLimits are those of Render where a limit is zero: what any template of
// use keeps to, and less than a second and 100 MiB. The depth is counted as
// Python's stack frames, of which a macro takes five.
func DefaultLimits() py.Limits { return py.Limits{Steps: 3_000_000, Bytes: 48 << 20, Depth: frames} }

// Render renders the template with the variables, which it may change: a template
// can append to a list.
func (t *Template) Render(vars *py.Dict, l py.Limits) (Output, *Error) {
	d := DefaultLimits()
	if l.Steps > 0 {
		d.Steps = l.Steps
	}
	if l.Bytes > 0 {
		d.Bytes = l.Bytes
	}
	if l.Depth > 0 {
		d.Depth = l.Depth
	}
	r := &run{t: t, m: py.NewMeter(d), out: &output{tracked: true}}
	err := r.template(vars)
	if err == nil {
		err = r.out.failed
	}
	if err != nil {
		return Output{}, clip(span{0, 0}.place2(err), len(t.text)+len(t.removed)+1)
	}
	r.out.dropEmpty()
	return Output{Text: string(r.out.buf), Spans: r.out.spans}, nil
}
