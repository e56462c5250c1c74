package workflow

import (
	"math"
	"math/big"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// Readers of single values, each as lax as pydantic is where OSMO uses it.

// str reads a string as it stands.
func (d *decoder) str(n *yaml.Node, what subject) String {
	if n == nil {
		return String{}
	}
	if n.Kind != yaml.Str {
		d.wrong(n, what, aString)
		return String{Pos: n.Pos}
	}
	return String{V: n.Text, Pos: n.Pos}
}

// coerced reads a string where OSMO also takes numbers, which become text as in
// Python (OSMO task.py:435, coerce_numbers_to_str).
func (d *decoder) coerced(n *yaml.Node, what subject) String {
	if n != nil && (n.Kind == yaml.Int || n.Kind == yaml.Float) {
		return String{V: n.Str(), Pos: n.Pos}
	}
	return d.str(n, what)
}

// scalar reads a string where OSMO takes booleans too, which become True and
// False (OSMO task.py:459).
func (d *decoder) scalar(n *yaml.Node, what subject) String {
	if n != nil && n.Kind == yaml.Bool {
		return String{V: n.Str(), Pos: n.Pos}
	}
	return d.coerced(n, what)
}

// key reads a key of a mapping whose keys OSMO makes strings of.
func key(n *yaml.Node) String { return String{V: n.Str(), Pos: n.Pos} }

// text reads a coerced string in which special tokens count.
func (d *decoder) text(n *yaml.Node, what subject) String {
	s := d.coerced(n, what)
	d.place(n, s.V)
	return s
}

// token reads a strict string in which special tokens count.
func (d *decoder) token(n *yaml.Node, what subject) String {
	s := d.str(n, what)
	d.place(n, s.V)
	return s
}

// texts reads a list of coerced strings in which special tokens count.
func (d *decoder) listOfTexts(n *yaml.Node, name string) []String {
	items := d.list(n, field(name))
	if len(items) == 0 {
		return nil
	}
	out := make([]String, len(items))
	for i, it := range items {
		out[i] = d.text(it, item(name, i))
		d.noNUL(out[i], item(name, i))
	}
	return out
}

// noNUL reports a NUL in what becomes an argument or a variable: no process can
// be given one.
func (d *decoder) noNUL(s String, what subject) {
	if strings.IndexByte(s.V, 0) >= 0 {
		d.diags.Errorf(diag.Type, s.Pos, "%s contains a NUL character", what)
	}
}

// bool reads what pydantic takes for a boolean.
func (d *decoder) bool(n *yaml.Node, what subject, absent bool) Value[bool] {
	if n == nil {
		return Value[bool]{V: absent}
	}
	v := Value[bool]{V: absent, Pos: n.Pos}
	switch value, ok := truth(n); {
	case ok:
		v.V = value
	default:
		d.wrong(n, what, "true or false")
	}
	return v
}

func truth(n *yaml.Node) (value, ok bool) {
	switch n.Kind {
	case yaml.Bool:
		return n.Bool, true
	case yaml.Int:
		return n.Int.Sign() != 0, n.Int.IsInt64() && (n.Int.Int64() == 0 || n.Int.Int64() == 1)
	case yaml.Float:
		return n.Float != 0, n.Float == 0 || n.Float == 1
	case yaml.Str:
		switch strings.ToLower(n.Text) {
		case "1", "true", "yes", "y", "on", "t":
			return true, true
		case "0", "false", "no", "n", "off", "f":
			return false, true
		}
	default:
	}
	return false, false
}

// whole reads what pydantic takes for an integer: 4, "4", " +4_0.00 ", 2.0, true.
func whole(n *yaml.Node) (*big.Int, bool) {
	switch n.Kind {
	case yaml.Int:
		return n.Int, true
	case yaml.Bool:
		if n.Bool {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	case yaml.Float:
		if math.IsNaN(n.Float) || math.IsInf(n.Float, 0) {
			return nil, false
		}
		v, accuracy := big.NewFloat(n.Float).Int(nil)
		return v, accuracy == big.Exact && v.IsInt64()
	case yaml.Str:
		return wholeText(strings.TrimSpace(n.Text))
	default:
		return nil, false
	}
}

// wholeText reads digits, between any two of which one underscore may stand, a
// sign before them and `.000` behind.
func wholeText(s string) (*big.Int, bool) {
	digits, zeros, fraction := strings.Cut(s, ".")
	if fraction && (zeros == "" || strings.Trim(zeros, "0") != "") {
		return nil, false
	}
	return asciiInt(digits)
}

// asciiInt is Python's int() of a text, where only the digits of ASCII count.
func asciiInt(s string) (*big.Int, bool) {
	if len(s) > number.MaxDigits || strings.Trim(s, "+-_0123456789") != "" {
		return nil, false
	}
	return number.Int(s, 10)
}
