package jinja

import (
	"errors"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// run is one rendering.
type run struct {
	t      *Template
	m      *py.Meter
	out    *output
	escape bool // autoescape is on
	// escapeErr is the error of asking whether it is on, which Jinja2 does where
	// it matters and not where autoescape is set.
	escapeErr error
}

// escapes says whether autoescape is on.
func (r *run) escapes() (bool, error) { return r.escape, r.escapeErr }

// produced is text that the template has made, as a value.
func (r *run) produced(text string) (py.Value, error) {
	on, err := r.escapes()
	if err != nil {
		return nil, err
	}
	if on {
		return markup(text), nil
	}
	return py.Str(text), nil
}

// frame holds the variables of one call of a function. A slot without a value is
// a variable that is not defined.
type frame struct {
	slots []py.Value
	up    *frame
	ctx   *variables
}

// variables are what names that no scope defines are looked up in, by number
// (runtime.py, Context).
type variables struct {
	vars   []py.Value // set at the top level
	parent []py.Value // given to the template, or global
}

func (v *variables) resolve(id int) py.Value {
	if id < len(v.vars) && v.vars[id] != nil {
		return v.vars[id]
	}
	return v.parent[id]
}

func (r *run) newFrame(fn *function, up *frame, ctx *variables) *frame {
	return &frame{slots: make([]py.Value, fn.size), up: up, ctx: ctx}
}

func (f *frame) get(at ref) py.Value {
	for n := at.hops; n > 0; n-- {
		f = f.up
	}
	return f.slots[at.slot]
}

func (f *frame) set(at ref, v py.Value) {
	for n := at.hops; n > 0; n-- {
		f = f.up
	}
	f.slots[at.slot] = v
}

// enter gives the variables of a scope their first values.
func (e *entry) enter(f *frame) {
	for _, op := range e.loads {
		switch op.kind {
		case loadResolve:
			f.slots[op.slot] = f.ctx.resolve(op.id)
		case loadAlias:
			f.slots[op.slot] = f.get(op.outer)
		default:
			f.slots[op.slot] = nil
		}
	}
}

// leave forgets the variables of a scope.
func (e *entry) leave(f *frame) {
	for _, slot := range e.clear {
		f.slots[slot] = nil
	}
}

// template renders all of it.
func (r *run) template(vars *py.Dict) error {
	ctx := &variables{vars: make([]py.Value, len(r.t.names)), parent: make([]py.Value, len(r.t.names))}
	known := globals()
	for id, name := range r.t.names {
		ctx.parent[id] = known[name]
		if vars == nil {
			continue
		}
		if v, ok := vars.GetStr(name); ok {
			ctx.parent[id] = v
		}
	}
	f := r.newFrame(r.t.fn, nil, ctx)
	if r.t.self >= 0 {
		f.slots[r.t.self] = &templateRef{r, ctx}
	}
	r.t.enter.enter(f)
	return r.stmts(r.t.body, f)
}

func (r *run) stmts(body []stmt, f *frame) error {
	for _, s := range body {
		if err := s.exec(r, f); err != nil {
			return err
		}
	}
	return nil
}

// capture is what the statements print.
func (r *run) capture(body []stmt, f *frame) (string, error) {
	outer := r.out
	r.out = &output{}
	err := r.stmts(body, f)
	return r.released(outer, err)
}

// released is what was printed since the output was replaced, which ends.
func (r *run) released(outer *output, err error) (string, error) {
	if err == nil {
		err = r.out.failed
	}
	text := string(r.out.buf)
	r.out = outer
	return text, err
}

// deeper goes so many of Python's frames deeper; the result comes back.
func (r *run) deeper(n int) error {
	for i := range n {
		if err := r.m.Enter(); err != nil {
			r.shallower(i)
			return raise("RecursionError", "maximum recursion depth exceeded")
		}
	}
	return nil
}

func (r *run) shallower(n int) {
	for range n {
		r.m.Leave()
	}
}

// output gathers what is printed.
type output struct {
	buf     []byte
	tracked bool
	spans   []Span
	pieces  int // that Jinja2 would join at the end
	// failed is the error of joining them, which comes after all others.
	failed error
}

// data prints text of the template, which was given from a byte on.
func (o *output) data(text string, given int, breaks []mark) {
	if o.tracked && text != "" {
		o.dropEmpty()
		o.spans = append(o.spans, Span{len(o.buf), given, false})
		for _, b := range breaks {
			o.spans = append(o.spans, Span{len(o.buf) + b.at, b.given, false})
		}
	}
	o.buf = append(o.buf, text...)
}

// fixed says that what is printed next is made by the expression at a place.
func (o *output) fixed(src int) {
	if !o.tracked {
		return
	}
	o.dropEmpty()
	o.spans = append(o.spans, Span{len(o.buf), src, true})
}

// dropEmpty forgets the last span if nothing was printed since.
func (o *output) dropEmpty() {
	if n := len(o.spans); n > 0 && o.spans[n-1].Out == len(o.buf) {
		o.spans = o.spans[:n-1]
	}
}

// place2 is the error as one with a place, which it has unless something went
// wrong here.
func (s span) place2(err error) *Error {
	if placed, ok := errors.AsType[*Error](err); ok {
		return placed
	}
	return s.place(err)
}
