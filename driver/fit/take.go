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
		r := newRoom(&out[i])
		var here []*Member
		for k := range members {
			if a[members[k].Name] != out[i].ID {
				continue
			}
			if _, ok := r.take(&members[k]); ok {
				here = append(here, &members[k])
			}
		}
		if len(here) > 0 {
			out[i] = r.after(here, owner)
		}
	}
	return out
}

// after is the node with the members of the room on it. It shares nothing that
// differs with the node as it was.
func (r *room) after(members []*Member, owner string) Node {
	n := *r.node
	picks, _ := r.serve(&Member{})
	n.Free, n.Devices, n.Ports, n.Uses = r.free, slices.Clone(n.Devices), maps.Clone(n.Ports), slices.Clip(n.Uses)
	if n.Ports == nil {
		n.Ports = map[int]string{}
	}
	for _, m := range members {
		use := Use{Owner: owner + "/" + m.Name, Resources: r.need(m), Devices: map[string]int{}}
		for _, ask := range m.Devices {
			d := &n.Devices[picks[0]]
			picks = picks[1:]
			d.Free -= ask.Count
			use.Devices[d.key()] += ask.Count
		}
		for _, p := range m.Ports {
			n.Ports[p] = use.Owner
		}
		n.Uses = append(n.Uses, use)
	}
	return n
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
