package jinja

import (
	"slices"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// checkSpans says what is wrong with the spans of a rendering: they begin at 0,
// ascend, stay inside both texts, and what is not fixed is the template's text.
func checkSpans(text string, o Output) string {
	if len(o.Text) > 0 && (len(o.Spans) == 0 || o.Spans[0].Out != 0) {
		return "the first span is not at 0"
	}
	for i, s := range o.Spans {
		end := len(o.Text)
		if i+1 < len(o.Spans) {
			end = o.Spans[i+1].Out
		}
		switch {
		case s.Out > end || i > 0 && s.Out <= o.Spans[i-1].Out:
			return "the spans do not ascend"
		case s.Src < 0 || s.Src > len(text):
			return "a span is outside the template"
		case s.Fixed:
		case s.Src+end-s.Out > len(text):
			return "a span is longer than the template"
		case strings.ReplaceAll(text[s.Src:s.Src+end-s.Out], "\r", "\n") != o.Text[s.Out:end]:
			return "a span's text is not the template's"
		}
	}
	return ""
}

// described writes what each span covers: text as it is, computed text with the
// template's text where it comes from.
func described(text string, o Output) string {
	var b strings.Builder
	for i, s := range o.Spans {
		end := len(o.Text)
		if i+1 < len(o.Spans) {
			end = o.Spans[i+1].Out
		}
		b.WriteString(o.Text[s.Out:end])
		if s.Fixed {
			b.WriteString("<" + text[s.Src:min(s.Src+5, len(text))] + ">")
		} else {
			b.WriteString("@" + text[s.Src:s.Src+end-s.Out])
		}
		b.WriteByte('|')
	}
	return b.String()
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"a{{ 1 }}b":     "a@a|1<1 }}b>|b@b|",
		"{{ x + 'y' }}": "Xy<x + '>|",
		"{% for i in [1,2] %}<{{ i }}>{% endfor %}":                                 "<@<|1<i }}>>|>@>|<@<|2<i }}>>|>@>|",
		"{% macro m() %}in{{ x }}{% endmacro %}{{ m() }}.":                          "inX<m() }>|.@.|",
		"{% set s %}a{{ x }}{% endset %}[{{ s }}]":                                  "[@[|aX<s }}]>|]@]|",
		"{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}c{% endcall %}": "(c)<call >|",
		"{% filter upper %}abc{% endfilter %}d":                                     "ABC<filte>|d@d|",
		"a\r\nb\r\n{{ x }}\r\nc":                                                    "a\n@a\r|b\n@b\r|X<x }}\r>|\n@\r|c@c|",
		"{% block b %}t{{ x }}{% endblock %}{{ self.b() }}":                         "t@t|X<x }}{>|tX<self.>|",
		"{% for i in [1] recursive %}r{{ i }}{% endfor %}":                          "r@r|1<i }}{>|",
		"{% raw %}{{ r }}{% endraw %}":                                              "{{ r }}@{{ r }}|",
		"a  {{- '' -}}  b":                                                          "a@a|b@b|",
		"{{ '' }}{{ '' }}":                                                          "",
		"{% if x %}  yes\n{% else %}no{% endif %}":                                  "  yes\n@  yes\n|",
		"{{ 'const' }}":                                                             "const<'cons>|",
	} {
		tpl, err := Parse(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		vars := py.NewDict()
		vars.SetStr("x", py.Str("X"))
		out, err := tpl.Render(vars, py.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := described(text, out); got != want {
			t.Errorf("%q: spans %q, want %q", text, got, want)
		}
		if wrong := checkSpans(text, out); wrong != "" {
			t.Errorf("%q: %s", text, wrong)
		}
	}
}

// TestSpansOfCases checks the spans of all recorded cases, and that errors are
// inside the template.
func TestSpansOfCases(t *testing.T) {
	for _, c := range recordedCases(t, "testdata/cases.jsonl") {
		text := c.Tpl
		tpl, err := Parse(text, Options{})
		var out Output
		if err == nil {
			out, err = tpl.Render(variablesOf(t, c.Data), py.Limits{})
		}
		if err != nil {
			if err.Offset < 0 || err.End < err.Offset || err.End > len(text) {
				t.Errorf("%q: the error is at %d to %d", text, err.Offset, err.End)
			}
			continue
		}
		if wrong := checkSpans(text, out); wrong != "" {
			t.Errorf("%q: %s", text, wrong)
		}
	}
}

// TestPlaces looks at which part of the template an error is about.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a\n{{ nope }}", "nope"},
		{"{{ x.y.z }}", "x.y"},
		{"{{ 1 + x.q }}", "x.q"},
		{"{{ [nope] + [2] == [3, 4] }}", "nope"},
		{"{{ x + [] }}", "x + []"},
		{"{{ 'a'|nope }}", "nope"},
		{"{{ 1 is nope }}", "nope"},
		{"{% if true %}{{ 1|nope(2) }}{% endif %}", "nope"},
		{"{{ x|int(base='q')|round(method='z') }}", "x|int(base='q')|round(method='z')"},
		{"ab {% nosuch x %}", "nosuch"},
		{"ab {% if x %} cd", "if"},
		{"{# c", "{# c"},
		{"{{ 1 + }}", "}}"},
		{"{{ 'a' 1 }}", "1"},
		{"{% set a, b = 1 %}", "a, b"},
		{"{% for i in 5 %}{% endfor %}", "5"},
		{"{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "a"},
		{"{% macro m(a) %}{{ a + 1 }}{% endmacro %}{{ m('') }}", "a + 1"},
		{"{% include 'x' %}", "include 'x'"},
		{"{{ ''.__class__ }}", "''.__class__"},
		{"{{ dict(**5) }}", "5"},
		{"{{ x() }}", "x()"},
		{"{{ '\\x4' }}", "'\\x4'"},
		{"a\r\nb\r\n{{ nope }}", "nope"},
		{"é {{ @ }}", "@"},
		{"{{ (1 }}", "}"},
		{"{{ 1) }}", ")"},
		{"{{ ['a', nope]|join }}", "nope"},
		{"{{ range(10**9) }}", "range(10**9)"},
		{"{{ ['a']|map('nope')|list }}", "['a']|map('nope')"},
		{"{% with a = nope %}{{ a }}{% endwith %}", "nope"},
		{"{% filter length %}x{% endfilter %}", "filter length"},
		{"{% set q %}{{ nope.a }}{% endset %}", "nope"},
		{"{{ {[]: 1} }}", "[]"},
		{"{% extends 'x' %}", "extends 'x'"},
		{"{% for x in [1] %}{{ loop.previtem }}{% endfor %}", "loop.previtem"},
		{"{% block a required %}{% endblock %}", "block a required"},
		{"{% macro m() %}{{ caller() }}{% endmacro %}a {{ m() }}", "macro m()"},
		{"{{ 'a' * 99999999999 }}", "'a' * 99999999999"},
		{"{{ lipsum() }}", "lipsum()"},
		{"{{ [1]|random }}", "[1]|random"},
	} {
		text, want := c.text, c.want
		tpl, err := Parse(text, Options{})
		if err == nil {
			vars := py.NewDict()
			vars.SetStr("x", py.NewInt(1))
			_, err = tpl.Render(vars, py.Limits{})
		}
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		if got := text[err.Offset:err.End]; got != want {
			t.Errorf("%q: %v is at %q, want %q", text, err, got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]Kind{
		"{{ x":               Syntax,
		"{{ 1|nope }}":       Syntax,
		"{{ nope }}":         Undefined,
		"{{ ''._x.y }}":      Undefined,
		"{{ ''.__class__ }}": Security,
		"{{ 1 + '' }}":       Runtime,
		"{% include 'x' %}":  Runtime,
		"{{ 'a' * 10**9 }}":  Budget,
		"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": Budget,
		"{{ [1]|random }}":    Unsupported,
		"{{ lipsum() }}":      Unsupported,
		"{{ '\\N{BULLET}' }}": Unsupported,
	} {
		_, err := render(t, text, py.NewDict())
		if err == nil || err.Kind != want {
			t.Errorf("%q: %v, want kind %d", text, err, want)
		}
	}
}

func TestKnown(t *testing.T) {
	for text, name := range map[string]string{
		"{{ 1|uper }}":                        "upper",
		"{{ 1 is definedd }}":                 "defined",
		"{% fro x in y %}":                    "for",
		"{% for x in y %}{% enfor %}":         "endfor",
		"{% if 1 %}{{ 'a'|uper }}{% endif %}": "upper",
		"{{ ['a']|map('uper')|list }}":        "upper",
		"{% if 1 is evn %}{% endif %}":        "even",
	} {
		_, err := render(t, text, py.NewDict())
		if err == nil || !slices.Contains(err.Known, name) || !slices.IsSorted(err.Known) {
			t.Errorf("%q: %v knows %v, want %q among them", text, err, err.Known, name)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"{{ a }}{{ b.c }}":                                               "a b",
		"{% set a = 1 %}{{ a }}{{ range(b) }}":                           "b",
		"{% for i in x %}{{ i }}{{ loop.index }}{{ y }}{% endfor %}":     "x y",
		"{% macro m(p, q=r) %}{{ p }}{{ s }}{{ varargs }}{% endmacro %}": "r s",
		"{% if false %}{% set a = 1 %}{% endif %}{{ a }}":                "a",
		"{% with a = b %}{{ a }}{% endwith %}":                           "b",
		"{% block b %}{{ z }}{% endblock %}":                             "z",
		"{{ namespace() }}{{ dict() }}{{ cycler }}":                      "",
		"{{ loop }}": "loop",
		"plain":      "",
		"{% for i in [1] if i > limit %}{% endfor %}": "limit",
	} {
		tpl, err := Parse(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(tpl.Names(), " "); got != want {
			t.Errorf("%q: names %q, want %q", text, got, want)
		}
	}
}

func TestOpaque(t *testing.T) {
	text := "a {{host:x}} {{ '{{host:x}}' }} {% raw %}{{host:x}}{% endraw %} {% if host:x %}{{ host:x ~ 1 }}{% endif %} host:x\r\n{{host:x|upper}}"
	var o Options
	for at := range len(text) {
		if strings.HasPrefix(text[at:], "host:x") {
			o.Opaque = append(o.Opaque, Opaque{at, at + len("host:x"), "{{host:x}}"})
		}
	}
	tpl, err := Parse(text, o)
	if err != nil {
		t.Fatal(err)
	}
	out, err := tpl.Render(py.NewDict(), py.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "a {{host:x}} {{host:x}} {{host:x}} {{host:x}}1 host:x\n{{HOST:X}}"
	if out.Text != want {
		t.Errorf("gives %q, want %q", out.Text, want)
	}
	if wrong := checkSpans(text, out); wrong != "" {
		t.Error(wrong)
	}
	var texts []int
	for _, o := range tpl.Texts() {
		texts = append(texts, o.Start)
	}
	if want := []int{strings.Index(text, "'{{host:x}}'") + 3, strings.Index(text, "%}{{host:x}}") + 4}; !slices.Equal(texts, want) {
		t.Errorf("read as text at %v, want %v", texts, want)
	}
}

func TestKeepTrailingNewline(t *testing.T) {
	for text, want := range map[string]string{"a\n": "a\n", "a\r\n": "a\n", "a\n\n": "a\n\n", "": ""} {
		tpl, err := Parse(text, Options{KeepTrailingNewline: true})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := tpl.Render(py.NewDict(), py.Limits{}); err != nil || out.Text != want {
			t.Errorf("%q gives %q, %v", text, out.Text, err)
		}
	}
}

// TestTemplateIsConstant renders one template several times.
func TestTemplateIsConstant(t *testing.T) {
	tpl, err := Parse("{% set l = [1] %}{% set _ = l.append(2) %}{{ l }}{{ [3]|list }}{% for i in [1,2] %}{{ loop.cycle('a', 'b') }}{% endfor %}", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		out, err := tpl.Render(py.NewDict(), py.Limits{})
		if err != nil || out.Text != "[1, 2][3]ab" {
			t.Errorf("gives %q, %v", out.Text, err)
		}
	}
}

func TestNotUTF8(t *testing.T) {
	_, err := Parse("ab\xff", Options{})
	if err == nil || err.Offset != 2 || err.Kind != Syntax {
		t.Errorf("%v at %d", err, err.Offset)
	}
}
