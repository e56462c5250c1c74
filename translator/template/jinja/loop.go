package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func (s *forStmt) exec(r *run, f *frame) error {
	v, err := s.iter.eval(r, f)
	if err != nil {
		return err
	}
	if !s.recursive {
		return s.run(r, f, f, v, 0)
	}
	r.piece(false)
	return s.call(r, f, v, 0)
}

// call enters the function that a recursive loop is.
func (s *forStmt) call(r *run, up *frame, v py.Value, depth int) error {
	if err := r.deeper(1); err != nil {
		return s.wrap(err)
	}
	defer r.shallower(1)
	return s.run(r, r.newFrame(s.fn, up, up.ctx), up, v, depth)
}

// run goes through the items. The filter's function lives in up.
func (s *forStmt) run(r *run, f, up *frame, v py.Value, depth int) error {
	it, err := py.Iterate(r.m, v)
	if err != nil {
		return s.iter.at().wrap(err)
	}
	if s.test != nil {
		g := s.filtered(r, up, it)
		it, v = g, g
	}
	var loop *loopContext
	if s.extended {
		loop = &loopContext{r: r, stmt: s, at: s.span, up: up, iterable: v, iter: it, depth0: depth}
		it = loop
		f.slots[s.loop.slot] = nil
	}
	any := false
	for {
		item, ok, err := it.Next()
		if err != nil {
			return s.iter.at().wrap(err)
		}
		if !ok {
			break
		}
		any = true
		if err := r.m.Step(1); err != nil {
			return s.wrap(err)
		}
		if err := r.assign(s.target, item, f); err != nil {
			return err
		}
		if loop != nil {
			f.slots[s.loop.slot] = loop
		}
		s.enter.enter(f)
		if err := r.stmts(s.body, f); err != nil {
			return err
		}
	}
	s.enter.leave(f)
	if any || s.els == nil {
		return nil
	}
	s.enterElse.enter(f)
	err = r.stmts(s.els, f)
	s.enterElse.leave(f)
	return err
}

// filtered are the items that pass the test, rebuilt from the loop's targets.
func (s *forStmt) filtered(r *run, up *frame, it py.Iterator) *py.Generator {
	var f *frame
	return py.NewGenerator("t_1", func() (py.Value, bool, error) {
		if f == nil {
			f = r.newFrame(s.testFn, up, up.ctx)
			s.enterTest.enter(f)
		}
		for {
			item, ok, err := it.Next()
			if err != nil || !ok {
				return nil, false, err
			}
			if err := r.m.Step(1); err != nil {
				return nil, false, err
			}
			if err := r.assign(s.testTarget, item, f); err != nil {
				return nil, false, err
			}
			holds, err := r.truth(s.test, f)
			if err != nil {
				return nil, false, err
			}
			if holds {
				return yielded(s.testTarget, f), true, nil
			}
		}
	})
}

// yielded is the value of a target's variables.
func yielded(target expr, f *frame) py.Value {
	switch t := target.(type) {
	case *nameExpr:
		return f.get(t.ref)
	case *tupleExpr:
		items := make([]py.Value, len(t.items))
		for i, item := range t.items {
			items[i] = yielded(item, f)
		}
		return py.NewTuple(items...)
	}
	return py.None{}
}
