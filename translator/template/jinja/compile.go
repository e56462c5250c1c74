package jinja

import (
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// escaping is what the compiler knows about autoescape at a place: whether it
// is on, unless that is volatile, which is known only when rendering.
type escaping struct{ on, volatile bool }

// compiler resolves names to slots, folds constants and finds the errors that
// Jinja2 finds when it makes Python of a template, in its order (compiler.py).
// Errors are panics with *Error.
type compiler struct {
	t      *Template
	ids    map[string]int
	escape escaping
	fold   *run      // what folds constants
	work   *py.Meter // what compiling may cost
	// blocks in the order in which they stand.
	blocks  []*blockStmt
	extends int  // so far
	known   bool // to extend, from the top level
	// undeclared are parameters that a default may not take for granted.
	undeclared map[*symbol]bool
	python
}

// scope is compiler.py's Frame.
type scope struct {
	*symbols
	toplevel, root, loop, soft bool
	check                      bool // output may be suppressed by an extends
	buffered                   bool
}

// inner is a scope inside s, in the same function or a new one.
func (s scope) inner(fn *function) scope {
	return scope{symbols: newSymbols(s.symbols, fn), check: s.check, buffered: s.buffered}
}

// softly is s inside an if, where a filter need not exist as long as it is not
// used.
func (s scope) softly() scope {
	s.root = false
	s.soft = true
	return s
}

func (c *compiler) fail(at span, msg string) {
	panic(at.errorf(Syntax, "TemplateAssertionError", msg))
}

// id is the number of a name in the context.
func (c *compiler) id(name string) int {
	id, ok := c.ids[name]
	if !ok {
		id = len(c.t.names)
		c.ids[name] = id
		c.t.names = append(c.t.names, name)
	}
	return id
}

// ref is how the scope sees a variable.
func (c *compiler) ref(at span, name string, s scope) (ref, *symbol) {
	sym := s.find(name)
	if sym == nil {
		panic(at.errorf(Syntax, "AssertionError",
			"Tried to resolve a name to a reference that was unknown to the frame ("+quote(name)+")"))
	}
	return ref{s.fn.depth - sym.owner.fn.depth, sym.slot}, sym
}

// entry is what happens when a scope is entered and left.
type entry struct {
	loads []loadOp
	clear []int
}

type loadOp struct {
	kind  loading
	slot  int
	id    int // to resolve
	outer ref // of an alias
}

func (c *compiler) entry(s *symbols) entry {
	var e entry
	for _, sym := range s.order {
		e.clear = append(e.clear, sym.slot)
		op := loadOp{kind: sym.load, slot: sym.slot}
		switch sym.load {
		case loadParam:
			continue
		case loadResolve:
			op.id = c.id(sym.name)
			c.t.resolved[sym.name] = true
		case loadAlias:
			op.outer = ref{s.fn.depth - sym.outer.owner.fn.depth, sym.outer.slot}
		}
		e.loads = append(e.loads, op)
	}
	return e
}

// blockDef is the compiled block of a template.
type blockDef struct {
	name        string
	body        []stmt
	fn          *function
	enter       entry
	self, super int // slots, or -1
}

// template compiles the whole of it (visit_Template).
func (c *compiler) template(body []stmt) {
	extends := false
	descendants(body, func(s stmt) {
		switch s := s.(type) {
		case *extendsStmt:
			extends = true
		case *blockStmt:
			c.block(s)
		}
	})
	c.t.fn = newFunction(nil)
	root := scope{symbols: newSymbols(nil, c.t.fn)}
	c.t.self = -1
	if len(undeclared(body, "self")) > 0 {
		c.t.self = root.declare("self").slot
	}
	root.analyser().stmts(body)
	root.toplevel, root.root, root.check = true, true, extends
	c.t.enter = c.entry(root.symbols)
	c.indent = 1
	c.t.body = c.stmts(body, root)
	for _, b := range c.blocks {
		c.blockBody(b)
	}
}

// block registers a block.
func (c *compiler) block(b *blockStmt) {
	if c.t.blocks[b.name] != nil {
		c.fail(b.span, "block "+quote(b.name)+" defined twice")
	}
	b.def = &blockDef{name: b.name, self: -1, super: -1}
	c.blocks = append(c.blocks, b)
	c.t.blocks[b.name] = b.def
}

// blockBody compiles a block, which sees the context and none of the scopes
// around it.
func (c *compiler) blockBody(b *blockStmt) {
	def := b.def
	def.fn = newFunction(nil)
	s := scope{symbols: newSymbols(nil, def.fn)}
	found := undeclared(b.body, "self", "super")
	if slices.Contains(found, "self") {
		def.self = s.declare("self").slot
	}
	if slices.Contains(found, "super") {
		def.super = s.declare("super").slot
	}
	s.analyser().stmts(b.body)
	def.enter = c.entry(s.symbols)
	c.python.nesting = nesting{indent: 1}
	def.body = c.stmts(b.body, s)
}

// stmts compiles statements; after a second certain extends the rest is never
// reached and not looked at.
func (c *compiler) stmts(body []stmt, s scope) []stmt {
	static := false
	out := body[:0:0]
	for _, node := range body {
		if _, again := node.(*extendsStmt); again && c.known {
			return out
		}
		compiled := c.stmt(node, s)
		if compiled == nil {
			continue
		}
		static = markJoined(compiled, static)
		out = append(out, compiled)
	}
	return out
}

// markJoined notes which pieces of output Jinja2 joins into one.
func markJoined(s stmt, after bool) bool {
	switch s := s.(type) {
	case *dataStmt:
		s.joined = after
		return true
	case *printStmt:
		s.joined = after && s.static != nil
		return s.static != nil
	}
	return false
}

// python counts what the Python that Jinja2 would generate nests, where that has
// limits of its own.
type python struct {
	nesting
	// err is the first error that Python would find, after all of Jinja2's.
	err *Error
}

type nesting struct {
	parens int // open brackets
	indent int
	loops  int // blocks of one function
	frames int // of Jinja2's compiler
}

// The limits of Python: the tokenizer's open brackets and levels of indentation,
// the compiler's nested blocks.
const (
	maxParens = 200
	maxIndent = 100
	maxBlocks = 20
)

func (p *python) syntax(at span, class, msg string) {
	if p.err == nil {
		p.err = at.errorf(Syntax, class, msg)
	}
}

// open opens n brackets around something; the result closes them.
func (p *python) open(n int, at span) func() {
	p.parens += n
	if p.parens > maxParens {
		p.syntax(at, "SyntaxError", "too many nested parentheses")
	}
	return func() { p.parens -= n }
}

// nest goes in by so many levels of indentation and blocks, and frames of the
// compiler; the result comes back.
func (p *python) nest(at span, indent, loops, used int) func() {
	before := p.nesting
	p.indent += indent
	p.loops += loops
	p.frames += used
	switch {
	case p.frames > frames:
		panic(at.errorf(Budget, "RecursionError", "maximum recursion depth exceeded"))
	case p.indent >= maxIndent:
		p.syntax(at, "IndentationError", "too many levels of indentation")
	case p.loops > maxBlocks:
		p.syntax(at, "SyntaxError", "too many statically nested blocks")
	}
	return func() { p.nesting = before }
}

// function goes into a new function, whose blocks are counted afresh.
func (p *python) function(at span) func() {
	back := p.nest(at, 1, 0, 4)
	p.loops = 0
	return back
}

// keywords checks the keyword arguments of a call as Python's parser does. One
// that is a keyword of Python makes Jinja2 pass all of them as a dict.
func (c *compiler) keywords(a *args, caller bool) {
	if len(a.kw) == 0 {
		return
	}
	asDict := slices.ContainsFunc(a.kw, func(k keyword) bool { return isPythonKeyword(k.name) })
	seen := map[string]int{}
	if caller {
		seen["caller"] = -1
	}
	once := a.kw[:0]
	for _, k := range a.kw {
		at, again := seen[k.name]
		switch {
		case !again:
			seen[k.name] = len(once)
			once = append(once, k)
		case asDict && at >= 0:
			once[at].value = k.value // the last one wins
		default:
			c.syntax(k.span, "SyntaxError", "keyword argument repeated: "+k.name)
		}
	}
	a.kw = once
}

func isPythonKeyword(name string) bool {
	const words = " False None True and as assert async await break class continue def del elif else except finally for from " +
		"global if import in is lambda nonlocal not or pass raise return try while with yield "
	return strings.Contains(words, " "+name+" ")
}

// tooLong says whether Python refuses to write the number into its code.
func tooLong(v py.Value) error {
	if _, isInt := v.(py.Int); !isInt {
		return nil
	}
	_, err := py.Repr(nil, v)
	return err
}
