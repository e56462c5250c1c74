package jinja

import (
	"strconv"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func (s *dataStmt) exec(r *run, _ *frame) error {
	if err := r.charge(len(s.text) + spanSize*(1+len(s.breaks))); err != nil {
		return s.wrap(err)
	}
	r.piece(s.joined)
	r.out.data(s.text, s.off, s.breaks)
	return nil
}

// charge pays for one step and for n bytes of output.
func (r *run) charge(n int) error {
	if err := r.m.Step(1); err != nil {
		return err
	}
	return r.m.Bytes(int64(n))
}

// spanSize is what a Span takes, with what growing the list of them leaves behind.
const spanSize = 48

func (r *run) piece(joined bool) {
	if !joined {
		r.out.pieces++
	}
}

func (s *printStmt) exec(r *run, f *frame) error {
	r.piece(s.joined)
	if s.static != nil {
		return s.wrap(r.text(*s.static, s.node.at().off))
	}
	v, err := s.node.eval(r, f)
	if err != nil {
		return err
	}
	return s.wrap(r.print(v, s.node.at().off, s.escape))
}

// print prints a value that the expression at src has made.
func (r *run) print(v py.Value, src int, e escaping) error {
	on := e.on
	if e.volatile {
		var err error
		if on, err = r.escapes(); err != nil {
			return err
		}
	}
	if on {
		m, err := escapeValue(r.m, v)
		if err != nil {
			return err
		}
		return r.text(string(m), src)
	}
	switch v := v.(type) {
	case py.Str:
		return r.text(string(v), src)
	case py.Int:
		if n, small := v.Int64(); small {
			if err := r.charge(20 + spanSize); err != nil {
				return err
			}
			r.out.fixed(src)
			r.out.buf = strconv.AppendInt(r.out.buf, n, 10)
			return nil
		}
	}
	s, err := py.ToStr(r.m, v)
	if err != nil {
		return err
	}
	return r.text(s, src)
}

func (r *run) text(s string, src int) error {
	if err := r.charge(len(s) + spanSize); err != nil {
		return err
	}
	r.out.fixed(src)
	r.out.buf = append(r.out.buf, s...)
	return nil
}

// yield prints what a call block or a filter block gives, which Jinja2 does not
// turn into a string: it must be one.
func (r *run) yield(v py.Value, at span) error {
	r.piece(false)
	s, ok := py.AsStr(v)
	if !ok {
		if r.out.failed == nil {
			r.out.failed = at.errorf(Runtime, "TypeError",
				"sequence item "+strconv.Itoa(r.out.pieces-1)+": expected str instance, "+v.TypeName()+" found")
		}
		return nil
	}
	return at.wrap(r.text(s, at.off))
}

func (s *ifStmt) exec(r *run, f *frame) error {
	for i := range s.branches {
		b := &s.branches[i]
		if b.test != nil {
			holds, err := r.truth(b.test, f)
			if err != nil {
				return err
			}
			if !holds {
				continue
			}
		}
		if err := r.m.Step(1); err != nil {
			return s.wrap(err)
		}
		return r.stmts(b.body, f)
	}
	return s.wrap(r.m.Step(1))
}

// truth is the truth of an expression's value.
func (r *run) truth(e expr, f *frame) (bool, error) {
	v, err := e.eval(r, f)
	if err != nil {
		return false, err
	}
	if b, ok := v.(py.Bool); ok {
		return bool(b), nil
	}
	holds, err := py.Truth(v)
	return holds, e.at().wrap(err)
}

func (s *withStmt) exec(r *run, f *frame) error {
	s.enter.enter(f)
	for i, target := range s.targets {
		v, err := s.values[i].eval(r, f)
		if err != nil {
			return err
		}
		if err := r.assign(target, v, f); err != nil {
			return err
		}
	}
	if err := r.stmts(s.body, f); err != nil {
		return err
	}
	s.enter.leave(f)
	return s.wrap(r.m.Step(1))
}

func (s *assignStmt) exec(r *run, f *frame) error {
	for _, check := range s.checks {
		if _, ok := f.get(check.ref).(*namespace); !ok {
			return check.errorf(Runtime, "TemplateRuntimeError", "cannot assign attribute on non-namespace object")
		}
	}
	v, err := s.value.eval(r, f)
	if err != nil {
		return err
	}
	if err := r.assign(s.target, v, f); err != nil {
		return err
	}
	r.export(s.exported, f)
	return s.wrap(r.m.Step(1))
}

// export puts variables of the top level into the context, where blocks find
// them.
func (r *run) export(names []export, f *frame) {
	for _, e := range names {
		f.ctx.vars[e.id] = f.get(e.ref)
	}
}

func (s *assignBlockStmt) exec(r *run, f *frame) error {
	s.enter.enter(f)
	text, err := r.capture(s.body, f)
	if err != nil {
		return err
	}
	var v py.Value = py.Str(text)
	if s.filter != nil {
		f.slots[s.buffer] = v
		if v, err = s.filter.eval(r, f); err != nil {
			return err
		}
	}
	on, err := r.escapes()
	if err == nil && on {
		v, err = markSafe(r.m, v)
	}
	if err != nil {
		return s.wrap(err)
	}
	if err := r.assign(s.target, v, f); err != nil {
		return err
	}
	r.export(s.exported, f)
	s.enter.leave(f)
	return s.wrap(r.m.Step(1))
}

func (s *filterBlockStmt) exec(r *run, f *frame) error {
	s.enter.enter(f)
	text, err := r.capture(s.body, f)
	if err != nil {
		return err
	}
	f.slots[s.buffer] = py.Str(text)
	v, err := s.filter.eval(r, f)
	if err != nil {
		return err
	}
	s.enter.leave(f)
	return r.yield(v, s.span)
}

func (s *autoescapeStmt) exec(r *run, f *frame) error {
	s.enter.enter(f)
	saved, savedErr := r.escape, r.escapeErr
	v, err := s.value.eval(r, f)
	if err != nil {
		return err
	}
	r.escape, err = py.Truth(v)
	r.escapeErr = s.value.at().wrap(err)
	if err := r.stmts(s.body, f); err != nil {
		return err
	}
	r.escape, r.escapeErr = saved, savedErr
	s.enter.leave(f)
	return nil
}

// errNoLoader is what Jinja2 says of any template that is to be loaded.
const errNoLoader = "no loader for this environment specified"

func (s *extendsStmt) exec(r *run, f *frame) error {
	if _, err := s.template.eval(r, f); err != nil {
		return err
	}
	return s.errorf(Runtime, "TypeError", errNoLoader)
}

func (s *importStmt) exec(r *run, f *frame) error {
	if _, err := s.template.eval(r, f); err != nil {
		return err
	}
	return s.errorf(Runtime, "TypeError", errNoLoader)
}

// exec fails as environment.get_or_select_template does without a loader.
func (s *includeStmt) exec(r *run, f *frame) error {
	v, err := s.template.eval(r, f)
	if err != nil {
		return err
	}
	if _, ok := py.AsStr(v); ok || isUndefined(v) {
		return s.errorf(Runtime, "TypeError", errNoLoader)
	}
	some, err := py.Truth(v)
	if err != nil {
		return s.wrap(err)
	}
	if some {
		it, err := py.Iterate(r.m, v)
		if err != nil {
			return s.wrap(err)
		}
		if _, some, err = it.Next(); err != nil {
			return s.wrap(err)
		}
		if some {
			return s.errorf(Runtime, "TypeError", errNoLoader)
		}
	}
	if s.ignoreMissing {
		return nil
	}
	return s.errorf(Runtime, "TemplatesNotFound", "Tried to select from an empty list of templates.")
}
