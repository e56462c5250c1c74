package template

import (
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// variables are what a template can name, in the order in which they came.
type variables struct {
	values *py.Dict
	// meter bounds what the variables themselves take.
	meter *py.Meter
	// defaults are the names that the file has.
	defaults []string
}

// names lists the variables, for the nearest one to a mistyped name.
func (v *variables) names() []string {
	var out []string
	for key := range v.values.Pairs() {
		if s, ok := key.(py.Str); ok {
			out = append(out, string(s))
		}
	}
	return out
}

func (v *variables) set(name string, value py.Value) error {
	return v.values.Set(v.meter, py.Str(name), value)
}

// readVariables merges the file's default-values with the command line's.
func readVariables(file string, defaults section, args Vars) (*variables, diag.List) {
	v := &variables{values: py.NewDict(), meter: py.NewMeter(limits())}
	diags := v.readDefaults(file, defaults)
	for _, arg := range args.Set {
		diags.Add(v.readArg("--set", arg, numberOrString))
	}
	for _, arg := range args.SetString {
		diags.Add(v.readArg("--set-string", arg, func(s string) py.Value { return py.Str(s) }))
	}
	return v, diags
}

// readDefaults reads the section as plain YAML: it is not a template itself.
func (v *variables) readDefaults(file string, s section) diag.List {
	if s.line == 0 {
		return nil
	}
	m := diag.SourceMap{File: file, Spans: []diag.Span{{Line: 1, Col: 1, FromLine: s.line, FromCol: 1}}}
	root, diags := yaml.Parse(s.text, m)
	if root == nil {
		return diags
	}
	values := root.Get(defaultsKey)
	if values == nil {
		diags.Errorf(diag.Section, m.Pos(1, 1), "default-values is no key here, expected a blank or a new line after its colon")
		return diags
	}
	if isEmpty(values) {
		return diags
	}
	if values.Kind != yaml.Dict {
		diags.Errorf(diag.Variable, values.Pos, "default-values must be a mapping, got %s", values.Kind)
		return diags
	}
	for _, p := range values.Pairs {
		diags.Add(v.readDefault(p))
	}
	return diags
}

// isEmpty says that Python would take the value for false: OSMO then has no
// default values at all (OSMO workflow.py:793).
func isEmpty(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.None:
		return true
	case yaml.Bool, yaml.Int, yaml.Float:
		return n.Str() == "False" || n.Str() == "0" || n.Str() == "0.0" || n.Str() == "-0.0"
	case yaml.Str:
		return n.Text == ""
	default:
		return len(n.Items)+len(n.Pairs) == 0
	}
}

// readDefault adds one variable. Jinja takes no name that is not a string.
func (v *variables) readDefault(p yaml.Pair) diag.List {
	var diags diag.List
	if p.Key.Kind != yaml.Str {
		diags.Errorf(diag.Variable, p.Key.Pos, "the name of a variable must be a string, got %s: quote it", p.Key.Kind)
		return diags
	}
	v.defaults = append(v.defaults, p.Key.Text)
	value, err := v.value(p.Value)
	if err == nil {
		err = v.set(p.Key.Text, value)
	}
	if err != nil {
		diags.Errorf(diag.Variable, p.Key.Pos, "the variable %q cannot be used: %v", p.Key.Text, err)
	}
	return diags
}

func (v *variables) readArg(flag, arg string, convert func(string) py.Value) diag.List {
	var diags diag.List
	name, text, ok := strings.Cut(arg, "=")
	if !ok {
		diags.Errorf(diag.Variable, diag.Pos{File: flag}, "%q is not name=value", arg)
		return diags
	}
	if err := v.set(name, convert(text)); err != nil {
		diags.Errorf(diag.Variable, diag.Pos{File: flag}, "%s: %v", name, err)
	}
	return diags
}

// numberOrString is what OSMO makes of a --set value: Python's int(), else
// float(), else the string (OSMO workflow.py:803). `true` stays a string.
func numberOrString(s string) py.Value {
	if i, ok := py.ParseInt(s, 10); ok {
		return i
	}
	if f, ok := number.Float(s); ok {
		return py.Float(f)
	}
	return py.Str(s)
}

// value is a node as Python sees it after its YAML reader.
func (v *variables) value(n *yaml.Node) (py.Value, error) {
	switch n.Kind {
	case yaml.None:
		return py.None{}, nil
	case yaml.Bool:
		return py.Bool(n.Bool), nil
	case yaml.Int:
		return py.NewBigInt(n.Int), nil
	case yaml.Float:
		return py.Float(n.Float), nil
	case yaml.Timestamp:
		return newDate(n.Str()), nil
	case yaml.List:
		list := &py.List{}
		for _, item := range n.Items {
			i, err := v.value(item)
			if err != nil {
				return nil, err
			}
			list.Items = append(list.Items, i)
		}
		return list, nil
	case yaml.Dict:
		return v.dict(n)
	default:
		return py.Str(n.Text), nil
	}
}

func (v *variables) dict(n *yaml.Node) (py.Value, error) {
	d := py.NewDict()
	for _, p := range n.Pairs {
		key, err := v.value(p.Key)
		if err != nil {
			return nil, err
		}
		value, err := v.value(p.Value)
		if err != nil {
			return nil, err
		}
		if err := d.Set(v.meter, key, value); err != nil {
			return nil, fmt.Errorf("key %q: %w", p.Key.Str(), err)
		}
	}
	return d, nil
}
