package template

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func printed(t *testing.T, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.Print(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRender(t *testing.T) {
	for _, c := range []struct {
		name, src string
		vars      Vars
		want, err string
	}{
		{name: "no template keeps its final newline", src: "# c {{ not.read }}\nworkflow:\n  a: |\n    x\n", want: "workflow:\n  a: |\n    x"},
		{name: "plain", src: "workflow:\n  a: |\n    x\n", want: "workflow:\n  a: |\n    x\n"},
		{name: "defaults after", src: "workflow:\n  a: {{ x }}\ndefault-values:\n  x: 22.04\n", want: "workflow:\n  a: 22.04"},
		{name: "defaults before, set wins", src: "default-values: {x: 1, y: a}\nworkflow: {{ x }} {{ y }}\n", vars: Vars{Set: []string{"x=007", "y=b"}, SetString: []string{"y=1e3"}}, want: "workflow: 7 1e3"},
		{name: "python values", src: "default-values: {a: true, b: null, c: [1, 'x', 1.0, no], d: {z: 1, a: \"it's\"}}\nworkflow: {{ a }} {{ b }} {{ c }} {{ d }}", want: "workflow: True None [1, 'x', 1.0, False] {'z': 1, 'a': \"it's\"}"},
		{name: "tokens pass", src: "workflow: {{host:x}} {{output}} {{input:0}} {{workflow_id}} {{uuid}} {{host:x }} {{host: y}}", want: "workflow: {{host:x}} {{output}} {{input:0}} {{workflow_id}} {{uuid}} {{host:x }} {{host: y}}"},
		{name: "spaced tokens are Jinja", src: "workflow: {{ output }}", err: "f:1:14: \"output\" is not defined: OSMO's tokens are written without blanks, {{output}} [template]\n"},
		{name: "token with a space after it", src: "workflow: {{output }}", err: "f:1:13: \"output\" is not defined: OSMO's tokens are written without blanks, {{output}} [template]\n"},
		{name: "raw", src: "workflow: {% raw %}{{ x }} ${#a}{% endraw %}", want: "workflow: {{ x }} ${#a}"},
		{name: "NUL in a value", src: "workflow: {{ x }}.", vars: Vars{SetString: []string{"x=a\x002;b"}}, want: "workflow: a\x002;b."},
		{name: "dict methods", src: "default-values: {d: {b: 1, a: 2}}\nworkflow:{% for k, v in d.items() %} {{ k }}={{ v }}{% endfor %} {{ d.get('c', 3) }}", want: "workflow: b=1 a=2 3"},
		{name: "version", src: "version: 2 # yes\nworkflow: a\n", want: "workflow: a\n"},
		{name: "CRLF and BOM", src: "\ufeffworkflow:\r\n  a: {{ 1 }}\r\n", want: "workflow:\n  a: 1"},
		{name: "unknown key", src: "workflows: a\n", err: "f:1:1: unknown top-level key \"workflows\", did you mean \"workflow\"? [section]\n"},
		{name: "twice", src: "workflow: a\nworkflow: b\n", err: "f:2:1: the top-level key \"workflow\" is there twice (see f:1:1) [section]\n"},
		{name: "version 99", src: "version: 99\nworkflow: a\n", want: "workflow: a\n", err: "f:1:1: warning: the file is read as version 2 of the workflow format, the only one there is; OSMO drops this section unread [ignored]\n"},
		{name: "nothing", src: "", err: "f:1:1: no workflow found, expected a line that begins with `workflow:` [section]\n"},
		{name: "not text", src: "workflow:\n \xff\n", err: "f:2: the file is not UTF-8 text [section]\n"},
		{name: "before the first key", src: "# c\n{% set x = 1 %}\nworkflow: a", want: "workflow: a", err: "f:2:1: warning: what stands before the first top-level key is dropped, as in OSMO [section]\n"},
		{name: "bad set", src: "workflow: a", vars: Vars{Set: []string{"x"}}, err: "--set: \"x\" is not name=value [variable]\n"},
		{name: "a date's parts", src: "default-values: {d: 2026-11-05, t: 2026-11-05 10:20:30}\nworkflow: {{ d }} {{ d.year + 1 }} {{ '%02d'|format(d.day) }} {{ t }} {{ t.minute }} {{ t.isoformat() }} {{ d is string }}", want: "workflow: 2026-11-05 2027 05 2026-11-05 10:20:30 20 2026-11-05T10:20:30 False"},
		{
			name: "dates in lists",
			src:  "default-values: {l: [2001-02-03, 2001-02-03 00:00:00, 2001-12-14t21:59:43.10-05:00, 2001-12-15T02:59:43Z, 2001-12-15 02:59:43.5]}\nworkflow: {{ l }}",
			want: "workflow: [datetime.date(2001, 2, 3), datetime.datetime(2001, 2, 3, 0, 0), " +
				"datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400))), " +
				"datetime.datetime(2001, 12, 15, 2, 59, 43, tzinfo=datetime.timezone.utc), datetime.datetime(2001, 12, 15, 2, 59, 43, 500000)]",
		},
		{
			name: "dates in order",
			src: "default-values: {a: 2001-02-03, b: 2001-02-04, t: 2001-02-03 00:00:00, z: 2001-02-03T01:00:00+01:00, u: 2001-02-03T00:00:00Z}\n" +
				"workflow: {{ a < b }} {{ a >= b }} {{ a == a }} {{ a == t }} {{ t == z }} {{ z == u }} {{ z <= u }} {{ [b, a, b]|sort|join(',') }} {{ [b, a, b]|unique|list|length }} {{ {a: 1}[a] }} {{ a == 1 }}",
			want: "workflow: True False True False False True True 2001-02-03,2001-02-04,2001-02-04 2 1 False",
		},
		{name: "a day and a time", src: "default-values: {a: 2001-02-03, t: 2001-02-03 00:00:00}\nworkflow: {{ a < t }}", err: "f:2:14: can't compare datetime.datetime to datetime.date [template]\n"},
		{name: "a time and one in a zone", src: "default-values: {t: 2001-02-03 00:00:00, z: 2001-02-03T00:00:00Z}\nworkflow: {{ t < z }}", err: "f:2:14: can't compare offset-naive and offset-aware datetimes [template]\n"},
		{name: "a number names a variable", src: "default-values: {1: 2}\nworkflow: a", err: "f:1:18: the name of a variable must be a string, got an integer: quote it [variable]\n"},
		{name: "only tokens", src: "workflow:\n  a: {{output}}\n", want: "workflow:\n  a: {{output}}"},
		{name: "tokens in a tag", src: "workflow: {{ '{{output}}' }} {% if '{{output}}' %}y{% endif %}{% raw %}{{host:x}}{% endraw %}", want: "workflow: {{output}} y{{host:x}}", err: hiddenAt("{{output}}", 15) + hiddenAt("{{output}}", 37) + hiddenAt("{{host:x}}", 72)},
		{name: "a token pieced together", src: "workflow: {{ '{{' }}host:{{ 'x' }}{{ '}}' }} {# {{output}} #}", want: "workflow: {{host:x}} "},
		{name: "no blank after default-values", src: "workflow: a\ndefault-values:{x: 1}\n", err: "f:2:1: default-values is no key here, expected a blank or a new line after its colon [section]\n"},
		{name: "nothing in default-values", src: "workflow: a\ndefault-values: 0\n", want: "workflow: a"},
		{name: "version before a licence", src: "version: 2\n# a\n# b\n---\nworkflow: a\n", want: "workflow: a\n"},
		{name: "digits first are no key", src: "workflow: a\n1a: b\n", want: "workflow: a\n1a: b\n"},
		{name: "undefined", src: "workflow:\n  a: é{{ 1 + maxepochs }}\ndefault-values: {max_epochs: 1}", err: "f:2:14: \"maxepochs\" is not defined, did you mean \"max_epochs\"? [template]\n"},
		{name: "undefined in elif", src: "workflow:\n{% if false %}\n{% elif nope %}\n{% endif %}", err: "f:3:9: \"nope\" is not defined [template]\n"},
		{name: "undefined compared", src: "workflow: {% if 1 == nope %}{% endif %}", err: "f:1:22: \"nope\" is not defined [template]\n"},
		{name: "guarded, then used", src: "workflow: {{ nope if nope is not defined }}", err: "f:1:14: \"nope\" is not defined [template]\n"},
		{name: "defined and default", src: "workflow: {{ a is defined }} {{ a|default(1) }} {{ a is none }}", want: "workflow: False 1 False"},
		{name: "no such key", src: "workflow:\n  a: {{ d.b }}\ndefault-values: {d: {a: 1}}", err: "f:2:9: 'dict object' has no attribute 'b' [template]\n"},
		{name: "unclosed for", src: "workflow:\n  {% for i in range(3) %}\n", err: "f:2:6: Unexpected end of template. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'. [template]\n"},
		{name: "crossed", src: "workflow:\n{% if true %}\n{% endfor %}{% endif %}", err: "f:3:4: Encountered unknown tag 'endfor'. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if' [template]\n"},
		{name: "comment", src: "workflow:\n  ${#arr[@]} {{ 1 }}", err: "f:2:4: Missing end of comment tag; a shell's ${#name} has to stand between {% raw %} and {% endraw %} [template]\n"},
		{name: "go template", src: "workflow: {{.Names}}", err: "f:1:13: unexpected '.'; braces that are not Jinja's have to stand between {% raw %} and {% endraw %} [template]\n"},
		{name: "awk", src: "workflow: {{print $1}}", err: "f:1:19: unexpected char '$'; braces that are not Jinja's have to stand between {% raw %} and {% endraw %} [template]\n"},
		{name: "token with a space before it", src: "workflow: {{ host:c }}", err: "f:1:18: expected token 'end of print statement', got ':'; OSMO's tokens are written without blanks, as {{host:name}} [template]\n"},
		{name: "a field at the top", src: "tasks: []\n", err: "f:1:1: unknown top-level key \"tasks\", it belongs below `workflow:`, with blanks before it [section]\n"},
		{name: "a site", src: "pools: {}\n", err: "f:1:1: unknown top-level key \"pools\": this is a site, name it with --site [section]\n"},
		{name: "syntax in the second tag of a line", src: "workflow:\n a {{ 1 }} {{ 2 3 }}", err: "f:2:17: expected token 'end of print statement', got 'integer' [template]\n"},
		{name: "division", src: "workflow:\n a {{ 1 }} {{ 2 // 0 }}", err: "f:2:15: integer division or modulo by zero [template]\n"},
		{name: "method", src: "workflow: {{ 'a b'.split() }}", want: "workflow: ['a', 'b']"},
		{name: "filter", src: "workflow: {{ 1|uper }}", err: "f:1:16: No filter named 'uper', did you mean \"upper\"? [template]\n"},
		{name: "macro", src: "workflow: {% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(1) }}", want: "workflow: <1>"},
		{name: "include", src: "workflow: {% include '/etc/hostname' %}", err: "f:1:14: no loader for this environment specified [template]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, diags := Render("f", []byte(c.src), c.vars)
			if diff := cmp.Diff(c.err, printed(t, diags)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, r.Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func hiddenAt(token string, col int) string {
	return fmt.Sprintf("f:1:%d: warning: %q: a token in a string or in {%% raw %%} is one here, and OSMO prints {{hash…}} for it; for both, write its braces as {{ '{{' }} and {{ '}}' }} [token]\n", col, token)
}

// TestMap checks that each letter of the output leads to where it was written.
func TestMap(t *testing.T) {
	src := `# head
workflow:
  a: Q{{ x }}R
  {# note #}
  {%- for i in range(2) -%}
    S{{ i }}
    T
  {% endfor %}
  {% raw %}U
  V{% endraw %}
  W {{ m }}X
default-values: {x: xxx, m: "1\n2"}
`
	r, diags := Render("f", []byte(src), Vars{})
	if diags != nil {
		t.Fatal(printed(t, diags))
	}
	lines := strings.Split(src, "\n")
	found := 0
	for i, line := range strings.Split(r.Text, "\n") {
		for j, c := range line {
			if c < 'Q' || c > 'X' {
				continue
			}
			found++
			p := r.Map.Pos(i+1, j+1)
			if p.Line < 1 || p.Line > len(lines) || p.Col > len(lines[p.Line-1]) || rune(lines[p.Line-1][p.Col-1]) != c {
				t.Errorf("%c at %d:%d leads to %v", c, i+1, j+1, p)
			}
		}
	}
	if found != 10 {
		t.Errorf("%d letters in:\n%s", found, r.Text)
	}
	if got, want := r.Map.Pos(2, 7), (diag.Pos{File: "f", Line: 3, Col: 10}); got != want {
		t.Errorf("a value's second letter leads to %v, want its expression at %v", got, want)
	}
}

func TestSetValues(t *testing.T) {
	for in, want := range map[string]string{
		"007": "7", " 5 ": "5", "1_000": "1000", "1e3": "1000.0", "nan": "nan", "+nan": "nan", " -NaN ": "nan", "+inf": "inf", "-Infinity": "-inf", "+-nan": "+-nan", "infinit": "infinit", "-inf": "-inf", "true": "true", "": "",
		"1__0": "1__0", ".5": "0.5", "5.": "5.0", "0x10": "0x10", "٣": "3", "99999999999999999999": "99999999999999999999", "1e999": "inf",
	} {
		if got, err := py.ToStr(nil, numberOrString(in)); err != nil || got != want {
			t.Errorf("--set x=%s gives %s, want %s", in, got, want)
		}
	}
}

// TestHostile renders templates that are made to hang or to eat the machine.
func TestHostile(t *testing.T) {
	for name, body := range map[string]string{
		"empty loops":      strings.Repeat("{% for i in range(99999) %}", 4) + strings.Repeat("{% endfor %}", 4),
		"doubling":         "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
		"doubling lists":   "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"doubling dicts":   "{% set ns = namespace(x={}) %}{% for i in range(99) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}{{ ns.x }}",
		"repetition":       "{{ 'a' * 10000000000 }}",
		"repetition later": "{% set n = 10000000000 %}{% if 'a' * n %}{% endif %}",
		"repetition elif":  "{% if false %}{% elif 'a' * 10000000000 %}{% endif %}",
		"list repetition":  "{{ [1, 2] * 1000 * 1000 * 1000 }}",
		"numeric string":   "{{ 'a' * ('99999999999'|int) }}",
		"long range":       "{% for i in range(1000000000) %}{% endfor %}",
		"text":             "{% for i in range(99999) %}" + strings.Repeat("x", 10000) + "{% endfor %}",
		"replace":          "{% set x = 'a' * 60000 %}{{ x|replace('a', x) }}",
		"deep":             "{{ " + strings.Repeat("(", 100000) + strings.Repeat(")", 100000) + " }}",
		"deep not":         "{{ " + strings.Repeat("not ", 300000) + "1 }}",
		"power":            "{{ 9 ** (9 ** (9 ** 9)) }}",
		"nested loops":     strings.Repeat("{% for i in [1] %}", 5000) + strings.Repeat("{% endfor %}", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			var diags diag.List
			took := cost.Of(t, func() { _, diags = Render("f", []byte("workflow: "+body), Vars{}) })
			if !diags.HasErrors() {
				t.Error("accepted")
			}
			if took.Processor > cost.Lavish || took.Allocated > cost.Slack*400<<20 {
				t.Errorf("took %v", took)
			}
			if out := printed(t, diags); len(out) > 400 {
				t.Errorf("a message of %d bytes", len(out))
			} else {
				t.Log(strings.TrimSpace(out))
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	f.Add("workflow: {% for i in range(3) -%} {{ i|default('x') ~ y }} {%- endfor %}{# c #}{% raw %}{{{% endraw %}")
	f.Add("workflow: {{host:x}} {% if a is defined %}{% set b = [1, {'c': 2.5}] %}{{ b }}{% else %}{% endif %}\ndefault-values: {y: 1}")
	f.Fuzz(func(t *testing.T, src string) {
		r, diags := Render("f", []byte(src), Vars{})
		lines := strings.Count(src, "\n") + strings.Count(src, "\r") + 1
		for _, d := range diags {
			if d.Pos.Line > lines {
				t.Errorf("%v is beyond the file's %d lines", d, lines)
			}
		}
		if diags.HasErrors() != (r.Text == "") && !strings.Contains(src, "{%") && !strings.Contains(src, "{#") {
			t.Errorf("text %q with %v", r.Text, diags)
		}
	})
}

func TestUnused(t *testing.T) {
	args := Vars{Set: []string{"step=2", "steps=1", "output=4", "=5"}, SetString: []string{"local=3"}}
	workflow, diags := Render("f", []byte("workflow: {{ steps }}\ndefault-values: {steps: 1}"), args)
	local, more := RenderLocal("l", []byte("{{ local }}\n"), args)
	if diags != nil || more != nil || local.Text != "3\n" {
		t.Errorf("%v %v %q", diags, more, local.Text)
	}
	want := "--set: warning: \"=5\" sets a variable without a name [variable]\n" +
		"--set: warning: the workflow does not use \"step\", did you mean \"steps\"? [variable]\n" +
		"--set: warning: {{output}} is one of OSMO's tokens: nothing can set it [variable]\n"
	if diff := cmp.Diff(want, printed(t, Unused(args, workflow, local))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, diags := RenderLocal("l", []byte("a\n{{ steps }}"), Vars{}); printed(t, diags) != "l:2:4: \"steps\" is not defined; a local file sees the variables of --set, and no default-values [template]\n" {
		t.Errorf("a local file saw default-values: %v", diags)
	}
}
