package yaml

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The tags of scalars.
const (
	tagStr       = "!!str"
	tagNull      = "!!null"
	tagBool      = "!!bool"
	tagInt       = "!!int"
	tagFloat     = "!!float"
	tagTimestamp = "!!timestamp"
)

// The forms of numbers and dates (PyYAML resolver.py). All begin with a digit, a
// sign or a point.
var (
	floatRE     = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	intRE       = regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	timestampRE = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$`)
)

// implicitTag returns the type of a plain scalar. Like PyYAML's table it looks at
// the first character first.
func implicitTag(s string) string {
	if s == "" {
		return tagNull
	}
	switch s[0] {
	case 'y', 'Y', 'n', 'N', 't', 'T', 'f', 'F', 'o', 'O':
		return wordTag(s)
	case '~', '<', '=', '!', '&', '*':
		return signTag(s)
	case '+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return numberTag(s)
	}
	return tagStr
}

func wordTag(s string) string {
	switch s {
	case "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF":
		return tagBool
	case "null", "Null", "NULL":
		return tagNull
	}
	return tagStr
}

func signTag(s string) string {
	switch s {
	case "~":
		return tagNull
	case "<<":
		return "!!merge"
	case "=":
		return "!!value"
	case "!", "&", "*":
		return "!!yaml"
	}
	return tagStr
}

func numberTag(s string) string {
	second := byte('0')
	if len(s) > 1 {
		second = s[1]
	}
	if (s[0] == '-' || s[0] == '+') && second != '.' && (second < '0' || second > '9') {
		return tagStr // an option: -c, --name
	}
	switch {
	case floatRE.MatchString(s):
		return tagFloat
	case intRE.MatchString(s) && s != "-" && s != "+":
		return tagInt
	case timestampRE.MatchString(s):
		return tagTimestamp
	}
	return tagStr
}

// scalar resolves a scalar: what is quoted or a block is a string, a tag
// decides for itself, and the rest is read by PyYAML's table.
func (p *parser) scalar(y *yaml.Node, n *Node) {
	n.Kind, n.Text = Str, y.Value
	if len(y.Value) > MaxScalar {
		p.errorf(n.Pos, "a text of %d bytes, expected at most %d", len(y.Value), MaxScalar)
		return
	}
	var err error
	if tag := p.tag(y); y.Style&yaml.TaggedStyle != 0 {
		err = n.tagged(tag)
	} else {
		err = n.plain(tag)
	}
	if err != nil {
		p.errorf(n.Pos, "%v", err)
	}
}

// tag is the type of a scalar.
func (p *parser) tag(y *yaml.Node) string {
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		return y.ShortTag()
	case y.Style == 0:
		return implicitTag(y.Value)
	case p.isResolved(y) && y.Value != "\n":
		return implicitTag(strings.TrimSuffix(y.Value, "\n")) // Python's `$` matches there
	}
	return tagStr
}

// isResolved says whether a node has the tag `!`.
func (p *parser) isResolved(y *yaml.Node) bool {
	if p.resolvedAt == nil {
		return false
	}
	line, col := p.of(y.Line, y.Column)
	return p.resolvedAt[[2]int{line, col}]
}

// plain gives the node the kind and value of the type that PyYAML sees in it.
func (n *Node) plain(tag string) error {
	switch ok, known := n.convert(tag); {
	case !known:
		return fmt.Errorf("%q has a meaning of its own in YAML (%s): quote the text", n.Text, tag)
	case !ok:
		return fmt.Errorf("%q is read as %s, and is none: quote the text", n.Text, n.Kind)
	}
	return nil
}

// tagged gives the node the kind and value of a tag.
func (n *Node) tagged(tag string) error {
	switch ok, known := n.convert(tag); {
	case !known && knownTags[tag]:
		return fmt.Errorf("the tag %s has no place here", tag)
	case !known:
		return fmt.Errorf("nobody knows the tag %s: quote the text if it is none", tag)
	case !ok:
		return fmt.Errorf("%s is not %s", strconv.Quote(n.Text), n.Kind)
	}
	return nil
}

// knownTags are those that PyYAML knows and a scalar cannot have, or that make
// what OSMO has no use for.
var knownTags = map[string]bool{"!!binary": true, "!!set": true, "!!omap": true, "!!pairs": true, "!!seq": true, "!!map": true, "!!merge": true, "!!value": true, "!!yaml": true}

// convert reads the text as a tag says (PyYAML constructor.py).
func (n *Node) convert(tag string) (ok, known bool) {
	switch tag {
	case tagStr:
		return true, true
	case tagNull:
		n.Kind = None
		return true, true
	case tagBool:
		n.Kind = Bool
		n.Bool, ok = parseBool(n.Text)
	case tagInt:
		n.Kind = Int
		n.Int, ok = parseInt(n.Text)
	case tagFloat:
		n.Kind = Float
		n.Float, ok = parseFloat(n.Text)
	case tagTimestamp:
		n.Kind = Timestamp
		_, ok = parseDate(n.Text)
	default:
		return false, false
	}
	return ok, true
}
