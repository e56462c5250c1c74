package py

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
)

// What one rendering may cost at most, whatever the template says. Nothing was
// seen to take more than two tenths of a second, ten times that under the race
// detector; what is not charged for takes minutes.
const (
	mostAllocated = 100 << 20
	mostTime      = 5 * time.Second
)

// rendering is the budget under which the costs are measured.
func rendering() *Meter { return NewMeter(Limits{Steps: 1_000_000, Bytes: 32 << 20, Depth: 200}) }

// hostile are operations that ask for more than they are long: once, or until
// the budget is used up. false is for what is cheap and has to succeed.
var hostile = []struct {
	name    string
	refused bool
	do      func(m *Meter) error
}{
	{"'a' * 10**9", true, binary("*", Str("a"), NewInt(1e9))},
	{"'a' * 2**62", true, binary("*", Str("aaaa"), NewInt(1<<62))},
	{"[0] * 10**9", true, binary("*", NewList(NewInt(0)), NewInt(1e9))},
	{"(0, 1) * 2**63-1", true, binary("*", NewTuple(NewInt(0), NewInt(1)), NewInt(1<<63-1))},
	{"9**(9**9)", true, binary("**", NewInt(9), NewInt(387420489))},
	{"9**10**18", true, binary("**", NewInt(9), NewInt(1e18))},
	{"'{:>999999999}'.format(1)", true, format("{:>999999999}", NewInt(1))},
	{"'{:,}' of a wide number", true, format("{:0999999999,}", NewInt(1))},
	{"'{:.999999999f}'.format(1.5)", true, format("{:.999999999f}", Float(1.5))},
	{"'{:.999999999}'.format(1.5)", true, format("{:.999999999}", Float(1.5))},
	{"'{:é^999999999}'.format('x')", true, format("{:é^999999999}", Str("x"))},
	{"'%999999999d' % 1", true, binary("%", Str("%999999999d"), NewInt(1))},
	{"'%.999999999d' % 1", true, binary("%", Str("%.999999999d"), NewInt(1))},
	{"'%.999999999f' % 1", true, binary("%", Str("%.999999999f"), Float(1))},
	{"'%*s' % (10**9, 1)", true, binary("%", Str("%*s"), NewTuple(NewInt(1e9), NewInt(1)))},
	{"'x'.center(10**9)", true, method1(Str("x"), "center", NewInt(1e9))},
	{"'x'.zfill(10**12)", true, method1(Str("x"), "zfill", NewInt(1e12))},
	{"'\\t'.expandtabs(10**9)", true, method1(Str("\t\t"), "expandtabs", NewInt(1e9))},
	{"replace('', 10**6 b)", true, method1(Str(strings.Repeat("a", 1000)), "replace", Str(""), Str(strings.Repeat("b", 1e6)))},
	{"join of 10**12 numbers", true, method1(Str(","), "join", &Range{0, 1e12, 1})},
	{"list(range(10**12))", true, func(m *Meter) error { _, err := Collect(m, &Range{0, 1e12, 1}); return err }},
	{"sum over range(10**12)", true, drain(&Range{0, 1e12, 1})},
	{"5 in range(10**12)", false, func(m *Meter) error { _, err := Contains(m, &Range{0, 1e12, 1}, NewInt(5)); return err }},
	{"round(1, -10**9)", false, func(m *Meter) error { _, err := Round(m, NewInt(1), -1e9); return err }},
	{"repr of a list that doubles 60 times", true, func(m *Meter) error { _, err := Repr(m, doubled(60)); return err }},
	{"== of lists that double 60 times", true, func(m *Meter) error { _, err := Equal(m, doubled(60), doubled(60)); return err }},
	{"< of lists that double 60 times", true, func(m *Meter) error { _, err := Compare(m, "<", doubled(60), doubled(60)); return err }},
	{"hash of a tuple that doubles 60 times", true, hashDoubled},
	{"repr of a list 100000 deep", true, func(m *Meter) error { _, err := Repr(m, deep(100000)); return err }},
	{"== of lists 100000 deep", true, func(m *Meter) error { _, err := Equal(m, deep(100000), deep(100000)); return err }},
	{"hash of a tuple 100000 deep", true, hashDeep},
	{"int of 10**7 digits", true, func(m *Meter) error { _, err := IntOfStr(m, strings.Repeat("1", 1e7), 10); return err }},
	{"hex of 10**6 digits", false, func(m *Meter) error { _, err := IntOfStr(m, strings.Repeat("f", 1e6), 16); return err }},
	{"append(self)", true, func(m *Meter) error {
		l := NewList(NewInt(1))
		it, err := Iterate(m, l)
		for err == nil {
			var v Value
			if v, _, err = it.Next(); err == nil {
				_, _, err = callNamed(m, l, "append", v)
			}
		}
		return err
	}},
}

func binary(op string, a, b Value) func(*Meter) error {
	return func(m *Meter) error { _, err := Binary(m, op, a, b); return err }
}

func format(text string, v Value) func(*Meter) error {
	return func(m *Meter) error { _, err := FormatMethod(m, text, []Value{v}, nil); return err }
}

func method1(self Value, name string, args ...Value) func(*Meter) error {
	return func(m *Meter) error { _, _, err := callNamed(m, self, name, args...); return err }
}

func callNamed(m *Meter, self Value, name string, args ...Value) (Value, bool, error) {
	f, ok := Attr(self, name)
	if !ok {
		return nil, false, errors.New("no method " + name)
	}
	v, err := Call(m, f, args, nil)
	return v, true, err
}

func drain(v Value) func(*Meter) error {
	return func(m *Meter) error {
		it, err := Iterate(m, v)
		for ok := true; ok && err == nil; {
			_, ok, err = it.Next()
		}
		return err
	}
}

func doubled(times int) Value {
	v := NewList()
	for range times {
		v = NewList(v, v)
	}
	return v
}

func deep(levels int) Value {
	v := NewList()
	for range levels {
		v = NewList(v)
	}
	return v
}

func hashDoubled(m *Meter) error {
	v := NewTuple()
	for range 60 {
		v = NewTuple(v, v)
	}
	return NewDict().Set(m, v, None{})
}

func hashDeep(m *Meter) error {
	v := NewTuple()
	for range 100000 {
		v = NewTuple(v)
	}
	return NewDict().Set(m, v, None{})
}

// repeats are operations that are done until the budget is used up.
func repeats() map[string]func(m *Meter) error {
	long, wide := Str(strings.Repeat("ab", 50_000)), Str(strings.Repeat("é日", 25_000))
	numbers := NewList()
	words := NewDict()
	for i := range 2000 {
		numbers.Items = append(numbers.Items, NewInt(int64(i*7919%2000)))
		_ = words.Set(nil, NewInt(int64(i)), Str("x"))
	}
	same, _ := words.Copy(nil)
	huge, again := powerOf(3, 100_000), powerOf(3, 100_000)
	all := map[string]func(m *Meter) error{
		"'b' in long":          func(m *Meter) error { _, err := Contains(m, long, Str("zz")); return err },
		"wide[40000]":          func(m *Meter) error { _, err := Item(m, wide, NewInt(40000)); return err },
		"len(wide)":            func(m *Meter) error { _, err := Size(m, wide); return err },
		"'%5s' % wide":         binary("%", Str("%5s"), wide),
		"new keys":             newKeys(),
		"wide[::-1]":           func(m *Meter) error { _, err := Slice(m, wide, None{}, None{}, NewInt(-1)); return err },
		"long[1:]":             func(m *Meter) error { _, err := Slice(m, long, NewInt(1), None{}, None{}); return err },
		"-1 in numbers":        func(m *Meter) error { _, err := Contains(m, numbers, NewInt(-1)); return err },
		"-1.5 in numbers":      func(m *Meter) error { _, err := Contains(m, numbers, Float(-1.5)); return err },
		"sorted(numbers)":      func(m *Meter) error { _, err := SortedBy(m, numbers.Items, numbers.Items, false); return err },
		"numbers == numbers":   func(m *Meter) error { _, err := Equal(m, numbers, NewList(numbers.Items...)); return err },
		"words == words":       func(m *Meter) error { _, err := Equal(m, words, same); return err },
		"repr(numbers)":        func(m *Meter) error { _, err := Repr(m, numbers); return err },
		"repr(words)":          func(m *Meter) error { _, err := Repr(m, words); return err },
		"repr(long)":           func(m *Meter) error { _, err := Repr(m, long); return err },
		"ascii(wide)":          func(m *Meter) error { _, err := ascii(m, wide); return err },
		"dict(words)":          func(m *Meter) error { _, err := words.Copy(m); return err },
		"list(long)":           func(m *Meter) error { _, err := Collect(m, long); return err },
		"huge * huge":          binary("*", huge, huge),
		"huge // large":        binary("//", huge, powerOf(7, 20_000)),
		"huge / large":         binary("/", huge, powerOf(3, 99_990)),
		"huge + 1":             binary("+", huge, NewInt(1)),
		"huge == huge":         func(m *Meter) error { _, err := Equal(m, huge, again); return err },
		"3.3 ** 2.2":           binary("**", Float(3.3), Float(2.2)),
		"3.3 ** 31.0":          binary("**", Float(3.3), Float(31)),
		"9 ** 400":             binary("**", NewInt(9), NewInt(400)),
		"1 + 1":                binary("+", NewInt(1000), NewInt(1)),
		"'%s %s' % (1, 2)":     binary("%", Str("%s %5d %.2f"), NewTuple(NewInt(1), NewInt(2), Float(2.5))),
		"'{} {:5}'.format":     format("{0} {0:5} {0:.3f} {0!r}", NewInt(1)),
		"format of 1e308":      func(m *Meter) error { _, err := Format(m, Float(1e308), "f"); return err },
		"format with .500f":    func(m *Meter) error { _, err := Format(m, Float(1e-308), ".500f"); return err },
		"format(huge, 'x')":    func(m *Meter) error { _, err := Format(m, huge, "_x"); return err },
		"str(9 ** 4000)":       func(m *Meter) error { _, err := ToStr(m, powerOf(9, 4000)); return err },
		"int('9' * 4000)":      func(m *Meter) error { _, err := IntOfStr(m, strings.Repeat("9", 4000), 10); return err },
		"float('1.5')":         func(m *Meter) error { _, err := FloatOf(m, Str("1.5")); return err },
		"float(long digits)":   func(m *Meter) error { _, err := FloatOf(m, Str("0."+strings.Repeat("7", 5000))); return err },
		"hash of a tuple":      func(m *Meter) error { _, err := Contains(m, words, NewTuple(numbers.Items...)); return err },
		"round(2.5, 300)":      func(m *Meter) error { _, err := Round(m, Float(2.5e-300), 300); return err },
		"round(2.5e300, -299)": func(m *Meter) error { _, err := Round(m, Float(2.5e300), -299); return err },
		"pop(0)":               popFirst(),
	}
	maps.Copy(all, methodRepeats(long, wide, words))
	return all
}

// methodRepeats are those of strings' methods, of short and of long ones.
func methodRepeats(long, wide Str, words *Dict) map[string]func(m *Meter) error {
	all := map[string]func(m *Meter) error{}
	for _, call := range []struct {
		name string
		args []Value
	}{
		{"lower", nil},
		{"title", nil},
		{"isalpha", nil},
		{"isprintable", nil},
		{"islower", nil},
		{"split", nil},
		{"split", []Value{Str("b")}},
		{"rsplit", []Value{Str("a")}},
		{"splitlines", nil},
		{"replace", []Value{Str("a"), Str("bc")}},
		{"replace", []Value{Str(""), Str("-")}},
		{"count", []Value{Str("ba")}},
		{"find", []Value{Str("aa")}},
		{"rfind", []Value{Str("bb"), NewInt(10), NewInt(-10)}},
		{"strip", []Value{Str("abcdefghijklmnopqrstuvwxyzé")}},
		{"casefold", nil},
		{"swapcase", nil},
		{"expandtabs", nil},
		{"translate", []Value{words}},
		{"startswith", []Value{Str(strings.Repeat("ab", 40_000))}},
		{"isidentifier", nil},
		{"partition", []Value{Str("zz")}},
		{"capitalize", nil},
		{"center", []Value{NewInt(9)}},
	} {
		all["long."+call.name] = method1(long, call.name, call.args...)
		all["wide."+call.name] = method1(wide, call.name, call.args...)
		all["a."+call.name] = method1(Str("ab"), call.name, call.args...)
	}
	return all
}

func newKeys() func(m *Meter) error {
	d, n := NewDict(), int64(0)
	return func(m *Meter) error {
		if steps, _ := m.Used(); steps == 0 {
			d = NewDict()
		}
		n++
		return d.Set(m, NewInt(n), None{})
	}
}

func popFirst() func(m *Meter) error {
	l := NewList(make([]Value, 50_000)...)
	return func(m *Meter) error {
		if len(l.Items) < 1000 {
			l.Items = make([]Value, 50_000)
		}
		_, _, err := callNamed(m, l, "pop", NewInt(0))
		return err
	}
}

func powerOf(base, exp int64) Int {
	v, _ := Binary(nil, "**", NewInt(base), NewInt(exp))
	return v.(Int)
}

// TestHostile: what asks for too much is refused before it is done.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		err := within(t, h.name, h.do)
		refused := IsClass(err, "MemoryError", "RecursionError", "ValueError")
		if refused != h.refused || err != nil && !refused {
			t.Errorf("%s: %v", h.name, err)
		}
	}
}

// TestExhausted: what is cheap but done over and over costs no more than the
// budget stands for.
func TestExhausted(t *testing.T) {
	for name, do := range repeats() {
		err := within(t, name, func(m *Meter) (err error) {
			for err == nil {
				if err = do(m); err == nil {
					err = m.Step(1) // the engine's, for the node
				}
			}
			return err
		})
		if !IsClass(err, "MemoryError") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// within does one rendering and looks at what it cost.
func within(t *testing.T, name string, do func(m *Meter) error) error {
	t.Helper()
	var err error
	took := cost.Of(t, func() { err = do(rendering()) })
	t.Logf("%s: %v", name, took)
	if took.Allocated > mostAllocated || took.Processor > mostTime {
		t.Errorf("%s: %v", name, took)
	}
	return err
}
