package jinja

import (
	"strconv"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// loopContext is `loop`: it wraps what a loop goes through (runtime.py,
// LoopContext).
type loopContext struct {
	r        *run
	stmt     *forStmt
	at       span
	up       *frame
	iterable py.Value
	iter     py.Iterator
	depth0   int

	turns   int      // so far: index0 + 1
	length  int      // if known
	counted bool     // length is known
	after   py.Value // the next item, if it has been looked at
	current py.Value
	before  py.Value
	changed *py.Tuple // the last arguments of changed()
}

// Next goes on to the next turn.
func (l *loopContext) Next() (py.Value, bool, error) {
	v := l.after
	if l.after == nil {
		next, ok, err := l.iter.Next()
		if err != nil || !ok {
			return nil, false, err
		}
		v = next
	}
	l.after = nil
	l.turns++
	l.before, l.current = l.current, v
	return v, true, nil
}

// peek is the next item, or nil.
func (l *loopContext) peek() (py.Value, error) {
	if l.after == nil {
		v, ok, err := l.iter.Next()
		if err != nil {
			return nil, err
		}
		if ok {
			l.after = v
		}
	}
	return l.after, nil
}

// count is the length, for which an iterator is gone through.
func (l *loopContext) count() (int, error) {
	if l.counted {
		return l.length, nil
	}
	n, err := py.Size(l.r.m, l.iterable)
	if err != nil {
		if !caught(err, "TypeError") {
			return 0, err
		}
		items, err := collect(l.r.m, l.iter)
		if err != nil {
			return 0, err
		}
		n = len(items) + l.turns
		if l.after != nil {
			n++
		}
		if l.iter, err = py.Iterate(l.r.m, py.NewList(items...)); err != nil {
			return 0, err
		}
	}
	l.length, l.counted = n, true
	return n, nil
}

// collect is list(it).
func collect(m *py.Meter, it py.Iterator) ([]py.Value, error) {
	var out []py.Value
	for {
		v, ok, err := it.Next()
		if err != nil || !ok {
			return out, err
		}
		if err := m.Step(1); err != nil {
			return nil, err
		}
		if err := m.Bytes(16); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// TypeName is that of Jinja2's class.
func (l *loopContext) TypeName() string { return "LoopContext" }

func (l *loopContext) module() string { return "jinja2.runtime" }

// PyRepr is <LoopContext 1/3>.
func (l *loopContext) PyRepr(*py.Meter) (string, error) {
	n, err := l.count()
	return "<LoopContext " + strconv.Itoa(l.turns) + "/" + strconv.Itoa(n) + ">", err
}

// PyLen is the length of what is gone through.
func (l *loopContext) PyLen() (int, error) { return l.count() }

// PyIter goes on with the loop itself, in pairs of item and loop.
func (l *loopContext) PyIter(*py.Meter) (py.Iterator, error) { return loopPairs{l}, nil }

type loopPairs struct{ l *loopContext }

// Next is an item and the loop.
func (p loopPairs) Next() (py.Value, bool, error) {
	v, ok, err := p.l.Next()
	if err != nil || !ok {
		return nil, false, err
	}
	return py.NewTuple(v, p.l), true, nil
}

// getAttr is one of the loop's attributes, which may have to look ahead.
func (l *loopContext) getAttr(name string, at span) (py.Value, bool, error) {
	switch name {
	case "index":
		return integer(l.turns), true, nil
	case "index0":
		return integer(l.turns - 1), true, nil
	case "first":
		return py.Bool(l.turns == 1), true, nil
	case "depth":
		return integer(l.depth0 + 1), true, nil
	case "depth0":
		return integer(l.depth0), true, nil
	case "cycle":
		return &method{l, name, l.cycle}, true, nil
	case "changed":
		return &method{l, name, l.hasChanged}, true, nil
	case "previtem":
		if l.turns == 1 || l.before == nil {
			return undefinedHint("there is no previous item", "", at), true, nil
		}
		return l.before, true, nil
	case "last", "nextitem":
		return l.lookAhead(name, at)
	case "length", "revindex", "revindex0":
		return l.fromEnd(name)
	}
	return nil, false, nil
}

func (l *loopContext) lookAhead(name string, at span) (py.Value, bool, error) {
	next, err := l.peek()
	switch {
	case err != nil:
		return nil, false, err
	case name == "last":
		return py.Bool(next == nil), true, nil
	case next == nil:
		return undefinedHint("there is no next item", "", at), true, nil
	}
	return next, true, nil
}

func (l *loopContext) fromEnd(name string) (py.Value, bool, error) {
	n, err := l.count()
	switch name {
	case "revindex":
		n -= l.turns - 1
	case "revindex0":
		n -= l.turns
	}
	return integer(n), true, err
}

func integer(n int) py.Value { return py.NewInt(int64(n)) }

func (l *loopContext) cycle(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if len(kwargs) > 0 {
		return nil, raise("TypeError", "LoopContext.cycle() got an unexpected keyword argument '"+kwargs[0].Name+"'")
	}
	if len(args) == 0 {
		return nil, raise("TypeError", "no items for cycling given")
	}
	return args[(l.turns-1)%len(args)], nil
}

func (l *loopContext) hasChanged(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if len(kwargs) > 0 {
		return nil, raise("TypeError", "LoopContext.changed() got an unexpected keyword argument '"+kwargs[0].Name+"'")
	}
	value := py.NewTuple(args...)
	if l.changed != nil {
		same, err := py.Equal(m, l.changed, value)
		if err != nil || same {
			return py.Bool(false), err
		}
	}
	l.changed = value
	return py.Bool(true), nil
}

// PyCall renders the body for more items: loop(children).
func (l *loopContext) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	bound, err := bind("LoopContext.__call__", []string{"self", "iterable"}, 2, append([]py.Value{l}, args...), kwargs)
	if err != nil {
		return nil, err
	}
	if !l.stmt.recursive {
		return nil, raise("TypeError", "The loop must have the 'recursive' marker to be called recursively.")
	}
	r := l.r
	if err := r.deeper(4); err != nil {
		return nil, err
	}
	defer r.shallower(4)
	outer := r.out
	r.out = &output{}
	err = l.stmt.call(r, l.up, bound[1], l.depth0+1)
	text, err := r.released(outer, err)
	if err != nil {
		return nil, err
	}
	return r.produced(text)
}

// hidden are the attributes that exist and that the sandbox does not give away.
func (l *loopContext) hidden() string {
	return "_after _before _current _iterable _iterator _last_changed_value _length _peek_next _recurse _to_iterator _undefined " +
		"__iter__ __next__ __call__ __len__"
}
