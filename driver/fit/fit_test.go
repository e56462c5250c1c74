package fit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// host is a node with a platform, GPUs and memory; the rest is ample.
func host(name, platform string, gpus, memoryMB int) Node {
	n := Node{
		ID: "id-" + name, Name: name, Datacenter: "dc1", Pool: "default",
		Values: map[string]string{"attr.osmo.platform": platform, "node.unique.name": name, "attr.driver.docker": "1"},
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
	withPort := func(m Member, port int) Member { m.Ports = []int{port}; return m }
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
			[]Member{member("x", a40, 1, 500), member("y", a40, 1, 500)}, nil,
		},
		"one port, two hosts": {
			[]Node{host("a", orin, 0, 1000), host("b", orin, 0, 1000)},
			[]Member{withPort(member("x", orin, 0, 100), 8080), withPort(member("y", orin, 0, 100), 8080)},
			Assignment{"x": "id-a", "y": "id-b"},
		},
		"one port, one host": {
			[]Node{host("a", orin, 0, 1000)},
			[]Member{withPort(member("x", orin, 0, 100), 8080), withPort(member("y", orin, 0, 100), 8080)}, nil,
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
		slices.Reverse(nodes)
		rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		if again, _ := Assign(nodes, members); fmt.Sprint(again) != fmt.Sprint(got) {
			t.Fatalf("%v, and in another order %v", got, again)
		}
		if whys := Possible(nodes, members); ok && len(whys) > 0 {
			t.Fatalf("it fits, and could never: %v", whys)
		}
	})
}

func drawNode(t *rapid.T) Node {
	n := host("", rapid.SampledFrom([]string{"p", "q"}).Draw(t, "platform"), rapid.IntRange(0, 2).Draw(t, "gpus"), rapid.IntRange(0, 4).Draw(t, "memory"))
	if rapid.Bool().Draw(t, "port taken") {
		n.Ports[80] = "somebody"
	}
	return n
}

func drawMember(t *rapid.T) Member {
	m := member("", rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "platform"), rapid.IntRange(0, 2).Draw(t, "gpus"), rapid.IntRange(0, 3).Draw(t, "memory"))
	if rapid.Bool().Draw(t, "port") {
		m.Ports = []int{80}
	}
	return m
}

// anyWay tries all assignments.
func anyWay(nodes []Node, members []Member, chosen Assignment) bool {
	if len(chosen) == len(members) {
		return valid(nodes, members, chosen)
	}
	for _, n := range nodes {
		next := Assignment{members[len(chosen)].Name: n.ID}
		for k, v := range chosen {
			next[k] = v
		}
		if anyWay(nodes, members, next) {
			return true
		}
	}
	return len(members) == 0
}

// valid adds everything up anew.
func valid(nodes []Node, members []Member, a Assignment) bool {
	for _, n := range nodes {
		var memory, gpus, ports int
		for _, m := range members {
			if a[m.Name] != n.ID {
				continue
			}
			if m.Platform != "" && m.Platform != n.Values["attr.osmo.platform"] {
				return false
			}
			memory += m.Need.MemoryMB
			ports += len(m.Ports)
			for _, d := range m.Devices {
				gpus += d.Count
			}
		}
		have := 0
		for _, d := range n.Devices {
			have += d.Free
		}
		if n.Ports[80] != "" {
			ports++
		}
		if memory > n.Free.MemoryMB || gpus > have || ports > 1 && ports > len(n.Ports) {
			return false
		}
	}
	return len(a) == len(members)
}

func TestExplain(t *testing.T) {
	busy := host("edge", "agx-orin-jp6", 0, 8000)
	busy.Free.MemoryMB = 1000
	busy.Uses = []Use{{Owner: "other~g/t", Resources: Resources{MemoryMB: 7000}}}
	down := host("edge", "agx-orin-jp6", 0, 8000)
	down.NotReady = "is down"
	train := host("train", "ovx-a40", 1, 8000)
	gang := []Member{member("trainer", "ovx-a40", 1, 4000), member("robot", "agx-orin-jp6", 0, 4000)}
	cases := map[string]struct {
		nodes []Node
		want  string
	}{
		"memory held":    {[]Node{train, busy}, "1 of 2 placeable; robot needs agx-orin-jp6: 1 node, its memory on edge is short (needs 4000 MB, 1000 of 8000 free) is held by other~g/t"},
		"node down":      {[]Node{train, down}, "1 of 2 placeable; robot needs agx-orin-jp6: 1 node, edge is down"},
		"no such node":   {[]Node{train}, "1 of 2 placeable; robot needs agx-orin-jp6: no node has platform agx-orin-jp6; platforms here: ovx-a40; is the plugin on that node?"},
		"not both there": {nil, "0 of 2 placeable; trainer needs ovx-a40: no node has platform ovx-a40; platforms here: none; is the plugin on that node?; robot needs agx-orin-jp6: no node has platform agx-orin-jp6; platforms here: none; is the plugin on that node?"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Reason(Explain(c.nodes, gang)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestConstraints(t *testing.T) {
	values := map[string]string{"attr.a": "10", "attr.set": "x, y", "attr.v": "1.11.3"}
	cases := map[string]bool{
		"${attr.a} = 10": true, "${attr.a} != 10": false, "${attr.none} != 10": true, "${attr.none} = ": false,
		"${attr.a} > 9": true, "${attr.a} < 9": false, "${attr.a} is_set ": true, "${attr.none} is_not_set ": true,
		"${attr.v} version >=1.10": true, "${attr.v} semver <1.2": false, "${attr.a} regexp ^1": true,
		"${attr.set} set_contains x,y": true, "${attr.set} set_contains x,z": false, "${attr.set} set_contains_any z,y": true,
		"${attr.a} unknown 10": false,
	}
	for text, want := range cases {
		f := strings.SplitN(text, " ", 3)
		if got := (Constraint{f[0], f[1], f[2]}).holds(values); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
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
		}
	}
}
