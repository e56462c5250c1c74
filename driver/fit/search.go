package fit

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// maxSteps bounds the search: so many times a member is put on a node. It is
// reached only where members of many sizes have to be packed into nodes that
// are nearly full; a search that reaches it, after about a second, ends without an
// answer.
const maxSteps = 20_000

// Assignment is member name -> node ID.
type Assignment map[string]string

// Assign returns an assignment of all members, or false if there is none. The
// answer does not depend on the order of nodes or members. A loose member
// leaves scarce nodes to others where it can.
func Assign(nodes []Node, members []Member) (Assignment, bool) {
	s := newSearch(nodes, members)
	if !s.run() {
		return nil, false
	}
	out := Assignment{}
	for i, m := range s.members {
		out[m.Name] = nodes[s.chosen[i]].ID
	}
	return out, true
}

// search is a depth-first search with the most constrained members first.
//
// Two rules keep it from trying the same thing twice. Of nodes that are the
// same to every member and that nobody is on, only the first is tried; and of
// members that ask for the same, a later one is not put before an earlier one.
// Both leave the first of all assignments in the order of preference, so none
// is lost.
type search struct {
	nodes   []Node
	members []matcher
	// candidates of each member are nodes by preference; allowed says the same by
	// node.
	candidates [][]int
	allowed    []map[int]bool
	// same[i]: member i asks for the same as member i-1.
	same []bool
	// rank is a node's place in the order of preference, class its kind.
	rank, class map[int]int
	rooms       map[int]*room
	together    together
	chosen      []int
	steps       int
}

// newSearch finds for each member the nodes on which it fits alone.
func newSearch(nodes []Node, members []Member) *search {
	s := &search{nodes: nodes, rooms: map[int]*room{}, chosen: make([]int, len(members))}
	asks := slices.Clone(members)
	slices.SortFunc(asks, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	kinds := kindsOf(nodes, asks)
	order := s.byPreference(kinds)
	s.class = classes(nodes, kinds, order)
	for _, k := range kinds {
		k.candidates = s.thin(k, order, len(members))
	}
	slices.SortStableFunc(kinds, func(a, b *kind) int {
		return cmp.Or(cmp.Compare(len(a.fits), len(b.fits)), compareNeed(b.members[0].Need, a.members[0].Need))
	})
	for _, k := range kinds {
		allowed := map[int]bool{}
		for _, n := range k.candidates {
			allowed[n] = true
		}
		for i := range k.members {
			s.members = append(s.members, newMatcher(&k.members[i]))
			s.candidates = append(s.candidates, k.candidates)
			s.allowed = append(s.allowed, allowed)
			s.same = append(s.same, i > 0)
		}
	}
	s.together = newTogether(s.members)
	return s
}

// kind is members that ask for the same.
type kind struct {
	members    []Member
	fits       map[int]bool // nodes on which one of them fits alone
	candidates []int
}

func kindsOf(nodes []Node, members []Member) []*kind {
	byShape := map[string]*kind{}
	var out []*kind
	for _, m := range members {
		shape := m.shape()
		k := byShape[shape]
		if k == nil {
			k = &kind{fits: map[int]bool{}}
			matcher := newMatcher(&m)
			for n := range nodes {
				if matcher.fits(&nodes[n]) {
					k.fits[n] = true
				}
			}
			byShape[shape] = k
			out = append(out, k)
		}
		k.members = append(k.members, m)
	}
	return out
}

// compareNeed orders members by size, so that big ones are placed early.
func compareNeed(x, y Resources) int {
	return cmp.Or(cmp.Compare(x.MemoryMB, y.MemoryMB), cmp.Compare(x.Cores, y.Cores), cmp.Compare(x.MHz, y.MHz), cmp.Compare(x.DiskMB, y.DiskMB))
}

// byPreference puts plain, nearly full nodes first, so that a loose member
// leaves devices, rare platforms and big gaps to those who need them.
func (s *search) byPreference(kinds []*kind) []int {
	union := map[int]bool{}
	for _, k := range kinds {
		maps.Copy(union, k.fits)
	}
	platforms := map[string]int{"": math.MaxInt}
	for i := range s.nodes {
		if p := s.nodes[i].Values[platformValue]; p != "" {
			platforms[p]++
		}
	}
	ranked := make([]ranking, 0, len(union))
	for i := range union {
		n := &s.nodes[i]
		ranked = append(ranked, ranking{node: i, devices: newRoom(n).freeDevices(), common: platforms[n.Values[platformValue]], Node: n})
	}
	slices.SortFunc(ranked, ranking.compare)
	order := make([]int, len(ranked))
	s.rank = make(map[int]int, len(ranked))
	for i, r := range ranked {
		order[i], s.rank[r.node] = r.node, i
	}
	return order
}

// ranking is a node with what decides about its place in the order.
type ranking struct {
	node int
	// devices are free here; common is how many nodes are of the same platform.
	devices, common int
	*Node
}

func (r ranking) compare(o ranking) int {
	if c := cmp.Or(cmp.Compare(r.devices, o.devices), cmp.Compare(o.common, r.common),
		cmp.Compare(r.Free.MemoryMB, o.Free.MemoryMB), cmp.Compare(r.Free.MHz, o.Free.MHz)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(r.Name, o.Name), cmp.Compare(r.ID, o.ID))
}

// thin keeps of each class as many nodes as there are members: more of the same
// cannot help.
func (s *search) thin(k *kind, order []int, members int) []int {
	kept := map[int]int{}
	var out []int
	for _, n := range order {
		if c := s.class[n]; k.fits[n] && kept[c] < members {
			kept[c]++
			out = append(out, n)
		}
	}
	return out
}

// run searches. False means that there is no assignment, or that the search
// was given up.
func (s *search) run() bool { return s.enough() && s.place(0) }

func (s *search) gaveUp() bool { return s.steps >= maxSteps }

// place puts member i and all after it; false leaves everything as it was.
func (s *search) place(i int) bool {
	if i == len(s.members) {
		return true
	}
	if !s.hopeful(i) {
		return false
	}
	tried := map[int]bool{} // classes of untouched nodes
	for _, n := range s.candidates[i] {
		if s.gaveUp() {
			return false
		}
		if s.repeats(i, n, tried) || !s.together.agrees(i, &s.nodes[n]) {
			continue
		}
		undo, ok := s.roomOf(n).take(s.members[i].Member)
		if !ok {
			continue
		}
		s.steps++
		s.chosen[i] = n
		s.together.join(i, &s.nodes[n])
		if s.place(i + 1) {
			return true
		}
		s.together.leave(i)
		undo()
	}
	return false
}

// repeats says that trying node n for member i would repeat what has failed.
func (s *search) repeats(i, n int, tried map[int]bool) bool {
	if !s.touched(n) {
		if tried[s.class[n]] {
			return true
		}
		tried[s.class[n]] = true
	}
	return s.same[i] && s.rank[n] < s.rank[s.chosen[i-1]]
}

func (s *search) touched(n int) bool { return s.rooms[n] != nil && s.rooms[n].members > 0 }

func (s *search) roomOf(n int) *room {
	if s.rooms[n] == nil {
		s.rooms[n] = newRoom(&s.nodes[n])
	}
	return s.rooms[n]
}
