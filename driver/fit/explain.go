package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// platformValue is where a node says its platform.
const platformValue = "attr.osmo.platform"

// Shortage is what one member lacks, or all together.
type Shortage struct {
	// Member is empty where each member fits alone and all together do not.
	Member string
	// Why is a clause a person can act on: what is needed, where, who has it.
	// Empty for a member that fits somewhere alone.
	Why string
	// Never says that no node here could take the member even if it were empty
	// and ready.
	Never bool
}

// Explain says for each member, in the order given, why it cannot be placed.
// Where each fits alone, one more Shortage without a name says who is in whose
// way; there is none where all fit.
func Explain(nodes []Node, members []Member) []Shortage {
	out := make([]Shortage, len(members))
	short := false
	for i := range members {
		out[i] = shortage(nodes, &members[i])
		short = short || out[i].Why != ""
	}
	if short {
		return out
	}
	if why := conflict(nodes, members); why != "" {
		return slices.Concat(out, []Shortage{{Why: why}})
	}
	return out
}

// Reason puts what Explain found into one line; empty if all members fit.
func Reason(shortages []Shortage) string {
	var whys []string
	members := 0
	for _, s := range shortages {
		switch {
		case s.Member == "":
			return s.Why
		case s.Why != "":
			whys = append(whys, s.Member+" "+s.Why)
		}
		members++
	}
	if len(whys) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d placeable; %s", members-len(whys), members, strings.Join(whys, "; "))
}

// Possible says which members no node could ever take, even if the cluster were
// empty and every node ready: nothing to wait for. Where that is so only for
// the members together, it is one Shortage without a name.
func Possible(nodes []Node, members []Member) []Shortage {
	out := Explain(emptied(nodes), members)
	return slices.DeleteFunc(out, func(s Shortage) bool { return s.Why == "" })
}

// emptied is the cluster with nothing on it and every node ready.
func emptied(nodes []Node) []Node {
	out := slices.Clone(nodes)
	for i := range out {
		out[i] = out[i].emptied()
	}
	return out
}

func (n *Node) emptied() Node {
	out := *n
	out.Free, out.NotReady, out.Ports, out.Uses = n.Total, "", nil, nil
	if n.Drivers != nil {
		out.Drivers = map[string]string{}
		for d := range n.Drivers {
			out.Drivers[d] = ""
		}
	}
	out.Devices = slices.Clone(n.Devices)
	for d := range out.Devices {
		out.Devices[d].Free = out.Devices[d].Total
	}
	return out
}

// conflict says which members are in each other's way, given that each fits
// alone: a smallest set, found by leaving out one after the other. Empty if
// there is none.
func conflict(nodes []Node, members []Member) string {
	s := newSearch(nodes, members)
	switch {
	case s.run():
		return ""
	case s.gaveUp():
		return fmt.Sprintf("each of %d members fits alone; whether all fit at the same time was not found out in %d steps", len(members), maxSteps)
	}
	set, spent := slices.Clone(members), s.steps
	for i := range slices.Backward(set) {
		without := slices.Delete(slices.Clone(set), i, i+1)
		s := newSearch(nodes, without)
		s.steps = spent // all these searches have one allowance
		if !s.run() && !s.gaveUp() {
			set = without
		}
		spent = s.steps
	}
	names := make([]string, len(set))
	for i, m := range set {
		names[i] = m.Name
	}
	last := len(names) - 1
	return fmt.Sprintf("each of %d members fits alone, but %s and %s do not fit at the same time%s",
		len(members), strings.Join(names[:last], ", "), names[last], cmp.Or(apart(nodes, set), onlyOn(nodes, set)))
}

// onlyOn names the nodes that the members compete for, if they are few.
func onlyOn(nodes []Node, members []Member) string {
	const few = 3
	var names []string
	for i := range nodes {
		n := &nodes[i]
		if slices.ContainsFunc(members, func(m Member) bool { matcher := newMatcher(&m); return matcher.fits(n) }) {
			names = append(names, n.Name)
		}
	}
	if len(names) > few {
		return ""
	}
	slices.Sort(names)
	return ": only " + strings.Join(names, ", ") + " will do"
}

// shortage looks at every node once and reports the best of what it saw: the
// nearer a node came to taking the member, the more it says.
func shortage(nodes []Node, m *Member) Shortage {
	matcher := newMatcher(m)
	var full, unready []*Node
	for i := range nodes {
		n := &nodes[i]
		switch why := matcher.misfit(n); {
		case why.kind == suits && newRoom(n).holds(m):
			return Shortage{Member: m.Name}
		case why.kind == suits:
			full = append(full, n)
		case why.passing():
			unready = append(unready, n)
		}
	}
	s := Shortage{Member: m.Name}
	switch {
	case len(full) > 0:
		s.Why = "needs " + m.wants() + ": " + fullNodes(full, m)
	case len(unready) > 0:
		s.Why = "needs " + m.wants() + ": " + unreadyNodes(unready, &matcher)
	default:
		s.Why = "needs " + m.wants() + ": " + noNode(nodes, &matcher)
	}
	s.Never = !slices.ContainsFunc(slices.Concat(full, unready), func(n *Node) bool {
		empty := n.emptied()
		return newRoom(&empty).holds(m)
	})
	return s
}

// wants is the platform, or what stands for it.
func (m *Member) wants() string {
	switch {
	case m.Platform != "":
		return m.Platform
	case len(m.Devices) > 0:
		return fmt.Sprintf("%d × %s", m.Devices[0].Count, m.Devices[0].Name)
	}
	return "a node"
}
