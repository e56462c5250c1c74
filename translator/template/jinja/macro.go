package jinja

import (
	"fmt"
	"strconv"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// macroFrames is how many of Python's frames a call of a macro takes.
const macroFrames = 5

// macro is a macro of the template, or the caller of a call block (runtime.py,
// Macro). It keeps the frame it was made in.
type macro struct {
	r   *run
	def *macroDef
	up  *frame
}

func (s *macroStmt) exec(r *run, f *frame) error {
	m := &macro{r, &s.macroDef, f}
	f.set(s.target, m)
	if s.exported >= 0 {
		f.ctx.vars[s.exported] = m
	}
	return s.wrap(r.m.Step(1))
}

func (s *callBlockStmt) exec(r *run, f *frame) error {
	caller := &macro{r, &s.macroDef, f}
	v, err := s.call.invoke(r, f, caller)
	if err != nil {
		return err
	}
	return r.yield(v, s.span)
}

// TypeName is that of Jinja2's class.
func (m *macro) TypeName() string { return "Macro" }

func (m *macro) module() string { return "jinja2.runtime" }

func (m *macro) label() string {
	if m.def.anonymous {
		return "None"
	}
	return reprStr(m.def.name)
}

// PyRepr is <Macro 'name'>.
func (m *macro) PyRepr(*py.Meter) (string, error) {
	if m.def.anonymous {
		return "<Macro anonymous>", nil
	}
	return "<Macro " + m.label() + ">", nil
}

// PyGetAttr is what Jinja2 documents of a macro.
func (m *macro) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "name":
		if m.def.anonymous {
			return py.None{}, true
		}
		return py.Str(m.def.name), true
	case "arguments":
		names := make([]py.Value, len(m.def.args))
		for i, arg := range m.def.args {
			names[i] = py.Str(arg.name)
		}
		return py.NewTuple(names...), true
	case "catch_kwargs":
		return py.Bool(m.def.kwargs), true
	case "catch_varargs":
		return py.Bool(m.def.varargs), true
	case "caller":
		return py.Bool(m.def.caller), true
	case "explicit_caller":
		return py.Bool(m.def.explicitCaller), true
	}
	return nil, false
}

func (m *macro) hidden() string {
	return "_argument_count _async_invoke _default_autoescape _environment _func _invoke __call__"
}

// PyCall renders the macro.
func (m *macro) PyCall(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	r := m.r
	if err := r.m.Step(int64(4 + len(args) + len(kwargs)*(1+len(m.def.params)/8))); err != nil {
		return nil, err
	}
	if err := r.m.Bytes(int64(64 + 16*m.def.fn.size)); err != nil {
		return nil, err
	}
	if err := r.deeper(macroFrames); err != nil {
		return nil, err
	}
	defer r.shallower(macroFrames)
	f := r.newFrame(m.def.fn, m.up, m.up.ctx)
	if err := m.bind(f, args, kwargs); err != nil {
		return nil, err
	}
	text, err := m.body(f)
	if err != nil {
		return nil, err
	}
	return r.produced(text)
}

// bind gives the arguments to the variables (Macro.__call__).
func (m *macro) bind(f *frame, args []py.Value, kwargs []py.Kwarg) error {
	d := m.def
	kwargs = append([]py.Kwarg(nil), kwargs...)
	for i, slot := range d.params {
		if i < len(args) {
			f.slots[slot] = args[i]
			continue
		}
		f.slots[slot], kwargs = take(kwargs, d.args[i].name)
	}
	if d.caller && !d.explicitCaller {
		var caller py.Value
		if caller, kwargs = take(kwargs, "caller"); caller == nil || caller == (py.None{}) {
			caller = undefinedHint("No caller defined", "caller", d.args0())
		}
		f.slots[d.callerSlot] = caller
	}
	if err := m.keywords(f, kwargs); err != nil {
		return err
	}
	rest := args[min(len(args), len(d.params)):]
	if d.varargs {
		f.slots[d.slot] = py.NewTuple(rest...)
	} else if len(rest) > 0 {
		return raise("TypeError", fmt.Sprintf("macro %s takes not more than %d argument(s)", m.label(), len(d.params)))
	}
	return nil
}

// args0 is where the macro's arguments begin, or nowhere.
func (d *macroDef) args0() span {
	if len(d.args) > 0 {
		return d.args[0].span
	}
	return d.where
}

// take takes a keyword argument out of a list.
func take(kwargs []py.Kwarg, name string) (py.Value, []py.Kwarg) {
	for i, k := range kwargs {
		if k.Name == name {
			return k.Value, append(kwargs[:i], kwargs[i+1:]...)
		}
	}
	return nil, kwargs
}

// keywords are the keyword arguments that no parameter took.
func (m *macro) keywords(f *frame, kwargs []py.Kwarg) error {
	if m.def.kwargs {
		d := py.NewDict()
		for _, k := range kwargs {
			if err := d.Set(m.r.m, py.Str(k.Name), k.Value); err != nil {
				return err
			}
		}
		f.slots[m.def.kwSlot] = d
		return nil
	}
	for _, k := range kwargs {
		if k.Name == "caller" {
			return raise("TypeError", "macro "+m.label()+" was invoked with two values for the special caller argument. This is most likely a bug.")
		}
	}
	if len(kwargs) > 0 {
		return raise("TypeError", "macro "+m.label()+" takes no keyword argument "+reprStr(kwargs[0].Name))
	}
	return nil
}

// body renders the macro once its arguments are bound.
func (m *macro) body(f *frame) (string, error) {
	d := m.def
	d.enter.enter(f)
	first := len(d.args) - len(d.defaults)
	for i, slot := range d.params {
		if f.slots[slot] != nil {
			continue
		}
		if i < first {
			name := d.args[i].name
			f.slots[slot] = undefinedHint("parameter "+reprStr(name)+" was not provided", name, d.args[i].span)
			continue
		}
		v, err := d.defaults[i-first].eval(m.r, f)
		if err != nil {
			return "", err
		}
		f.slots[slot] = v
	}
	return m.r.capture(d.body, f)
}

// method is a method of one of Jinja2's objects.
type method struct {
	self py.Value
	name string
	call func(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error)
}

// TypeName is "method".
func (b *method) TypeName() string { return "method" }

// PyCall calls it.
func (b *method) PyCall(m *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	return b.call(m, args, kwargs)
}

// PyRepr is <bound method LoopContext.cycle of …>.
func (b *method) PyRepr(m *py.Meter) (string, error) {
	self, err := py.Repr(m, b.self)
	return "<bound method " + b.self.TypeName() + "." + b.name + " of " + self + ">", err
}

// function objects of Python have addresses when printed; here they are all one.
const address = "0x7f0000000000"

// templateRef is `self`.
type templateRef struct {
	r   *run
	ctx *variables
}

// TypeName is that of Jinja2's class.
func (t *templateRef) TypeName() string { return "TemplateReference" }

func (t *templateRef) module() string { return "jinja2.runtime" }

// PyRepr names the template, which has no name.
func (t *templateRef) PyRepr(*py.Meter) (string, error) { return "<TemplateReference None>", nil }

// PyGetItem is a block.
func (t *templateRef) PyGetItem(_ *py.Meter, key py.Value) (py.Value, bool, error) {
	name, ok := py.AsStr(key)
	if !ok {
		return nil, false, nil
	}
	def := t.r.t.blocks[name]
	if def == nil {
		return nil, false, nil
	}
	return &blockRef{t.r, def, t.ctx}, true, nil
}

func (t *templateRef) hidden() string { return "_TemplateReference__context __getitem__" }

// blockRef is self.name: calling it renders the block.
type blockRef struct {
	r   *run
	def *blockDef
	ctx *variables
}

// TypeName is that of Jinja2's class.
func (b *blockRef) TypeName() string { return "BlockReference" }

func (b *blockRef) module() string { return "jinja2.runtime" }

// PyRepr has the address that Python prints.
func (b *blockRef) PyRepr(*py.Meter) (string, error) {
	return "<jinja2.runtime.BlockReference object at " + address + ">", nil
}

// PyGetAttr is the block's name, or the block of the parent template, which
// never is.
func (b *blockRef) PyGetAttr(name string) (py.Value, bool) {
	switch name {
	case "name":
		return py.Str(b.def.name), true
	case "super":
		return noSuper(b.def.name, span{}), true
	}
	return nil, false
}

func (b *blockRef) hidden() string { return "_async_call _context _depth _stack __call__" }

func noSuper(block string, at span) *undefined {
	return undefinedHint("there is no parent block called "+reprStr(block)+".", "super", at)
}

// PyCall renders the block.
func (b *blockRef) PyCall(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
	if len(kwargs) > 0 {
		return nil, raise("TypeError", "BlockReference.__call__() got an unexpected keyword argument '"+kwargs[0].Name+"'")
	}
	if len(args) > 0 {
		return nil, raise("TypeError", "BlockReference.__call__() takes 1 positional argument but "+strconv.Itoa(len(args)+1)+" were given")
	}
	outer := b.r.out
	b.r.out = &output{}
	text, err := b.r.released(outer, b.r.block(b.def, b.ctx, 4))
	if err != nil {
		return nil, err
	}
	return b.r.produced(text)
}

// block renders a block in a context.
func (r *run) block(def *blockDef, ctx *variables, frames int) error {
	if err := r.deeper(frames); err != nil {
		return err
	}
	defer r.shallower(frames)
	if err := r.m.Step(4); err != nil {
		return err
	}
	f := r.newFrame(def.fn, nil, ctx)
	if def.self >= 0 {
		f.slots[def.self] = &templateRef{r, ctx}
	}
	if def.super >= 0 {
		f.slots[def.super] = noSuper(def.name, span{})
	}
	def.enter.enter(f)
	return r.stmts(def.body, f)
}

func (s *blockStmt) exec(r *run, f *frame) error {
	if s.required {
		return s.errorf(Runtime, "TemplateRuntimeError", "Required block "+quote(s.def.name)+" not found")
	}
	ctx := f.ctx
	if s.scoped {
		if err := r.charge(len(ctx.vars) * 32); err != nil {
			return s.wrap(err)
		}
		ctx = s.derived(f)
	}
	return s.wrap(r.block(s.def, ctx, 1))
}

// derived is the context of a scoped block: it also has the variables of the
// scopes around it.
func (s *blockStmt) derived(f *frame) *variables {
	n := len(f.ctx.vars)
	ctx := &variables{vars: make([]py.Value, n), parent: make([]py.Value, n)}
	for id := range n {
		ctx.parent[id] = f.ctx.resolve(id)
	}
	for _, l := range s.locals {
		if v := f.get(l.ref); v != nil {
			ctx.parent[l.id] = v
		}
	}
	return ctx
}
