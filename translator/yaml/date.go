package yaml

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var dateRE = regexp.MustCompile(`^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?\n?$`)

// date is a date of Python's, with a time of day or without, which is in a time
// zone or in none.
type date struct {
	time.Time
	hasTime, hasZone bool
}

// parseDate reads a date as PyYAML does (constructor.py,
// construct_yaml_timestamp): what is no date of the calendar is refused.
func parseDate(s string) (date, bool) {
	m := dateRE.FindStringSubmatch(s)
	if m == nil {
		return date{}, false
	}
	var f [12]int
	for i, digits := range m {
		f[i], _ = strconv.Atoi(digits)
	}
	zone, offset := time.UTC, time.Duration(0)
	if m[9] != "" {
		offset = time.Duration(f[10])*time.Hour + time.Duration(f[11])*time.Minute
		if m[9] == "-" {
			offset = -offset
		}
		zone = time.FixedZone("", int(offset/time.Second))
	}
	nanoseconds, _ := strconv.Atoi((m[7] + "000000")[:6])
	d := date{time.Date(f[1], time.Month(f[2]), f[3], f[4], f[5], f[6], nanoseconds*1000, zone), m[4] != "", m[8] != ""}
	ok := f[1] > 0 && d.Month() == time.Month(f[2]) && d.Day() == f[3] && d.Hour() == f[4] && d.Minute() == f[5] && d.Second() == f[6]
	return d, ok && offset.Abs() < 24*time.Hour
}

// String is Python's str().
func (d date) String() string {
	layout := "2006-01-02"
	if d.hasTime {
		layout += " 15:04:05"
		if d.Nanosecond() != 0 {
			layout += ".000000"
		}
	}
	if d.hasZone {
		layout += "-07:00"
	}
	return d.Format(layout)
}

// moment is the same for two dates that are the same key in Python.
func (n *Node) moment() string {
	d, _ := parseDate(n.Text)
	if d.hasZone {
		d.Time = d.UTC()
	}
	return strings.TrimSuffix(d.String(), "\n")
}
