package py

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// literal reads the Python literals of the recorded cases, and the few calls
// that generate.py has names for.
type literal struct{ rest string }

// parseArgs reads literals with commas between them.
func parseArgs(t *testing.T, s string) []Value {
	t.Helper()
	l := literal{rest: s + "\x00"}
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: %v", s, r)
		}
	}()
	return l.items("\x00")
}

func (l *literal) items(end string) []Value {
	var out []Value
	for !l.take(end) {
		out = append(out, l.value())
		if !l.take(",") && !strings.HasPrefix(l.rest, end) {
			panic("a comma is missing before " + l.rest)
		}
	}
	return out
}

func (l *literal) take(s string) bool {
	l.rest = strings.TrimLeft(l.rest, " ")
	rest, ok := strings.CutPrefix(l.rest, s)
	l.rest = rest
	return ok
}

func (l *literal) value() Value {
	for _, name := range []string{"dict_keys", "dict_values", "dict_items", "range", "set"} {
		if l.take(name + "(") {
			return named(name, l.items(")"))
		}
	}
	switch {
	case l.take("None"):
		return None{}
	case l.take("True"):
		return Bool(true)
	case l.take("False"):
		return Bool(false)
	case l.take("'"):
		return l.str('\'')
	case l.take(`"`):
		return l.str('"')
	case l.take("["):
		return NewList(l.items("]")...)
	case l.take("("):
		return l.parens()
	case l.take("{"):
		return l.braces()
	}
	return l.number()
}

func named(name string, args []Value) Value {
	if name == "range" {
		r := &Range{Step: 1}
		r.Start, _ = args[0].(Int).Int64()
		r.Stop, _ = args[1].(Int).Int64()
		if len(args) == 3 {
			r.Step, _ = args[2].(Int).Int64()
		}
		return r
	}
	if name == "set" {
		return &Set{}
	}
	d := args[0].(*Dict)
	return map[string]*View{"dict_keys": d.Keys(), "dict_values": d.Values(), "dict_items": d.Items()}[name]
}

// parens reads a tuple, or one value in parentheses.
func (l *literal) parens() Value {
	if l.take(")") {
		return NewTuple()
	}
	first := l.value()
	if l.take(")") {
		return first
	}
	if !l.take(",") {
		panic("no tuple before " + l.rest)
	}
	return NewTuple(append([]Value{first}, l.items(")")...)...)
}

// braces reads a dict or a set.
func (l *literal) braces() Value {
	d := NewDict()
	if l.take("}") {
		return d
	}
	first := l.value()
	if !l.take(":") {
		l.take(",")
		s, err := NewSet(nil, append([]Value{first}, l.items("}")...)...)
		if err != nil {
			panic(err)
		}
		return s
	}
	for {
		if err := d.Set(nil, first, l.value()); err != nil {
			panic(err)
		}
		if l.take(","); l.take("}") {
			return d
		}
		first = l.value()
		if !l.take(":") {
			panic("a colon is missing before " + l.rest)
		}
	}
}

func (l *literal) str(quote byte) Value {
	var b strings.Builder
	for {
		r, n := utf8.DecodeRuneInString(l.rest)
		l.rest = l.rest[n:]
		switch {
		case n == 0:
			panic("a string does not end")
		case r == rune(quote):
			return Str(b.String())
		case r == '\\':
			b.WriteRune(l.escape())
		default:
			b.WriteRune(r)
		}
	}
}

func (l *literal) escape() rune {
	c := l.rest[0]
	l.rest = l.rest[1:]
	n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if n == 0 {
		return map[byte]rune{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '\'': '\'', '"': '"'}[c]
	}
	r, err := strconv.ParseUint(l.rest[:n], 16, 32)
	if err != nil {
		panic(err)
	}
	l.rest = l.rest[n:]
	return rune(r)
}

func (l *literal) number() Value {
	n := strings.IndexFunc(l.rest, func(r rune) bool { return !strings.ContainsRune("+-.0123456789abcdefinx", r) })
	s := l.rest[:n]
	l.rest = l.rest[n:]
	switch s {
	case "nan":
		return Float(math.NaN())
	case "inf":
		return Float(math.Inf(1))
	case "-inf":
		return Float(math.Inf(-1))
	}
	if i, ok := new(big.Int).SetString(s, 0); ok {
		if l.take("**") { // for numbers that are long to write
			exp, _ := l.number().(Int).Int64()
			i.Exp(i, big.NewInt(exp), nil)
		}
		return NewBigInt(i)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("no literal: %q before %s", s, l.rest))
	}
	return Float(f)
}
