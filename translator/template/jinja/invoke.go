package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func (e *filterExpr) eval(r *run, f *frame) (py.Value, error) {
	return r.builtin(f, e.filter, "filter", e.name, e.node, &e.args, e.span, e.nameAt)
}

func (e *testExpr) eval(r *run, f *frame) (py.Value, error) {
	return r.builtin(f, e.test, "test", e.name, e.node, &e.args, e.span, e.nameAt)
}

// builtin calls a filter or a test.
func (r *run) builtin(f *frame, b *builtin, what, name string, node expr, a *args, at, nameAt span) (py.Value, error) {
	v, err := node.eval(r, f)
	if err != nil {
		return nil, err
	}
	c := &call{at: at, args: make([]py.Value, 1, 1+len(a.pos))}
	c.args[0] = v
	if err := r.arguments(f, a, c, b); err != nil {
		return nil, at.wrap(err)
	}
	if b == nil {
		err := nameAt.errorf(Runtime, "TemplateRuntimeError", "No "+what+" named "+quote(name)+" found.")
		if err.Known = names(r.t.lib.tests); what == "filter" {
			err.Known = names(r.t.lib.filters)
		}
		return nil, err
	}
	v, err = b.invoke(r, c)
	if err != nil {
		return nil, at.wrap(err)
	}
	return v, nil
}

// arguments evaluates the arguments of a call, in Python's order: positional
// ones, *args, keywords, **kwargs.
func (r *run) arguments(f *frame, a *args, c *call, b *builtin) error {
	if err := r.m.Step(int64(1 + len(a.pos) + len(a.kw))); err != nil {
		return err
	}
	for _, e := range a.pos {
		v, err := e.eval(r, f)
		if err != nil {
			return err
		}
		c.args = append(c.args, v)
	}
	if a.dynArgs != nil {
		if err := r.dynamicArgs(f, a.dynArgs, c); err != nil {
			return err
		}
	}
	for _, k := range a.kw {
		v, err := k.value.eval(r, f)
		if err != nil {
			return err
		}
		c.kw = append(c.kw, py.Kwarg{Name: k.name, Value: v})
	}
	if a.dynKwds != nil {
		return r.dynamicKwds(f, a.dynKwds, c, b)
	}
	return nil
}

// calledName is what Python calls the function in an error about **.
func calledName(b *builtin) string {
	if b == nil {
		return "jinja2.sandbox.SandboxedEnvironment.call"
	}
	return b.qualified()
}

func (r *run) dynamicArgs(f *frame, e expr, c *call) error {
	v, err := e.eval(r, f)
	if err != nil {
		return err
	}
	more, err := py.Collect(r.m, v)
	if err != nil {
		if caught(err, "TypeError") && !canIterate(r.m, v) {
			err = raise("TypeError", "Value after * must be an iterable, not "+v.TypeName())
		}
		return e.at().wrap(err)
	}
	c.args = append(c.args, more...)
	return nil
}

func canIterate(m *py.Meter, v py.Value) bool {
	_, err := py.Iterate(m, v)
	return err == nil
}

func (r *run) dynamicKwds(f *frame, e expr, c *call, b *builtin) error {
	v, err := e.eval(r, f)
	if err != nil {
		return err
	}
	d, ok := v.(*py.Dict)
	if u, isUndefined := v.(*undefined); isUndefined && u.strict {
		return u.fail()
	}
	if !ok {
		return e.at().wrap(raise("TypeError", calledName(b)+"() argument after ** must be a mapping, not "+v.TypeName()))
	}
	seen := map[string]bool{}
	for _, k := range c.kw {
		seen[k.Name] = true
	}
	for k, v := range d.Pairs() {
		if err := r.m.Step(1); err != nil {
			return err
		}
		name, ok := py.AsStr(k)
		switch {
		case !ok:
			return e.at().wrap(raise("TypeError", "keywords must be strings"))
		case seen[name]:
			return e.at().wrap(raise("TypeError", calledName(b)+"() got multiple values for keyword argument '"+name+"'"))
		}
		c.kw = append(c.kw, py.Kwarg{Name: name, Value: v})
	}
	return nil
}

func (e *callExpr) eval(r *run, f *frame) (py.Value, error) { return e.invoke(r, f, nil) }

// invoke calls what the expression names; a call block passes a caller on.
func (e *callExpr) invoke(r *run, f *frame, caller *macro) (py.Value, error) {
	callee, err := e.node.eval(r, f)
	if err != nil {
		return nil, err
	}
	c := &call{at: e.span}
	if err := r.arguments(f, &e.args, c, nil); err != nil {
		return nil, e.wrap(err)
	}
	if caller != nil {
		if v, _ := take(append([]py.Kwarg(nil), c.kw...), "caller"); v != nil {
			return nil, e.errorf(Runtime, "TypeError", calledName(nil)+"() got multiple values for keyword argument 'caller'")
		}
		c.kw = append(c.kw, py.Kwarg{Name: "caller", Value: caller})
	}
	if err := r.safeToCall(callee); err != nil {
		return nil, e.wrap(err)
	}
	v, err := py.Call(r.m, callee, c.args, c.kw)
	if err != nil {
		return nil, e.wrap(err)
	}
	return v, nil
}

// safeToCall asks as the sandbox does for attributes that mark an unsafe
// callable; of ours, only a namespace can have them (sandbox.py,
// is_safe_callable).
func (r *run) safeToCall(callee py.Value) error {
	n, ok := callee.(*namespace)
	if !ok {
		return nil
	}
	for _, name := range []string{"unsafe_callable", "alters_data"} {
		if v, ok := n.attrs.GetStr(name); ok {
			unsafe, err := py.Truth(v)
			if err != nil {
				return err
			}
			if unsafe {
				return raise("SecurityError", reprOf(n)+" is not safely callable")
			}
		}
	}
	return nil
}
