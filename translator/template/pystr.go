package template

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"

	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// dict is a dictionary in the order of the file, as Python keeps it.
type dict struct {
	keys   []string
	values map[string]value.Value
	run    *run
}

// GetAttr, Keys, ObjectRepr, Map and CallMethod make a dict what the engine and
// the filters take for a mapping.
func (d *dict) GetAttr(name string) value.Value {
	if v, ok := d.values[name]; ok {
		return v
	}
	return d.run.missing(fmt.Sprintf("'dict object' has no attribute '%s'", name))
}

func (d *dict) Keys() []string               { return d.keys }
func (d *dict) ObjectRepr() value.ObjectRepr { return value.ObjectReprMap }
func (d *dict) Map() map[string]value.Value  { return d.values }
func (d *dict) ObjectString() string         { return d.String() }
func (d *dict) String() string               { return pyRepr(value.FromObject(d)) }
func (d *dict) GetItem(k value.Value) value.Value {
	s, _ := k.AsString()
	return d.GetAttr(s)
}

// CallMethod has the methods of a Python dictionary that templates use.
func (d *dict) CallMethod(_ value.State, name string, args []value.Value, _ map[string]value.Value) (value.Value, error) {
	var items []value.Value
	switch {
	case name == "get" && (len(args) == 1 || len(args) == 2):
		key, _ := args[0].AsString()
		if v, ok := d.values[key]; ok {
			return v, nil
		}
		return append(args, value.None())[1], nil
	case len(args) > 0 || name != "items" && name != "keys" && name != "values":
		return value.Undefined(), value.ErrUnknownMethod
	}
	for _, k := range d.keys {
		switch name {
		case "items":
			items = append(items, value.FromSlice([]value.Value{value.FromString(k), d.values[k]}))
		case "keys":
			items = append(items, value.FromString(k))
		default:
			items = append(items, d.values[k])
		}
	}
	return value.FromSlice(items), nil
}

// fromNode turns a YAML value into one of the engine.
func (r *run) fromNode(n *yaml.Node) value.Value {
	switch n.Kind {
	case yaml.None:
		return value.None()
	case yaml.Bool:
		return value.FromBool(n.Bool)
	case yaml.Int:
		if n.Int.IsInt64() {
			return value.FromInt(n.Int.Int64())
		}
		return value.FromBigInt(n.Int)
	case yaml.Float:
		return value.FromFloat(n.Float)
	case yaml.List:
		items := make([]value.Value, len(n.Items))
		for i, c := range n.Items {
			items[i] = r.fromNode(c)
		}
		return value.FromSlice(items)
	case yaml.Dict:
		d := &dict{values: map[string]value.Value{}, run: r}
		for _, p := range n.Pairs {
			d.keys = append(d.keys, p.Key.Str())
			d.values[p.Key.Str()] = r.fromNode(p.Value)
		}
		return value.FromObject(d)
	default:
		return value.FromString(n.Text)
	}
}

// pyStr is Python's str() of a value.
func pyStr(v value.Value) string {
	if s, ok := v.AsString(); ok {
		return s
	}
	return pyRepr(v)
}

// pyRepr is Python's repr() of a value.
func pyRepr(v value.Value) string {
	if s, ok := v.AsString(); ok {
		return quote(s)
	}
	switch v.Kind() {
	case value.KindUndefined:
		return "Undefined"
	case value.KindNone:
		return "None"
	case value.KindBool:
		if v.IsTrue() {
			return "True"
		}
		return "False"
	case value.KindNumber:
		if f, ok := v.Raw().(float64); ok {
			return yaml.FormatFloat(f)
		}
		return v.String()
	case value.KindMap:
		return dictRepr(v)
	case value.KindSeq, value.KindIterable:
		var parts []string
		for _, item := range v.Iter() {
			parts = append(parts, pyRepr(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		if o, ok := v.AsObject(); ok {
			if _, ok := o.(*missing); ok {
				return "Undefined"
			}
		}
		return v.String()
	}
}

func dictRepr(v value.Value) string {
	var parts []string
	for _, k := range v.Iter() {
		parts = append(parts, pyRepr(k)+": "+pyRepr(v.GetItem(k)))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// quote is Python's repr() of a string.
func quote(s string) string {
	q := `'`
	if strings.Contains(s, `'`) && !strings.Contains(s, `"`) {
		q = `"`
	}
	var b strings.Builder
	b.WriteString(q)
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\\' || string(r) == q:
			b.WriteString(`\` + string(r))
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String() + q
}
