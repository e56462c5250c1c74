package fit

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/nomad/helper/constraints/semver"
	attributes "github.com/hashicorp/nomad/plugins/shared/structs"
)

// String is the constraint as a person reads it.
func (c Constraint) String() string {
	switch c.Operand {
	case "is_set", "is_not_set":
		return c.LTarget + " " + c.Operand
	}
	return c.LTarget + " " + c.Operand + " " + c.RTarget
}

// test is a constraint whose right side has been looked at once: compiling a
// pattern for each of thousands of nodes would be most of the work.
type test struct {
	Constraint
	// left and right are the names of values, or "" where the text is literal.
	left, right string
	// regexp and version are set where the right side is literal and valid.
	regexp  *regexp.Regexp
	version checker
}

// checker is a compiled version constraint.
type checker interface{ Check(*version.Version) bool }

func newTest(c Constraint) test {
	t := test{Constraint: c, left: valueName(c.LTarget), right: valueName(c.RTarget)}
	if t.right == "" {
		t.regexp, t.version = compile(c.Operand, c.RTarget)
	}
	return t
}

// valueName is the name inside `${…}`, or "" for text that is literal.
func valueName(target string) string {
	name, ok := strings.CutPrefix(target, "${")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, "}")
}

// compile makes the right side of a pattern or version constraint ready. What
// does not compile holds nowhere, as in Nomad.
func compile(operand, right string) (*regexp.Regexp, checker) {
	switch operand {
	case "regexp":
		re, err := regexp.Compile(right)
		if err == nil {
			return re, nil
		}
	case "version":
		v, err := version.NewConstraint(right)
		if err == nil {
			return nil, v
		}
	case "semver":
		v, err := semver.NewConstraint(right)
		if err == nil {
			return nil, v
		}
	}
	return nil, nil
}

func resolve(name, literal string, values map[string]string) (string, bool) {
	if name == "" {
		return literal, true
	}
	v, ok := values[name]
	return v, ok
}

// holds evaluates the constraint as Nomad's scheduler does for a node. What is
// about several allocations (distinct_hosts, distinct_property) is not asked
// here; an operand that Nomad does not know holds nowhere.
func (t *test) holds(values map[string]string) bool {
	l, lFound := resolve(t.left, t.LTarget, values)
	r, rFound := resolve(t.right, t.RTarget, values)
	switch t.Operand {
	case "distinct_hosts", "distinct_property":
		return true
	case "!=", "not":
		return l != r
	case "is_set":
		return lFound
	case "is_not_set":
		return !lFound
	}
	return lFound && rFound && t.compare(l, r)
}

// compare is for the operands that need both sides.
func (t *test) compare(l, r string) bool {
	switch t.Operand {
	case "", "=", "==", "is":
		return l == r
	case "<", "<=", ">", ">=":
		return inOrder(t.Operand, order(l, r))
	case "set_contains", "set_contains_all":
		return contains(l, r, true)
	case "set_contains_any":
		return contains(l, r, false)
	}
	re, versions := t.regexp, t.version
	if t.right != "" {
		re, versions = compile(t.Operand, r)
	}
	if re != nil {
		return re.MatchString(l)
	}
	if versions == nil {
		return false
	}
	v, err := version.NewVersion(l)
	return err == nil && versions.Check(v)
}

// order compares as integers, else as floats, else as text.
func order(l, r string) int {
	li, lErr := strconv.ParseInt(l, 10, 64)
	ri, rErr := strconv.ParseInt(r, 10, 64)
	if lErr == nil && rErr == nil {
		return cmp.Compare(li, ri)
	}
	lf, lErr := strconv.ParseFloat(l, 64)
	rf, rErr := strconv.ParseFloat(r, 64)
	if lErr == nil && rErr == nil {
		return cmp.Compare(lf, rf)
	}
	return cmp.Compare(l, r)
}

func inOrder(operand string, order int) bool {
	switch operand {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// contains looks for all, or any, of the comma separated r in l.
func contains(l, r string, all bool) bool {
	have := map[string]bool{}
	for v := range strings.SplitSeq(l, ",") {
		have[strings.TrimSpace(v)] = true
	}
	for v := range strings.SplitSeq(r, ",") {
		if have[strings.TrimSpace(v)] != all {
			return !all
		}
	}
	return all
}

// holdsFor evaluates the constraint for a device, whose values are typed and
// have units: `${device.attr.memory} >= 40 GiB`.
func (c Constraint) holdsFor(values map[string]string) bool {
	l, lFound := resolve(valueName(c.LTarget), c.LTarget, values)
	r, rFound := resolve(valueName(c.RTarget), c.RTarget, values)
	switch c.Operand {
	case "!=", "not":
		if lFound != rFound {
			return true
		}
		order, ok := attributes.ParseAttribute(l).Compare(attributes.ParseAttribute(r))
		return lFound && ok && order != 0
	case "", "=", "==", "is", "<", "<=", ">", ">=":
		order, ok := attributes.ParseAttribute(l).Compare(attributes.ParseAttribute(r))
		if !lFound || !rFound || !ok {
			return false
		}
		if strings.ContainsAny(c.Operand, "<>") {
			return inOrder(c.Operand, order)
		}
		return order == 0
	}
	t := newTest(c)
	return t.holds(values)
}
