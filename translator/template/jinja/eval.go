package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func (e *constExpr) eval(*run, *frame) (py.Value, error) {
	if e.unwritable {
		return nil, e.nameError()
	}
	return e.value, nil
}

// nameError is what comes of a constant that Jinja2 writes into its Python as
// inf or nan.
func (e *constExpr) nameError() error {
	name := "inf"
	if f, ok := e.value.(py.Float); ok && f != f {
		name = "nan"
	}
	return e.errorf(Runtime, "NameError", "name '"+name+"' is not defined")
}

func (e *nameExpr) eval(_ *run, f *frame) (py.Value, error) {
	v := f.get(e.ref)
	if v != nil {
		return v, nil
	}
	if e.bare {
		return missing{}, nil
	}
	return undefinedName(e.name, e.span), nil
}

// eval of a target never happens: it is stored to.
func (e *nsRef) eval(_ *run, f *frame) (py.Value, error) { return f.get(e.ref), nil }

func (e *bufferExpr) eval(r *run, f *frame) (py.Value, error) {
	v := f.slots[e.slot]
	on := e.escape.on
	if e.escape.volatile {
		var err error
		if on, err = r.escapes(); err != nil {
			return nil, err
		}
	}
	if s, ok := v.(py.Str); ok && on {
		return markup(s), nil
	}
	return v, nil
}

func (r *run) evalAll(list []expr, f *frame, at span) ([]py.Value, error) {
	if err := r.m.Step(int64(len(list))); err != nil {
		return nil, at.wrap(err)
	}
	if err := r.m.Bytes(int64(16 * len(list))); err != nil {
		return nil, at.wrap(err)
	}
	out := make([]py.Value, len(list))
	for i, e := range list {
		v, err := e.eval(r, f)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (e *tupleExpr) eval(r *run, f *frame) (py.Value, error) {
	items, err := r.evalAll(e.items, f, e.span)
	if err != nil {
		return nil, err
	}
	return py.NewTuple(items...), nil
}

func (e *listExpr) eval(r *run, f *frame) (py.Value, error) {
	items, err := r.evalAll(e.items, f, e.span)
	if err != nil {
		return nil, err
	}
	return py.NewList(items...), nil
}

// dictChunk is how many pairs Python evaluates before it makes keys of them
// (CPython compile.c, compiler_dict).
const dictChunk = 17

func (e *dictExpr) eval(r *run, f *frame) (py.Value, error) {
	if err := r.m.Step(int64(1 + len(e.keys))); err != nil {
		return nil, e.wrap(err)
	}
	d := py.NewDict()
	var pairs [dictChunk][2]py.Value
	for from := 0; from < len(e.keys); from += dictChunk {
		n := min(dictChunk, len(e.keys)-from)
		for i := range n {
			key, err := e.keys[from+i].eval(r, f)
			if err != nil {
				return nil, err
			}
			value, err := e.values[from+i].eval(r, f)
			if err != nil {
				return nil, err
			}
			pairs[i] = [2]py.Value{key, value}
		}
		for i, pair := range pairs[:n] {
			if err := d.Set(r.m, pair[0], pair[1]); err != nil {
				return nil, e.keys[from+i].at().wrap(err)
			}
		}
	}
	return d, nil
}

func (e *condExpr) eval(r *run, f *frame) (py.Value, error) {
	holds, err := r.truth(e.test, f)
	if err != nil {
		return nil, err
	}
	if err := r.m.Step(1); err != nil {
		return nil, e.wrap(err)
	}
	switch {
	case holds:
		return e.yes.eval(r, f)
	case e.no != nil:
		return e.no.eval(r, f)
	}
	return missingElse(r.t, e.span), nil
}

func (e *binaryExpr) eval(r *run, f *frame) (py.Value, error) {
	left, err := e.left.eval(r, f)
	if err != nil {
		return nil, err
	}
	right, err := e.right.eval(r, f)
	if err != nil {
		return nil, err
	}
	if err := r.m.Step(1); err != nil {
		return nil, e.wrap(err)
	}
	v, err := py.Binary(r.m, e.op, left, right)
	if err != nil {
		return nil, e.wrap(err)
	}
	return v, nil
}

func (e *logicExpr) eval(r *run, f *frame) (py.Value, error) {
	left, err := e.left.eval(r, f)
	if err != nil {
		return nil, err
	}
	holds, err := py.Truth(left)
	if err != nil {
		return nil, e.left.at().wrap(err)
	}
	if err := r.m.Step(1); err != nil {
		return nil, e.wrap(err)
	}
	if holds == e.or {
		return left, nil
	}
	return e.right.eval(r, f)
}

func (e *notExpr) eval(r *run, f *frame) (py.Value, error) {
	holds, err := r.truth(e.node, f)
	if err != nil {
		return nil, err
	}
	return py.Bool(!holds), e.wrap(r.m.Step(1))
}

func (e *unaryExpr) eval(r *run, f *frame) (py.Value, error) {
	v, err := e.node.eval(r, f)
	if err != nil {
		return nil, err
	}
	if err := r.m.Step(1); err != nil {
		return nil, e.wrap(err)
	}
	v, err = py.Unary(r.m, e.op, v)
	if err != nil {
		return nil, e.wrap(err)
	}
	return v, nil
}

// eval of a ~ b ~ c evaluates all of them before it turns them into strings.
func (e *concatExpr) eval(r *run, f *frame) (py.Value, error) {
	values, err := r.evalAll(e.items, f, e.span)
	if err != nil {
		return nil, err
	}
	if e.escape.on && !e.escape.volatile {
		v, err := joinMarkup(r.m, values)
		return v, e.wrap(err)
	}
	texts := make([]string, len(values))
	size := 0
	for i, v := range values {
		if texts[i], err = py.ToStr(r.m, v); err != nil {
			return nil, e.items[i].at().wrap(err)
		}
		size += len(texts[i])
	}
	if err := r.m.Bytes(int64(size)); err != nil {
		return nil, e.wrap(err)
	}
	return py.Str(joined(texts, size)), nil
}

func joined(texts []string, size int) string {
	buf := make([]byte, 0, size)
	for _, t := range texts {
		buf = append(buf, t...)
	}
	return string(buf)
}

func (e *compareExpr) eval(r *run, f *frame) (py.Value, error) {
	left, err := e.first.eval(r, f)
	if err != nil {
		return nil, err
	}
	for _, op := range e.ops {
		right, err := op.node.eval(r, f)
		if err != nil {
			return nil, err
		}
		if err := r.m.Step(1); err != nil {
			return nil, e.wrap(err)
		}
		holds, err := compare(r.m, op.op, left, right)
		if err != nil {
			return nil, e.wrap(err)
		}
		if !holds {
			return py.Bool(false), nil
		}
		left = right
	}
	return py.Bool(true), nil
}

func compare(m *py.Meter, op string, left, right py.Value) (bool, error) {
	switch op {
	case "==":
		return py.Equal(m, left, right)
	case "!=":
		equal, err := py.Equal(m, left, right)
		return !equal, err
	case "in":
		return py.Contains(m, right, left)
	case "not in":
		found, err := py.Contains(m, right, left)
		return !found, err
	}
	return py.Compare(m, op, left, right)
}

func (e *attrExpr) eval(r *run, f *frame) (py.Value, error) {
	v, err := e.node.eval(r, f)
	if err != nil {
		return nil, err
	}
	v, err = r.getAttr(v, e.name, e.span)
	if err != nil {
		return nil, e.wrap(err)
	}
	return v, nil
}

func (e *itemExpr) eval(r *run, f *frame) (py.Value, error) {
	v, err := e.node.eval(r, f)
	if err != nil {
		return nil, err
	}
	if s, ok := e.arg.(*sliceExpr); ok {
		v, err = s.of(r, f, v)
		return v, e.wrap(err)
	}
	key, err := e.arg.eval(r, f)
	if err != nil {
		return nil, err
	}
	v, err = r.getItem(v, key, e.span)
	if err != nil {
		return nil, e.wrap(err)
	}
	return v, nil
}

// of is v[start:stop:step], which goes past Jinja2 straight to Python.
func (e *sliceExpr) of(r *run, f *frame, v py.Value) (py.Value, error) {
	var bounds [3]py.Value
	for i, part := range []expr{e.start, e.stop, e.step} {
		bounds[i] = py.None{}
		if part == nil {
			continue
		}
		b, err := part.eval(r, f)
		if err != nil {
			return nil, err
		}
		bounds[i] = b
	}
	if err := r.m.Step(1); err != nil {
		return nil, err
	}
	if alias := aliasOf(v, &slice{bounds[0], bounds[1], bounds[2]}); alias != nil {
		return alias, nil
	}
	part, err := py.Slice(r.m, v, bounds[0], bounds[1], bounds[2])
	if _, ok := v.(markup); ok && err == nil {
		return remark(part), nil
	}
	return part, err
}

// eval of a slice on its own happens only when an expression is folded.
func (e *sliceExpr) eval(*run, *frame) (py.Value, error) {
	return nil, e.errorf(Syntax, "SyntaxError", "invalid syntax")
}

// slice is Python's slice object, which only folding shows.
type slice struct{ start, stop, step py.Value }

// TypeName is "slice".
func (*slice) TypeName() string { return "slice" }

// PyRepr is slice(1, 2, None).
func (s *slice) PyRepr(m *py.Meter) (string, error) {
	inner, err := py.Repr(m, py.NewTuple(s.start, s.stop, s.step))
	return "slice" + inner, err
}

// PyHash fails.
func (s *slice) PyHash() (string, error) { return "", raise("TypeError", "unhashable type: 'slice'") }
