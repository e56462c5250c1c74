// Package template does what OSMO does to a workflow file before it is YAML:
// it cuts the file into sections, renders the `workflow` section as a Jinja
// template with the variables of `default-values` and of the command line, and
// keeps track of where each rendered character came from.
//
// OSMO's special tokens ({{host:x}}, {{output}}, …) pass through unrendered.
// The engine is minijinja, behind Render and nothing else. It is not Jinja2: so
// the package reads the tags itself, refuses what the engine gets wrong, prints
// values as Python does, and keeps the template's text away from the engine.
// What it cannot prevent: integers beyond 2^53 lose digits in arithmetic, `%` of
// negative numbers has C's sign, `~` writes true and none in lower case, and a
// tuple prints as a list.
package template

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// Vars are the variables of the command line, each `name=value`. Those of
// SetString win over Set, and Set over the file's default-values.
type Vars struct {
	// Set values become an integer, else a float, else a string.
	Set []string
	// SetString values are always strings.
	SetString []string
}

// Rendered is a rendered workflow section.
type Rendered struct {
	// Text is YAML: the `workflow:` key and all below it. It is what
	// `run --dry-run` prints.
	Text string
	// Map leads from Text back to the user's file.
	Map diag.SourceMap
}

// maxSource bounds the file: OSMO's largest are a few hundred KiB.
const maxSource = 4 << 20

// Render renders the workflow section of a file. The file's name is for the
// diagnostics only. With an error in the list, Rendered is empty.
func Render(file string, src []byte, args Vars) (Rendered, diag.List) {
	if len(src) > maxSource {
		var diags diag.List
		diags.Errorf(diag.Section, diag.Pos{File: file}, "the file has %d bytes, expected at most %d", len(src), maxSource)
		return Rendered{}, diags
	}
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
	w := sections[workflowKey]
	body := w.text
	if isTemplate(text) {
		body = strings.TrimSuffix(body, "\n") // Jinja drops the final newline
	}
	out, more := renderSection(file, body, w.line, vars)
	diags.Add(more)
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	return out, diags
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

// renderSection renders a text that begins at the first column of a line.
func renderSection(file, body string, line int, vars *variables) (Rendered, diag.List) {
	var diags diag.List
	lines := newLineIndex(body)
	pos := func(offset int) diag.Pos {
		p := lines.pos(offset)
		return diag.Pos{File: file, Line: p.Line + line - 1, Col: p.Col}
	}
	segs, lexErr := lex(body)
	if lexErr != nil {
		diags.Errorf(diag.Template, pos(lexErr.at), "%s", lexErr.msg)
		return Rendered{}, diags
	}
	diags.Add(check(segs, pos))
	if diags.HasErrors() {
		return Rendered{}, diags
	}
	diags.Add(unusedArgs(segs, vars))
	r := &run{segs: segs, names: vars.names, deadline: time.Now().Add(timeLimit), vars: map[string]value.Value{}, extents: map[string]extent{}}
	for name, n := range vars.values {
		r.vars[name] = r.fromNode(n)
		r.extents[name] = extentOfNode(n)
	}
	source, offsets := skeleton(segs)
	marked, err := r.execute(source)
	if err != nil {
		code, at, msg := r.explain(err, offsets)
		diags.Errorf(code, pos(at), "%s", msg)
		return Rendered{}, diags
	}
	return assemble(file, marked, segs, pos), diags
}

// unusedArgs warns of variables of the command line that the file neither has
// nor uses: OSMO says nothing there, and a typo goes unseen.
func unusedArgs(segs []segment, vars *variables) diag.List {
	var diags diag.List
	used := map[string]bool{}
	for _, s := range segs {
		for _, w := range s.words {
			used[w.text] = true
		}
	}
	for _, name := range vars.fromArgs {
		if !used[name] && !slices.Contains(vars.defaults, name) {
			diags.Warnf(diag.Variable, diag.Pos{File: "--set"}, "the workflow does not use %q%s", name, diag.DidYouMean(name, vars.defaults))
		}
	}
	return diags
}

// assemble puts the texts in the place of their marks, and notes where each
// piece of the result is from.
func assemble(file, marked string, segs []segment, pos func(int) diag.Pos) Rendered {
	w := writer{line: 1, col: 1}
	m := diag.SourceMap{File: file}
	for piece := range strings.SplitSeq(marked, nul) {
		mark, rest, ok := strings.Cut(piece, ";")
		n, err := strconv.Atoi(mark)
		switch {
		case !ok:
			w.write(piece)
			continue
		case err != nil: // nulMark
			w.write(nul + rest)
			continue
		}
		s := segs[n]
		from := pos(s.start)
		m.Spans = append(m.Spans, diag.Span{Line: w.line, Col: w.col, FromLine: from.Line, FromCol: from.Col, Fixed: s.kind == exprSeg})
		if s.kind == textSeg {
			w.write(s.text)
		}
		w.write(rest)
	}
	return Rendered{Text: w.text.String(), Map: m}
}

// writer knows at which line and column it is.
type writer struct {
	text      strings.Builder
	line, col int
}

func (w *writer) write(s string) {
	w.text.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		w.line += strings.Count(s, "\n")
		w.col = 1
		s = s[i+1:]
	}
	w.col += utf8.RuneCountInString(s)
}
