package fit

import "slices"

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
		if seen[n] || m.s.roomOf(n).lacks(m.s.members[j]) != "" {
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
	free := 0
	for _, d := range r.devices {
		free += d
	}
	for j := m.first; j < len(m.s.members); j++ {
		member := m.s.members[j]
		if !slices.Contains(m.s.candidates[j], n) {
			continue
		}
		needs = append(needs, r.need(member))
		count := 0
		for _, ask := range member.Devices {
			count += ask.Count
		}
		devices = append(devices, count)
	}
	c := min(
		howMany(needs, r.free.MHz, func(r Resources) int { return r.MHz }),
		howMany(needs, r.free.Cores, func(r Resources) int { return r.Cores }),
		howMany(needs, r.free.MemoryMB, func(r Resources) int { return r.MemoryMB }),
		howMany(needs, r.free.DiskMB, func(r Resources) int { return r.DiskMB }),
		howMany(devices, free, func(n int) int { return n }),
	)
	m.capacity[n] = c
	return c
}

// howMany counts how many of the needs fit into free, smallest first.
func howMany[T any](needs []T, free int, amount func(T) int) int {
	sizes := make([]int, len(needs))
	for i, n := range needs {
		sizes[i] = amount(n)
	}
	slices.Sort(sizes)
	for i, size := range sizes {
		if free -= size; free < 0 {
			return i
		}
	}
	return len(sizes)
}
