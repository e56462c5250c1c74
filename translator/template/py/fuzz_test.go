package py

import (
	"errors"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// FuzzFormat: whatever is formatted however, there is a text or an exception,
// and no more is made than the budget has.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{
		"", "*>+#012_.3f", "é^20,", "%5.3s|%-*d", "%(a)r%%", "{0!r:>{1}}", "{a[0].real:{b}}", "{:{}{}}", "{}}{{", "%#010x", "=+20_b", "{[}]!s:<5}", ".999999999f", "\u0663",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values := []Value{NewInt(-42), powerOf(7, 60), Float(-1234.5678), Bool(true), Str("aé\n"), None{}, NewList(NewInt(1), Str("x"))}
		kwargs := []Kwarg{{"a", NewList(NewInt(3))}, {"b", Str(">9")}}
		mapping := NewDict()
		mapping.SetStr("a", Float(1e100))
		for _, v := range values {
			checkFormat(t, func(m *Meter) (string, error) { return Format(m, v, text) })
			checkFormat(t, func(m *Meter) (string, error) { return PrintfFormat(m, text, v) })
		}
		checkFormat(t, func(m *Meter) (string, error) { return PrintfFormat(m, text, NewTuple(values...)) })
		checkFormat(t, func(m *Meter) (string, error) { return PrintfFormat(m, text, mapping) })
		checkFormat(t, func(m *Meter) (string, error) { return FormatMethod(m, text, values, kwargs) })
		checkFormat(t, func(m *Meter) (string, error) { return FormatWith(m, text, values, kwargs, Lookup{}) })
		checkFormat(t, func(m *Meter) (string, error) { return FormatMap(m, text, mapping) })
	})
}

func checkFormat(t *testing.T, do func(m *Meter) (string, error)) {
	t.Helper()
	limits := Limits{Steps: 20_000, Bytes: 100_000, Depth: 50}
	m := NewMeter(limits)
	out, err := do(m)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Errorf("%v is no Python exception", err)
	}
	if steps, bytes := m.Used(); steps > limits.Steps || bytes > limits.Bytes || int64(len(out)) > bytes+100 {
		t.Errorf("%d bytes made of %d steps and %d bytes", len(out), steps, bytes)
	}
}

// FuzzNumbers: what int() and float() read is what they print.
func FuzzNumbers(f *testing.F) {
	for _, seed := range []string{"12", " 1_000 ", "-0x1f", "1e5", ".5", "nan", "٣", "1__0", "0b1", "infinity"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, base := range []int{0, 2, 10, 16, 36} {
			n, ok := ParseInt(text, base)
			if !ok {
				continue
			}
			if again, ok := ParseInt(n.Big().Text(max(base, 2)), max(base, 2)); !ok || again.Cmp(n) != 0 {
				t.Errorf("%q is %s in base %d, and that is not", text, n.Big(), base)
			}
		}
		if x, ok := number.Float(text); ok && x == x {
			if again, ok := number.Float(number.Format(x)); !ok || again != x {
				t.Errorf("%q is %v, which reads as %v", text, x, again)
			}
		}
	})
}
