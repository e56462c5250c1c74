package jinja

import (
	"maps"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// hostile are templates that want too much. Each must end, soon and small,
// whether with an error or not.
func hostile() map[string]string {
	all := map[string]string{}
	for _, group := range []map[string]string{loopsAndRecursion(), hugeArguments(), muchWork(), longSources()} {
		maps.Copy(all, group)
	}
	return all
}

// loopsAndRecursion multiply what they do.
func loopsAndRecursion() map[string]string {
	many := strings.Repeat
	return map[string]string{
		"nested empty loops":     many("{% for i in range(99999) %}", 4) + many("{% endfor %}", 4),
		"nested loops with data": many("{% for i in range(99999) %}", 3) + "x" + many("{% endfor %}", 3),
		"nested filtered loops":  "{% for i in range(99999) if false %}{% endfor %}" + many("{% for i in range(99999) %}{% for j in range(99999) if false %}{% endfor %}{% endfor %}", 3),
		"recursive loops":        "{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
		"doubling string":        "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
		"doubling by concat":     "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
		"doubling list":          "{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
		"doubling in blocks":     "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s %}{{ n.s }}{{ n.s }}{% endset %}{% endfor %}",
		"shared lists":           "{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
		"shared dicts":           "{% set n = namespace(s={}) %}{% for i in range(99) %}{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s|tojson }}",
		"shared pprint":          "{% set n = namespace(s={}) %}{% for i in range(99) %}{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s|pprint }}",
		"shared equality":        "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}",
		"list in itself":         "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}{{ l|tojson }}{{ l == l }}",
		"append while iterating": "{% set l = [1] %}{% for x in l %}{% set _ = l.append(1) %}{% endfor %}",
		"extend by itself":       "{% set l = [1] %}{% for i in range(99) %}{% set _ = l.extend(l) %}{% endfor %}",
		"infinite recursion":     "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"exponential recursion":  "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(100) }}",
		"mutual recursion":       "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ g() }}",
		"caller recursion":       "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{% call f() %}x{% endcall %}",
		"block recursion":        "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
	}
}

// hugeArguments ask for huge values in one go.
func hugeArguments() map[string]string {
	return map[string]string{
		"huge range":           "{% for i in range(10**9) %}{% endfor %}",
		"ranges as lists":      "{% for i in range(99999) %}{% set x = range(99999)|list %}{% endfor %}",
		"huge repeat":          "{{ 'a' * 10**10 }}",
		"huge list repeat":     "{{ ([1] * 10**9)|length }}",
		"huge power":           "{{ 10 ** 10 ** 10 }}",
		"powers":               "{% for i in range(99999) %}{% set x = 7 ** 9999 %}{% endfor %}",
		"huge shift":           "{{ (2 ** 1000000)|string|length }}",
		"squaring":             "{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
		"huge format":          "{{ '%999999999d' % 1 }}",
		"huge format width":    "{{ '{:>999999999}'.format(1) }}",
		"huge precision":       "{{ '%.999999999f' % 1.5 }}",
		"huge star width":      "{{ '%*d' % (999999999, 1) }}",
		"huge center":          "{{ 'a'|center(999999999) }}",
		"huge zfill":           "{{ 'a'.zfill(999999999) }}",
		"huge expandtabs":      "{{ '\\t'.expandtabs(999999999) }}",
		"huge indent":          "{{ 'a\\nb'|indent(999999999) }}",
		"indent of many lines": "{{ ('\\n' * 999999)|indent(99999, blank=true) }}",
		"huge batch":           "{{ [1]|batch(999999999, 0)|list|length }}",
		"huge slice":           "{{ [1]|slice(999999999)|list|length }}",
		"huge tojson indent":   "{{ [1]|tojson(indent=999999999) }}",
		"deep tojson indent":   "{{ [[[[[[1]]]]]]|tojson(indent='x' * 9999999) }}",
		"huge replace":         "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}",
		"huge join":            "{{ range(99999)|join('x' * 99999) }}",
		"huge truncate":        "{{ ('a' * 9999999)|truncate(9999998, true, 'b' * 99999) }}",
		"doubling replace":     "{% set n = namespace(s='xx') %}{% for i in range(99) %}{% set n.s = n.s|replace('x', 'xx') %}{% endfor %}",
		"urlize":               "{{ ('http://' ~ 'a.' * 200000)|urlize }}",
		"urlize brackets":      "{{ ('(' * 200000 ~ ')' * 200000)|urlize }}",
		"urlize mail":          "{{ ('a@' * 200000)|urlize }}",
		"urlize schemes":       "{{ ('x' * 99999)|urlize(extra_schemes=['xx:'] * 99) }}",
		"urlize many":          "{{ ('http://a.com ' * 99999)|urlize }}",
		"wordwrap":             "{{ ('a-' * 200000)|wordwrap(1) }}",
		"wordwrap dashes":      "{{ ('-' * 400000)|wordwrap(3) }}",
		"wordwrap blanks":      "{{ ('a ' ~ '\u00a0' * 400000 ~ 'x')|wordwrap(1) }}",
		"striptags":            "{{ ('<' * 400000)|striptags }}",
		"striptags pairs":      "{{ ('<!--' * 100000 ~ '-->' * 100000)|striptags }}",
		"striptags entities":   "{{ ('&amp' * 200000)|striptags }}",
		"title":                "{{ ('a b' * 999999)|title }}",
	}
}

// muchWork do what takes long again and again.
func muchWork() map[string]string {
	return map[string]string{
		"sort big":         "{{ (range(99999)|list * 9)|sort|length }}",
		"sort strings":     "{% for i in range(999) %}{% set x = ('ba' * 9999)|sort %}{% endfor %}",
		"unique":           "{% for i in range(999) %}{% set x = range(99999)|unique|list %}{% endfor %}",
		"groupby":          "{% for i in range(999) %}{% set x = range(99999)|groupby('real')|list %}{% endfor %}",
		"sum of lists":     "{{ ([[1]] * 99999)|sum(start=[])|length }}",
		"map chains":       "{{ range(99999)|map('string')|map('center', 999)|map('upper')|join }}",
		"select in range":  "{{ range(99999)|select('in', range(99999)|list)|list|length }}",
		"contains":         "{% for i in range(99999) %}{{ 'x' in 'y' * 99999 }}{% endfor %}",
		"slices":           "{% set s = 'x' * 999999 %}{% for i in range(99999) %}{% set t = s[1:] %}{% endfor %}",
		"splits":           "{% for i in range(9999) %}{% set t = ('a ' * 99999).split() %}{% endfor %}",
		"upper":            "{% set s = 'é' * 999999 %}{% for i in range(99999) %}{% set t = s|upper %}{% endfor %}",
		"lengths":          "{% set s = 'é' * 999999 %}{% for i in range(99999) %}{% set t = s|length %}{% endfor %}",
		"indexing":         "{% set s = 'é' * 999999 %}{% for i in range(99999) %}{% set t = s[-1] %}{% endfor %}",
		"finding":          "{% set s = 'ab' * 99999 %}{% for i in range(99999) %}{% set t = s.find('abc') %}{% endfor %}",
		"counting":         "{% for i in range(99999) %}{% set t = ('ab' * 99999)|wordcount %}{% endfor %}",
		"tuple hash":       "{% set n = namespace(t=(1,)) %}{% for i in range(99) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} }}",
		"dict growth":      "{% set d = {} %}{% for i in range(99999) %}{% for j in range(99) %}{% set _ = d.update({i * 100 + j: i}) %}{% endfor %}{% endfor %}",
		"kwargs":           "{% macro m() %}{{ kwargs }}{% endmacro %}{% for i in range(99999) %}{{ m(**{'a' ~ i: 1}) }}{% endfor %}",
		"args":             "{% macro m() %}{{ varargs|length }}{% endmacro %}{% for i in range(99999) %}{{ m(*range(99999)) }}{% endfor %}",
		"include":          "{% include '/etc/passwd' %}",
		"internals":        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
		"format internals": "{{ '{0.__class__.__mro__}'.format('') }}",
		"attr internals":   "{{ ''|attr('__class__')|attr('__mro__') }}",
		"map internals":    "{{ ['']|map(attribute='__class__')|list }}",
		"loop controls":    "{% for i in range(9) %}{% break %}{% endfor %}",
	}
}

// longSources are long or deep themselves.
func longSources() map[string]string {
	many := strings.Repeat
	return map[string]string{
		"deep parentheses":    "{{ " + many("(", 100000) + "1" + many(")", 100000) + " }}",
		"deep lists":          "{{ " + many("[", 100000) + many("]", 100000) + " }}",
		"deep negation":       "{{ " + many("-", 100000) + "1 }}",
		"deep not":            "{{ " + many("not ", 100000) + "1 }}",
		"long sum":            "{{ 1" + many("+1", 100000) + " }}",
		"long attributes":     "{{ x" + many(".a", 100000) + " }}",
		"long filters":        "{{ 1" + many("|abs", 100000) + " }}",
		"long conditions":     "{{ 1" + many(" if 1", 100000) + " }}",
		"deep ifs":            many("{% if true %}", 50000) + many("{% endif %}", 50000),
		"deep fors":           many("{% for i in x %}", 50000) + many("{% endfor %}", 50000),
		"deep withs":          many("{% with %}", 50000) + many("{% endwith %}", 50000),
		"deep macros":         many("{% macro m() %}", 50000) + many("{% endmacro %}", 50000),
		"deep elses":          many("{% if 1 %}{% else %}", 50000) + many("{% endif %}", 50000),
		"many ifs":            many("{% if x is defined %}{% set y = 1 %}{% endif %}", 30000),
		"many names":          distinct("{% set a# = 1 %}{% if a# %}{% set b# = a# %}{% endif %}", 20000),
		"many blocks":         distinct("{% block b# scoped %}{% set x# = 1 %}{% endblock %}", 20000),
		"many scoped blocks":  distinct("{% set a# = 1 %}{% block b# scoped %}{% endblock %}", 10000),
		"many macros":         distinct("{% macro m#(a=m#) %}{{ a# }}{% endmacro %}", 20000),
		"many filters":        many("{{ 'a'|upper }}", 60000),
		"many names in calls": "{{ f(" + distinct("a#=1,", 50000) + ") }}",
		"many constants":      "{{ [" + many("1,", 400000) + "]|sum }}",
		"many dict keys":      "{{ {" + distinct("'k#':1,", 90000) + "}|length }}",
		"many comments":       many("{#", 400000),
		"many raws":           many("{% raw %}", 90000),
		"many open strings":   many("{{ '", 200000),
		"long string":         "{{ '" + many("\\x41", 200000) + "'|length }}",
		"long digits":         "{{ " + many("9", 1000000) + " }}",
		"long name":           "{{ " + many("a", 1000000) + " }}",
		"long concatenation":  "{{ " + many("'a' ", 200000) + "}}",
		"long folding":        "{{ " + many("'a' ~ ", 100000) + "x }}",
		"folding doubling":    "{{ " + many("(", 20) + "'aaaaaaaaaa' * 999" + many(") * 999", 20) + " }}",
		"many line ends":      many("\r\n", 500000),
		"many elifs":          "{% if x is defined %}" + many("{% elif x is defined %}", 60000) + "{% endif %}",
	}
}

// distinct repeats a text with # replaced by a number.
func distinct(s string, n int) string {
	var b strings.Builder
	for i := range n {
		number, _ := py.Repr(nil, py.NewInt(int64(i)))
		b.WriteString(strings.ReplaceAll(s, "#", number))
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	const small = 400 << 20
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			var out string
			var err error
			took := cost.Of(t, func() { out, err = render(t, text, py.NewDict()) })
			t.Logf("%v, %d bytes out, %.100v", took, len(out), err)
			if took.Processor > cost.Lavish || took.Allocated > cost.Slack*small {
				t.Errorf("took %v", took)
			}
		})
	}
}
