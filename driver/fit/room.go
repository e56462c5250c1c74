package fit

import (
	"fmt"
	"slices"
	"strings"
)

// room is what is left on one node while members are put there.
type room struct {
	node    *Node
	free    Resources
	devices []int // free instances, by index of node.Devices
	ports   map[int]bool
	members int
}

func newRoom(n *Node) *room {
	r := &room{node: n, free: n.Free, devices: make([]int, len(n.Devices)), ports: map[int]bool{}}
	for i, d := range n.Devices {
		r.devices[i] = d.Free
	}
	return r
}

// need is what the member takes here: whole cores stand for MHz too.
func (r *room) need(m Member) Resources {
	need := m.Need
	if need.Cores > 0 && r.node.Total.Cores > 0 {
		need.MHz += need.Cores * (r.node.Total.MHz / r.node.Total.Cores)
	}
	return need
}

// lacks names what is missing for the member, or is empty.
func (r *room) lacks(m Member) string {
	if what := shortOf(r.need(m), r.free); what != "" {
		return what
	}
	for _, p := range m.Ports {
		if r.taken(p) {
			return fmt.Sprintf("port %d", p)
		}
	}
	if _, missing := r.pickDevices(m); missing != "" {
		return missing
	}
	return ""
}

func (r *room) taken(port int) bool { return r.ports[port] || r.node.Ports[port] != "" }

// shortOf names the first resource of which there is too little.
func shortOf(need, free Resources) string {
	switch {
	case need.Cores > free.Cores:
		return "cores"
	case need.MHz > free.MHz:
		return "CPU"
	case need.MemoryMB > free.MemoryMB:
		return "memory"
	case need.DiskMB > free.DiskMB:
		return "storage"
	}
	return ""
}

// take puts the member here. undo takes it away again.
func (r *room) take(m Member) (undo func(), ok bool) {
	if r.lacks(m) != "" {
		return nil, false
	}
	picks, _ := r.pickDevices(m)
	need := r.need(m)
	r.free = r.free.Minus(need)
	for i, ask := range m.Devices {
		r.devices[picks[i]] -= ask.Count
	}
	for _, p := range m.Ports {
		r.ports[p] = true
	}
	r.members++
	return func() {
		r.free = r.free.Plus(need)
		for i, ask := range m.Devices {
			r.devices[picks[i]] += ask.Count
		}
		for _, p := range m.Ports {
			delete(r.ports, p)
		}
		r.members--
	}, true
}

// pickDevices chooses a device group for each ask; a member with several asks
// is served by trying all ways (they are few).
func (r *room) pickDevices(m Member) (picks []int, missing string) {
	picks = make([]int, len(m.Devices))
	left := slices.Clone(r.devices)
	if i := r.pickFrom(m, 0, picks, left); i < len(m.Devices) {
		return nil, fmt.Sprintf("%d × %s", m.Devices[i].Count, m.Devices[i].Name)
	}
	return picks, ""
}

// pickFrom serves ask i and those after it and returns the deepest ask that
// could not be served, or the number of asks.
func (r *room) pickFrom(m Member, i int, picks, left []int) int {
	if i == len(m.Devices) {
		return i
	}
	deepest := i
	for d := range r.node.Devices {
		ask := m.Devices[i]
		if left[d] < ask.Count || !r.node.Devices[d].matches(ask) {
			continue
		}
		left[d] -= ask.Count
		picks[i] = d
		reached := r.pickFrom(m, i+1, picks, left)
		if reached == len(m.Devices) {
			return reached
		}
		left[d] += ask.Count
		deepest = max(deepest, reached)
	}
	return deepest
}

// matches says whether the device is of the kind that is asked for (Nomad's
// rule: `type`, `vendor/type` or `vendor/type/name`).
func (d Device) matches(ask DeviceAsk) bool {
	parts := strings.SplitN(ask.Name, "/", 3)
	switch len(parts) {
	case 1:
		if parts[0] != d.Type {
			return false
		}
	case 2:
		if parts[0] != d.Vendor || parts[1] != d.Type {
			return false
		}
	default:
		if parts[0] != d.Vendor || parts[1] != d.Type || parts[2] != d.Name {
			return false
		}
	}
	values := map[string]string{"device.vendor": d.Vendor, "device.type": d.Type, "device.model": d.Name}
	for k, v := range d.Attributes {
		values["device.attr."+k] = v
	}
	return !slices.ContainsFunc(ask.Constraints, func(c Constraint) bool { return !c.holds(values) })
}

// signature tells nodes apart that differ in what is free; of the ports only
// those that somebody asks for count.
func (n *Node) signature(ports []int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "|%v|%v", n.Free, n.Total)
	for _, d := range n.Devices {
		fmt.Fprintf(&b, "|%s/%s/%s %d %v", d.Vendor, d.Type, d.Name, d.Free, d.Attributes)
	}
	for _, p := range ports {
		if n.Ports[p] != "" {
			fmt.Fprintf(&b, "|:%d", p)
		}
	}
	return b.String()
}

// shape is equal for members that ask for the same.
func (m Member) shape() string {
	return fmt.Sprint(m.Constraints, m.Need, m.Devices, m.Ports, m.Datacenters, m.Pool, m.Drivers)
}
