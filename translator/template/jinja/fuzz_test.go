package jinja

import (
	"fmt"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// FuzzRender: no template makes the package panic or run on; errors and spans
// are inside the template.
func FuzzRender(f *testing.F) {
	for _, c := range recordedCases(f, "testdata/cases.jsonl") {
		f.Add(c.Tpl)
	}
	for _, text := range hostile() {
		if len(text) < 200 {
			f.Add(text)
		}
	}
	limits := py.Limits{Steps: 100_000, Bytes: 4 << 20}
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := Parse(text, Options{})
		var out Output
		if err == nil {
			out, err = tpl.Render(fuzzVars(), limits)
		}
		if err != nil {
			if err.Offset < 0 || err.End < err.Offset || err.End > len(text) || err.Class == "" {
				t.Errorf("the error %v is at %d to %d of %d", err, err.Offset, err.End, len(text))
			}
			return
		}
		if wrong := checkSpans(text, out); wrong != "" {
			t.Error(wrong)
		}
	})
}

func fuzzVars() *py.Dict {
	vars := py.NewDict()
	vars.SetStr("x", py.NewInt(3))
	vars.SetStr("s", py.Str("aé b"))
	vars.SetStr("l", py.NewList(py.NewInt(1), py.Str("a")))
	d := py.NewDict()
	d.SetStr("a", py.NewInt(1))
	vars.SetStr("d", d)
	return vars
}

// workflow is a template like those of users, of so many tasks.
func workflow(tasks int) string {
	return fmt.Sprintf("{%% set n = %d %%}workflow:\n  name: w\n  tasks:\n{%% for i in range(n) %%}\n  - name: task-{{ i }}\n    image: {{ image|default('ubuntu') }}\n"+
		"{%% if not loop.first %%}    inputs:\n    - task: task-{{ i - 1 }}\n{%% endif %%}    args: [{{ '%%03d' %% i }}, \"{{ i * 2 + 1 }}\", {{ (i / n)|round(2) }}]\n"+
		"    resource: {{ 'big' if i %% 2 == 0 else 'small' }}\n    env:\n      RANK: \"{{ loop.index0 }}\"\n      WORLD: \"{{ n }}\"\n      NAME: {{ ('t' ~ i)|upper }}\n{%% endfor %%}\n", tasks)
}

func BenchmarkRender(b *testing.B) {
	tpl, err := Parse(workflow(200), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.Render(py.NewDict(), py.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := workflow(200)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainText(b *testing.B) {
	text := strings.Repeat("a line of ordinary text ${HOME} {x}\n", 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tpl, err := Parse(text, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tpl.Render(py.NewDict(), py.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
