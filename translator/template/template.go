// Package template does what OSMO does to a workflow file before it is YAML:
// it cuts the file into sections, renders the `workflow` section as a Jinja
// template with the variables of `default-values` and of the command line, and
// keeps track of where each rendered character came from.
//
// OSMO's special tokens ({{host:x}}, {{output}}, …) pass through unrendered. The
// engine is package jinja, and Python's values are package py: what is here is
// what OSMO has around them.
//
// A text is rendered once. OSMO's server renders once too; its command line
// renders a templated file there, and then the result again.
package template

import (
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// Vars are the variables of the command line, each `name=value`. Those of
// SetString win over Set, and Set over the file's default-values.
type Vars struct {
	// Set values become an integer, else a float, else a string.
	Set []string
	// SetString values are always strings.
	SetString []string
}

// Rendered is a rendered text.
type Rendered struct {
	// Text is what came out. Of a workflow it is YAML: the `workflow:` key and all
	// below it, which is what `run --dry-run` prints.
	Text string
	// Map leads from Text back to the user's file.
	Map diag.SourceMap
	// defaults are the variables that the file gives itself, uses are those that
	// it takes from outside.
	defaults, uses []string
}

// MaxSource bounds a file, in bytes: a workflow of 10,000 tasks has some 13
// million.
const MaxSource = 32 << 20

// limits bound one rendering. OSMO allows 0.5 s and 100 MiB (OSMO
// postgres.py:2884), counted on whatever machine it runs; what is counted here
// is the work itself.
func limits() py.Limits { return jinja.DefaultLimits() }

// Render renders the workflow section of a file. The file's name is for the
// diagnostics only. With an error in the list, Rendered is empty.
func Render(file string, src []byte, args Vars) (Rendered, diag.List) {
	text, diags := normalized(file, src)
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	sections, more := split(file, text)
	diags.Add(more)
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	vars, more := readVariables(file, sections[defaultsKey], args)
	diags.Add(more)
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	s := source{file: file, text: sections[workflowKey].text, firstLine: sections[workflowKey].line}
	// Jinja drops the final newline. OSMO's command line sends a file without
	// templates as it reads it, and so such a text keeps it.
	s.keepNewline = !isTemplate(text)
	r, more := s.render(vars)
	diags.Add(more)
	r.defaults = vars.defaults
	return r, diags
}

// RenderLocal renders a local file that a workflow puts into a task. It sees the
// variables of the command line and not the workflow's default-values: OSMO puts
// the file in after the workflow was rendered (OSMO cli/workflow.py:1220).
func RenderLocal(file string, src []byte, args Vars) (Rendered, diag.List) {
	text, diags := normalized(file, src)
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	vars, more := readVariables(file, section{}, args)
	if more.HasErrors() {
		return Rendered{}, nil // Render says it
	}
	return source{file: file, text: text, firstLine: 1, keepNewline: true, local: true}.render(vars)
}

// isTemplate is OSMO's test (OSMO lib/utils/workflow.py:27).
func isTemplate(text string) bool {
	for _, sign := range []string{"{%", "{{", "{#", defaultsKey} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// source is a text to render: a part of a file that begins at the first column
// of a line.
type source struct {
	file, text  string
	firstLine   int
	keepNewline bool
	// local says that the file is one that a workflow names.
	local bool
}

func (s source) render(vars *variables) (Rendered, diag.List) {
	if isPlain(s.text) {
		return s.verbatim(), nil
	}
	at, opaque := newPlaces(s), tokens(s.text)
	t, wrong := jinja.Parse(s.text, jinja.Options{Opaque: opaque, KeepTrailingNewline: s.keepNewline})
	if wrong != nil {
		return Rendered{}, diag.List{problem(wrong, at, vars.names())}
	}
	out, wrong := t.Render(vars.values, limits())
	if wrong != nil {
		return Rendered{}, diag.List{problem(wrong, at, vars.names())}
	}
	return Rendered{Text: out.Text, Map: sourceMap(out, at, opaque), uses: t.Names()}, hidden(t.Texts(), at)
}

// verbatim is the text itself, without the newline that Jinja drops.
func (s source) verbatim() Rendered {
	text := s.text
	if !s.keepNewline {
		text = strings.TrimSuffix(text, "\n")
	}
	return Rendered{Text: text, Map: diag.SourceMap{
		File: s.file, Spans: []diag.Span{{Line: 1, Col: 1, FromLine: s.firstLine, FromCol: 1}},
	}}
}

// Unused warns of variables of the command line that the workflow does not give
// itself and neither it nor one of its local files uses: OSMO says nothing there,
// and a typo goes unseen.
func Unused(args Vars, workflow Rendered, local ...Rendered) diag.List {
	var diags diag.List
	texts := slices.Concat([]Rendered{workflow}, local)
	for _, arg := range slices.Concat(args.Set, args.SetString) {
		name, _, _ := strings.Cut(arg, "=")
		used := slices.ContainsFunc(texts, func(r Rendered) bool { return slices.Contains(r.uses, name) })
		switch at := (diag.Pos{File: "--set"}); {
		case used || slices.Contains(workflow.defaults, name):
		case name == "":
			diags.Warnf(diag.Variable, at, "%q sets a variable without a name", arg)
		case isWord(name):
			diags.Warnf(diag.Variable, at, "{{%s}} is one of OSMO's tokens: nothing can set it", name)
		default:
			diags.Warnf(diag.Variable, at, "the workflow does not use %q%s", name, diag.DidYouMean(name, workflow.defaults))
		}
	}
	return diags
}
