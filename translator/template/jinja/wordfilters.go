package jinja

import (
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// truncate cuts a text, at a word's end or at the length (filters.py,
// do_truncate).
func (c *call) truncate() (py.Value, error) {
	m := c.m()
	end := c.or(3, py.Str("..."))
	size, err := py.Size(m, end)
	if err != nil {
		return nil, err
	}
	most, leeway := c.or(1, py.NewInt(255)), c.or(4, py.None{})
	if leeway == (py.None{}) {
		leeway = py.NewInt(5)
	}
	if err := assertLeast(m, "length", most, integer(size)); err != nil {
		return nil, err
	}
	if err := assertLeast(m, "leeway", leeway, integer(0)); err != nil {
		return nil, err
	}
	fits, err := c.fits(most, leeway)
	if err != nil || fits {
		return c.args[0], err
	}
	killwords, err := py.Truth(c.or(2, py.Bool(false)))
	if err != nil {
		return nil, err
	}
	stop, err := py.Binary(m, "-", most, integer(size))
	if err != nil {
		return nil, err
	}
	cut, err := py.Slice(m, c.args[0], py.None{}, stop, py.None{})
	if err != nil {
		return nil, err
	}
	if _, ok := c.args[0].(markup); ok {
		cut = remark(cut)
	}
	if !killwords {
		if cut, err = lastWordOff(m, cut); err != nil {
			return nil, err
		}
	}
	return py.Binary(m, "+", cut, end)
}

func assertLeast(m *py.Meter, what string, v, least py.Value) error {
	ok, err := py.Compare(m, ">=", v, least)
	if err != nil || ok {
		return err
	}
	got, err := py.ToStr(m, v)
	if err != nil {
		return err
	}
	return raise("AssertionError", fmt.Sprintf("expected %s >= %s, got %s", what, reprOf(least), got))
}

// fits says whether the value is no longer than a length and a leeway.
func (c *call) fits(most, leeway py.Value) (bool, error) {
	n, err := py.Size(c.m(), c.args[0])
	if err != nil {
		return false, err
	}
	limit, err := py.Binary(c.m(), "+", most, leeway)
	if err != nil {
		return false, err
	}
	return py.Compare(c.m(), "<=", integer(n), limit)
}

func lastWordOff(m *py.Meter, v py.Value) (py.Value, error) {
	f, ok := py.Attr(v, "rsplit")
	if !ok {
		return nil, noAttr(v, "rsplit")
	}
	parts, err := py.Call(m, f, []py.Value{py.Str(" "), py.NewInt(1)}, nil)
	if err != nil {
		return nil, err
	}
	return py.Item(m, parts, py.NewInt(0))
}

func (c *call) wordcount() (py.Value, error) {
	soft, err := softStr(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	s, _ := py.AsStr(soft)
	if err := c.m().Step(int64(len(s)) / 16); err != nil {
		return nil, err
	}
	words, inside := 0, false
	for _, r := range s {
		word := isWord(r)
		if word && !inside {
			words++
		}
		inside = word
	}
	return integer(words), nil
}

// urlencode quotes a text, or the pairs of a query (filters.py, do_urlencode).
func (c *call) urlencode() (py.Value, error) {
	v := c.args[0]
	if s, ok := py.AsStr(v); ok {
		return c.quoted(s, "/")
	}
	if d, ok := v.(*py.Dict); ok {
		v = d.Items()
	}
	it, err := py.Iterate(c.m(), v)
	if err != nil {
		if !caught(err, "TypeError") {
			return nil, err
		}
		s, err := py.ToStr(c.m(), v)
		if err != nil {
			return nil, err
		}
		return c.quoted(s, "/")
	}
	var b strings.Builder
	for {
		item, ok, err := it.Next()
		if err != nil || !ok {
			return py.Str(b.String()), err
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		if err := c.queryPair(&b, item); err != nil {
			return nil, err
		}
	}
}

func (c *call) queryPair(b *strings.Builder, item py.Value) error {
	pair, err := c.r.unpack(item, 2)
	if err != nil {
		return err
	}
	for i, part := range pair {
		if i > 0 {
			b.WriteByte('=')
		}
		s, err := py.ToStr(c.m(), part)
		if err != nil {
			return err
		}
		q, err := c.quoted(s, "")
		if err != nil {
			return err
		}
		b.WriteString(strings.ReplaceAll(string(q), "%20", "+"))
	}
	return nil
}

func (c *call) quoted(s, safe string) (py.Str, error) {
	if err := c.m().Bytes(int64(3 * len(s))); err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range len(s) {
		switch ch := s[i]; {
		case isASCIIAlnum(ch), strings.IndexByte("_.-~"+safe, ch) >= 0:
			b.WriteByte(ch)
		default:
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return py.Str(b.String()), nil
}
