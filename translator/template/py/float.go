package py

import (
	"math"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// floatStyle is how CPython's PyOS_double_to_string writes a float.
type floatStyle struct {
	verb      byte // e f g, their capitals, or r for repr
	alternate bool // always a point, and g keeps its zeros
	dotZero   bool // what would look like an int gets ".0"
}

// text writes a float with so many digits; all roundings are exact.
func (s floatStyle) text(m *Meter, x float64, precision int64) (string, error) {
	if err := m.text(precision + 400); err != nil {
		return "", err
	}
	upper := s.verb >= 'A' && s.verb <= 'Z'
	var out string
	switch verb := s.verb | 0x20; {
	case math.IsNaN(x) || math.IsInf(x, 0):
		out = number.Format(x)
	case verb == 'r':
		out = s.shortest(x)
	case verb == 'g':
		out = s.general(x, int(max(precision, 1)))
	default:
		out = strconv.FormatFloat(x, verb, int(precision), 64)
		if s.alternate && precision == 0 {
			out = withPoint(out)
		}
	}
	if upper {
		out = strings.ToUpper(out)
	}
	return out, nil
}

// withPoint adds a point to a number that has none.
func withPoint(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	at := strings.IndexByte(s, 'e')
	if at < 0 {
		return s + "."
	}
	return s[:at] + "." + s[at:]
}

// shortest is repr, or with an empty precision format() of a float.
func (s floatStyle) shortest(x float64) string {
	out := number.Format(x)
	if s.alternate {
		out = withPoint(out)
	}
	return out
}

// general is %g: a number of significant digits, with an exponent if it is far
// from 1, and without the zeros at the end.
func (s floatStyle) general(x float64, precision int) string {
	scientific := strconv.FormatFloat(x, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(scientific, "e")
	exp, _ := strconv.Atoi(exponent)
	limit := precision
	if s.dotZero {
		limit-- // so that there is place for the zero
	}
	if exp >= -4 && exp < limit {
		fixed := strconv.FormatFloat(x, 'f', max(precision-1-exp, 0), 64)
		return s.trimmed(fixed, s.dotZero)
	}
	return s.trimmed(mantissa, false) + "e" + exponent
}

// trimmed takes the zeros behind the point away, or with the alternate form
// makes sure of a point.
func (s floatStyle) trimmed(digits string, dotZero bool) string {
	if s.alternate {
		return withPoint(digits)
	}
	if strings.Contains(digits, ".") {
		digits = strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
	}
	if dotZero && !strings.Contains(digits, ".") {
		digits += ".0"
	}
	return digits
}
