package fit

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-version"
)

// suits says why the node can never take the member, whatever is free there;
// empty if it can.
func (n *Node) suits(m Member) string {
	switch {
	case m.Pool != "" && m.Pool != "all" && m.Pool != n.Pool:
		return "is in node pool " + n.Pool
	case !inDatacenter(n.Datacenter, m.Datacenters):
		return "is in datacenter " + n.Datacenter
	}
	for _, c := range m.Constraints {
		if !c.holds(n.Values) {
			return "has not " + c.String()
		}
	}
	for _, d := range m.Drivers {
		if !truth(n.Values["attr.driver."+d]) {
			return "has no healthy driver " + d
		}
	}
	return n.NotReady
}

func truth(s string) bool {
	b, err := strconv.ParseBool(s)
	return err == nil && b
}

// inDatacenter follows Nomad's patterns, in which `*` matches any text.
func inDatacenter(dc string, patterns []string) bool {
	if len(patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(patterns, func(p string) bool {
		expr := "^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$"
		ok, err := regexp.MatchString(expr, dc)
		return err == nil && ok
	})
}

// String is the constraint as a person reads it.
func (c Constraint) String() string {
	switch c.Operand {
	case "is_set", "is_not_set":
		return c.LTarget + " " + c.Operand
	}
	return c.LTarget + " " + c.Operand + " " + c.RTarget
}

// resolve returns the value of a target: text as it is, `${…}` from values.
func resolve(target string, values map[string]string) (string, bool) {
	name, ok := strings.CutPrefix(target, "${")
	if !ok {
		return target, true
	}
	v, found := values[strings.TrimSuffix(name, "}")]
	return v, found
}

// holds evaluates the constraint as Nomad does (scheduler/feasible). An operand
// that Nomad does not know either holds nowhere.
func (c Constraint) holds(values map[string]string) bool {
	l, lFound := resolve(c.LTarget, values)
	r, rFound := resolve(c.RTarget, values)
	switch c.Operand {
	case "!=", "not":
		return l != r
	case "is_set":
		return lFound
	case "is_not_set":
		return !lFound
	}
	if !lFound || !rFound {
		return false
	}
	switch c.Operand {
	case "", "=", "==", "is":
		return l == r
	case "<", "<=", ">", ">=":
		return ordered(c.Operand, l, r)
	case "regexp":
		ok, err := regexp.MatchString(r, l)
		return err == nil && ok
	case "version", "semver":
		return versioned(l, r)
	case "set_contains", "set_contains_all":
		return contains(l, r, true)
	case "set_contains_any":
		return contains(l, r, false)
	}
	return false
}

// ordered compares as integers, else as floats, else as text (Nomad's order).
func ordered(operand, l, r string) bool {
	order := cmp.Compare(l, r)
	li, lErr := strconv.ParseInt(l, 10, 64)
	ri, rErr := strconv.ParseInt(r, 10, 64)
	lf, lfErr := strconv.ParseFloat(l, 64)
	rf, rfErr := strconv.ParseFloat(r, 64)
	if lErr == nil && rErr == nil {
		order = cmp.Compare(li, ri)
	} else if lfErr == nil && rfErr == nil {
		order = cmp.Compare(lf, rf)
	}
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

func versioned(l, r string) bool {
	v, err := version.NewVersion(l)
	if err != nil {
		return false
	}
	want, err := version.NewConstraint(r)
	return err == nil && want.Check(v)
}

// contains looks for all, or any, of the comma separated r in l.
func contains(l, r string, all bool) bool {
	have := map[string]bool{}
	for _, v := range strings.Split(l, ",") {
		have[strings.TrimSpace(v)] = true
	}
	for _, v := range strings.Split(r, ",") {
		if have[strings.TrimSpace(v)] != all {
			return !all
		}
	}
	return all
}
