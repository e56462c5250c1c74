package py

import "strings"

// Replace is s.replace(old, new, limit); a negative limit is none.
func Replace(m *Meter, s, old, with string, limit int64) (string, error) {
	if err := m.scan(len(s)); err != nil {
		return "", err
	}
	n := int64(strings.Count(s, old))
	if limit >= 0 {
		n = min(n, limit)
	}
	if n == 0 {
		return s, nil
	}
	if err := m.text(int64(len(s)) + product(n, int64(max(len(with)-len(old), 0)))); err != nil {
		return "", err
	}
	if err := m.Step(n / 8); err != nil {
		return "", err
	}
	return strings.Replace(s, old, with, int(n)), nil
}

func strStrip(c *call) (Value, error) {
	if err := c.between(0, 1); err != nil {
		return nil, err
	}
	s, in := c.text(), isSpace
	if arg := c.arg(0); arg != nil && arg != (None{}) {
		chars, ok := asStr(arg)
		if !ok {
			return nil, typeErrorf("%s arg must be None or str", c.name)
		}
		in = func(r rune) bool { return strings.ContainsRune(chars, r) }
		if err := c.m.Step(product(int64(len(s)), int64(len(chars))) / 64); err != nil {
			return nil, err
		}
	}
	if err := c.m.scan(len(s)); err != nil {
		return nil, err
	}
	if c.name != "rstrip" {
		s = strings.TrimLeftFunc(s, in)
	}
	if c.name != "lstrip" {
		s = strings.TrimRightFunc(s, in)
	}
	return Str(s), nil
}

func strPad(c *call) (Value, error) {
	if err := c.between(1, 2); err != nil {
		return nil, err
	}
	width, err := size(c.args[0], 0)
	if err != nil {
		return nil, err
	}
	fill := " "
	if arg := c.arg(1); arg != nil {
		var ok bool
		if fill, ok = asStr(arg); !ok {
			return nil, typeErrorf("The fill character must be a unicode character, not %s", arg.TypeName())
		}
		if _, ok := onlyRune(fill); !ok {
			return nil, typeErrorf("The fill character must be exactly one character long")
		}
	}
	s := c.text()
	if err := c.m.scanRunes(s); err != nil {
		return nil, err
	}
	missing := max(width-int64(runeCount(s)), 0)
	var left int64
	switch c.name {
	case "rjust":
		left = missing
	case "center": // CPython's rule for what is odd
		left = missing/2 + missing&width&1
	}
	s, err = pad(c.m, s, fill, left, missing-left)
	return Str(s), err
}

// pad puts fill characters around a string.
func pad(m *Meter, s, fill string, left, right int64) (string, error) {
	if left <= 0 && right <= 0 {
		return s, nil
	}
	before, err := repeatStr(m, fill, left)
	if err != nil {
		return "", err
	}
	after, err := repeatStr(m, fill, right)
	if err != nil {
		return "", err
	}
	if err := m.text(int64(len(s) + len(before) + len(after))); err != nil {
		return "", err
	}
	return before + s + after, nil
}

func strZfill(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	width, err := size(arg, 0)
	if err != nil {
		return nil, err
	}
	s := c.text()
	if err := c.m.scanRunes(s); err != nil {
		return nil, err
	}
	missing := width - int64(runeCount(s))
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[:1], s[1:]
	}
	s, err = pad(c.m, s, "0", missing, 0)
	return Str(sign + s), err
}

func strExpandTabs(c *call) (Value, error) {
	args, err := c.named(1, "tabsize")
	if err != nil {
		return nil, err
	}
	tab, err := cInt(args[0], 8)
	if err != nil {
		return nil, err
	}
	s := c.text()
	total := int64(len(s)) + product(int64(strings.Count(s, "\t")), max(tab, 0))
	if err := c.m.text(total + 4*int64(len(s))); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(int(total))
	column := int64(0)
	for _, r := range s {
		switch {
		case r == '\t' && tab > 0:
			n := tab - column%tab
			b.WriteString(strings.Repeat(" ", int(n)))
			column += n
		case r == '\t':
		default:
			b.WriteRune(r)
			column++
			if r == '\n' || r == '\r' {
				column = 0
			}
		}
	}
	return Str(b.String()), nil
}
