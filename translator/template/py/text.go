package py

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// ToStr is str(v).
func ToStr(m *Meter, v Value) (string, error) {
	switch v := v.(type) {
	case Str:
		return string(v), nil
	case Stringer:
		return v.PyStr(m)
	}
	return Repr(m, v)
}

// Repr is repr(v).
func Repr(m *Meter, v Value) (string, error) {
	switch v := v.(type) {
	case Int:
		return v.decimal(m)
	case Str:
		return quote(m, string(v), false)
	}
	r := reprer{m: m.orNew()}
	err := r.value(v)
	return r.b.String(), err
}

// ascii is ascii(v): repr with every other character escaped.
func ascii(m *Meter, v Value) (string, error) {
	if s, ok := v.(Str); ok {
		return quote(m, string(s), true)
	}
	s, err := Repr(m, v)
	if err != nil || isASCII(s) {
		return s, err
	}
	if err := m.text(3 * int64(len(s))); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
		} else {
			writeEscape(&b, r)
		}
	}
	return b.String(), nil
}

// decimal is the number in digits, or Python's refusal.
func (i Int) decimal(m *Meter) (string, error) {
	if i.big == nil {
		return strconv.FormatInt(i.n, 10), nil
	}
	const bitsPerDigit = 3.3219280948873626
	if float64(i.big.BitLen()-1) <= number.MaxDigits*bitsPerDigit {
		if err := m.Step(int64(i.big.BitLen()) / 8); err != nil {
			return "", err
		}
		if s := i.big.String(); len(strings.TrimPrefix(s, "-")) <= number.MaxDigits {
			return s, m.Bytes(int64(len(s)))
		}
	}
	return "", valueErrorf("Exceeds the limit (%d digits) for integer string conversion; "+
		"use sys.set_int_max_str_digits() to increase the limit", number.MaxDigits)
}

// reprer writes the repr of nested values.
type reprer struct {
	m *Meter
	b strings.Builder
}

func (r *reprer) write(s string) error {
	if err := r.m.text(int64(len(s))); err != nil {
		return err
	}
	r.b.WriteString(s)
	return nil
}

// value writes one value.
func (r *reprer) value(v Value) error {
	switch v := v.(type) {
	case *List, *Tuple, *Dict, *Set, *View:
		return r.container(v)
	case Reprer:
		s, err := v.PyRepr(r.m)
		if err != nil {
			return err
		}
		return r.write(s)
	case Str:
		return r.made(quote(r.m, string(v), false))
	case Int:
		return r.made(v.decimal(r.m))
	}
	return r.write(plainRepr(v))
}

// made writes what was charged when it was made.
func (r *reprer) made(s string, err error) error {
	r.b.WriteString(s)
	return err
}

// plainRepr is the repr of what holds no other values.
func plainRepr(v Value) string {
	switch v := v.(type) {
	case None:
		return "None"
	case Bool:
		if v {
			return "True"
		}
		return "False"
	case Float:
		return number.Format(float64(v))
	case *Range:
		s := "range(" + strconv.FormatInt(v.Start, 10) + ", " + strconv.FormatInt(v.Stop, 10)
		if v.Step != 1 {
			s += ", " + strconv.FormatInt(v.Step, 10)
		}
		return s + ")"
	case *Method:
		return "<built-in method " + v.Name + " of " + v.Self.TypeName() + " object at " + address + ">"
	case *Generator:
		if v.name != "" {
			return "<" + v.kind + " object " + v.name + " at " + address + ">"
		}
	}
	return "<" + v.TypeName() + " object at " + address + ">"
}

// address stands for the one in memory, which nobody can rely on.
const address = "0x7f0000000000"

// container writes a value with values in it.
func (r *reprer) container(v Value) error {
	if slices.Contains(r.m.open, v) {
		return r.write(ellipsis(v))
	}
	if err := r.m.Enter(); err != nil {
		return err
	}
	r.m.open = append(r.m.open, v)
	defer func() {
		r.m.open = r.m.open[:len(r.m.open)-1]
		r.m.Leave()
	}()
	start, end := brackets(v)
	if err := r.write(start); err != nil {
		return err
	}
	if err := r.inside(v); err != nil {
		return err
	}
	return r.write(end)
}

// ellipsis stands for a container within itself.
func ellipsis(v Value) string {
	switch v.(type) {
	case *List:
		return "[...]"
	case *Tuple:
		return "(...)"
	case *Dict:
		return "{...}"
	}
	return "..."
}

func brackets(v Value) (start, end string) {
	switch v := v.(type) {
	case *Tuple:
		if len(v.Items) == 1 {
			return "(", ",)"
		}
		return "(", ")"
	case *Dict:
		return "{", "}"
	case *Set:
		if v.Len() == 0 {
			return "set(", ")"
		}
		return "{", "}"
	case *View:
		return v.TypeName() + "([", "])"
	}
	return "[", "]"
}

func (r *reprer) inside(v Value) error {
	switch v := v.(type) {
	case *List:
		return r.list(v.Items)
	case *Tuple:
		return r.list(v.Items)
	case *Set:
		return r.list(v.slice())
	case *View:
		return r.view(v)
	case *Dict:
		first := true
		for k, item := range v.Pairs() {
			if err := r.next(&first); err != nil {
				return err
			}
			if err := r.pair(k, ": ", item); err != nil {
				return err
			}
		}
	}
	return nil
}

// next writes the comma before all but the first.
func (r *reprer) next(first *bool) error {
	if *first {
		*first = false
		return nil
	}
	return r.write(", ")
}

func (r *reprer) list(items []Value) error {
	first := true
	for _, item := range items {
		if err := r.next(&first); err != nil {
			return err
		}
		if err := r.value(item); err != nil {
			return err
		}
	}
	return nil
}

func (r *reprer) pair(k Value, between string, v Value) error {
	if err := r.value(k); err != nil {
		return err
	}
	if err := r.write(between); err != nil {
		return err
	}
	return r.value(v)
}

func (r *reprer) view(v *View) error {
	first := true
	for k, item := range v.Dict.Pairs() {
		if err := r.next(&first); err != nil {
			return err
		}
		var err error
		switch v.kind {
		case viewKeys:
			err = r.value(k)
		case viewValues:
			err = r.value(item)
		case viewItems:
			if err = r.write("("); err == nil {
				if err = r.pair(k, ", ", item); err == nil {
					err = r.write(")")
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
