package fit

import "slices"

// room is what is left on one node while members are put there.
type room struct {
	node    *Node
	free    Resources
	asks    []DeviceAsk // of members
	ports   []int       // of members
	members int
}

func newRoom(n *Node) *room { return &room{node: n, free: n.Free} }

// need is what the member takes here: whole cores stand for MHz too.
func (r *room) need(m *Member) Resources {
	need := m.Need
	if need.Cores > 0 && r.node.Total.Cores > 0 {
		need.MHz += need.Cores * (r.node.Total.MHz / r.node.Total.Cores)
	}
	return need
}

// holds says whether there is room for the member.
func (r *room) holds(m *Member) bool {
	if !r.need(m).within(r.free) {
		return false
	}
	if slices.ContainsFunc(m.Ports, r.taken) {
		return false
	}
	if len(m.Devices) == 0 {
		return true
	}
	_, served := r.serve(m)
	return served
}

func (r *room) taken(port int) bool {
	return r.node.Ports[port] != "" || slices.Contains(r.ports, port)
}

// lack is one thing of which there is too little.
type lack struct {
	kind lackKind
	// at is the port, or the index of the device that is asked for.
	at int
}

type lackKind int

const (
	lacksNothing lackKind = iota
	lacksCores
	lacksCPU
	lacksMemory
	lacksDisk
	lacksPort
	lacksDevice
)

// lacks names the first thing that is missing for the member.
func (r *room) lacks(m *Member) lack {
	if what := shortOf(r.need(m), r.free); what != lacksNothing {
		return lack{kind: what}
	}
	for _, p := range m.Ports {
		if r.taken(p) {
			return lack{lacksPort, p}
		}
	}
	for i := range m.Devices {
		upTo := *m
		upTo.Devices = m.Devices[:i+1]
		if _, served := r.serve(&upTo); !served {
			return lack{lacksDevice, i}
		}
	}
	return lack{}
}

func shortOf(need, free Resources) lackKind {
	switch {
	case need.Cores > free.Cores:
		return lacksCores
	case need.MHz > free.MHz:
		return lacksCPU
	case need.MemoryMB > free.MemoryMB:
		return lacksMemory
	case need.DiskMB > free.DiskMB:
		return lacksDisk
	}
	return lacksNothing
}

// take puts the member here, if it fits. undo takes it away again; members are
// taken away in the reverse order.
func (r *room) take(m *Member) (undo func(), ok bool) {
	if !r.holds(m) {
		return nil, false
	}
	need := r.need(m)
	r.free = r.free.Minus(need)
	r.asks = append(r.asks, m.Devices...)
	r.ports = append(r.ports, m.Ports...)
	r.members++
	return func() {
		r.free = r.free.Plus(need)
		r.asks = r.asks[:len(r.asks)-len(m.Devices)]
		r.ports = r.ports[:len(r.ports)-len(m.Ports)]
		r.members--
	}, true
}
