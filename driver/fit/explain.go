package fit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// platformValue is where a node says its platform.
const platformValue = "attr.osmo.platform"

// Shortage is what one member lacks.
type Shortage struct {
	Member string
	// Why is a clause a person can act on: what is needed, where, who has it.
	// Empty for a member that fits somewhere alone.
	Why string
	// Never says that no node here could take the member even if it were empty.
	Never bool
}

// Explain says for each member, in the order given, why it cannot be placed.
// Where each fits alone and all together do not, every Why is empty.
func Explain(nodes []Node, members []Member) []Shortage {
	out := make([]Shortage, len(members))
	for i, m := range members {
		out[i] = shortage(nodes, m)
	}
	return out
}

// Reason puts what Explain found into one line.
func Reason(shortages []Shortage) string {
	var whys []string
	for _, s := range shortages {
		if s.Why != "" {
			whys = append(whys, s.Member+" "+s.Why)
		}
	}
	fit := len(shortages) - len(whys)
	if len(whys) == 0 {
		return fmt.Sprintf("each of %d members fits alone, but not all at the same time", len(shortages))
	}
	return fmt.Sprintf("%d of %d placeable; %s", fit, len(shortages), strings.Join(whys, "; "))
}

// Possible says which members no node could ever take, even an empty one that
// is ready: nothing to wait for. A gang that is possible member by member but
// not together is found out too, with an empty Member.
func Possible(nodes []Node, members []Member) []Shortage {
	empty := emptied(nodes)
	var out []Shortage
	for _, m := range members {
		if s := shortage(empty, m); s.Why != "" {
			out = append(out, s)
		}
	}
	if len(out) > 0 {
		return out
	}
	if _, ok := Assign(empty, members); !ok {
		return []Shortage{{Why: fmt.Sprintf("%d members do not fit on this cluster together, even if it were empty", len(members)), Never: true}}
	}
	return nil
}

// emptied is the cluster with nothing on it and every node ready.
func emptied(nodes []Node) []Node {
	out := slices.Clone(nodes)
	for i := range out {
		n := &out[i]
		n.Free, n.NotReady, n.Ports, n.Uses = n.Total, "", nil, nil
		n.Devices = slices.Clone(n.Devices)
		for d := range n.Devices {
			n.Devices[d].Free = n.Devices[d].Total
		}
	}
	return out
}

// shortage looks at every node once and reports the best of what it saw: the
// nearer a node came to taking the member, the more it says.
func shortage(nodes []Node, m Member) Shortage {
	var full, unready, unfit []int
	for i := range nodes {
		n := &nodes[i]
		switch why := n.suits(m); {
		case why == "" && newRoom(n).lacks(m) == "":
			return Shortage{Member: m.Name}
		case why == "":
			full = append(full, i)
		case why == n.NotReady:
			unready = append(unready, i)
		default:
			unfit = append(unfit, i)
		}
	}
	s := Shortage{Member: m.Name}
	switch {
	case len(full) > 0:
		s.Why = "needs " + m.wants() + ": " + fullNodes(nodes, full, m)
		s.Never = !slices.ContainsFunc(emptied(nodes), func(n Node) bool { return n.suits(m) == "" && newRoom(&n).lacks(m) == "" })
	case len(unready) > 0:
		s.Why = "needs " + m.wants() + ": " + unreadyNodes(nodes, unready)
	default:
		s.Never = true
		s.Why = "needs " + m.wants() + ": " + noNode(nodes, m)
	}
	return s
}

// wants is the platform, or what stands for it.
func (m Member) wants() string {
	if m.Platform != "" {
		return m.Platform
	}
	if len(m.Devices) > 0 {
		return fmt.Sprintf("%d × %s", m.Devices[0].Count, m.Devices[0].Name)
	}
	return "a node"
}

// fullNodes describes nodes of the right kind that lack something now.
func fullNodes(nodes []Node, full []int, m Member) string {
	what, on := map[string]int{}, map[string]*Node{}
	for _, i := range full {
		lack := newRoom(&nodes[i]).lacks(m)
		what[lack]++
		if on[lack] == nil {
			on[lack] = &nodes[i]
		}
	}
	most := slices.SortedFunc(maps.Keys(what), func(a, b string) int {
		return cmp.Or(cmp.Compare(what[b], what[a]), cmp.Compare(a, b))
	})
	lack := most[0]
	return fmt.Sprintf("%s, its %s", countNodes(len(full)), on[lack].holder(lack, m))
}

// holder says who has what the member lacks on this node.
func (n *Node) holder(lack string, m Member) string {
	r := newRoom(n)
	need := r.need(m)
	amount := func(unit string, need, free, total int, of func(Use) int) string {
		s := fmt.Sprintf("%s on %s is short (needs %d %s, %d of %d free)", lack, n.Name, need, unit, free, total)
		if need > total {
			return s + "; it never has more"
		}
		return s + heldBy(n.Uses, of)
	}
	switch {
	case lack == "memory":
		return amount("MB", need.MemoryMB, n.Free.MemoryMB, n.Total.MemoryMB, func(u Use) int { return u.Resources.MemoryMB })
	case lack == "storage":
		return amount("MB", need.DiskMB, n.Free.DiskMB, n.Total.DiskMB, func(u Use) int { return u.Resources.DiskMB })
	case lack == "CPU":
		return amount("MHz", need.MHz, n.Free.MHz, n.Total.MHz, func(u Use) int { return u.Resources.MHz })
	case lack == "cores":
		return amount("cores", need.Cores, n.Free.Cores, n.Total.Cores, func(u Use) int { return u.Resources.Cores })
	case strings.HasPrefix(lack, "port "):
		var port int
		if _, err := fmt.Sscanf(lack, "port %d", &port); err == nil {
			return fmt.Sprintf("%s on %s is held by %s", lack, n.Name, n.Ports[port])
		}
	}
	return fmt.Sprintf("%s on %s", lack, n.Name) + heldBy(n.Uses, func(u Use) int {
		count := 0
		for _, k := range u.Devices {
			count += k
		}
		return count
	})
}

// heldBy names the two biggest users. A hold in the way is said to be one: it
// asks for next to nothing and can be moved.
func heldBy(uses []Use, of func(Use) int) string {
	users := slices.Clone(uses)
	users = slices.DeleteFunc(users, func(u Use) bool { return of(u) == 0 })
	if len(users) == 0 {
		return " is not there or not healthy"
	}
	slices.SortStableFunc(users, func(a, b Use) int { return cmp.Or(cmp.Compare(of(b), of(a)), cmp.Compare(a.Owner, b.Owner)) })
	var names []string
	holds := 0
	for _, u := range users {
		name := u.Owner
		if u.Hold {
			holds++
			name += " (a hold)"
		}
		names = append(names, name)
	}
	if holds == len(users) {
		return " is held only by waiting gangs' holds: " + strings.Join(names[:min(2, len(names))], ", ")
	}
	if len(names) > 2 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return " is held by " + strings.Join(names, ", ")
}

func unreadyNodes(nodes []Node, unready []int) string {
	n := nodes[unready[0]]
	return fmt.Sprintf("%s, %s %s", countNodes(len(unready)), n.Name, n.NotReady)
}

// noNode says which platforms are here instead, or which constraint nobody meets.
func noNode(nodes []Node, m Member) string {
	if m.Platform != "" && !slices.ContainsFunc(nodes, func(n Node) bool { return n.Values[platformValue] == m.Platform }) {
		return fmt.Sprintf("no node has platform %s; platforms here: %s; is the plugin on that node?", m.Platform, platforms(nodes))
	}
	why := map[string]int{}
	for i := range nodes {
		why[nodes[i].suits(m)]++
	}
	var parts []string
	for _, w := range slices.Sorted(maps.Keys(why)) {
		parts = append(parts, fmt.Sprintf("%s %s", countNodes(why[w]), w))
	}
	if len(parts) == 0 {
		return "the cluster has no nodes"
	}
	return "no node will do: " + strings.Join(parts, ", ")
}

// platforms lists the platforms of the cluster.
func platforms(nodes []Node) string {
	seen := map[string]bool{}
	for _, n := range nodes {
		if p := n.Values[platformValue]; p != "" {
			seen[p] = true
		}
	}
	if len(seen) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ", ")
}

func countNodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}
