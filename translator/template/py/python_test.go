package py

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// differences are the recorded answers that this package does not give, with
// the reason. Each is a pattern of `operation arguments -> answer`.
var differences = []struct{ cases, reason string }{
	{`\*\* -.* -> (?:.*j\)?|!OverflowError: complex exponentiation)`, "a negative number to a fractional power is complex"},
	{`in nan, \[1, 2, nan\] -> True`, "a float has no identity, so NaN is in no list"},
	{`slice range\(.*, -?[0-9]{19,} -> range\(.*[0-9]{19,}\)`, "a range is of machine integers"},
}

// record is one line of a file of testdata: an operation, its arguments as
// literals, and what Python answered.
type record [3]string

func records(t *testing.T, file string) []record {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []record
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var r record
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", s.Bytes(), err)
		}
		out = append(out, r)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAgainstPython compares with what a Python 3.11 answered.
func TestAgainstPython(t *testing.T) {
	used := map[string]bool{}
	for _, file := range []string{"operators", "comparisons", "texts", "items", "methods", "formats", "rounding"} {
		t.Run(file, func(t *testing.T) {
			seen, wrong := 0, 0
			for _, r := range records(t, file+".jsonl") {
				seen++
				got := answer(t, r[0], r[1])
				if reason := difference(r); got == r[2] != (reason != "") {
					used[reason] = true
					continue
				}
				if wrong++; wrong <= 40 {
					t.Errorf("%s %s\n got %s\nwant %s", r[0], r[1], got, r[2])
				}
			}
			if wrong > 0 || seen < 200 {
				t.Errorf("%d of %d answers are not Python's", wrong, seen)
			}
		})
	}
	for _, d := range differences {
		if !used[d.reason] {
			t.Errorf("no recorded case is excused because %s", d.reason)
		}
	}
}

// difference is why a record may have another answer, or nothing.
func difference(r record) string {
	for _, d := range differences {
		if regexp.MustCompile("^(?:" + d.cases + ")$").MatchString(r[0] + " " + r[1] + " -> " + r[2]) {
			return d.reason
		}
	}
	return ""
}

// answer does an operation and writes its result as generate.py does.
func answer(t *testing.T, operation, args string) string {
	t.Helper()
	m := NewMeter(Limits{Steps: 10_000_000, Bytes: 100_000_000})
	v, err := operate(m, operation, parseArgs(t, args))
	if err == nil {
		var s string
		if s, err = Repr(m, v); err == nil {
			return s
		}
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s %s: %v is no Python exception", operation, args, err)
	}
	return "!" + e.Class + ": " + e.Msg
}

func operate(m *Meter, operation string, a []Value) (Value, error) {
	switch operation {
	case "+", "-", "*", "/", "//", "%", "**":
		return Binary(m, operation, a[0], a[1])
	case "<", "<=", ">", ">=":
		return boolean(Compare(m, operation, a[0], a[1]))
	case "==":
		return boolean(Equal(m, a[0], a[1]))
	case "in":
		return boolean(Contains(m, a[1], a[0]))
	case "neg":
		return Unary(m, "-", a[0])
	case "pos":
		return Unary(m, "+", a[0])
	case "abs":
		return Abs(m, a[0])
	case "getitem":
		return Item(m, a[0], a[1])
	case "slice":
		return Slice(m, a[0], a[1], a[2], a[3])
	case "bool":
		return boolean(Truth(a[0]))
	case "floor":
		return Floor(a[0])
	case "ceil":
		return Ceil(a[0])
	case "attr":
		return attribute(a[0], string(a[1].(Str)))
	case "tests", "cases":
		return severalMethods(m, operation, a[0])
	case "call":
		return callMethod(m, a)
	}
	return convert(m, operation, a)
}

// convert has the operations that make a text, a number or a container.
func convert(m *Meter, operation string, a []Value) (Value, error) {
	switch operation {
	case "str":
		return str(ToStr(m, a[0]))
	case "ascii":
		return str(ascii(m, a[0]))
	case "len":
		n, err := Size(m, a[0])
		return NewInt(int64(n)), err
	case "list":
		items, err := Collect(m, a[0])
		return NewList(items...), err
	case "dict":
		d := NewDict()
		return d, d.UpdateFrom(m, a[0])
	case "sorted":
		items, err := Collect(m, a[0])
		if err != nil {
			return nil, err
		}
		items, err = SortedBy(m, items, items, bool(a[1].(Bool)))
		return NewList(items...), err
	case "int":
		if len(a) == 2 {
			base, _ := a[1].(Int).Int64()
			return IntOfStr(m, string(a[0].(Str)), int(base))
		}
		return IntOf(m, a[0])
	case "float":
		f, err := FloatOf(m, a[0])
		return Float(f), err
	case "round":
		n, _ := a[1].(Int).Int64()
		return Round(m, a[0], int(n))
	case "format":
		return str(Format(m, a[0], string(a[1].(Str))))
	case "str.format":
		return str(FormatMethod(m, string(a[0].(Str)), a[1].(*Tuple).Items, keywords(a[2])))
	case "Formatter":
		return str(FormatWith(m, string(a[0].(Str)), a[1].(*Tuple).Items, keywords(a[2]), Lookup{}))
	case "format_map":
		return str(FormatMap(m, string(a[0].(Str)), a[1]))
	}
	return nil, errors.New("the test does not know " + operation)
}

func str(s string, err error) (Value, error) { return Str(s), err }

func boolean(b bool, err error) (Value, error) { return Bool(b), err }

func keywords(v Value) []Kwarg {
	var out []Kwarg
	for k, v := range v.(*Dict).Pairs() {
		out = append(out, Kwarg{string(k.(Str)), v})
	}
	return out
}

func attribute(v Value, name string) (Value, error) {
	if attr, ok := Attr(v, name); ok {
		return attr, nil
	}
	return nil, Errorf("AttributeError", "'%s' object has no attribute '%s'", v.TypeName(), name)
}

// callMethod gives the result and, of what can change, what became of it.
func callMethod(m *Meter, a []Value) (Value, error) {
	f, err := attribute(a[0], string(a[1].(Str)))
	if err != nil {
		return nil, err
	}
	result, err := Call(m, f, a[2].(*Tuple).Items, keywords(a[3]))
	if err != nil {
		return nil, err
	}
	switch a[0].(type) {
	case *List, *Dict, *Set:
		return NewTuple(result, a[0]), nil
	}
	return result, nil
}

// severalMethods are the results of those without arguments that tell of the
// characters of a string.
func severalMethods(m *Meter, operation string, s Value) (Value, error) {
	names := strings.Fields("isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper")
	if operation == "cases" {
		names = strings.Fields("capitalize casefold lower swapcase title upper")
	}
	out := NewTuple()
	for _, name := range names {
		f, err := attribute(s, name)
		if err != nil {
			return nil, err
		}
		v, err := Call(m, f, nil, nil)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}
