package fit

import (
	"slices"
	"strings"
)

// oneNode says that the members are to be on one and the same node. Of such an
// attribute only the equality counts, and no two nodes are equal in it: it does
// not tell nodes of one class apart.
func (t Together) oneNode() bool {
	return t.Attribute == "${node.unique.id}" || t.Attribute == "${node.unique.name}"
}

// together keeps what the members that are placed so far have fixed for others.
type together struct {
	// of are, for each member, the sets that it is in.
	of [][]int
	// sets are the values, with how many members stand for them.
	sets []agreement
}

type agreement struct {
	// name is the node's value that counts.
	name, value string
	members     int
}

func newTogether(members []matcher) together {
	t := together{of: make([][]int, len(members))}
	known := map[Together]int{}
	for i := range members {
		for _, ask := range members[i].Together {
			set, ok := known[ask]
			if !ok {
				set = len(t.sets)
				known[ask] = set
				t.sets = append(t.sets, agreement{name: valueName(ask.Attribute)})
			}
			t.of[i] = append(t.of[i], set)
		}
	}
	return t
}

// agrees says whether member i can be on the node for all that is fixed.
func (t *together) agrees(i int, n *Node) bool {
	for _, set := range t.of[i] {
		if s := &t.sets[set]; s.members > 0 && n.Values[s.name] != s.value {
			return false
		}
	}
	return true
}

func (t *together) join(i int, n *Node) {
	for _, set := range t.of[i] {
		s := &t.sets[set]
		s.value = n.Values[s.name]
		s.members++
	}
}

// leave takes back the last join of member i.
func (t *together) leave(i int) {
	for _, set := range t.of[i] {
		t.sets[set].members--
	}
}

// apart says that the members would fit if they had not to be together, and in
// what. Empty if that is not so.
func apart(nodes []Node, members []Member) string {
	free := slices.Clone(members)
	for i := range free {
		free[i].Together = nil
	}
	if _, ok := Assign(nodes, free); !ok {
		return ""
	}
	count := map[Together]int{}
	var keys []string
	for _, m := range members {
		for _, t := range m.Together {
			if count[t]++; count[t] == 2 && !slices.Contains(keys, t.Key) {
				keys = append(keys, t.Key)
			}
		}
	}
	slices.Sort(keys)
	return " with the same " + strings.Join(keys, " and ") + ", as their topology requires"
}
