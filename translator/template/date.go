package template

import (
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// date is a date of YAML, as Python's datetime has it: it prints, and says its
// parts. Templates do nothing else with it.
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
