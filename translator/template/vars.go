package template

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

var (
	pyIntRE   = regexp.MustCompile(`^[+-]?\d+(?:_\d+)*$`)
	pyFloatRE = regexp.MustCompile(`^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?|(?i:inf(?:inity)?|nan))$`)
)

// variables are the template's variables, in the order in which they came.
type variables struct {
	names  []string
	values map[string]*yaml.Node
	// defaults are the names that the file has, fromArgs those that the command
	// line sets.
	defaults, fromArgs []string
}

func (v *variables) set(name string, n *yaml.Node) {
	if _, known := v.values[name]; !known {
		v.names = append(v.names, name)
	}
	v.values[name] = n
}

// readVariables merges the file's default-values with the command line's.
func readVariables(file string, defaults section, args Vars) (*variables, diag.List) {
	v := &variables{values: map[string]*yaml.Node{}}
	diags := v.readDefaults(file, defaults)
	v.defaults = slices.Clone(v.names)
	for _, arg := range args.Set {
		v.readArg("--set", arg, numberOrString, &diags)
	}
	for _, arg := range args.SetString {
		v.readArg("--set-string", arg, stringNode, &diags)
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
	switch {
	case values == nil || values.Kind == yaml.None:
	case values.Kind != yaml.Dict:
		diags.Errorf(diag.Variable, values.Pos, "default-values must be a mapping, got %s", values.Kind)
	default:
		for _, p := range values.Pairs {
			if p.Key.Kind != yaml.Str {
				diags.Errorf(diag.Variable, p.Key.Pos, "the name of a variable must be a string, got %s", p.Key.Kind)
			}
			v.set(p.Key.Text, p.Value)
		}
	}
	return diags
}

func (v *variables) readArg(flag, arg string, convert func(string) *yaml.Node, diags *diag.List) {
	name, text, ok := strings.Cut(arg, "=")
	if !ok {
		diags.Errorf(diag.Variable, diag.Pos{File: flag}, "%q is not name=value", arg)
		return
	}
	v.set(name, convert(text))
	v.fromArgs = append(v.fromArgs, name)
}

func stringNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.Str, Text: s} }

// numberOrString is what OSMO makes of a --set value: Python's int(), else
// float(), else the string (OSMO workflow.py:803). `true` stays a string.
func numberOrString(s string) *yaml.Node {
	t := strings.ReplaceAll(strings.Map(asciiDigit, strings.TrimSpace(s)), "_", "")
	switch trimmed := strings.Map(asciiDigit, strings.TrimSpace(s)); {
	case pyIntRE.MatchString(trimmed):
		n, _ := new(big.Int).SetString(t, 10)
		return &yaml.Node{Kind: yaml.Int, Text: s, Int: n}
	case pyFloatRE.MatchString(trimmed):
		f, _ := strconv.ParseFloat(t, 64) // out of range is ±Inf, as in Python
		return &yaml.Node{Kind: yaml.Float, Text: s, Float: f}
	}
	return stringNode(s)
}

// asciiDigit turns any decimal digit of Unicode into its ASCII one: Python
// reads them all. The digits of a script are ten code points in a row.
func asciiDigit(r rune) rune {
	if r < 128 || !unicode.Is(unicode.Nd, r) {
		return r
	}
	zero := r
	for range 9 {
		if !unicode.Is(unicode.Nd, zero-1) {
			break
		}
		zero--
	}
	return '0' + r - zero
}
