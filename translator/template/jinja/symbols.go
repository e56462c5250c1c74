package jinja

// ref is a variable seen from a function: how many functions further out it
// lives, and in which slot there.
type ref struct{ hops, slot int }

// ident is a variable of a function. As in the Python that Jinja2 generates, two
// scopes of the same level share the variable of a name, so a macro that is
// called after its scope has ended sees the next one's value.
type ident struct {
	level int
	name  string
}

// function is what has variables of its own: the template, a block, a macro, a
// recursive loop, the filter of a loop.
type function struct {
	parent *function
	depth  int
	slots  map[ident]int
	size   int
}

func newFunction(parent *function) *function {
	fn := &function{parent: parent, slots: map[ident]int{}}
	if parent != nil {
		fn.depth = parent.depth + 1
	}
	return fn
}

func (fn *function) slot(level int, name string) int {
	id := ident{level, name}
	slot, ok := fn.slots[id]
	if !ok {
		slot = fn.fresh()
		fn.slots[id] = slot
	}
	return slot
}

// fresh is a slot that no name has.
func (fn *function) fresh() int {
	fn.size++
	return fn.size - 1
}

// loading is where a variable gets its value when its scope is entered.
type loading int

const (
	loadParam loading = iota // from whoever enters
	loadResolve
	loadAlias
	loadMissing
)

type symbol struct {
	name   string
	slot   int
	load   loading
	outer  *symbol // of an alias
	owner  *symbols
	stored bool
}

// symbols are the names of one scope (idtracking.py).
type symbols struct {
	level  int
	parent *symbols
	fn     *function
	refs   map[string]*symbol
	order  []*symbol
	// storing are the names that are stored first inside an if, from the
	// outermost open if on; nil outside.
	storing *[]*symbol
}

func newSymbols(parent *symbols, fn *function) *symbols {
	s := &symbols{parent: parent, fn: fn, refs: map[string]*symbol{}}
	if parent != nil {
		s.level = parent.level + 1
	}
	return s
}

func (s *symbols) find(name string) *symbol {
	for ; s != nil; s = s.parent {
		if sym, ok := s.refs[name]; ok {
			return sym
		}
	}
	return nil
}

func (s *symbols) define(name string, load loading, outer *symbol) *symbol {
	sym, ok := s.refs[name]
	if !ok {
		sym = &symbol{name: name, owner: s, slot: s.fn.slot(s.level, name)}
		s.refs[name] = sym
		s.order = append(s.order, sym)
	}
	sym.load, sym.outer = load, outer
	return sym
}

func (s *symbols) load(name string) {
	if s.find(name) == nil {
		s.define(name, loadResolve, nil)
	}
}

func (s *symbols) declare(name string) *symbol {
	sym := s.define(name, loadParam, nil)
	sym.stored = true
	return sym
}

func (s *symbols) store(name string) {
	sym, ok := s.refs[name]
	if !ok {
		if outer := s.parent.find(name); outer != nil {
			sym = s.define(name, loadAlias, outer)
		} else {
			sym = s.define(name, loadMissing, nil)
		}
	}
	if !sym.stored && s.storing != nil {
		*s.storing = append(*s.storing, sym)
	}
	sym.stored = true
}

// branches analyses the branches of an if: what only they store has, before
// them, the value from further out (Symbols.branch_update).
func (s *symbols) branches(analyse func()) {
	if s.storing != nil {
		analyse() // the outermost if sees to it
		return
	}
	var stored []*symbol
	s.storing = &stored
	analyse()
	s.storing = nil
	for _, sym := range stored {
		if outer := s.parent.find(sym.name); outer != nil {
			sym.load, sym.outer = loadAlias, outer
		} else {
			sym.load, sym.outer = loadResolve, nil
		}
	}
}

// analyser is idtracking.py's FrameSymbolVisitor: it finds the names that belong
// to a scope and does not look into scopes further in.
type analyser struct {
	*symbols
	walker
}

func (s *symbols) analyser() *analyser {
	a := &analyser{symbols: s}
	a.walker.visitName = a.name
	a.walker.visitStmt = a.stmt
	a.walker.visitNS = func(n *nsRef) { a.load(n.name) }
	return a
}

func (a *analyser) name(n *nameExpr) {
	switch n.ctx {
	case load:
		a.load(n.name)
	case store:
		a.store(n.name)
	case param:
		a.declare(n.name)
	}
}

// targets declares the targets of a loop as parameters.
func (a *analyser) targets(e expr) {
	switch e := e.(type) {
	case *nameExpr:
		a.declare(e.name)
	case *tupleExpr:
		for _, item := range e.items {
			a.targets(item)
		}
	}
}

// stmt analyses a statement that is not walked in the ordinary way.
func (a *analyser) stmt(s stmt) (done bool) {
	switch s := s.(type) {
	case *ifStmt:
		a.ifElse(s)
	case *macroStmt:
		a.store(s.name)
	case *importStmt:
		a.expr(s.template)
		for _, name := range s.names {
			a.store(name)
		}
	case *assignStmt:
		a.expr(s.value)
		a.expr(s.target)
	case *forStmt:
		a.expr(s.iter)
	case *callBlockStmt:
		a.expr(s.call)
	case *filterBlockStmt:
		a.expr(s.filter)
	case *withStmt:
		a.exprs(s.values)
	case *assignBlockStmt:
		a.expr(s.target)
	case *autoescapeStmt, *blockStmt:
	default:
		return false
	}
	return true
}

func (a *analyser) ifElse(s *ifStmt) {
	a.expr(s.branches[0].test)
	a.branches(func() {
		for i, b := range s.branches {
			if i > 0 {
				a.expr(b.test)
			}
			a.stmts(b.body)
		}
	})
}
