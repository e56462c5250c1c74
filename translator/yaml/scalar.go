package yaml

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// resolvers is PyYAML's table of implicit types (resolver.py), in its order.
var resolvers = []struct {
	tag string
	re  *regexp.Regexp
}{
	{"!!bool", regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)},
	{"!!float", regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)},
	{"!!int", regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)},
	{"!!merge", regexp.MustCompile(`^<<$`)},
	{"!!null", regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)},
	{"!!timestamp", regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$`)},
	{"!!value", regexp.MustCompile(`^=$`)},
}

// implicitTag returns the type of a plain scalar.
func implicitTag(s string) string {
	for _, r := range resolvers {
		if r.re.MatchString(s) {
			return r.tag
		}
	}
	return "!!str"
}

// convert gives the node the kind and value of a tag (PyYAML constructor.py).
func (n *Node) convert(tag string) error {
	ok := true
	switch tag {
	case "!!str":
		n.Kind = Str
	case "!!null":
		n.Kind = None
	case "!!bool":
		n.Kind = Bool
		n.Bool, ok = parseBool(n.Text)
	case "!!int":
		n.Kind = Int
		n.Int, ok = parseInt(n.Text)
	case "!!float":
		n.Kind = Float
		n.Float, ok = parseFloat(n.Text)
	case "!!timestamp":
		n.Kind = Timestamp
		ok = isDate(n.Text)
	default:
		return fmt.Errorf("%q cannot stand here unquoted (its YAML type is %s), write %s", n.Text, tag, strconv.Quote(n.Text))
	}
	if !ok {
		return fmt.Errorf("%q is not %s", n.Text, n.Kind)
	}
	return nil
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "yes", "true", "on":
		return true, true
	case "no", "false", "off":
		return false, true
	}
	return false, false
}

// parseInt reads decimal, binary, octal (012), hexadecimal and sexagesimal (1:30).
func parseInt(s string) (*big.Int, bool) {
	s = strings.ReplaceAll(s, "_", "")
	digits := strings.TrimLeft(s, "+-")
	base := 10
	switch {
	case strings.Contains(digits, ":"):
		return parseSexagesimal(s)
	case strings.HasPrefix(digits, "0b"):
		digits, base = digits[2:], 2
	case strings.HasPrefix(digits, "0x"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		base = 8
	}
	v, ok := new(big.Int).SetString(digits, base)
	if ok && strings.HasPrefix(s, "-") {
		v.Neg(v)
	}
	return v, ok
}

func parseSexagesimal(s string) (*big.Int, bool) {
	v := new(big.Int)
	for part := range strings.SplitSeq(strings.TrimLeft(s, "+-"), ":") {
		digit, ok := new(big.Int).SetString(part, 10)
		if !ok {
			return nil, false
		}
		v.Add(v.Mul(v, big.NewInt(60)), digit)
	}
	if strings.HasPrefix(s, "-") {
		v.Neg(v)
	}
	return v, true
}

func parseFloat(s string) (float64, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	sign, digits := 1.0, strings.TrimLeft(s, "+-")
	if strings.HasPrefix(s, "-") {
		sign = -1
	}
	switch digits {
	case ".inf":
		return sign * math.Inf(1), true
	case ".nan":
		return math.NaN(), true
	}
	v := 0.0
	for part := range strings.SplitSeq(digits, ":") {
		f, err := strconv.ParseFloat(part, 64)
		if err != nil && !math.IsInf(f, 0) {
			return 0, false
		}
		v = v*60 + f
	}
	return sign * v, true
}

var dayRE = regexp.MustCompile(`^\d+-\d+-\d+`)

func isDate(s string) bool {
	if len(s) > 10 {
		s = dayRE.FindString(s)
	}
	_, err := time.Parse("2006-1-2", s)
	return err == nil
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
		return FormatFloat(n.Float)
	case List, Dict:
		return ""
	}
	return n.Text
}

// FormatFloat is Python's repr() of a float: the shortest digits that read back
// the same, with an exponent below 1e-4 and from 1e16.
func FormatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
