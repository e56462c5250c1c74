package fit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// classKey is equal for nodes that are the same to every member: who fits
// there alone, how much is there, which devices, which of the ports.
type classKey struct {
	// fits has a bit for each of the first kinds of members.
	fits        uint64
	free, total Resources
	// more has what is rare: devices, ports in use, kinds beyond 64, and the values
	// by which members are kept together.
	more string
}

// classes numbers the classes of the nodes in order.
func classes(nodes []Node, kinds []*kind, order []int) map[int]int {
	ports, values := map[int]bool{}, map[string]bool{}
	for _, k := range kinds {
		for _, p := range k.members[0].Ports {
			ports[p] = true
		}
		for _, t := range k.members[0].Together {
			if !t.oneNode() {
				values[valueName(t.Attribute)] = true
			}
		}
	}
	asked, names := slices.Sorted(maps.Keys(ports)), slices.Sorted(maps.Keys(values))
	numbers, out := map[classKey]int{}, make(map[int]int, len(order))
	for _, n := range order {
		key := newClassKey(&nodes[n], n, kinds, asked, names)
		if _, ok := numbers[key]; !ok {
			numbers[key] = len(numbers)
		}
		out[n] = numbers[key]
	}
	return out
}

func newClassKey(node *Node, n int, kinds []*kind, ports []int, values []string) classKey {
	key := classKey{free: node.Free, total: node.Total}
	var more strings.Builder
	for i, k := range kinds {
		if k.fits[n] && i < 64 {
			key.fits |= 1 << i
		} else if k.fits[n] {
			fmt.Fprintf(&more, "+%d", i)
		}
	}
	for _, d := range node.Devices {
		fmt.Fprintf(&more, "|%s %d %v", d.key(), d.Free, d.Attributes)
	}
	for _, p := range ports {
		if node.Ports[p] != "" {
			fmt.Fprintf(&more, "|:%d", p)
		}
	}
	for _, v := range values {
		fmt.Fprintf(&more, "|=%q", node.Values[v])
	}
	key.more = more.String()
	return key
}

// shape is equal for members that ask for the same.
func (m Member) shape() string {
	return fmt.Sprint(m.Constraints, m.Need, m.Devices, m.Ports, m.Datacenters, m.Pool, m.Drivers, m.Together)
}
