package template

import (
	"slices"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// What of Jinja this version renders. The rest is refused where it stands,
// because the engine gets it wrong or cannot bound it, and a wrong value would
// be silent.
func supportedFilters() []string {
	return []string{
		"abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "list",
		"lower", "max", "min", "replace", "reverse", "round", "sort", "string", "sum", "tojson", "trim", "unique", "upper",
	}
}

func knownFilters() []string {
	return append(supportedFilters(), "attr", "batch", "center", "dictsort", "e", "escape", "filesizeformat",
		"forceescape", "format", "groupby", "indent", "items", "map", "pprint", "random", "reject", "rejectattr",
		"safe", "select", "selectattr", "slice", "striptags", "title", "truncate", "urlencode", "urlize",
		"wordcount", "wordwrap", "xmlattr")
}

func supportedTests() []string {
	return []string{
		"defined", "undefined", "none", "odd", "even", "divisibleby", "eq", "equalto", "ne", "lt", "lessthan", "le",
		"gt", "greaterthan", "ge", "in", "string", "number", "integer", "float", "boolean", "sequence", "mapping",
		"iterable", "true", "false",
	}
}

func knownTests() []string {
	return append(supportedTests(), "callable", "escaped", "filter", "lower", "sameas", "test", "upper")
}

// supportedFunctions are Jinja's global functions; lipsum, cycler and joiner
// have no use in a workflow.
func supportedFunctions() []string { return []string{"range", "dict", "namespace"} }

// knownTags are Jinja's statements that are refused, but known.
func knownTags() []string {
	return []string{"macro", "call", "filter", "block", "extends", "include", "import", "from", "autoescape", "with"}
}

// maxDepth is how deep blocks may be nested: the engine takes longer than
// linear.
const maxDepth = 50

// checker reports what of a template is not supported, or is not Jinja.
type checker struct {
	pos   func(offset int) diag.Pos
	diags diag.List
	open  []openBlock
}

type openBlock struct {
	tag  string
	at   int
	last string
}

// check walks the segments. An engine that has to render them sees only what
// passed.
func check(segs []segment, pos func(int) diag.Pos) diag.List {
	c := &checker{pos: pos}
	for _, s := range segs {
		switch s.kind {
		case stmtSeg:
			c.statement(s)
		case exprSeg:
			if len(s.words) == 0 {
				c.diags.Errorf(diag.Template, pos(s.start), "the expression {{ }} is empty")
			}
			c.words(s.words)
		case textSeg:
		}
	}
	for _, b := range c.open {
		c.diags.Errorf(diag.Template, pos(b.at), "{%% %s %%} is never closed, expected {%% end%s %%}", b.tag, b.tag)
	}
	return c.diags
}

func (c *checker) statement(s segment) {
	if len(s.words) == 0 {
		c.diags.Errorf(diag.Template, c.pos(s.start), "the tag {%% %%} is empty")
		return
	}
	tag, rest := s.words[0].text, s.words[1:]
	switch tag {
	case "for", "if":
		if len(c.open) == maxDepth {
			c.diags.Errorf(diag.Template, c.pos(s.start), "more than %d blocks inside each other", maxDepth)
		}
		c.open = append(c.open, openBlock{tag: tag, at: s.start, last: tag})
		if tag == "for" && len(rest) > 0 && rest[len(rest)-1].text == "recursive" {
			c.diags.Errorf(diag.Unsupported, c.pos(rest[len(rest)-1].at), "not supported yet: a recursive loop")
		}
	case "elif", "else":
		c.branch(tag, s)
		if slices.ContainsFunc(rest, func(w word) bool { return w.kind == opWord && w.text == "*" }) {
			c.diags.Errorf(diag.Unsupported, c.pos(s.start), "not supported yet: * in {%% elif %%}")
		}
	case "endfor", "endif":
		c.end(tag, s)
	case "set":
		if !slices.ContainsFunc(rest, func(w word) bool { return w.kind == opWord && w.text == "=" }) {
			c.diags.Errorf(diag.Unsupported, c.pos(s.start), "not supported yet: {%% set %%} with a block, write {%% set name = value %%}")
		}
	default:
		c.unknownTag(tag, s)
	}
	c.words(rest)
}

func (c *checker) unknownTag(tag string, s segment) {
	if slices.Contains(knownTags(), tag) || len(tag) > 3 && slices.Contains(knownTags(), tag[3:]) || tag == "endset" {
		c.diags.Errorf(diag.Unsupported, c.pos(s.start), "not supported yet: {%% %s %%}", tag)
		return
	}
	all := []string{"for", "endfor", "if", "elif", "else", "endif", "set", "raw", "endraw"}
	c.diags.Errorf(diag.Template, c.pos(s.start), "unknown tag %q%s", tag, diag.DidYouMean(tag, all))
}

// branch checks an elif or else against the block it is in.
func (c *checker) branch(tag string, s segment) {
	if n := len(c.open); n > 0 {
		b := &c.open[n-1]
		if b.last != "else" && (tag == "else" || b.tag == "if") {
			b.last = tag
			return
		}
	}
	c.diags.Errorf(diag.Template, c.pos(s.start), "{%% %s %%} has no {%% if %%} that it could belong to", tag)
}

func (c *checker) end(tag string, s segment) {
	n := len(c.open)
	if n == 0 || "end"+c.open[n-1].tag != tag {
		d := diag.Diagnostic{Code: diag.Template, Pos: c.pos(s.start), Msg: "{% " + tag + " %} closes nothing"}
		if n > 0 {
			d.Msg = "{% " + tag + " %} stands where {% end" + c.open[n-1].tag + " %} is expected"
			d.Related = []diag.Pos{c.pos(c.open[n-1].at)}
		}
		c.diags = append(c.diags, d)
		return
	}
	c.open = c.open[:n-1]
}

// words checks the filters and tests of an expression.
func (c *checker) words(ws []word) {
	for i, w := range ws {
		if w.kind == opWord && w.text == "**" {
			c.diags.Errorf(diag.Unsupported, c.pos(w.at), "not supported yet: the operator **")
		}
		if w.kind != nameWord || i == 0 {
			continue
		}
		if w.text == "changed" && i > 1 && ws[i-2].text == "loop" {
			c.diags.Errorf(diag.Unsupported, c.pos(w.at), "not supported yet: loop.changed")
		}
		switch prev := ws[i-1]; {
		case prev.kind == opWord && prev.text == "|":
			c.known("filter", w, supportedFilters(), knownFilters())
		case isTest(ws, i):
			c.known("test", w, supportedTests(), knownTests())
		}
	}
}

// isTest says whether the i-th word names a test: `is x`, `is not x`.
func isTest(ws []word, i int) bool {
	name := func(j int, text string) bool { return j >= 0 && ws[j].kind == nameWord && ws[j].text == text }
	if name(i, "not") {
		return false
	}
	return name(i-1, "is") || name(i-1, "not") && name(i-2, "is")
}

func (c *checker) known(kind string, w word, supported, known []string) {
	switch {
	case slices.Contains(supported, w.text):
	case slices.Contains(known, w.text):
		c.diags.Errorf(diag.Unsupported, c.pos(w.at), "not supported yet: the %s %q", kind, w.text)
	default:
		c.diags.Errorf(diag.Template, c.pos(w.at), "there is no %s %q%s", kind, w.text, diag.DidYouMean(w.text, known))
	}
}
