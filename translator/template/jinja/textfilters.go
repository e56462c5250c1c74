package jinja

import (
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func textFilters() []*builtin {
	return []*builtin{
		filter("capitalize", "do_capitalize", passNothing, 1, []string{"s"}, (*call).capitalize),
		filter("center", "do_center", passNothing, 1, []string{"value", "width"}, (*call).center),
		{name: "format", function: "do_format", module: "jinja2.filters", rest: true, do: (*call).format},
		filter("indent", "do_indent", passNothing, 1, []string{"s", "width", "first", "blank"}, (*call).indent),
		filter("lower", "do_lower", passNothing, 1, []string{"s"}, (*call).lower),
		filter("replace", "do_replace", passEvalContext, 3, []string{"s", "old", "new", "count"}, (*call).replace),
		{name: "string", function: "soft_str", module: "markupsafe", required: 1, params: []string{"s"}, do: (*call).text},
		filter("title", "do_title", passNothing, 1, []string{"s"}, (*call).title),
		filter("trim", "do_trim", passNothing, 1, []string{"value", "chars"}, (*call).trim),
		filter("truncate", "do_truncate", passEnvironment, 1, []string{"s", "length", "killwords", "end", "leeway"}, (*call).truncate),
		filter("upper", "do_upper", passNothing, 1, []string{"s"}, (*call).upper),
		filter("urlencode", "do_urlencode", passNothing, 1, []string{"value"}, (*call).urlencode),
		filter("wordcount", "do_wordcount", passNothing, 1, []string{"s"}, (*call).wordcount),
		filter("wordwrap", "do_wordwrap", passEnvironment, 1,
			[]string{"s", "width", "break_long_words", "wrapstring", "break_on_hyphens"}, (*call).wordwrap),
		filter("pprint", "do_pprint", passNothing, 1, []string{"value"}, (*call).pprint),
	}
}

// soft calls a method of str on the value as a string.
func (c *call) soft(method string, args ...py.Value) (py.Value, error) {
	s, err := softStr(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	f, _ := py.Attr(s, method)
	return py.Call(c.m(), f, args, nil)
}

func (c *call) capitalize() (py.Value, error) { return c.soft("capitalize") }

func (c *call) lower() (py.Value, error) { return c.soft("lower") }

func (c *call) upper() (py.Value, error) { return c.soft("upper") }

func (c *call) text() (py.Value, error) { return softStr(c.m(), c.args[0]) }

func (c *call) center() (py.Value, error) { return c.soft("center", c.or(1, py.NewInt(80))) }

func (c *call) trim() (py.Value, error) { return c.soft("strip", c.or(1, py.None{})) }

func (c *call) format() (py.Value, error) {
	args := c.args[1:]
	if len(args) > 0 && len(c.kw) > 0 {
		return nil, raise("FilterArgumentError", "can't handle positional and keyword arguments at the same time")
	}
	s, err := softStr(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	if len(c.kw) == 0 {
		return py.Binary(c.m(), "%", s, py.NewTuple(args...))
	}
	d := py.NewDict()
	for _, k := range c.kw {
		if err := d.Set(c.m(), py.Str(k.Name), k.Value); err != nil {
			return nil, err
		}
	}
	return py.Binary(c.m(), "%", s, d)
}

// str is the argument as str() of it.
func (c *call) str(i int) (string, error) { return py.ToStr(c.m(), c.args[i]) }

func (c *call) replace() (py.Value, error) {
	n := c.or(3, py.None{})
	if n == (py.None{}) {
		n = py.NewInt(-1)
	}
	on, err := c.r.escapes()
	if err != nil {
		return nil, err
	}
	if on {
		return c.replaceMarkup(n)
	}
	var texts [3]py.Value
	for i := range texts {
		s, err := c.str(i)
		if err != nil {
			return nil, err
		}
		texts[i] = py.Str(s)
	}
	f, _ := py.Attr(texts[0], "replace")
	return py.Call(c.m(), f, []py.Value{texts[1], texts[2], n}, nil)
}

func (c *call) replaceMarkup(n py.Value) (py.Value, error) {
	_, sMarked := c.args[0].(markup)
	_, oldMarked := c.args[1].(markup)
	_, newMarked := c.args[2].(markup)
	s, err := softStr(c.m(), c.args[0])
	if oldMarked || newMarked && !sMarked {
		s, err = escapeArg(c.m(), c.args[0])
	}
	if err != nil {
		return nil, err
	}
	args := []py.Value{nil, nil, n}
	for i := range 2 {
		if args[i], err = softStr(c.m(), c.args[i+1]); err != nil {
			return nil, err
		}
	}
	f, _ := py.Attr(s, "replace")
	return py.Call(c.m(), f, args, nil)
}

func escapeArg(m *py.Meter, v py.Value) (py.Value, error) {
	s, err := escapeValue(m, v)
	return s, err
}

// title makes the first letter of each word large and the others small
// (filters.py, do_title).
func (c *call) title() (py.Value, error) {
	soft, err := softStr(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	s, _ := py.AsStr(soft)
	if err := c.m().Step(int64(len(s)) / 4); err != nil {
		return nil, err
	}
	var b strings.Builder
	for s != "" {
		n := wordEnd(s)
		word, err := titled(c.m(), s[:n])
		if err != nil {
			return nil, err
		}
		b.WriteString(word)
		s = s[n:]
	}
	return py.Str(b.String()), nil
}

// wordEnd is how long the word, or the run of what separates words, is that s
// begins with.
func wordEnd(s string) int {
	separates := func(r rune) bool { return isSpace(r) || strings.ContainsRune("-({[<", r) }
	first, _ := utf8.DecodeRuneInString(s)
	n := strings.IndexFunc(s, func(r rune) bool { return separates(r) != separates(first) })
	if n < 0 {
		return len(s)
	}
	return n
}

func titled(m *py.Meter, word string) (string, error) {
	_, size := utf8.DecodeRuneInString(word)
	if isASCII(word) {
		return strings.ToUpper(word[:size]) + strings.ToLower(word[size:]), nil
	}
	first, err := strMethod(m, word[:size], "upper")
	if err != nil {
		return "", err
	}
	rest, err := strMethod(m, word[size:], "lower")
	return first + rest, err
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// strMethod calls a method of str that gives a str.
func strMethod(m *py.Meter, s, name string, args ...py.Value) (string, error) {
	f, _ := py.Attr(py.Str(s), name)
	v, err := py.Call(m, f, args, nil)
	if err != nil {
		return "", err
	}
	out, _ := py.AsStr(v)
	return out, nil
}

// plain is an argument that must be a string: what happens to one that is none
// is up to what the filter does first with it.
func (c *call) plain(i int, otherwise func(v py.Value) error) (string, error) {
	if s, ok := py.AsStr(c.args[i]); ok {
		return s, nil
	}
	if u, ok := c.args[i].(*undefined); ok {
		return "", u.fail()
	}
	return "", otherwise(c.args[i])
}

func noAttr(v py.Value, name string) error {
	if c, ok := v.(*class); ok {
		return raise("AttributeError", "type object '"+c.name[strings.LastIndexByte(c.name, '.')+1:]+"' has no attribute '"+name+"'")
	}
	return raise("AttributeError", "'"+v.TypeName()+"' object has no attribute '"+name+"'")
}

// indent puts blanks, or the given text, before each line but the first
// (filters.py, do_indent).
func (c *call) indent() (py.Value, error) {
	indention, err := c.indention(c.or(1, py.NewInt(4)))
	if err != nil {
		return nil, err
	}
	s, err := c.plain(0, func(v py.Value) error {
		switch v.(type) {
		case *py.List:
			return noAttr(v, "splitlines")
		case *py.Tuple:
			return raise("TypeError", `can only concatenate tuple (not "str") to tuple`)
		}
		return raise("TypeError", "unsupported operand type(s) for +=: '"+v.TypeName()+"' and 'str'")
	})
	if err != nil {
		return nil, err
	}
	first, err := py.Truth(c.or(2, py.Bool(false)))
	if err != nil {
		return nil, err
	}
	blank, err := py.Truth(c.or(3, py.Bool(false)))
	if err != nil {
		return nil, err
	}
	text, err := indented(c.m(), s, indention, first, blank)
	if _, ok := c.args[0].(markup); ok {
		return markup(text), err
	}
	return py.Str(text), err
}

func (c *call) indention(width py.Value) (string, error) {
	if s, ok := py.AsStr(width); ok {
		return s, nil
	}
	v, err := py.Binary(c.m(), "*", py.Str(" "), width)
	if err != nil {
		return "", err
	}
	s, _ := py.AsStr(v)
	return s, nil
}

func indented(m *py.Meter, s, indention string, first, blank bool) (string, error) {
	lines, err := splitLines(m, s+"\n")
	if err != nil {
		return "", err
	}
	size := len(s) + len(lines)*(len(indention)+1)
	if err := m.Step(int64(len(lines))); err != nil {
		return "", err
	}
	if err := m.Bytes(int64(size)); err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(size)
	if first {
		b.WriteString(indention)
	}
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
			if blank || line != "" {
				b.WriteString(indention)
			}
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// splitLines is str.splitlines.
func splitLines(m *py.Meter, s string) ([]string, error) {
	if err := m.Bytes(int64(len(s))); err != nil {
		return nil, err
	}
	var lines []string
	for s != "" {
		if err := m.Bytes(40); err != nil { // with what appending leaves behind
			return nil, err
		}
		n := strings.IndexFunc(s, endsLine)
		if n < 0 {
			return append(lines, s), nil
		}
		lines = append(lines, s[:n])
		_, size := utf8.DecodeRuneInString(s[n:])
		if strings.HasPrefix(s[n:], "\r\n") {
			size = 2
		}
		s = s[n+size:]
	}
	return lines, nil
}

func endsLine(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}
