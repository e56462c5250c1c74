package fit

import (
	"maps"
	"slices"
)

// Take returns the nodes with the members put where the assignment says, in
// the name of owner, so that the next question counts them as taken. Members
// that the assignment leaves out, or that do not fit there, are left out.
func Take(nodes []Node, members []Member, a Assignment, owner string) []Node {
	out := slices.Clone(nodes)
	for i := range out {
		for _, m := range members {
			if a[m.Name] == out[i].ID {
				out[i].put(m, owner)
			}
		}
	}
	return out
}

// put takes what the member needs from a node whose slices and maps are shared
// with another copy of it.
func (n *Node) put(m Member, owner string) {
	r := newRoom(n)
	before := slices.Clone(r.devices)
	if _, ok := r.take(m); !ok {
		return
	}
	use := Use{Owner: owner + "/" + m.Name, Resources: n.Free.Minus(r.free), Devices: map[string]int{}}
	n.Free = r.free
	n.Devices = slices.Clone(n.Devices)
	for i := range n.Devices {
		d := &n.Devices[i]
		if took := before[i] - r.devices[i]; took > 0 {
			use.Devices[d.Vendor+"/"+d.Type+"/"+d.Name] += took
		}
		d.Free = r.devices[i]
	}
	n.Ports = maps.Clone(n.Ports)
	for _, p := range m.Ports {
		if n.Ports == nil {
			n.Ports = map[int]string{}
		}
		n.Ports[p] = use.Owner
	}
	n.Uses = append(slices.Clip(n.Uses), use)
}

// WithoutHolds returns the nodes as if no gang's hold were there: a hold could
// be anywhere, so what only a hold is in the way of is not short.
func WithoutHolds(nodes []Node) []Node {
	out := slices.Clone(nodes)
	for i := range out {
		for _, u := range out[i].Uses {
			if u.Hold {
				out[i].Free = out[i].Free.Plus(u.Resources)
			}
		}
	}
	return out
}
