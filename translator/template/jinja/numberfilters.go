package jinja

import (
	"math"
	"math/big"
	"strconv"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func numberFilters() []*builtin {
	return []*builtin{
		nativeBuiltin("abs", "abs", 1, func(c *call) (py.Value, error) { return py.Abs(c.m(), c.args[0]) }),
		filter("filesizeformat", "do_filesizeformat", passNothing, 1, []string{"value", "binary"}, (*call).filesize),
		filter("float", "do_float", passNothing, 1, []string{"value", "default"}, (*call).float),
		filter("int", "do_int", passNothing, 1, []string{"value", "default", "base"}, (*call).int),
		filter("round", "do_round", passNothing, 1, []string{"value", "precision", "method"}, (*call).round),
	}
}

// filesize is a size for people to read (filters.py, do_filesizeformat).
func (c *call) filesize() (py.Value, error) {
	size, err := py.FloatOf(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	binary, err := py.Truth(c.or(1, py.Bool(false)))
	if err != nil {
		return nil, err
	}
	base, prefixes := int64(1000), []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if binary {
		base, prefixes = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	if size == 1 {
		return py.Str("1 Byte"), nil
	}
	if size < float64(base) {
		n, err := py.IntOf(c.m(), py.Float(size))
		if err != nil {
			return nil, err
		}
		s, err := py.Repr(c.m(), n)
		return py.Str(s + " Bytes"), err
	}
	return py.Str(inUnit(size, base, prefixes)), nil
}

// inUnit is the size in the largest unit that it fills. Units are compared as
// integers, which 1e24 for one is not.
func inUnit(size float64, base int64, prefixes []string) string {
	var unit float64
	last := len(prefixes) - 1
	for i := range prefixes {
		exact := new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(i+2)), nil)
		unit, _ = new(big.Float).SetInt(exact).Float64()
		if size < unit || size == unit && new(big.Float).SetFloat64(size).Cmp(new(big.Float).SetInt(exact)) < 0 {
			last = i
			break
		}
	}
	return oneDecimal(float64(base)*size/unit) + " " + prefixes[last]
}

// oneDecimal is f"{x:.1f}".
func oneDecimal(f float64) string {
	switch {
	case math.IsInf(f, 0):
		return "inf"
	case math.IsNaN(f):
		return "nan"
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

func (c *call) float() (py.Value, error) {
	f, err := py.FloatOf(c.m(), c.args[0])
	if err != nil && caught(err, "TypeError", "ValueError") {
		return c.or(1, py.Float(0)), nil
	}
	return py.Float(f), err
}

// int tries int(), then int(float()) (filters.py, do_int).
func (c *call) int() (py.Value, error) {
	n, err := c.integer()
	if err == nil {
		return n, nil
	}
	if !caught(err, "TypeError", "ValueError") {
		return nil, err
	}
	f, err := py.FloatOf(c.m(), c.args[0])
	if err == nil {
		n, err = py.IntOf(c.m(), py.Float(f))
	}
	if err != nil && caught(err, "TypeError", "ValueError", "OverflowError") {
		return c.or(1, py.NewInt(0)), nil
	}
	return n, err
}

func (c *call) integer() (py.Int, error) {
	s, ok := py.AsStr(c.args[0])
	if !ok {
		return py.IntOf(c.m(), c.args[0])
	}
	base, err := index(c.or(2, py.NewInt(10)))
	if err != nil {
		return py.Int{}, err
	}
	b, small := base.Int64()
	if !small {
		b = 1 // refused, as all that are not 0 or 2 to 36
	}
	return py.IntOfStr(c.m(), s, int(b))
}

// round is round(), or math.ceil or math.floor at a power of ten (filters.py,
// do_round).
func (c *call) round() (py.Value, error) {
	method := c.or(2, py.Str("common"))
	name, ok := py.AsStr(method)
	if !ok {
		if err := hashable(c.m(), method); err != nil {
			return nil, err // it cannot be hashed
		}
	}
	precision := c.or(1, py.NewInt(0))
	switch name {
	case "common":
		return c.roundCommon(precision)
	case "ceil", "floor":
		return c.roundTo(precision, name)
	}
	return nil, raise("FilterArgumentError", "method must be common, ceil or floor")
}

func (c *call) roundCommon(precision py.Value) (py.Value, error) {
	if precision == (py.None{}) {
		v, err := py.Round(c.m(), c.args[0], 0)
		if f, ok := v.(py.Float); ok && err == nil {
			return py.IntOf(c.m(), f)
		}
		return v, err
	}
	switch c.args[0].(type) {
	case py.Int, py.Bool, py.Float:
	default:
		return nil, raise("TypeError", "type "+c.args[0].TypeName()+" doesn't define __round__ method")
	}
	n, err := index(precision)
	if err != nil {
		return nil, err
	}
	digits, small := n.Int64()
	if !small || digits > math.MaxInt32 || digits < math.MinInt32 {
		digits = int64(n.Sign()) * math.MaxInt32
	}
	return py.Round(c.m(), c.args[0], int(digits))
}

func (c *call) roundTo(precision py.Value, name string) (py.Value, error) {
	m := c.m()
	power, err := py.Binary(m, "**", py.NewInt(10), precision)
	if err != nil {
		return nil, err
	}
	scaled, err := py.Binary(m, "*", c.args[0], power)
	if err != nil {
		return nil, err
	}
	whole, err := wholeNumber(scaled, name)
	if err != nil {
		return nil, err
	}
	return py.Binary(m, "/", whole, power)
}

// wholeNumber is math.ceil or math.floor.
func wholeNumber(v py.Value, name string) (py.Value, error) {
	if u, ok := v.(*undefined); ok {
		return nil, u.fail()
	}
	if name == "ceil" {
		return py.Ceil(v)
	}
	return py.Floor(v)
}

func count(n int) string { return strconv.Itoa(n) }
