package yaml

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "yes", "true", "on":
		return true, true
	case "no", "false", "off":
		return false, true
	}
	return false, false
}

// parseInt reads decimal, binary, octal (012), hexadecimal and sexagesimal
// (1:30) numbers as PyYAML does (constructor.py, construct_yaml_int).
func parseInt(s string) (*big.Int, bool) {
	if len(s) < 18 {
		if v, err := strconv.ParseInt(s, 10, 64); err == nil && s[0] >= '1' {
			return big.NewInt(v), true
		}
	}
	if len(s) > number.MaxDigits {
		return nil, false
	}
	digits, negative := cutSign(strings.ReplaceAll(s, "_", ""))
	var v *big.Int
	var ok bool
	switch {
	case strings.HasPrefix(digits, "0b"):
		v, ok = number.Int(digits[2:], 2)
	case strings.HasPrefix(digits, "0x"):
		v, ok = number.Int(digits[2:], 16)
	case len(digits) > 1 && digits[0] == '0':
		v, ok = number.Int(digits, 8)
	case strings.Contains(digits, ":"):
		v, ok = sexagesimal(digits)
	default:
		v, ok = number.Int(digits, 10)
	}
	if ok && negative {
		v.Neg(v)
	}
	return v, ok
}

func cutSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func sexagesimal(s string) (*big.Int, bool) {
	v := new(big.Int)
	for part := range strings.SplitSeq(s, ":") {
		digit, ok := number.Int(part, 10)
		if !ok {
			return nil, false
		}
		v.Add(v.Mul(v, big.NewInt(60)), digit)
	}
	return v, true
}

// parseFloat reads what PyYAML does (constructor.py, construct_yaml_float).
func parseFloat(s string) (float64, bool) {
	digits, negative := cutSign(strings.ToLower(strings.ReplaceAll(s, "_", "")))
	sign := 1.0
	if negative {
		sign = -1
	}
	switch digits {
	case ".inf":
		return sign * math.Inf(1), true
	case ".nan":
		return math.NaN(), true
	}
	v, base := 0.0, 1.0
	for _, part := range slices.Backward(strings.Split(digits, ":")) {
		f, ok := number.Float(part)
		if !ok {
			return 0, false
		}
		v += f * base
		base *= 60
	}
	return sign * v, true
}

// Str is Python's str() of a scalar: `True`, `None`, `1.5`. For a list or a
// mapping it is empty.
func (n *Node) Str() string {
	switch n.Kind {
	case None:
		return "None"
	case Bool:
		if n.Bool {
			return "True"
		}
		return "False"
	case Int:
		return n.Int.String()
	case Float:
		return number.Format(n.Float)
	case Timestamp:
		d, _ := parseDate(n.Text)
		return d.String()
	case List, Dict:
		return ""
	}
	return n.Text
}
