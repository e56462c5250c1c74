package fit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// host is a node with a platform, GPUs and memory; the rest is ample.
func host(name, platform string, gpus, memoryMB int) Node {
	n := Node{
		ID: "id-" + name, Name: name, Datacenter: "dc1", Pool: "default",
		Values: map[string]string{"attr.osmo.platform": platform, "node.unique.name": name, "node.unique.id": "id-" + name, "attr.driver.docker": "1"},
		Total:  Resources{MHz: 8000, Cores: 8, MemoryMB: memoryMB, DiskMB: 100_000}, Ports: map[int]string{},
	}
	n.Free = n.Total
	if gpus > 0 {
		n.Devices = []Device{{Vendor: "nvidia", Type: "gpu", Name: "NVIDIA A40", Free: gpus, Total: gpus}}
	}
	return n
}

func member(name, platform string, gpus, memoryMB int) Member {
	m := Member{Name: name, Platform: platform, Need: Resources{MHz: 100, MemoryMB: memoryMB, DiskMB: 10}, Pool: "default", Drivers: []string{"docker"}}
	if platform != "" {
		m.Constraints = []Constraint{{"${attr.osmo.platform}", "=", platform}}
	}
	if gpus > 0 {
		m.Devices = []DeviceAsk{{Name: "nvidia/gpu", Count: gpus}}
	}
	return m
}

func TestAssign(t *testing.T) {
	a40, orin := "ovx-a40", "agx-orin-jp6"
	tied := func(m Member, t ...Together) Member { m.Together = t; return m }
	inside := func(rack string, n Node) Node {
		n.Values["meta.rack"] = rack
		return n
	}
	withPort := func(m Member, port int) Member { m.Ports = []int{port}; return m }
	twoModels := host("two", a40, 0, 1000)
	twoModels.Devices = []Device{{Vendor: "nvidia", Type: "gpu", Name: "A40", Free: 1, Total: 1}, {Vendor: "nvidia", Type: "gpu", Name: "T4", Free: 1, Total: 1}}
	asking := func(name, device string) Member {
		m := member(name, "", 0, 10)
		m.Devices = []DeviceAsk{{Name: device, Count: 1}}
		return m
	}
	cases := map[string]struct {
		nodes   []Node
		members []Member
		want    Assignment // nil: no assignment
	}{
		"the loose member leaves the GPU host to the tight one": {
			[]Node{host("a", a40, 1, 1000), host("b", "x", 0, 1000)},
			[]Member{member("any", "", 0, 1000), member("gpu", a40, 1, 1000)},
			Assignment{"any": "id-b", "gpu": "id-a"},
		},
		"two share a node": {
			[]Node{host("a", a40, 2, 1000)},
			[]Member{member("x", a40, 1, 500), member("y", a40, 1, 500)},
			Assignment{"x": "id-a", "y": "id-a"},
		},
		"two do not share a GPU": {
			[]Node{host("a", a40, 1, 1000)},
			[]Member{member("x", a40, 1, 500), member("y", a40, 1, 500)},
			nil,
		},
		"one port, two hosts": {
			[]Node{host("a", orin, 0, 1000), host("b", orin, 0, 1000)},
			[]Member{withPort(member("x", orin, 0, 100), 8080), withPort(member("y", orin, 0, 100), 8080)},
			Assignment{"x": "id-a", "y": "id-b"},
		},
		"one port, one host": {
			[]Node{host("a", orin, 0, 1000)},
			[]Member{withPort(member("x", orin, 0, 100), 8080), withPort(member("y", orin, 0, 100), 8080)},
			nil,
		},
		"the loose member leaves the rare platform": {
			[]Node{host("a", orin, 0, 1000), host("b", a40, 0, 1000), host("c", a40, 0, 1000)},
			[]Member{member("any", "", 0, 1000)},
			Assignment{"any": "id-b"},
		},
		"the loose member leaves a platform to a node without one": {
			[]Node{host("a", orin, 0, 1000), host("b", "", 0, 2000)},
			[]Member{member("any", "", 0, 1000)},
			Assignment{"any": "id-b"},
		},
		"an undemanding ask leaves the right device to a demanding one": {
			[]Node{twoModels},
			[]Member{asking("a", "gpu"), asking("b", "nvidia/gpu/A40")},
			Assignment{"a": "id-two", "b": "id-two"},
		},
		"not more devices than there are": {
			[]Node{twoModels},
			[]Member{asking("a", "gpu"), asking("b", "nvidia/gpu/A40"), asking("c", "nvidia/gpu")},
			nil,
		},
		"together on the one node that takes both": {
			[]Node{host("a", a40, 0, 600), host("b", a40, 0, 600), host("c", a40, 0, 1000)},
			[]Member{tied(member("x", a40, 0, 500), onNode("g")), tied(member("y", a40, 0, 500), onNode("g"))},
			Assignment{"x": "id-c", "y": "id-c"},
		},
		"in the rack that has both": {
			[]Node{inside("r", host("a", a40, 0, 1000)), inside("s", host("b", a40, 0, 1000)), inside("s", host("c", orin, 0, 1000)), host("d", orin, 0, 2000)},
			[]Member{tied(member("x", a40, 0, 500), inRack("g")), tied(member("y", orin, 0, 500), inRack("g"))},
			Assignment{"x": "id-b", "y": "id-c"},
		},
		"two sets need not be in one rack": {
			[]Node{inside("r", host("a", a40, 0, 1000)), inside("s", host("b", orin, 0, 1000))},
			[]Member{tied(member("x", a40, 0, 500), inRack("g")), tied(member("y", orin, 0, 500), inRack("h"))},
			Assignment{"x": "id-a", "y": "id-b"},
		},
		"no rack has both": {
			[]Node{inside("r", host("a", a40, 0, 1000)), inside("s", host("b", orin, 0, 1000))},
			[]Member{tied(member("x", a40, 0, 500), inRack("g")), tied(member("y", orin, 0, 500), inRack("g"))},
			nil,
		},
		"no node at all": {nil, []Member{member("x", "", 0, 1)}, nil},
		"no member":      {[]Node{host("a", a40, 0, 1)}, nil, Assignment{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := Assign(c.nodes, c.members)
			if ok != (c.want != nil) || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v %v, want %v", got, ok, c.want)
			}
		})
	}
}

// TestAssignIsExact compares with trying every assignment there is.
func TestAssignIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SliceOfN(rapid.Custom(drawNode), 0, 4).Draw(t, "nodes")
		members := rapid.SliceOfN(rapid.Custom(drawMember), 0, 5).Draw(t, "members")
		for i := range nodes {
			nodes[i].ID, nodes[i].Name = fmt.Sprint("n", i), fmt.Sprint("n", i)
			nodes[i].Values["node.unique.id"] = nodes[i].ID
		}
		for i := range members {
			members[i].Name = fmt.Sprint("m", i)
		}
		got, ok := Assign(nodes, members)
		if want := anyWay(nodes, members, nil); ok != want {
			t.Fatalf("found %v, but one exists: %v", ok, want)
		}
		if ok && !valid(nodes, members, got) {
			t.Fatalf("%v is not valid", got)
		}
		checkTold(t, nodes, members, got, ok)
		slices.Reverse(nodes)
		members = rapid.Permutation(members).Draw(t, "order")
		if again, _ := Assign(nodes, members); fmt.Sprint(again) != fmt.Sprint(got) {
			t.Fatalf("%v, and in another order %v", got, again)
		}
	})
}

// checkTold: what is said agrees with what is found.
func checkTold(t *rapid.T, nodes []Node, members []Member, got Assignment, ok bool) {
	if whys := Possible(nodes, members); ok && len(whys) > 0 {
		t.Fatalf("it fits, and could never: %v", whys)
	}
	if reason := Reason(Explain(nodes, members)); (reason == "") != ok {
		t.Fatalf("found %v, but the reason is %q", ok, reason)
	}
	if !ok {
		return
	}
	after := Take(nodes, members, got, "job")
	for i, n := range after {
		if n.Free.MemoryMB < 0 || len(n.Ports) < len(nodes[i].Ports) {
			t.Fatalf("after taking: %+v", n)
		}
		if slices.ContainsFunc(n.Devices, func(d Device) bool { return d.Free < 0 }) {
			t.Fatalf("after taking: %+v", n.Devices)
		}
	}
	taken := 0
	for _, n := range after {
		taken += len(n.Uses)
	}
	if taken != len(members) {
		t.Fatalf("%d of %d members were taken", taken, len(members))
	}
}

func drawNode(t *rapid.T) Node {
	n := host("", rapid.SampledFrom([]string{"p", "q"}).Draw(t, "platform"), 0, rapid.IntRange(0, 6).Draw(t, "memory"))
	for _, name := range []string{"A40", "T4"} {
		if free := rapid.IntRange(0, 2).Draw(t, name); free > 0 {
			n.Devices = append(n.Devices, Device{Vendor: "nvidia", Type: "gpu", Name: name, Free: free, Total: free})
		}
	}
	n.Free.Cores = rapid.IntRange(0, 3).Draw(t, "cores")
	n.Free.MHz = 1000 * n.Free.Cores
	if rapid.Bool().Draw(t, "port taken") {
		n.Ports[80] = "somebody"
	}
	if rack := rapid.SampledFrom([]string{"", "r", "s"}).Draw(t, "rack"); rack != "" {
		n.Values["meta.rack"] = rack
	}
	return n
}

// inRack and onNode are what a workflow's topology becomes.
func inRack(group string) Together { return Together{"rack", group, "${meta.rack}"} }

func onNode(group string) Together { return Together{"node", group, "${node.unique.id}"} }

func drawMember(t *rapid.T) Member {
	m := member("", rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "platform"), 0, rapid.IntRange(0, 3).Draw(t, "memory"))
	m.Need.MHz = 0
	m.Need.Cores = rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "cores")
	if ask := rapid.SampledFrom([]string{"", "", "gpu", "nvidia/gpu", "nvidia/gpu/A40"}).Draw(t, "device"); ask != "" {
		m.Devices = []DeviceAsk{{Name: ask, Count: rapid.IntRange(1, 2).Draw(t, "count")}}
	}
	if rapid.Bool().Draw(t, "port") {
		m.Ports = []int{80}
	}
	m.Together = rapid.SampledFrom([][]Together{
		nil, nil, nil, {inRack("a")}, {inRack("b")}, {onNode("a")}, {inRack("a"), onNode("a/a")}, {inRack("a"), onNode("a/b")},
	}).Draw(t, "together")
	return m
}

// anyWay tries all assignments.
func anyWay(nodes []Node, members []Member, chosen Assignment) bool {
	if len(chosen) == len(members) {
		return valid(nodes, members, chosen)
	}
	for _, n := range nodes {
		next := Assignment{members[len(chosen)].Name: n.ID}
		maps.Copy(next, chosen)
		if anyWay(nodes, members, next) {
			return true
		}
	}
	return len(members) == 0
}

// valid adds everything up anew.
func valid(nodes []Node, members []Member, a Assignment) bool {
	for _, n := range nodes {
		var need Resources
		var asks []DeviceAsk
		ports := 0
		for _, m := range members {
			if a[m.Name] != n.ID {
				continue
			}
			if m.Platform != "" && m.Platform != n.Values["attr.osmo.platform"] {
				return false
			}
			need.MemoryMB += m.Need.MemoryMB
			need.Cores += m.Need.Cores
			ports += len(m.Ports)
			asks = append(asks, m.Devices...)
		}
		if ports > 0 && n.Ports[80] != "" || ports > 1 {
			return false
		}
		if need.MemoryMB > n.Free.MemoryMB || need.Cores > n.Free.Cores || !served(n, asks) {
			return false
		}
	}
	return len(a) == len(members) && agreed(nodes, members, a)
}

// agreed: all members of a set are on nodes with one value.
func agreed(nodes []Node, members []Member, a Assignment) bool {
	values := map[Together]string{}
	for _, m := range members {
		n := nodes[slices.IndexFunc(nodes, func(n Node) bool { return n.ID == a[m.Name] })]
		for _, t := range m.Together {
			v, found := n.Values[strings.Trim(t.Attribute, "${}")]
			if first, known := values[t]; !found || known && first != v {
				return false
			}
			values[t] = v
		}
	}
	return true
}

// served: there are two models and three sorts of asks here, so counting
// suffices: only A40s serve those who want one, anything serves the others as
// long as whole asks fit into one model.
func served(n Node, asks []DeviceAsk) bool {
	free := map[string]int{}
	for _, d := range n.Devices {
		free[d.Name] = d.Free
	}
	var any []int
	for _, ask := range asks {
		if strings.HasSuffix(ask.Name, "A40") {
			free["A40"] -= ask.Count
		} else {
			any = append(any, ask.Count)
		}
	}
	for mask := range 1 << len(any) {
		a40, t4 := free["A40"], free["T4"]
		for i, count := range any {
			if mask&(1<<i) != 0 {
				a40 -= count
			} else {
				t4 -= count
			}
		}
		if a40 >= 0 && t4 >= 0 {
			return true
		}
	}
	return false
}

func BenchmarkAssign(b *testing.B) {
	for _, size := range []int{1000, 5000} {
		for _, gang := range []int{3, 16} {
			b.Run(fmt.Sprintf("%dnodes/%dmembers", size, gang), func(b *testing.B) {
				nodes := make([]Node, size)
				for i := range nodes {
					nodes[i] = host(fmt.Sprint("n", i), []string{"p", "q", "r"}[i%3], i%2, 1000+i%7)
				}
				members := make([]Member, gang)
				for i := range members {
					members[i] = member(fmt.Sprint("m", i), []string{"p", "q", "r", ""}[i%4], 0, 900)
				}
				for b.Loop() {
					if _, ok := Assign(nodes, members); !ok {
						b.Fatal("no assignment")
					}
				}
			})
			b.Run(fmt.Sprintf("%dnodes/%dmembers/together", size, gang), func(b *testing.B) { benchmarkTogether(b, size, gang) })
		}
	}
}

// benchmarkTogether: half of the gang on one node, which only one in a hundred
// can take, and the rest in its rack.
func benchmarkTogether(b *testing.B, size, gang int) {
	nodes := make([]Node, size)
	for i := range nodes {
		nodes[i] = host(fmt.Sprint("n", i), "p", 0, 1000)
		nodes[i].Values["meta.rack"] = fmt.Sprint("r", i/20)
		if i%100 == 99 {
			nodes[i].Free.MemoryMB, nodes[i].Total.MemoryMB = 1000*gang, 1000*gang
		}
	}
	members := make([]Member, gang)
	for i := range members {
		members[i] = member(fmt.Sprint("m", i), "p", 0, 900)
		members[i].Together = []Together{inRack("g")}
		if i%2 == 0 {
			members[i].Together = append(members[i].Together, onNode("g/h"))
		}
	}
	for b.Loop() {
		if _, ok := Assign(nodes, members); !ok {
			b.Fatal("no assignment")
		}
	}
}
