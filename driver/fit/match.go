package fit

import (
	"strconv"
	"strings"
)

// misfit is why a node does not suit a member, whatever is free there.
type misfit struct {
	kind misfitKind
	// at is the index of the constraint, topology or driver that it is about.
	at int
}

type misfitKind int

const (
	suits misfitKind = iota
	wrongPool
	wrongDatacenter
	unmetConstraint
	noPlace
	noDriver
	// The kinds from here on may pass.
	unhealthyDriver
	notReady
)

// passing says whether the reason may go away while the node stays what it is.
func (f misfit) passing() bool { return f.kind >= unhealthyDriver }

// matcher is a member with its constraints made ready for many nodes.
type matcher struct {
	*Member
	tests []test
}

func newMatcher(m *Member) matcher {
	out := matcher{Member: m, tests: make([]test, len(m.Constraints))}
	for i, c := range m.Constraints {
		out.tests[i] = newTest(c)
	}
	return out
}

// misfit is the first reason why the node does not suit, the lasting reasons first.
func (m *matcher) misfit(n *Node) misfit {
	switch {
	case m.Pool != "" && m.Pool != "all" && m.Pool != n.Pool:
		return misfit{kind: wrongPool}
	case !inDatacenter(n.Datacenter, m.Datacenters):
		return misfit{kind: wrongDatacenter}
	}
	for i := range m.tests {
		if !m.tests[i].holds(n.Values) {
			return misfit{unmetConstraint, i}
		}
	}
	for i, t := range m.Member.Together {
		if n.Values[valueName(t.Attribute)] == "" {
			return misfit{noPlace, i}
		}
	}
	passing := misfit{}
	for i, d := range m.Member.Drivers {
		switch there, why := n.driver(d); {
		case !there:
			return misfit{noDriver, i}
		case why != "":
			passing = misfit{unhealthyDriver, i}
		}
	}
	if n.NotReady != "" {
		return misfit{kind: notReady}
	}
	return passing
}

// Suits says whether the node is of the kind that the member asks for, by pool,
// datacenter, constraints and drivers, whatever is free there or may pass.
func (m Member) Suits(n Node) bool {
	ready := newMatcher(&m)
	f := ready.misfit(&n)
	return f.kind == suits || f.passing()
}

// driver says whether the node has the driver, and why it cannot be used now.
func (n *Node) driver(name string) (there bool, why string) {
	if n.Drivers != nil {
		why, there = n.Drivers[name]
		return there, why
	}
	there, err := strconv.ParseBool(n.Values["attr.driver."+name])
	return err == nil && there, ""
}

// fits says whether the node suits and has room for the member as it is.
func (m *matcher) fits(n *Node) bool {
	return m.misfit(n).kind == suits && newRoom(n).holds(m.Member)
}

// describe puts a misfit of node n into words that follow the node's name.
func (m *matcher) describe(f misfit, n *Node) string {
	switch f.kind {
	case wrongPool:
		return "is in node pool " + n.Pool
	case wrongDatacenter:
		return "is in datacenter " + n.Datacenter
	case unmetConstraint:
		return "does not meet " + m.Constraints[f.at].String()
	case noPlace:
		t := m.Member.Together[f.at]
		return "has no " + t.Attribute + ", which topology " + t.Key + " asks for"
	case noDriver:
		return "has no driver " + m.Member.Drivers[f.at]
	case unhealthyDriver:
		_, why := n.driver(m.Member.Drivers[f.at])
		return "has no healthy driver " + m.Member.Drivers[f.at] + " (" + why + ")"
	case notReady:
		return n.NotReady
	}
	return ""
}

// inDatacenter follows Nomad's patterns, in which `*` matches any text.
func inDatacenter(dc string, patterns []string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, p := range patterns {
		if p == dc || p == "*" || strings.Contains(p, "*") && glob(p, dc) {
			return true
		}
	}
	return false
}

// glob matches a pattern with stars: its pieces occur in order, the first at
// the start and the last at the end.
func glob(pattern, s string) bool {
	pieces := strings.Split(pattern, "*")
	s, ok := strings.CutPrefix(s, pieces[0])
	last := pieces[len(pieces)-1]
	if !ok || len(s) < len(last) || !strings.HasSuffix(s, last) {
		return false
	}
	s = strings.TrimSuffix(s, last)
	for _, p := range pieces[1 : len(pieces)-1] {
		at := strings.Index(s, p)
		if at < 0 {
			return false
		}
		s = s[at+len(p):]
	}
	return true
}
