package jinja_test

import (
	"fmt"

	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func Example() {
	const text = "{% for name in names %}- {{ name|upper }}\n{% endfor %}"
	t, err := jinja.Parse(text, jinja.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	vars := py.NewDict()
	vars.SetStr("names", py.NewList(py.Str("a"), py.Str("b")))
	out, err := t.Render(vars, py.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Names())
	fmt.Print(out.Text)
	// Output:
	// [names]
	// - A
	// - B
}

func ExampleError() {
	const text = "image: {{ image|uper }}"
	_, err := jinja.Parse(text, jinja.Options{})
	fmt.Printf("%v\n%q\n", err, text[err.Offset:err.End])
	// Output:
	// TemplateAssertionError: No filter named 'uper'.
	// "uper"
}
