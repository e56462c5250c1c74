package py

import (
	"math"
	"strings"
)

// window is the part of the string that the arguments after the first select,
// and the code point where it begins. ok is false if there is no such part.
func (c *call) window() (part string, start int, ok bool, err error) {
	s := c.text()
	if c.arg(1) == nil && c.arg(2) == nil {
		return s, 0, true, nil
	}
	if err := c.m.scanRunes(s); err != nil {
		return "", 0, false, err
	}
	n := int64(runeCount(s))
	from, err := windowBound(c.arg(1), n, 0, math.MaxInt64)
	if err != nil {
		return "", 0, false, err
	}
	to, err := windowBound(c.arg(2), n, n, n)
	if err != nil || from > to {
		return "", 0, false, err
	}
	return substring(s, int(from), int(to)), int(from), true, nil
}

func windowBound(v Value, n, absent, most int64) (int64, error) {
	if v == nil || v == (None{}) {
		return absent, nil
	}
	i, err := sliceIndex(v, 0)
	if i < 0 {
		i = max(i+n, 0)
	}
	return min(i, most), err
}

func strFind(c *call) (Value, error) {
	if err := c.parsed(1, 3); err != nil {
		return nil, err
	}
	part, start, ok, err := c.window()
	if err != nil {
		return nil, err
	}
	sub, err := strArg(c.args[0])
	if err != nil {
		return nil, err
	}
	if err := c.m.scan(len(c.text())); err != nil {
		return nil, err
	}
	at := -1
	switch {
	case !ok:
	case c.name[0] == 'r':
		at = strings.LastIndex(part, sub)
	default:
		at = strings.Index(part, sub)
	}
	switch {
	case at >= 0:
		return NewInt(int64(start + runeCount(part[:at]))), nil
	case strings.HasSuffix(c.name, "index"):
		return nil, valueErrorf("substring not found")
	}
	return NewInt(-1), nil
}

func strCount(c *call) (Value, error) {
	if err := c.parsed(1, 3); err != nil {
		return nil, err
	}
	part, _, ok, err := c.window()
	if err != nil {
		return nil, err
	}
	sub, err := strArg(c.args[0])
	if err != nil {
		return nil, err
	}
	if !ok {
		return NewInt(0), nil
	}
	return NewInt(int64(strings.Count(part, sub))), c.m.scan(2 * len(part))
}

func strAffix(c *call) (Value, error) {
	if err := c.parsed(1, 3); err != nil {
		return nil, err
	}
	part, _, ok, err := c.window()
	if err != nil {
		return nil, err
	}
	has := strings.HasPrefix
	if c.name == "endswith" {
		has = strings.HasSuffix
	}
	if affix, isStr := asStr(c.args[0]); isStr {
		return Bool(ok && has(part, affix)), c.m.scan(len(affix))
	}
	several, isTuple := c.args[0].(*Tuple)
	if !isTuple {
		return nil, typeErrorf("%s first arg must be str or a tuple of str, not %s", c.name, c.args[0].TypeName())
	}
	for _, item := range several.Items {
		affix, isStr := asStr(item)
		if !isStr {
			return nil, typeErrorf("tuple for %s must only contain str, not %s", c.name, item.TypeName())
		}
		if ok && has(part, affix) {
			return Bool(true), nil
		}
		if err := c.m.scan(len(affix)); err != nil {
			return nil, err
		}
	}
	return Bool(false), nil
}

func strPartition(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	sep, err := strArg(arg)
	if err != nil {
		return nil, err
	}
	if sep == "" {
		return nil, valueErrorf("empty separator")
	}
	s := c.text()
	if err := c.m.scan(len(s)); err != nil {
		return nil, err
	}
	if c.name == "rpartition" {
		if at := strings.LastIndex(s, sep); at >= 0 {
			return NewTuple(Str(s[:at]), Str(sep), Str(s[at+len(sep):])), nil
		}
		return NewTuple(Str(""), Str(""), Str(s)), nil
	}
	before, after, found := strings.Cut(s, sep)
	if !found {
		sep = ""
	}
	return NewTuple(Str(before), Str(sep), Str(after)), nil
}
