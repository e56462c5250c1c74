package fit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fullNodes describes nodes of the right kind that lack something now. Of
// several, the one that lacks what most of them lack speaks for all.
func fullNodes(full []*Node, m *Member) string {
	lacking := map[lack][]*Node{}
	for _, n := range full {
		l := newRoom(n).lacks(m)
		lacking[l] = append(lacking[l], n)
	}
	most := slices.SortedFunc(maps.Keys(lacking), func(a, b lack) int {
		return cmp.Or(cmp.Compare(len(lacking[b]), len(lacking[a])), cmp.Compare(a.kind, b.kind), cmp.Compare(a.at, b.at))
	})[0]
	n := slices.MinFunc(lacking[most], func(a, b *Node) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	if len(full) == 1 {
		return "1 node, " + n.Name + ", its " + n.holder(most, m)
	}
	return fmt.Sprintf("%d nodes, on %d of them, as on %s, the %s", len(full), len(lacking[most]), n.Name, n.holder(most, m))
}

// holder says what is short on the node, and who has it.
func (n *Node) holder(l lack, m *Member) string {
	switch l.kind {
	case lacksPort:
		return fmt.Sprintf("port %d is held by %s", l.at, n.Ports[l.at])
	case lacksDevice:
		return n.deviceHolder(m.Devices[l.at])
	}
	name, unit, of := amountOf(l.kind)
	need, free, total := of(newRoom(n).need(m)), of(n.Free), of(n.Total)
	if need > total {
		return fmt.Sprintf("%s is too small: needs %d of %d%s", name, need, total, unit)
	}
	return fmt.Sprintf("%s is held%s (needs %d, free are %d of %d%s)",
		name, by(n.Uses, func(u Use) int { return of(u.Resources) }), need, free, total, unit)
}

// amountOf is how one of the resources is called, counted and read.
func amountOf(kind lackKind) (name, unit string, of func(Resources) int) {
	switch kind {
	case lacksCores:
		return "CPU", " cores", func(r Resources) int { return r.Cores }
	case lacksCPU:
		return "CPU", " MHz", func(r Resources) int { return r.MHz }
	case lacksMemory:
		return "memory", " MB", func(r Resources) int { return r.MemoryMB }
	}
	return "disk", " MB", func(r Resources) int { return r.DiskMB }
}

func (n *Node) deviceHolder(ask DeviceAsk) string {
	free, total := 0, 0
	kinds := map[string]bool{}
	for _, d := range n.Devices {
		if d.Matches(ask) {
			free, total, kinds[d.key()] = free+d.Free, total+d.Total, true
		}
	}
	if ask.Count > total {
		return fmt.Sprintf("%s are too few: needs %d, healthy are %d", ask.Name, ask.Count, total)
	}
	count := func(u Use) int {
		sum := 0
		for k, c := range u.Devices {
			if kinds[k] {
				sum += c
			}
		}
		return sum
	}
	return fmt.Sprintf("%s is held%s (needs %d, free are %d of %d)", ask.Name, by(n.Uses, count), ask.Count, free, total)
}

// by names the two biggest users. Holds are said to be holds: they ask for next
// to nothing and could be anywhere.
func by(uses []Use, of func(Use) int) string {
	amounts := map[string]int{}
	onlyHolds := true
	for _, u := range uses {
		if of(u) == 0 {
			continue
		}
		owner := u.Owner
		if u.Hold {
			owner += " (a waiting gang's hold)"
		}
		onlyHolds = onlyHolds && u.Hold
		amounts[owner] += of(u)
	}
	if len(amounts) == 0 {
		return " by nobody that Nomad shows"
	}
	names := slices.SortedFunc(maps.Keys(amounts), func(a, b string) int {
		return cmp.Or(cmp.Compare(amounts[b], amounts[a]), cmp.Compare(a, b))
	})
	if len(names) > 2 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	if onlyHolds {
		return " only by " + strings.Join(names, ", ")
	}
	return " by " + strings.Join(names, ", ")
}

// unreadyNodes describes nodes of the right kind that take nothing now.
func unreadyNodes(unready []*Node, m *matcher) string {
	n := slices.MinFunc(unready, func(a, b *Node) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	why := m.describe(m.misfit(n), n)
	if len(unready) == 1 {
		return "1 node, " + n.Name + ", " + why
	}
	return fmt.Sprintf("%d nodes, none takes work: %s %s", len(unready), n.Name, why)
}

// noNode says which platforms are here instead, or what no node has.
func noNode(nodes []Node, m *matcher) string {
	if m.Platform != "" && !slices.ContainsFunc(nodes, func(n Node) bool { return n.Values[platformValue] == m.Platform }) {
		return fmt.Sprintf("no node has platform %s; platforms here: %s; is the plugin on that node?", m.Platform, platforms(nodes))
	}
	if len(nodes) == 0 {
		return "the cluster has no nodes"
	}
	counts := map[string]int{}
	for i := range nodes {
		counts[m.describe(m.misfit(&nodes[i]), &nodes[i])]++
	}
	whys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	const most = 3
	parts := make([]string, 0, most+1)
	for _, w := range whys[:min(most, len(whys))] {
		parts = append(parts, countNodes(counts[w])+" "+w)
	}
	if len(whys) > most {
		parts = append(parts, "and so on")
	}
	return "no node will do: " + strings.Join(parts, ", ")
}

// platforms lists the platforms of the cluster.
func platforms(nodes []Node) string {
	seen := map[string]bool{}
	for i := range nodes {
		if p := nodes[i].Values[platformValue]; p != "" {
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
