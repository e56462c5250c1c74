package py

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// pieces makes a list of strings that were cut out of another.
func (c *call) pieces(parts []string, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	if err := c.m.items(2 * int64(len(parts))); err != nil {
		return nil, err
	}
	items := make([]Value, len(parts))
	for i, part := range parts {
		items[i] = Str(part)
	}
	return &List{Items: items}, nil
}

func strSplit(c *call) (Value, error) {
	args, err := c.named(2, "sep", "maxsplit")
	if err != nil {
		return nil, err
	}
	limit, err := size(args[1], -1)
	if err != nil {
		return nil, err
	}
	if limit < 0 || limit > int64(len(c.text())) {
		limit = int64(len(c.text()))
	}
	if args[0] == nil || args[0] == (None{}) {
		return c.pieces(splitBlank(c.m, c.text(), int(limit), c.name == "rsplit"))
	}
	sep, ok := asStr(args[0])
	switch {
	case !ok:
		return nil, typeErrorf("must be str or None, not %s", args[0].TypeName())
	case sep == "":
		return nil, valueErrorf("empty separator")
	}
	return c.pieces(splitAt(c.m, c.text(), sep, int(limit), c.name == "rsplit"))
}

// splitAt cuts at a separator, at most limit times, from the left or the right.
func splitAt(m *Meter, s, sep string, limit int, fromRight bool) ([]string, error) {
	if err := m.scan(len(s)); err != nil {
		return nil, err
	}
	n := min(strings.Count(s, sep), limit) + 1
	if err := m.items(int64(n)); err != nil {
		return nil, err
	}
	if !fromRight {
		return strings.SplitN(s, sep, n), nil
	}
	parts := make([]string, n)
	for i := n - 1; i > 0; i-- {
		at := strings.LastIndex(s, sep)
		parts[i], s = s[at+len(sep):], s[:at]
	}
	parts[0] = s
	return parts, nil
}

// splitBlank cuts at runs of white space; what is left when the limit is reached
// keeps the blanks at its far end.
func splitBlank(m *Meter, s string, limit int, fromRight bool) ([]string, error) {
	if err := m.scan(len(s)); err != nil {
		return nil, err
	}
	trim, cut := strings.TrimLeftFunc, strings.IndexFunc
	if fromRight {
		trim, cut = strings.TrimRightFunc, strings.LastIndexFunc
	}
	var parts []string
	for s = trim(s, isSpace); s != ""; s = trim(s, isSpace) {
		if err := m.items(1); err != nil {
			return nil, err
		}
		at := cut(s, isSpace)
		if at < 0 || len(parts) == limit {
			parts = append(parts, s)
			break
		}
		if fromRight {
			_, n := utf8.DecodeRuneInString(s[at:])
			parts, s = append(parts, s[at+n:]), s[:at]
		} else {
			parts, s = append(parts, s[:at]), s[at:]
		}
	}
	if fromRight {
		slices.Reverse(parts)
	}
	return parts, nil
}

func strSplitLines(c *call) (Value, error) {
	args, err := c.named(1, "keepends")
	if err != nil {
		return nil, err
	}
	keep, err := flag(args[0])
	if err != nil {
		return nil, err
	}
	s := c.text()
	if err := c.m.scan(len(s)); err != nil {
		return nil, err
	}
	var parts []string
	for s != "" {
		line, end := cutLine(s)
		rest := s[line+end:]
		if keep {
			line += end
		}
		if err := c.m.items(1); err != nil {
			return nil, err
		}
		parts, s = append(parts, s[:line]), rest
	}
	return c.pieces(parts, nil)
}

// cutLine is the length of the first line and of what ends it.
func cutLine(s string) (line, end int) {
	for i, r := range s {
		switch r {
		case '\r':
			if strings.HasPrefix(s[i:], "\r\n") {
				return i, 2
			}
			return i, 1
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
			return i, utf8.RuneLen(r)
		}
	}
	return len(s), 0
}
