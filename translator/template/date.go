package template

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// date is a date of YAML, as Python's datetime has it: it prints, says its parts
// and compares. Templates do nothing else with it.
type date struct {
	text string
	time.Time
}

// newDate reads what yaml prints of a date: a day, or a day and a time.
func newDate(text string) date {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return date{text, t}
		}
	}
	return date{text: text}
}

func (d date) hasTime() bool { return strings.Contains(d.text, ":") }

// TypeName is Python's name of the type.
func (d date) TypeName() string {
	if d.hasTime() {
		return "datetime.datetime"
	}
	return "datetime.date"
}

// PyStr is Python's str().
func (d date) PyStr(*py.Meter) (string, error) { return d.text, nil }

// PyRepr is Python's repr(), which a date in a list prints as.
func (d date) PyRepr(*py.Meter) (string, error) {
	parts := []int{d.Year(), int(d.Month()), d.Day()}
	if d.hasTime() {
		parts = append(parts, d.Hour(), d.Minute(), d.Second(), d.Nanosecond()/1000)
		for len(parts) > 5 && parts[len(parts)-1] == 0 {
			parts = parts[:len(parts)-1]
		}
	}
	words := make([]string, 0, len(parts)+1)
	for _, n := range parts {
		words = append(words, strconv.Itoa(n))
	}
	if d.hasZone() {
		words = append(words, "tzinfo="+zoneRepr(d.Time))
	}
	return d.TypeName() + "(" + strings.Join(words, ", ") + ")", nil
}

// zoneRepr is the repr of a time's zone. A timedelta's seconds are never negative.
func zoneRepr(t time.Time) string {
	_, offset := t.Zone()
	switch {
	case offset == 0:
		return "datetime.timezone.utc"
	case offset < 0:
		return fmt.Sprintf("datetime.timezone(datetime.timedelta(days=-1, seconds=%d))", offset+24*60*60)
	}
	return fmt.Sprintf("datetime.timezone(datetime.timedelta(seconds=%d))", offset)
}

// hasZone says that the text ends with a zone, as in +01:00.
func (d date) hasZone() bool {
	return d.hasTime() && strings.ContainsAny(d.text[len(time.DateOnly):], "+-Z")
}

// PyEqual is Python's: a day is no time, and a time in a zone is none without.
func (d date) PyEqual(_ *py.Meter, other py.Value) (equal, ok bool, err error) {
	o, ok := other.(date)
	if !ok {
		return false, false, nil
	}
	return d.hasTime() == o.hasTime() && d.hasZone() == o.hasZone() && d.Equal(o.Time), true, nil
}

// PyHash makes equal dates one key.
func (d date) PyHash() (string, error) {
	return fmt.Sprint("date ", d.hasTime(), d.hasZone(), d.Unix(), d.Nanosecond()), nil
}

// PyCompare orders days among days and times among times, in zones or not.
func (d date) PyCompare(_ *py.Meter, op string, other py.Value) (holds, ok bool, err error) {
	o, ok := other.(date)
	if !ok {
		return false, false, nil
	}
	if d.hasTime() != o.hasTime() {
		return false, false, &py.Error{Class: "TypeError", Msg: "can't compare datetime.datetime to datetime.date"}
	}
	if d.hasZone() != o.hasZone() {
		return false, false, &py.Error{Class: "TypeError", Msg: "can't compare offset-naive and offset-aware datetimes"}
	}
	switch c := d.Compare(o.Time); op {
	case "<":
		return c < 0, true, nil
	case "<=":
		return c <= 0, true, nil
	case ">":
		return c > 0, true, nil
	default:
		return c >= 0, true, nil
	}
}

// PyGetAttr gives the parts of the date, and isoformat().
func (d date) PyGetAttr(name string) (py.Value, bool) {
	parts := map[string]int{"year": d.Year(), "month": int(d.Month()), "day": d.Day()}
	if d.hasTime() {
		parts["hour"], parts["minute"], parts["second"], parts["microsecond"] = d.Hour(), d.Minute(), d.Second(), d.Nanosecond()/1000
	}
	if n, ok := parts[name]; ok {
		return py.NewInt(int64(n)), true
	}
	if name == "isoformat" {
		return isoformat(d), true
	}
	return nil, false
}

// isoformat is the date's method of that name, which takes no arguments here.
func isoformat(d date) *py.Func {
	return &py.Func{Name: "isoformat", F: func(_ *py.Meter, args []py.Value, kwargs []py.Kwarg) (py.Value, error) {
		if len(args)+len(kwargs) > 0 {
			return nil, &py.Error{Class: "Unsupported", Msg: "isoformat() takes no arguments in templates here"}
		}
		return py.Str(strings.Replace(d.text, " ", "T", 1)), nil
	}}
}
