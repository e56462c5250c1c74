package py

import (
	"strings"
	"testing"
)

// BenchmarkOperations are what a template does most.
func BenchmarkOperations(b *testing.B) {
	d := NewDict()
	for name := range strings.FieldsSeq("name image command args resource files inputs outputs") {
		d.SetStr(name, Str(name))
	}
	text := Str(strings.Repeat("osmo-workflow ", 10))
	list, _ := Collect(nil, &Range{0, 1000, 1})
	for _, c := range []struct {
		name string
		do   func(m *Meter) error
	}{
		{"small sum", binary("+", NewInt(1000), NewInt(1))},
		{"big sum", binary("+", NewInt(1<<62), NewInt(1<<62))},
		{"concatenation", binary("+", text, text)},
		{"comparison", func(m *Meter) error { _, err := Compare(m, "<", NewInt(1), NewInt(2)); return err }},
		{"equal strings", func(m *Meter) error { _, err := Equal(m, text, Str("x")); return err }},
		{"item of a dict", func(m *Meter) error { _, _, err := GetItem(m, d, Str("files")); return err }},
		{"character", func(m *Meter) error { _, err := Item(m, text, NewInt(7)); return err }},
		{"upper", method1(text, "upper")},
		{"split", method1(text, "split")},
		{"replace", method1(text, "replace", Str("osmo"), Str("nomad"))},
		{"repr of a dict", func(m *Meter) error { _, err := Repr(m, d); return err }},
		{"printf", binary("%", Str("%s-%03d"), NewTuple(text, NewInt(7)))},
		{"format", format("{:>20}", NewInt(7))},
		{"sorted thousand", func(m *Meter) error { _, err := SortedBy(m, list, list, true); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.do(NewMeter(Limits{})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
