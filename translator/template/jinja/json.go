package jinja

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// tojson is json.dumps with sorted keys, safe to put into HTML (filters.py,
// do_tojson).
func (c *call) tojson() (py.Value, error) {
	j := jsonWriter{m: c.m(), separator: ", "}
	if s, ok := py.AsStr(c.args[0]); ok { // before Python looks at the indent
		if err := j.str(s); err != nil {
			return nil, err
		}
		return j.safe()
	}
	indent := c.or(1, py.None{})
	if indent != (py.None{}) {
		s, ok := py.AsStr(indent)
		if !ok {
			v, err := py.Binary(c.m(), "*", py.Str(" "), indent)
			if err != nil {
				return nil, err
			}
			s, _ = py.AsStr(v)
		}
		j.indent, j.pretty, j.separator = s, true, ","
	}
	if err := j.value(c.args[0]); err != nil {
		return nil, err
	}
	return j.safe()
}

// safe is the text with what HTML would take amiss escaped.
func (j *jsonWriter) safe() (py.Value, error) {
	if err := j.m.Bytes(int64(2 * j.Len())); err != nil {
		return nil, err
	}
	safe := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)
	return markup(safe.Replace(j.String())), nil
}

// jsonWriter writes as Python's json module does.
type jsonWriter struct {
	strings.Builder
	m         *py.Meter
	pretty    bool
	indent    string
	separator string
	open      []py.Value // the containers around, from outside in
}

func (j *jsonWriter) write(s string) error {
	if err := j.m.Step(1); err != nil {
		return err
	}
	if err := j.m.Bytes(int64(len(s))); err != nil {
		return err
	}
	_, err := j.WriteString(s)
	return err
}

func (j *jsonWriter) value(v py.Value) error {
	if s, ok := py.AsStr(v); ok {
		return j.str(s)
	}
	switch v := v.(type) {
	case py.None:
		return j.write("null")
	case py.Bool:
		return j.write(map[py.Bool]string{true: "true", false: "false"}[v])
	case py.Int:
		s, err := py.Repr(j.m, v)
		if err != nil {
			return err
		}
		return j.write(s)
	case py.Float:
		return j.write(jsonFloat(float64(v)))
	case *py.List:
		return j.list(v, v.Items)
	case *py.Tuple:
		return j.list(v, v.Items)
	case *groupTuple:
		return j.list(v, []py.Value{v.grouper, v.list})
	case *py.Dict:
		return j.dict(v)
	}
	return raise("TypeError", "Object of type "+v.TypeName()+" is not JSON serializable")
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return number.Format(f)
}

// within writes what is inside a container, between its brackets.
func (j *jsonWriter) within(v py.Value, open, closing string, n int, item func(i int) error) error {
	if n == 0 {
		return j.write(open + closing)
	}
	if slices.Contains(j.open, v) {
		return raise("ValueError", "Circular reference detected")
	}
	if err := j.m.Enter(); err != nil {
		return err
	}
	defer j.m.Leave()
	j.open = append(j.open, v)
	if err := j.write(open); err != nil {
		return err
	}
	for i := range n {
		if err := j.next(i); err != nil {
			return err
		}
		if err := item(i); err != nil {
			return err
		}
	}
	j.open = j.open[:len(j.open)-1]
	if err := j.line(); err != nil {
		return err
	}
	return j.write(closing)
}

// next begins an item.
func (j *jsonWriter) next(i int) error {
	if i > 0 {
		if err := j.write(j.separator); err != nil {
			return err
		}
	}
	return j.line()
}

func (j *jsonWriter) line() error {
	if !j.pretty {
		return nil
	}
	if err := j.m.Bytes(int64(len(j.indent) * len(j.open))); err != nil {
		return err
	}
	return j.write("\n" + strings.Repeat(j.indent, len(j.open)))
}

func (j *jsonWriter) list(v py.Value, items []py.Value) error {
	return j.within(v, "[", "]", len(items), func(i int) error { return j.value(items[i]) })
}

func (j *jsonWriter) dict(d *py.Dict) error {
	var keys, values []py.Value
	for k, v := range d.Pairs() {
		keys = append(keys, k)
		values = append(values, v)
	}
	if err := j.m.Step(int64(len(keys))); err != nil {
		return err
	}
	order := make([]py.Value, len(keys))
	for i := range order {
		order[i] = integer(i)
	}
	order, err := py.SortedBy(j.m, order, keys, false)
	if err != nil {
		return err
	}
	return j.within(d, "{", "}", len(keys), func(i int) error {
		n, _ := order[i].(py.Int)
		at, _ := n.Int64()
		key, err := j.key(keys[at])
		if err != nil {
			return err
		}
		if err := j.str(key); err != nil {
			return err
		}
		if err := j.write(": "); err != nil {
			return err
		}
		return j.value(values[at])
	})
}

func (j *jsonWriter) key(k py.Value) (string, error) {
	if s, ok := py.AsStr(k); ok {
		return s, nil
	}
	switch k := k.(type) {
	case py.None:
		return "null", nil
	case py.Bool:
		return map[py.Bool]string{true: "true", false: "false"}[k], nil
	case py.Float:
		return jsonFloat(float64(k)), nil
	case py.Int:
		return py.Repr(j.m, k)
	}
	return "", raise("TypeError", "keys must be str, int, float, bool or None, not "+k.TypeName())
}

// str writes a string in ASCII.
func (j *jsonWriter) str(s string) error {
	if err := j.m.Bytes(int64(len(s))); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\f':
			b.WriteString(`\f`)
		case '\b':
			b.WriteString(`\b`)
		default:
			jsonRune(&b, r)
		}
	}
	b.WriteByte('"')
	return j.write(b.String())
}

func jsonRune(b *strings.Builder, r rune) {
	switch {
	case r >= ' ' && r <= '~':
		b.WriteRune(r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		hi, lo := utf16.EncodeRune(r)
		fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
	}
}
