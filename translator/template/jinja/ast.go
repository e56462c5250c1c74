package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// expr is a node of an expression.
type expr interface {
	at() span
	// eval is the value of the expression; its errors have a place.
	eval(r *run, f *frame) (py.Value, error)
}

// stmt is a node of a statement.
type stmt interface {
	at() span
	exec(r *run, f *frame) error
}

type (
	// constExpr is a literal, or what the optimizer made of an expression.
	constExpr struct {
		span
		value      py.Value
		unwritable bool // it is, or has in it, an inf or a nan
	}
	// nameExpr loads a variable, or stores one.
	nameExpr struct {
		span
		name string
		ctx  context
		ref  ref
		bare bool // a parameter, which Jinja2 does not check
	}
	// nsRef is the target ns.attr of a set.
	nsRef struct {
		span
		name, attr string
		ref        ref
	}
	// tupleExpr is a tuple, or several targets.
	tupleExpr struct {
		span
		items []expr
	}
	listExpr struct {
		span
		items []expr
	}
	dictExpr struct {
		span
		keys, values []expr
	}
	// condExpr is `yes if test else no`; no may be nil.
	condExpr struct {
		span
		test, yes, no expr
	}
	binaryExpr struct {
		span
		op          string
		left, right expr
	}
	// logicExpr is `and` or `or`.
	logicExpr struct {
		span
		or          bool
		left, right expr
	}
	notExpr struct {
		span
		node expr
	}
	unaryExpr struct {
		span
		op   string
		node expr
	}
	// concatExpr is a ~ b ~ c.
	concatExpr struct {
		span
		items  []expr
		escape escaping
	}
	compareExpr struct {
		span
		first expr
		ops   []operand
	}
	attrExpr struct {
		span
		node expr
		name string
	}
	itemExpr struct {
		span
		node, arg expr
	}
	// sliceExpr is a:b:c, the argument of an itemExpr; each may be nil.
	sliceExpr struct {
		span
		start, stop, step expr
	}
	// bufferExpr is the text that a filter block has gathered.
	bufferExpr struct {
		span
		slot   int
		escape escaping
	}
	// foldedExpr is an expression whose value is known, but must be made anew
	// each time, since it can be changed.
	foldedExpr struct {
		expr
		value py.Value
	}
	// filterExpr applies a filter; node is nil in a filter block.
	filterExpr struct {
		span
		args
		node   expr
		name   string
		nameAt span
		filter *builtin // nil if there is none of the name
	}
	testExpr struct {
		span
		args
		node   expr
		name   string
		nameAt span
		test   *builtin // nil if there is none of the name
	}
	callExpr struct {
		span
		args
		node expr
		// caller is passed on by a call block.
		caller bool
	}
)

// context is what a nameExpr does.
type context int

const (
	load context = iota
	store
	param
)

// operand is one link of a comparison.
type operand struct {
	op   string // "==", …, "in", "not in"
	node expr
}

// args are the arguments of a call, a filter or a test.
type args struct {
	pos              []expr
	kw               []keyword
	dynArgs, dynKwds expr
}

type keyword struct {
	span
	name  string
	value expr
}

type (
	// dataStmt is text between tags.
	dataStmt struct {
		span
		text string
		// breaks are where in text new stretches of the given template begin.
		breaks []mark
		joined bool // to the piece of output before it
	}
	// printStmt prints one expression.
	printStmt struct {
		span
		node   expr
		escape escaping
		static *string // what it prints, if that is known
		joined bool    // to the piece of output before it
	}
	forStmt struct {
		span
		target     expr
		iter       expr
		test       expr
		body, els  []stmt
		recursive  bool
		extended   bool
		loop       ref
		enter      entry // of the body, each turn
		enterElse  entry
		enterTest  entry
		testTarget expr // the target, in the filter's function
		fn, testFn *function
	}
	ifStmt struct {
		span
		branches []branch // the last one's test is nil if it is an else
	}
	branch struct {
		test expr
		body []stmt
	}
	macroStmt struct {
		span
		macroDef
		target   ref
		exported int // the name's number in the context if at top level, else -1
	}
	callBlockStmt struct {
		span
		macroDef
		call *callExpr
	}
	filterBlockStmt struct {
		span
		filter expr
		body   []stmt
		enter  entry
		buffer int // the slot that the filter reads
	}
	withStmt struct {
		span
		targets, values []expr
		body            []stmt
		enter           entry
	}
	assignStmt struct {
		span
		target   expr
		value    expr
		checks   []*nsRef
		exported []export
	}
	assignBlockStmt struct {
		span
		target   expr
		filter   expr
		body     []stmt
		enter    entry
		buffer   int // the slot that the filter reads, or -1
		exported []export
	}
	blockStmt struct {
		span
		name             string
		scoped, required bool
		body             []stmt
		locals           []local // which it sees if it is scoped
		def              *blockDef
	}
	extendsStmt struct {
		span
		template expr
	}
	includeStmt struct {
		span
		template      expr
		ignoreMissing bool
	}
	// importStmt is import and from-import.
	importStmt struct {
		span
		template expr
		names    []string // which it would define
	}
	autoescapeStmt struct {
		span
		value expr
		body  []stmt
		enter entry
	}
)

// mark says that text from a byte of it on is given from another byte on.
type mark struct{ at, given int }
