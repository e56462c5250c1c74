package fit

import (
	"fmt"
	"testing"
)

func TestExplain(t *testing.T) {
	busy := host("edge", "agx-orin-jp6", 0, 8000)
	busy.Free.MemoryMB = 1000
	busy.Uses = []Use{{Owner: "other~g/t", Resources: Resources{MemoryMB: 6900}}, {Owner: "x~y/y", Hold: true, Resources: Resources{MemoryMB: 100}}}
	held := host("edge", "agx-orin-jp6", 0, 4000)
	held.Free.MemoryMB = 3984
	held.Uses = []Use{{Owner: "x~y/y", Hold: true, Resources: Resources{MemoryMB: 16}}}
	small := host("edge", "agx-orin-jp6", 0, 2000)
	down := host("edge", "agx-orin-jp6", 0, 8000)
	down.NotReady = "is down"
	sick := host("edge", "agx-orin-jp6", 0, 8000)
	sick.Drivers = map[string]string{"docker": "failed to fingerprint driver"}
	bare := host("edge", "agx-orin-jp6", 0, 8000)
	bare.Drivers = map[string]string{"raw_exec": ""}
	port := host("edge", "agx-orin-jp6", 0, 8000)
	port.Ports[8080] = "web/app"
	train := host("train", "ovx-a40", 1, 8000)
	taken := host("train", "ovx-a40", 1, 8000)
	taken.Devices[0].Free = 0
	taken.Uses = []Use{{Owner: "wf-1~g/t", Devices: map[string]int{"nvidia/gpu/NVIDIA A40": 1}}, {Owner: "cpu/only", Resources: Resources{MemoryMB: 1}}}
	inside := func(rack string, n Node) Node {
		n.Values["meta.rack"] = rack
		return n
	}
	racked := []Member{member("a", "ovx-a40", 0, 1), member("b", "agx-orin-jp6", 0, 1)}
	racked[0].Together, racked[1].Together = []Together{inRack("g")}, []Together{inRack("g")}
	robot := member("robot", "agx-orin-jp6", 0, 4000)
	robot.Ports = []int{8080}
	trainer := member("trainer", "ovx-a40", 1, 4000)
	gang := []Member{trainer, robot}
	const one = "1 of 2 placeable; robot needs agx-orin-jp6: "
	cases := map[string]struct {
		nodes []Node
		gang  []Member
		want  string
		never bool
	}{
		"all fit":          {[]Node{train, host("edge", "agx-orin-jp6", 0, 8000)}, gang, "", false},
		"memory held":      {[]Node{train, busy}, gang, one + "1 node, edge, its memory is held by other~g/t, x~y/y (a waiting gang's hold) (needs 4000, free are 1000 of 8000 MB)", false},
		"only a hold":      {[]Node{train, held}, gang, one + "1 node, edge, its memory is held only by x~y/y (a waiting gang's hold) (needs 4000, free are 3984 of 4000 MB)", false},
		"never enough":     {[]Node{train, small}, gang, one + "1 node, edge, its memory is too small: needs 4000 of 2000 MB", true},
		"GPU held":         {[]Node{taken, busy}, gang[:1], "0 of 1 placeable; trainer needs ovx-a40: 1 node, train, its nvidia/gpu is held by wf-1~g/t (needs 1, free are 0 of 1)", false},
		"too few GPUs":     {[]Node{host("train", "ovx-a40", 1, 8000)}, []Member{member("m", "ovx-a40", 2, 1)}, "0 of 1 placeable; m needs ovx-a40: 1 node, train, its nvidia/gpu are too few: needs 2, healthy are 1", true},
		"port held":        {[]Node{train, port}, gang, one + "1 node, edge, its port 8080 is held by web/app", false},
		"node down":        {[]Node{train, down}, gang, one + "1 node, edge, is down", false},
		"driver unhealthy": {[]Node{train, sick}, gang, one + "1 node, edge, has no healthy driver docker (failed to fingerprint driver)", false},
		"driver missing":   {[]Node{train, bare}, gang, one + "no node will do: 1 node does not meet ${attr.osmo.platform} = agx-orin-jp6, 1 node has no driver docker", true},
		"no such node":     {[]Node{train}, gang, one + "no node has platform agx-orin-jp6; platforms here: ovx-a40; is the plugin on that node?", true},
		"no nodes":         {nil, []Member{member("m", "", 0, 1)}, "0 of 1 placeable; m needs a node: the cluster has no nodes", true},
		"two of many":      {[]Node{busy, host("edge2", "agx-orin-jp6", 0, 100), host("edge3", "agx-orin-jp6", 0, 100)}, []Member{robot}, "0 of 1 placeable; robot needs agx-orin-jp6: 3 nodes, on 3 of them, as on edge, the memory is held by other~g/t, x~y/y (a waiting gang's hold) (needs 4000, free are 1000 of 8000 MB)", false},
		"no rack has both": {
			[]Node{inside("r", host("train", "ovx-a40", 1, 8000)), inside("s", host("edge", "agx-orin-jp6", 0, 8000))},
			racked,
			"each of 2 members fits alone, but a and b do not fit at the same time with the same rack, as their topology requires", true,
		},
		"no rack at all": {
			[]Node{inside("r", host("train", "ovx-a40", 1, 8000)), host("edge", "agx-orin-jp6", 0, 8000)},
			racked,
			"1 of 2 placeable; b needs agx-orin-jp6: no node will do: 1 node does not meet ${attr.osmo.platform} = agx-orin-jp6, 1 node has no ${meta.rack}, which topology rack asks for", true,
		},
		"in each other's way": {
			[]Node{train, host("edge", "agx-orin-jp6", 0, 8000)},
			[]Member{trainer, member("sim", "ovx-a40", 1, 100), robot},
			"each of 3 members fits alone, but trainer and sim do not fit at the same time: only train will do", true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Reason(Explain(c.nodes, c.gang)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if never := len(Possible(c.nodes, c.gang)) > 0; never != c.never {
				t.Errorf("never %v, want %v", never, c.never)
			}
		})
	}
}

// TestExplainDoesNotDependOnOrder: the line is written to a record whenever it
// changes.
func TestExplainDoesNotDependOnOrder(t *testing.T) {
	var nodes []Node
	for i := range 6 {
		n := host(fmt.Sprint("n", i), "p", 0, 1000)
		n.Free.MemoryMB = 10 * (i % 3)
		n.Uses = []Use{{Owner: fmt.Sprint("job-", i, "/a"), Resources: Resources{MemoryMB: 500}}, {Owner: fmt.Sprint("job-", i, "/b"), Resources: Resources{MemoryMB: 490}}}
		nodes = append(nodes, n)
	}
	gang := []Member{member("m", "p", 0, 900)}
	want := Reason(Explain(nodes, gang))
	for range nodes {
		nodes = append(nodes[1:], nodes[0])
		if got := Reason(Explain(nodes, gang)); got != want {
			t.Fatalf("%s\nand %s", got, want)
		}
	}
}

// TestTheSearchIsBounded: three members fill a node, all sizes are 1 modulo 4,
// so three of them take at most 999 of 1000 MB; but together they need more
// than 12 × 999. No count and no sum shows that, only trying does.
func TestTheSearchIsBounded(t *testing.T) {
	var nodes []Node
	for i := range 12 {
		nodes = append(nodes, host(fmt.Sprint("n", i), "p", 0, 1000))
	}
	members := []Member{member("one", "p", 0, 341)}
	for k := -17; k <= 17; k++ {
		members = append(members, member(fmt.Sprint("m", k), "p", 0, 333+4*k))
	}
	s := newSearch(nodes, members)
	if s.run() {
		t.Fatal("found what cannot be")
	}
	if s.steps > maxSteps {
		t.Errorf("%d steps, at most %d are allowed", s.steps, maxSteps)
	}
	if !s.gaveUp() {
		t.Fatalf("the search came to its end in %d steps: this gang does not show the bound any more", s.steps)
	}
	want := "each of 36 members fits alone; whether all fit at the same time was not found out in 20000 steps"
	if reason := Reason(Explain(nodes, members)); reason != want {
		t.Errorf("the reason is %q", reason)
	}
}
