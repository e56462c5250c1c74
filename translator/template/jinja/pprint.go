package jinja

import (
	"errors"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// pprintWidth is how wide Python's pprint wants lines to be.
const pprintWidth = 80

// pprint is pprint.pformat.
func (c *call) pprint() (py.Value, error) {
	p := prettyPrinter{m: c.m()}
	if err := p.format(c.args[0], 0, 0, 0); err != nil {
		return nil, err
	}
	return py.Str(p.String()), nil
}

// prettyPrinter is pprint.PrettyPrinter with its defaults.
type prettyPrinter struct {
	strings.Builder
	m *py.Meter
}

func (p *prettyPrinter) write(parts ...string) error {
	for _, s := range parts {
		if err := p.m.Bytes(int64(len(s))); err != nil {
			return err
		}
		if _, err := p.WriteString(s); err != nil {
			return err
		}
	}
	return nil
}

// format writes a value that begins at a column and after which so many
// characters must still fit.
func (p *prettyPrinter) format(v py.Value, indent, allowance, level int) error {
	rep, err := p.repr(v)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(rep) <= pprintWidth-indent-allowance {
		return p.write(rep)
	}
	if err := p.m.Enter(); err != nil {
		return err
	}
	defer p.m.Leave()
	switch v := v.(type) {
	case *py.Dict:
		return p.dict(v, indent, allowance+1, level+1)
	case *py.List:
		return p.items(v.Items, "[", "]", indent, allowance, level+1)
	case *py.Tuple:
		closing := ")"
		if len(v.Items) == 1 {
			closing = ",)"
		}
		return p.items(v.Items, "(", closing, indent, allowance, level+1)
	case py.Str:
		return p.str(string(v), rep, indent, allowance, level+1)
	}
	return p.write(rep)
}

// newline starts a line at a column.
func (p *prettyPrinter) newline(column int) error {
	return p.write("\n", strings.Repeat(" ", column))
}

func (p *prettyPrinter) items(items []py.Value, open, closing string, indent, allowance, level int) error {
	if err := p.write(open); err != nil {
		return err
	}
	for i, item := range items {
		last := i == len(items)-1
		after := 1
		if last {
			after = allowance + len(closing)
		}
		if err := p.format(item, indent+1, after, level); err != nil {
			return err
		}
		if last {
			break
		}
		if err := p.write(","); err != nil {
			return err
		}
		if err := p.newline(indent + 1); err != nil {
			return err
		}
	}
	return p.write(closing)
}

func (p *prettyPrinter) dict(d *py.Dict, indent, allowance, level int) error {
	keys, values, err := p.sorted(d)
	if err != nil {
		return err
	}
	if err := p.write("{"); err != nil {
		return err
	}
	for i, k := range keys {
		rep, err := p.repr(k)
		if err != nil {
			return err
		}
		if err := p.write(rep, ": "); err != nil {
			return err
		}
		after := 1
		if i == len(keys)-1 {
			after = allowance
		}
		if err := p.format(values[i], indent+1+utf8.RuneCountInString(rep)+2, after, level); err != nil {
			return err
		}
		if i < len(keys)-1 {
			if err := p.write(","); err != nil {
				return err
			}
			if err := p.newline(indent + 1); err != nil {
				return err
			}
		}
	}
	return p.write("}")
}

// sorted are the keys in order, with their values: those that cannot be compared
// go by the names of their types (pprint._safe_key).
func (p *prettyPrinter) sorted(d *py.Dict) (keys, values []py.Value, err error) {
	type pair struct{ k, v py.Value }
	var pairs []pair
	for k, v := range d.Pairs() {
		pairs = append(pairs, pair{k, v})
	}
	sort.SliceStable(pairs, func(i, j int) bool {
		less, e := p.less(pairs[i].k, pairs[j].k)
		err = errors.Join(err, e)
		return less
	})
	for _, kv := range pairs {
		keys, values = append(keys, kv.k), append(values, kv.v)
	}
	return keys, values, err
}

func (p *prettyPrinter) less(a, b py.Value) (bool, error) {
	if err := p.m.Step(1); err != nil {
		return false, err
	}
	less, err := py.Compare(p.m, "<", a, b)
	if err != nil && caught(err, "TypeError") {
		return a.TypeName() < b.TypeName(), nil
	}
	return less, err
}

// repr is repr() with the keys of dicts in order (PrettyPrinter._safe_repr).
func (p *prettyPrinter) repr(v py.Value) (string, error) {
	if err := p.m.Enter(); err != nil {
		return "", err
	}
	defer p.m.Leave()
	switch v := v.(type) {
	case *py.Dict:
		return p.reprDict(v)
	case *py.List:
		inner, err := p.reprAll(v.Items)
		return "[" + inner + "]", err
	case *py.Tuple:
		inner, err := p.reprAll(v.Items)
		if len(v.Items) == 1 {
			inner += ","
		}
		return "(" + inner + ")", err
	}
	return py.Repr(p.m, v)
}

func (p *prettyPrinter) reprAll(items []py.Value) (string, error) {
	parts := make([]string, len(items))
	size := 0
	for i, item := range items {
		rep, err := p.repr(item)
		if err != nil {
			return "", err
		}
		parts[i] = rep
		size += len(rep) + 2
	}
	return strings.Join(parts, ", "), p.m.Bytes(int64(size))
}

func (p *prettyPrinter) reprDict(d *py.Dict) (string, error) {
	keys, values, err := p.sorted(d)
	if err != nil {
		return "", err
	}
	parts := make([]string, len(keys))
	size := 0
	for i := range keys {
		k, err := p.repr(keys[i])
		if err != nil {
			return "", err
		}
		v, err := p.repr(values[i])
		if err != nil {
			return "", err
		}
		parts[i] = k + ": " + v
		size += 2*len(parts[i]) + 2
	}
	return "{" + strings.Join(parts, ", ") + "}", p.m.Bytes(int64(size))
}

// str writes a long string as several that Python joins (_pprint_str).
func (p *prettyPrinter) str(s, rep string, indent, allowance, level int) error {
	if level == 1 {
		indent++
		allowance++
	}
	chunks, err := p.chunks(s, pprintWidth-indent, allowance)
	if err != nil {
		return err
	}
	if len(chunks) == 1 {
		return p.write(chunks[0])
	}
	if len(chunks) == 0 {
		return p.write(rep)
	}
	for i, chunk := range chunks {
		switch {
		case i > 0:
			if err := p.newline(indent); err != nil {
				return err
			}
		case level == 1:
			if err := p.write("("); err != nil {
				return err
			}
		}
		if err := p.write(chunk); err != nil {
			return err
		}
	}
	if level == 1 {
		return p.write(")")
	}
	return nil
}

// chunks are the reprs of the parts of a string, each as long as fits.
func (p *prettyPrinter) chunks(s string, width, allowance int) ([]string, error) {
	var out []string
	lines, err := keptLines(p.m, s)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		lastLine := i == len(lines)-1
		fits := width
		if lastLine {
			fits -= allowance
		}
		rep, err := py.Repr(p.m, py.Str(line))
		if err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(rep) <= fits {
			out = append(out, rep)
			continue
		}
		current := ""
		parts := wordsWithSpace(line)
		fits = width
		for j, part := range parts {
			if lastLine && j == len(parts)-1 {
				fits -= allowance
			}
			rep, err := py.Repr(p.m, py.Str(current+part))
			if err != nil {
				return nil, err
			}
			if utf8.RuneCountInString(rep) > fits && current != "" {
				if rep, err = py.Repr(p.m, py.Str(current)); err != nil {
					return nil, err
				}
				out = append(out, rep)
				current = ""
			}
			current += part
		}
		if current != "" {
			rep, err := py.Repr(p.m, py.Str(current))
			if err != nil {
				return nil, err
			}
			out = append(out, rep)
		}
	}
	return out, nil
}

// keptLines is splitlines(True).
func keptLines(m *py.Meter, s string) ([]string, error) {
	lines, err := splitLines(m, s)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		n := len(line)
		_, size := utf8.DecodeRuneInString(s[n:])
		if strings.HasPrefix(s[n:], "\r\n") {
			size = 2
		}
		out = append(out, s[:n+size])
		s = s[n+size:]
	}
	return out, nil
}

// wordsWithSpace are the words of a line, each with the blanks after it.
func wordsWithSpace(s string) []string {
	var out []string
	for s != "" {
		n := strings.IndexFunc(s, isSpace)
		if n < 0 {
			return append(out, s)
		}
		for n < len(s) {
			r, size := utf8.DecodeRuneInString(s[n:])
			if !isSpace(r) {
				break
			}
			n += size
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}
