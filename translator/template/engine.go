package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/filters"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// The budget of one rendering. OSMO gives a template 0.5 s and 100 MiB in a
// process of its own; here the clock is looked at before every tag and in every
// turn of a loop. What the engine does inside one expression cannot be
// interrupted, so guard refuses an expression that could be large, and fuel,
// the engine's own limit, counts its steps.
const (
	timeLimit   = 500 * time.Millisecond
	fuel        = 20_000_000
	maxOutput   = 16 << 20
	maxVariable = 1 << 16
)

// The engine never sees the template's text: each piece of it, and the place
// before each expression, is a call of textFn with the segment's number, and
// textFn prints the mark `NUL number ;`. What the user's values contain of NUL
// is printed as nulMark. So the output says which segment each byte is from.
const (
	textFn  = "osmo__text"
	checkFn = "osmo__check"
	nul     = "\x00"
	nulMark = "\x00z;"
)

// run is one rendering.
type run struct {
	segs  []segment
	vars  map[string]value.Value
	names []string
	// extents bound the variables, seen what loops and sets have assigned.
	extents  map[string]extent
	seen     extent
	deadline time.Time
	written  int
	// current is the segment that is being evaluated.
	current int
	// failed is the first error that the engine was not told of.
	failed *renderError
}

// renderError is an error at a place in the template; at < 0 means the segment
// that was being evaluated.
type renderError struct {
	code diag.Code
	at   int
	msg  string
}

// Error makes it an error that the engine passes through.
func (e *renderError) Error() string { return e.msg }

// missing is a name that has no value. The engine's own undefined value knows
// no name and is false in comparisons, where Jinja2 is strict.
type missing struct {
	run  *run
	text string
	at   int
}

// The engine calls these where Jinja2's StrictUndefined raises.
func (m *missing) GetAttr(string) value.Value  { m.fail(); return value.Undefined() }
func (m *missing) ObjectIsTrue() bool          { m.fail(); return false }
func (m *missing) Map() map[string]value.Value { m.fail(); return nil }
func (m *missing) Iter() []value.Value         { m.fail(); return nil }
func (m *missing) String() string              { m.fail(); return "" }
func (m *missing) ObjectCmp(value.Object) (int, bool) {
	m.fail()
	return 0, false
}

func (m *missing) fail() { m.run.fail(&renderError{diag.Template, m.at, m.text}) }

func (r *run) fail(e *renderError) {
	if r.failed == nil {
		r.failed = e
	}
}

func (r *run) missing(text string) value.Value {
	return value.FromObject(&missing{run: r, text: text, at: -1})
}

func isMissing(v value.Value) bool {
	if o, ok := v.AsObject(); ok {
		_, ok = o.(*missing)
		return ok
	}
	return v.IsUndefined()
}

// context is where the engine looks for variables.
type context struct{ run *run }

// GetAttr returns a variable. A name without a value is an error at its place,
// unless the template asks whether it is defined or gives it a default.
func (c context) GetAttr(name string) value.Value {
	r := c.run
	if v, ok := r.vars[name]; ok {
		return v
	}
	if slices.Contains(supportedFunctions(), name) {
		return value.Undefined()
	}
	text := fmt.Sprintf("%q is not defined%s", name, diag.DidYouMean(name, r.names))
	seg := r.segmentWith(name)
	at, guarded, bare := seg.uses(name)
	if bare && !guarded {
		r.fail(&renderError{diag.Template, at, text})
	}
	return value.FromObject(&missing{run: r, text: text, at: at})
}

// ObjectRepr makes the engine look variables up here.
func (context) ObjectRepr() value.ObjectRepr { return value.ObjectReprMap }

// segmentWith returns the segment that is being evaluated, or the next one that
// uses the name: an elif is evaluated without a mark before it.
func (r *run) segmentWith(name string) segment {
	for _, s := range r.segs[r.current:] {
		if at, _, _ := s.uses(name); at >= 0 {
			return s
		}
	}
	return r.segs[r.current]
}

// uses finds a variable in a tag: where it is first used barely, else where it
// is used at all, else -1; and whether any use is guarded by a test or a
// default, and any is not.
func (s segment) uses(name string) (at int, guarded, bare bool) {
	at = -1
	for i, w := range s.words {
		if w.kind != nameWord || w.text != name || i > 0 && s.words[i-1].kind == opWord && strings.Contains(".|", s.words[i-1].text) {
			continue
		}
		if s.guards(i) {
			guarded = true
		} else if !bare {
			bare, at = true, w.at
		}
		if at < 0 {
			at = w.at
		}
	}
	return at, guarded, bare
}

// guards says whether the i-th word is followed by `is …`, `|default` or `|d`.
func (s segment) guards(i int) bool {
	text := func(j int) string {
		if j < len(s.words) {
			return s.words[j].text
		}
		return ""
	}
	return text(i+1) == "is" || text(i+1) == "|" && (text(i+2) == "default" || text(i+2) == "d")
}

// skeleton writes what the engine gets, and how its offsets and lines lead
// back. Each tag begins a line, inside its delimiters where that prints nothing:
// of a syntax error the engine tells only the line.
func skeleton(segs []segment) (string, []offset) {
	var b strings.Builder
	var offsets []offset
	line := 1
	mark := func(i int) { fmt.Fprintf(&b, "{{ %s(%d) }}", textFn, i) }
	code := func(open, closing string, s segment) {
		b.WriteString(open + "\n")
		line++
		offsets = append(offsets, offset{from: b.Len(), to: s.body, line: line, start: s.start})
		b.WriteString(s.text)
		b.WriteString(closing)
		line += strings.Count(s.text, "\n")
	}
	for i, s := range segs {
		switch {
		case s.kind == textSeg:
			mark(i)
		case s.kind == exprSeg:
			mark(i)
			code("{{", " }}", s)
		default:
			switch tag := s.words[0].text; tag {
			case "for", "if", "set":
				mark(i)
				code("{%", " %}", s)
				if target := assigned(s); target != "" {
					fmt.Fprintf(&b, "{{ %s(%s) }}", checkFn, target)
				}
			default:
				code("{%", " %}", s)
			}
		}
	}
	return b.String(), offsets
}

// offset says that the skeleton from the byte `from` on, which begins its line
// `line`, is the template from the byte `to` on, in the tag at `start`.
type offset struct{ from, to, line, start int }

// assigned returns the targets of a for or a set, as arguments of a call.
func assigned(s segment) string {
	end := map[string]string{"for": "in", "set": "="}[s.words[0].text]
	if end == "" || len(s.words) < 2 {
		return ""
	}
	from := s.words[1].at
	for _, w := range s.words[1:] {
		if w.text == end {
			target := s.text[from-s.body : w.at-s.body]
			return strings.NewReplacer("(", " ", ")", " ").Replace(target)
		}
	}
	return ""
}

// mark is textFn: it prints a segment's mark and keeps the budget.
func (r *run) mark(_ *minijinja.State, args []value.Value, _ map[string]value.Value) (value.Value, error) {
	if err := r.tick(); err != nil {
		return value.Undefined(), err
	}
	n, _ := args[0].AsInt()
	r.current = int(n)
	if err := r.guard(r.segs[r.current]); err != nil {
		return value.Undefined(), err
	}
	switch s := r.segs[r.current]; s.kind {
	case stmtSeg:
		return value.FromString(""), nil
	case textSeg:
		r.wrote(len(s.text))
	case exprSeg:
	}
	return value.FromObject(markObject(n)), nil
}

func (r *run) tick() error {
	if r.failed != nil {
		return r.failed
	}
	if time.Now().After(r.deadline) {
		return &renderError{diag.Template, -1, fmt.Sprintf("the template ran longer than %s", timeLimit)}
	}
	return nil
}

// markObject is a mark on its way to the formatter: no value of the user's.
type markObject int

// GetAttr makes it an object of the engine; it has no attributes.
func (markObject) GetAttr(string) value.Value { return value.Undefined() }

// check is checkFn: it bounds what a variable can grow to. All growth goes
// through variables, as there are no macros.
func (r *run) check(_ *minijinja.State, args []value.Value, _ map[string]value.Value) (value.Value, error) {
	if err := r.tick(); err != nil {
		return value.Undefined(), err
	}
	for _, v := range args {
		e := extentOfValue(v)
		if e.length > maxVariable {
			return value.Undefined(), &renderError{diag.Template, -1, fmt.Sprintf("a variable grew to more than %d characters", maxVariable)}
		}
		r.seen = r.seen.union(e)
	}
	return value.FromString(""), nil
}

// format prints a value as Python does.
func (r *run) format(_ *minijinja.State, v value.Value, _ func(string) string) string {
	if o, ok := v.AsObject(); ok {
		switch o := o.(type) {
		case markObject:
			return nul + strconv.Itoa(int(o)) + ";"
		case *missing:
			o.fail()
			return ""
		}
	}
	s := pyStr(v)
	r.wrote(len(s))
	return strings.ReplaceAll(s, nul, nulMark)
}

func (r *run) wrote(n int) {
	if r.written += n; r.written > maxOutput {
		r.fail(&renderError{diag.Template, r.segs[r.current].start, fmt.Sprintf("the template makes more than %d MiB of text", maxOutput>>20)})
	}
}

// environment sets the engine up: strict, nothing escaped, nothing loaded.
func (r *run) environment() *minijinja.Environment {
	env := minijinja.NewEnvironment()
	budget := uint64(fuel)
	env.SetFuel(&budget)
	env.SetRecursionLimit(100)
	env.SetDebug(true) // gives errors a place
	env.SetUndefinedBehavior(minijinja.UndefinedStrict)
	env.SetAutoEscapeFunc(func(string) minijinja.AutoEscape { return minijinja.AutoEscapeNone })
	env.SetFormatter(r.format)
	env.AddFunction(textFn, r.mark)
	env.AddFunction(checkFn, r.check)
	env.AddFunction("range", rangeOf)
	addFilters(env)
	env.AddTest("defined", func(_ minijinja.TestState, v value.Value, _ []value.Value) (bool, error) { return !isMissing(v), nil })
	env.AddTest("undefined", func(_ minijinja.TestState, v value.Value, _ []value.Value) (bool, error) { return isMissing(v), nil })
	return env
}

// execute runs the engine. The engine may panic: it is an alpha.
func (r *run) execute(source string) (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the template engine broke: %v", p)
		}
	}()
	tmpl, err := r.environment().TemplateFromNamedString("workflow", source)
	if err != nil {
		return "", err
	}
	out, err = tmpl.Render(value.FromObject(context{r}))
	if r.failed != nil {
		return "", r.failed
	}
	return out, err
}

// explain turns an error of the engine into code, place and message.
func (r *run) explain(err error, offsets []offset) (diag.Code, int, string) {
	at, msg := r.segs[r.current].start, err.Error()
	var engine *minijinja.Error
	var own *renderError
	switch {
	case errors.As(err, &own):
		if own.at >= 0 {
			at = own.at
		}
		return own.code, at, own.msg
	case !errors.As(err, &engine):
		if m := syntaxRE.FindStringSubmatch(msg); m != nil {
			line, _ := strconv.Atoi(m[2])
			at, msg = tagOfLine(line, offsets, at), m[1]
		}
	case engine.Kind == minijinja.ErrOutOfFuel:
		msg = "the template does more than a template may"
	default:
		msg = engine.Message
		if engine.Kind == minijinja.ErrUnknownFunction {
			msg = "there is no such function or method"
		}
		if engine.Span != nil {
			at = sourceOffset(int(engine.Span.StartOffset), offsets, at)
		}
	}
	return diag.Template, at, msg
}

// syntaxRE takes a syntax error of the engine apart: its type is internal.
var syntaxRE = regexp.MustCompile(`^SyntaxError: (.*) \(line (\d+)\)$`)

// tagOfLine returns where the tag begins that is on a line of the skeleton.
func tagOfLine(line int, offsets []offset, absent int) int {
	for _, o := range slices.Backward(offsets) {
		if o.line <= line {
			return o.start
		}
	}
	return absent
}

// sourceOffset leads from the skeleton to the template.
func sourceOffset(at int, offsets []offset, absent int) int {
	i, found := slices.BinarySearchFunc(offsets, at, func(o offset, at int) int { return o.from - at })
	if !found {
		i--
	}
	if i < 0 {
		return absent
	}
	return offsets[i].to + at - offsets[i].from
}

// addFilters gives the filters Python's results where the engine's differ, and
// makes all of them refuse a value that is not there.
func addFilters(env *minijinja.Environment) {
	for name, f := range engineFilters() {
		env.AddFilter(name, func(s minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
			for _, a := range append([]value.Value{v}, args...) {
				if o, ok := a.AsObject(); ok {
					if m, ok := o.(*missing); ok {
						return value.Undefined(), &renderError{diag.Template, m.at, m.text}
					}
				}
			}
			return f(s, v, args, kw)
		})
	}
	env.AddFilter("default", filterDefault)
	env.AddFilter("d", filterDefault)
}

func engineFilters() map[string]minijinja.FilterFunc {
	return map[string]minijinja.FilterFunc{
		"abs": filters.FilterAbs, "capitalize": filters.FilterCapitalize, "count": filters.FilterLength,
		"first": filters.FilterFirst, "float": filters.FilterFloat, "int": filterInt, "join": filterJoin,
		"last": filters.FilterLast, "length": filters.FilterLength, "list": filters.FilterList,
		"lower": filters.FilterLower, "max": filters.FilterMax, "min": filters.FilterMin,
		"replace": filterReplace, "reverse": filters.FilterReverse, "round": filterRound,
		"sort": filters.FilterSort, "string": filterString, "sum": filters.FilterSum,
		"tojson": filterToJSON, "trim": filters.FilterTrim, "unique": filters.FilterUnique,
		"upper": filters.FilterUpper,
	}
}
