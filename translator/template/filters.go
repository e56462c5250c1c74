package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// maxRange is how many numbers a range may have.
const maxRange = 100_000

// rangeOf is Python's range([start,] stop[, step]).
func rangeOf(_ *minijinja.State, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	if len(args) == 0 || len(args) > 3 || len(kw) > 0 {
		return value.Undefined(), errors.New("range needs one to three numbers")
	}
	n := []int64{0, 0, 1}
	for i, a := range args {
		if !a.IsActualInt() {
			return value.Undefined(), fmt.Errorf("range needs whole numbers, got %s", pyRepr(a))
		}
		n[i], _ = a.AsInt()
	}
	start, stop, step := n[0], n[1], n[2]
	if len(args) == 1 {
		start, stop = 0, n[0]
	}
	if step == 0 {
		return value.Undefined(), errors.New("the step of a range cannot be zero")
	}
	var items []value.Value
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		if len(items) == maxRange {
			return value.Undefined(), fmt.Errorf("the range has more than %d numbers", maxRange)
		}
		items = append(items, value.FromInt(i))
	}
	return value.FromSlice(items), nil
}

// errArguments is what a filter says that was given too many.
var errArguments = errors.New("the filter does not take these arguments")

// filterDefault is Jinja's default(value, boolean).
func filterDefault(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	fallback, falsy := value.FromString(""), false
	if d, ok := kw["default_value"]; ok {
		fallback = d
	}
	if b, ok := kw["boolean"]; ok {
		falsy = b.IsTrue()
	}
	if len(args) > 0 {
		fallback = args[0]
	}
	if len(args) > 1 {
		falsy = args[1].IsTrue()
	}
	if isMissing(v) || falsy && !v.IsTrue() {
		return fallback, nil
	}
	return v, nil
}

// filterInt is Jinja's int(default, base) for base 10: int(), else int(float()),
// else the default.
func filterInt(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	fallback := value.FromInt(0)
	if len(args) > 0 {
		fallback = args[0]
	}
	if d, ok := kw["default"]; ok {
		fallback = d
	}
	if len(args) > 1 || kw["base"].Raw() != nil && !kw["base"].IsUndefined() {
		return value.Undefined(), errArguments
	}
	switch v.Kind() {
	case value.KindBool:
		if v.IsTrue() {
			return value.FromInt(1), nil
		}
		return value.FromInt(0), nil
	case value.KindNumber:
		if f, ok := v.Raw().(float64); ok {
			return truncated(f, fallback), nil
		}
		return v, nil
	case value.KindString:
		s, _ := v.AsString()
		n := numberOrString(s)
		switch {
		case n.Int != nil && n.Int.IsInt64():
			return value.FromInt(n.Int.Int64()), nil
		case n.Int != nil:
			return value.FromBigInt(n.Int), nil
		case pyFloatRE.MatchString(strings.TrimSpace(s)):
			return truncated(n.Float, fallback), nil
		}
	default:
	}
	return fallback, nil
}

func truncated(f float64, fallback value.Value) value.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fallback
	}
	n, _ := new(big.Float).SetFloat64(f).Int(nil)
	if n.IsInt64() {
		return value.FromInt(n.Int64())
	}
	return value.FromBigInt(n)
}

// filterRound is Jinja's round(precision, method); the result is a float, and
// half goes to the even neighbour, as in Python.
func filterRound(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	precision, method := int64(0), "common"
	if len(args) > 0 {
		precision, _ = args[0].AsInt()
	}
	if p, ok := kw["precision"]; ok {
		precision, _ = p.AsInt()
	}
	if len(args) > 1 {
		method, _ = args[1].AsString()
	}
	if m, ok := kw["method"]; ok {
		method, _ = m.AsString()
	}
	f, ok := v.AsFloat()
	if !ok || precision < 0 || precision > 300 {
		return value.Undefined(), errors.New("round needs a number, and a precision from 0 to 300")
	}
	scale := math.Pow(10, float64(precision))
	switch method {
	case "common":
		if v.IsActualInt() {
			return v, nil
		}
		g, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(precision), 64), 64)
		return value.FromFloat(g), err
	case "ceil":
		return value.FromFloat(math.Ceil(f*scale) / scale), nil
	case "floor":
		return value.FromFloat(math.Floor(f*scale) / scale), nil
	}
	return value.Undefined(), errors.New(`the method of round must be "common", "ceil" or "floor"`)
}

// filterJoin is Jinja's join(d, attribute), with Python's str() of each item.
func filterJoin(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	if len(args) > 1 || len(kw) > 0 && !kw["d"].IsUndefined() && len(args) > 0 || !kw["attribute"].IsUndefined() && kw["attribute"].Raw() != nil {
		return value.Undefined(), errArguments
	}
	sep := ""
	if len(args) == 1 {
		sep = pyStr(args[0])
	}
	items := v.Iter()
	if items == nil && v.Kind() != value.KindSeq && v.Kind() != value.KindString {
		return value.Undefined(), errors.New("join needs a list")
	}
	if len(items)*len(sep) > maxExpression {
		return value.Undefined(), fmt.Errorf("the result of join is larger than %d MiB", maxExpression>>20)
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = pyStr(item)
	}
	return value.FromString(strings.Join(parts, sep)), nil
}

// filterReplace is Jinja's replace(old, new, count), bounded.
func filterReplace(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	if len(args) < 2 || len(args) > 3 || len(kw) > 0 {
		return value.Undefined(), errArguments
	}
	s, from, to, count := pyStr(v), pyStr(args[0]), pyStr(args[1]), -1
	if len(args) == 3 {
		n, _ := args[2].AsInt()
		count = int(n)
	}
	if (strings.Count(s, from)+1)*len(to) > maxExpression {
		return value.Undefined(), fmt.Errorf("the result of replace is larger than %d MiB", maxExpression>>20)
	}
	return value.FromString(strings.Replace(s, from, to, count)), nil
}

func filterString(_ minijinja.FilterState, v value.Value, _ []value.Value, _ map[string]value.Value) (value.Value, error) {
	return value.FromString(pyStr(v)), nil
}

// filterToJSON is Jinja's tojson: json.dumps with sorted keys and the four
// characters escaped that matter in HTML.
func filterToJSON(_ minijinja.FilterState, v value.Value, args []value.Value, kw map[string]value.Value) (value.Value, error) {
	if len(args) > 0 || len(kw) > 0 {
		return value.Undefined(), errArguments
	}
	var b strings.Builder
	if err := writeJSON(&b, v); err != nil {
		return value.Undefined(), err
	}
	s := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(b.String())
	return value.FromString(s), nil
}

func writeJSON(b *strings.Builder, v value.Value) error {
	if s, ok := v.AsString(); ok {
		raw, err := json.Marshal(s)
		b.WriteString(asciiJSON(string(raw)))
		return err
	}
	switch v.Kind() {
	case value.KindNone:
		b.WriteString("null")
	case value.KindBool:
		b.WriteString(strings.ToLower(pyStr(v)))
	case value.KindNumber:
		b.WriteString(pyStr(v))
	case value.KindSeq, value.KindIterable:
		return writeJSONItems(b, "[", "]", v.Iter(), func(item value.Value) error { return writeJSON(b, item) })
	case value.KindMap:
		keys := v.Iter()
		sortValues(keys)
		return writeJSONItems(b, "{", "}", keys, func(k value.Value) error {
			if err := writeJSON(b, value.FromString(pyStr(k))); err != nil {
				return err
			}
			b.WriteString(": ")
			return writeJSON(b, v.GetItem(k))
		})
	default:
		return errors.New("tojson cannot print this value")
	}
	return nil
}

func writeJSONItems(b *strings.Builder, open, closing string, items []value.Value, write func(value.Value) error) error {
	b.WriteString(open)
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := write(item); err != nil {
			return err
		}
	}
	b.WriteString(closing)
	return nil
}

func sortValues(vs []value.Value) {
	slices.SortFunc(vs, func(a, b value.Value) int { return strings.Compare(pyStr(a), pyStr(b)) })
}

// asciiJSON escapes what is not ASCII, as json.dumps does.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 128:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		}
	}
	return b.String()
}
