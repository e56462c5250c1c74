package jinja

import (
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// passing is what Jinja2 passes to a filter or test besides its arguments.
type passing int

const (
	passNothing passing = iota
	passEnvironment
	passEvalContext
	passContext // such a filter is never folded
)

// builtin is a filter or a test.
type builtin struct {
	name     string // in templates
	function string // what Python calls it
	module   string
	pass     passing
	params   []string
	required int
	// rest says that it takes any further arguments, which are then left in
	// call.args and call.kw.
	rest bool
	// exactly is how many arguments a function written in C wants; it words its
	// errors itself.
	exactly int
	do      func(c *call) (py.Value, error)
}

// call is one call of a filter or a test. After binding, args has a value for
// each parameter, or nil for its default.
type call struct {
	r    *run
	at   span
	args []py.Value
	kw   []py.Kwarg
}

func (c *call) m() *py.Meter { return c.r.m }

// or is an argument or its default.
func (c *call) or(i int, otherwise py.Value) py.Value {
	if c.args[i] == nil {
		return otherwise
	}
	return c.args[i]
}

// qualified is the name of the function in errors about **.
func (b *builtin) qualified() string {
	if b.module == "" {
		return b.function
	}
	return b.module + "." + strings.TrimPrefix(b.function, "sync_")
}

// invoke binds the arguments and calls the function.
func (b *builtin) invoke(r *run, c *call) (py.Value, error) {
	c.r = r
	if err := r.m.Step(1); err != nil {
		return nil, err
	}
	if b.exactly > 0 {
		if err := b.checkNative(c); err != nil {
			return nil, err
		}
		return b.do(c)
	}
	if b.rest {
		return b.do(c)
	}
	// The environment or context that is passed counts as a parameter.
	params, args, hidden := b.params, c.args, 0
	if b.pass != passNothing {
		hidden = 1
		params = append([]string{"environment"}, params...)
		args = append([]py.Value{py.None{}}, args...)
	}
	bound, err := bind(b.function, params, b.required+hidden, args, c.kw)
	if err != nil {
		return nil, err
	}
	c.args, c.kw = bound[hidden:], nil
	return b.do(c)
}

// library are all filters and tests, by name.
type library struct {
	filters, tests map[string]*builtin
}

func newLibrary() *library {
	l := &library{filters: map[string]*builtin{}, tests: map[string]*builtin{}}
	for _, group := range [][]*builtin{textFilters(), markupFilters(), numberFilters(), listFilters(), lazyFilters()} {
		for _, b := range group {
			l.filters[b.name] = b
		}
	}
	for _, group := range [][]*builtin{typeTests(), valueTests()} {
		for _, b := range group {
			l.tests[b.name] = b
		}
	}
	return l
}

// hashable is the error of a value that cannot be a key.
func hashable(m *py.Meter, v py.Value) error { return py.NewDict().Set(m, v, py.None{}) }

func names(table map[string]*builtin) []string {
	out := make([]string, 0, len(table))
	for name := range table {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// filter makes a filter written in Python.
func filter(name, function string, pass passing, required int, params []string, do func(*call) (py.Value, error)) *builtin {
	return &builtin{name: name, function: function, module: "jinja2.filters", pass: pass, required: required, params: params, do: do}
}

// native makes a filter or test written in C.
func nativeBuiltin(name, function string, args int, do func(*call) (py.Value, error)) *builtin {
	return &builtin{name: name, function: function, exactly: args, do: do}
}

func (b *builtin) checkNative(c *call) error {
	switch {
	case len(c.kw) > 0 && b.exactly == 2:
		return raise("TypeError", "_operator."+b.function+"() takes no keyword arguments")
	case len(c.kw) > 0:
		return raise("TypeError", b.function+"() takes no keyword arguments")
	case len(c.args) == b.exactly:
		return nil
	case b.exactly == 1:
		return raise("TypeError", b.function+"() takes exactly one argument ("+count(len(c.args))+" given)")
	}
	return raise("TypeError", b.function+" expected "+count(b.exactly)+" arguments, got "+count(len(c.args)))
}
