package fit

import "slices"

// enough says whether all nodes together have what all members need together.
func (s *search) enough() bool {
	var need, free Resources
	union := map[int]bool{}
	for i, m := range s.members {
		if len(s.candidates[i]) == 0 {
			return false
		}
		need = need.Plus(m.Need)
		for _, n := range s.candidates[i] {
			if !union[n] {
				union[n] = true
				free = free.Plus(s.nodes[n].Free)
			}
		}
	}
	return need.within(free)
}

// hopeful says whether the members from i on could be placed if each node only
// bounded how many of them it takes: a maximum matching. Where even that is not
// possible no search is needed, and a search that has gone wrong early is cut.
func (s *search) hopeful(i int) bool {
	m := matching{s: s, first: i, taken: map[int][]int{}, capacity: map[int]int{}}
	for j := i; j < len(s.members); j++ {
		if !m.augment(j, map[int]bool{}) {
			return false
		}
	}
	return true
}

// matching is a bipartite matching in which a node may take several members.
type matching struct {
	s     *search
	first int
	// taken is node -> members; capacity is how many a node can take at most.
	taken    map[int][]int
	capacity map[int]int
}

// augment finds a node for member j, moving others along if need be.
func (m *matching) augment(j int, seen map[int]bool) bool {
	for _, n := range m.s.candidates[j] {
		if seen[n] || m.s.touched(n) && !m.s.rooms[n].holds(m.s.members[j].Member) || !m.s.together.agrees(j, &m.s.nodes[n]) {
			continue
		}
		seen[n] = true
		if len(m.taken[n]) < m.limit(n) {
			m.taken[n] = append(m.taken[n], j)
			return true
		}
		for k, other := range m.taken[n] {
			if m.augment(other, seen) {
				m.taken[n][k] = j
				return true
			}
		}
	}
	return false
}

// limit bounds from above how many of the remaining members fit on node n
// together: for each resource, the smallest needs first.
func (m *matching) limit(n int) int {
	if c, ok := m.capacity[n]; ok {
		return c
	}
	r := m.s.roomOf(n)
	var needs []Resources
	var devices []int
	for j := m.first; j < len(m.s.members); j++ {
		if m.s.allowed[j][n] {
			needs = append(needs, r.need(m.s.members[j].Member))
			devices = append(devices, m.s.members[j].deviceCount())
		}
	}
	c := min(
		howMany(needs, r.free.MHz, func(r Resources) int { return r.MHz }),
		howMany(needs, r.free.Cores, func(r Resources) int { return r.Cores }),
		howMany(needs, r.free.MemoryMB, func(r Resources) int { return r.MemoryMB }),
		howMany(needs, r.free.DiskMB, func(r Resources) int { return r.DiskMB }),
		howMany(devices, r.freeDevices(), func(n int) int { return n }),
	)
	m.capacity[n] = c
	return c
}

func (m *Member) deviceCount() int {
	count := 0
	for _, ask := range m.Devices {
		count += ask.Count
	}
	return count
}

// howMany counts how many of the needs fit into free, smallest first.
func howMany[T any](needs []T, free int, amount func(T) int) int {
	sizes := make([]int, len(needs))
	for i, n := range needs {
		sizes[i] = amount(n)
	}
	slices.Sort(sizes)
	for i, size := range sizes {
		if free -= size; size > 0 && free < 0 {
			return i
		}
	}
	return len(sizes)
}
