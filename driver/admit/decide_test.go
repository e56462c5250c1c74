package admit

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// pair is the world of one gang of two, `w-1~g` with the members a and b, on
// two nodes, as its hold has just asked for the release.
func pair() (World, *cluster.Gang, *rendezvous.View) {
	c := cluster.Gang{
		Namespace: "default", ID: "w-1~g", CreateIndex: 20, JobModifyIndex: 20, Priority: 50,
		Meta: meta.Gang{Workflow: "w-1", Group: "g", Lead: "a", Members: []string{"a", "b"}, Barrier: true}.Write(),
	}
	c.Groups = []cluster.Group{
		{Name: "g", Count: 1, Drivers: []string{"gang"}},
		{Name: "a", Drivers: []string{"gang", "docker"}, Meta: map[string]string{meta.Name: "a-w-1.service.consul"}, Need: need("a", 60)},
		{Name: "b", Drivers: []string{"gang", "docker"}, Meta: map[string]string{meta.Name: "b-w-1.service.consul"}, Need: need("b", 60)},
	}
	c.Allocs = []cluster.Alloc{{ID: "hold", Group: "g", NodeID: "n1", CreateIndex: 21, DesiredStatus: "run", ClientStatus: "running"}}
	v := &rendezvous.View{
		HoldIndex: 5,
		Hold:      &rendezvous.Hold{Version: 1, AllocID: "hold", AllocCreateIndex: 21, State: rendezvous.Scheduling, Want: rendezvous.WantRelease},
	}
	w := World{
		Now:     time.Unix(1000, 0),
		Cluster: cluster.Snapshot{Seen: 100, NodeStates: map[string]cluster.NodeState{}},
		Memory:  newMemory(),
	}
	for i, id := range []string{"n1", "n2"} {
		n := fit.Node{ID: id, Name: "host" + id, Values: map[string]string{"node.unique.id": id}, Total: fit.Resources{MemoryMB: 100}, Free: fit.Resources{MemoryMB: 100}}
		w.Cluster.Nodes = append(w.Cluster.Nodes, n)
		w.Cluster.NodeStates[id] = cluster.NodeState{Name: "host" + id, Address: fmt.Sprintf("10.0.0.%d", i+1), Up: true}
	}
	return w, &c, v
}

func need(name string, memory int) fit.Member {
	return fit.Member{Name: name, Need: fit.Resources{MemoryMB: memory}}
}

// atPhase puts the gang into epoch 1, registered as written and placed on n1 and n2.
func atPhase(p rendezvous.Phase, c *cluster.Gang, v *rendezvous.View) {
	v.EpochIndex = 9
	v.Epoch = &rendezvous.Epoch{Version: 1, Epoch: 1, Phase: p, Assignment: map[string]string{"a": "n1", "b": "n2"}}
	c.Version, c.JobModifyIndex = 1, 30
	for i, node := range []string{"n1", "n2"} {
		g := &c.Groups[i+1]
		g.Count, g.Pin = 1, node
		c.Allocs = append(c.Allocs, cluster.Alloc{
			ID: "alloc-" + g.Name, Group: g.Name, NodeID: node, CreateIndex: 31, JobVersion: 1,
			DesiredStatus: "run", ClientStatus: "running",
		})
	}
	if p == rendezvous.Placed {
		v.Epoch.JobVersion = 1
		v.Epoch.Allocs = map[string]string{"a": "alloc-a", "b": "alloc-b"}
		v.Hold.Want = rendezvous.WantNothing
	}
	if p == rendezvous.Ended {
		c.Groups[1].Count, c.Groups[2].Count = 0, 0
		c.Allocs = c.Allocs[:1]
	}
}

func endAll(c *cluster.Gang) {
	for i := range c.Allocs {
		c.Allocs[i].ClientStatus = "complete"
	}
}

var goVerdict = &rendezvous.Verdict{Version: 1, Go: true}

// decided are the actions as text; what fit says is fit's to test.
func decided(w World) []string {
	var got []string
	reason := regexp.MustCompile(`(\d of \d placeable|each of \d members).*`)
	for _, a := range Decide(w) {
		got = append(got, reason.ReplaceAllString(a.String(), "<fit>"))
	}
	return got
}

func TestDecide(t *testing.T) {
	type world struct {
		*World
		c *cluster.Gang
		v *rendezvous.View
	}
	tests := []struct {
		name string
		// phase is the epoch's, empty for none.
		phase rendezvous.Phase
		with  func(world)
		want  []string
	}{
		{"released", "", func(world) {}, []string{"release w-1~g epoch 1 on map[a:n1 b:n2]"}},
		{"nothing wanted", "", func(w world) { w.v.Hold.Want = "" }, nil},
		{"the record is of another hold", "", func(w world) { w.v.Hold.AllocID = "former" }, nil},
		{
			"no room", "", func(w world) { w.Cluster.Nodes[1].Free.MemoryMB = 50 },
			[]string{"tell w-1~g #1: <fit>"},
		},
		{"only a hold is in the way", "", func(w world) {
			w.Cluster.Nodes[1].Free.MemoryMB = 50
			w.Cluster.Nodes[1].Uses = []fit.Use{{Owner: "x/h", Hold: true, Resources: fit.Resources{MemoryMB: 20}}}
		}, []string{"tell w-1~g #1: only the hold of a waiting gang is in the way: <fit>"}},
		{"told already", "", func(w world) {
			w.Cluster.Nodes[1].Free.MemoryMB = 50
			reason := fit.Reason(fit.Explain(w.Cluster.Nodes, []fit.Member{need("a", 60), need("b", 60)}))
			w.v.Queue = &rendezvous.Queue{Version: 1, Position: 1, Reason: reason}
		}, nil},
		{"the hold's node is sick", "", func(w world) {
			w.Cluster.NodeStates["n1"] = cluster.NodeState{Name: "hostn1", Up: true, Sick: "driver gang is not healthy"}
		}, []string{"tell w-1~g #1: waiting for host hostn1, where g runs: driver gang is not healthy"}},
		{"a member's driver is sick where the hold is", "", func(w world) {
			w.Cluster.NodeStates["n1"] = cluster.NodeState{Name: "hostn1", Up: true, Drivers: []string{"docker"}}
		}, []string{"tell w-1~g #1: waiting for host hostn1, where g runs: driver docker is not healthy"}},
		{
			"counts that nobody released", "", func(w world) { w.c.Groups[1].Count = 1 },
			[]string{"set w-1~g to map[a:0]: no epoch is placed"},
		},
		{
			"an unreadable epoch record", "", func(w world) { w.v.Bad = []string{"x/epoch: version 9"} },
			[]string{"tell w-1~g #1: a record of this gang cannot be read, delete it in Consul or upgrade the plugins: x/epoch: version 9"},
		},
		{
			"the hold is lost", "", func(w world) { w.c.Allocs[0].ClientStatus = "lost" },
			[]string{"evaluate w-1~g: the hold hold on host hostn1 is gone (lost)"},
		},
		{"the drained hold still runs", "", func(w world) { w.c.Allocs[0].DesiredStatus = "stop" }, nil},
		{"evaluated a moment ago", "", func(w world) {
			w.c.Allocs[0].ClientStatus = "lost"
			w.Memory.swept(idOf(*w.c), w.Now)
		}, nil},
		{"a hold that waits for room is Nomad's", "", func(w world) { w.c.Allocs = nil }, nil},

		{"adopted", rendezvous.Releasing, func(world) {}, []string{"record w-1~g epoch 1 placed"}},
		{
			"a member that failed at once was placed", rendezvous.Releasing,
			func(w world) { w.c.Allocs[1].ClientStatus = "failed" },
			[]string{"record w-1~g epoch 1 placed"},
		},
		{
			"half placed", rendezvous.Releasing, func(w world) { w.c.Allocs = w.c.Allocs[:2] },
			[]string{"set w-1~g to map[a:0 b:0]: the release was not completed"},
		},
		{
			"placed elsewhere", rendezvous.Releasing, func(w world) { w.c.Allocs[1].NodeID = "n2" },
			[]string{"set w-1~g to map[a:0 b:0]: the release was not completed"},
		},
		{"register not seen", rendezvous.Releasing, func(w world) {
			w.c.Groups[1].Count, w.c.Groups[2].Count, w.c.Groups[1].Pin = 0, 0, ""
			w.c.Allocs = w.c.Allocs[:1]
		}, []string{"record w-1~g epoch 1 ended: the release was not completed"}},
		{"taken back, not acknowledged", rendezvous.Releasing, func(w world) {
			w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0
			w.c.Allocs[1].DesiredStatus, w.c.Allocs[2].DesiredStatus = "stop", "stop"
			w.c.Allocs[2].ClientStatus = "complete"
		}, []string{"tell w-1~g #1: waiting until the former epoch has let go: a on host hostn1"}},
		{"a cut-off member is not waited for", rendezvous.Releasing, func(w world) {
			w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0
			w.c.Allocs[1].DesiredStatus = "stop"
			w.c.Allocs[1].ClientStatus, w.c.Allocs[2].ClientStatus = "unknown", "complete"
		}, []string{"record w-1~g epoch 1 ended: the release was not completed"}},
		{"but Nomad must have stopped it, or the next release keeps it", rendezvous.Releasing, func(w world) {
			w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0
			w.c.Allocs[1].ClientStatus, w.c.Allocs[2].ClientStatus = "unknown", "complete"
		}, []string{"tell w-1~g #1: waiting until the former epoch has let go: a on host hostn1"}},

		{"running well", rendezvous.Placed, func(w world) { w.v.Verdict = goVerdict }, nil},
		{"a picture from before the release", rendezvous.Placed, func(w world) {
			w.c.Version = 0
			w.c.Groups[1].Pin = ""
		}, nil},
		{"rolled back", rendezvous.Placed, func(w world) {
			w.v.Verdict = &rendezvous.Verdict{Version: 1, Why: "b is late"}
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantRollback, 1
		}, []string{"set w-1~g to map[a:0 b:0]: aborted: b is late"}},
		{"a rollback that lost to the go", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantRollback, 1
		}, nil},
		{"the wish is about another epoch", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantEnd, 0
		}, nil},
		{"end", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantEnd, 1
		}, []string{"set w-1~g to map[a:0 b:0]: the hold wants the members to end"}},
		{"end on a sick node stops what is there", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantEnd, 1
			w.Cluster.NodeStates["n2"] = cluster.NodeState{Name: "hostn2", Up: true, Sick: "sick"}
		}, []string{"set w-1~g to map[a:0 b:0]: the hold wants the members to end"}},
		{"no end while the hold's node is sick", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantEnd, 1
			w.Cluster.NodeStates["n1"] = cluster.NodeState{Name: "hostn1", Up: true, Sick: "sick"}
		}, nil},
		{"ended", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantEnd, 1
			w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0
			w.c.Allocs[1].ClientStatus, w.c.Allocs[2].ClientStatus = "complete", "lost"
		}, []string{"record w-1~g epoch 1 ended: the hold wants the members to end"}},
		{"registered again before the go", rendezvous.Placed, func(w world) {
			w.c.Version, w.c.Groups[1].Pin, w.c.Groups[2].Pin = 2, "", ""
		}, []string{"abort w-1~g epoch 1: the job was registered again by its user"}},
		{"registered again while it runs", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Version, w.c.Groups[1].Pin, w.c.Groups[2].Pin = 2, "", ""
			w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0
			w.c.Allocs[1].ClientStatus, w.c.Allocs[2].ClientStatus = "complete", "complete"
		}, []string{"record w-1~g epoch 1 ended: the job was registered again by its user"}},
		{"a count of two", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Version, w.c.Groups[1].Count = 2, 2
		}, []string{"set w-1~g to map[a:0 b:0]: the job was registered again by its user"}},
		{"a new life wants a release", rendezvous.Placed, func(w world) {
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantRelease, 1
		}, []string{"abort w-1~g epoch 1: the gang queues again"}},
		{"a wish from before the placing", rendezvous.Placed, func(w world) {
			w.v.Hold.Want, w.v.Hold.WantEpoch = rendezvous.WantRelease, 0
		}, nil},
		{"a stray, and a member that has finished", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Allocs[1].DesiredStatus, w.c.Allocs[1].ClientStatus = "stop", "complete"
			w.c.Allocs[2].ClientStatus = "complete"
			w.c.Allocs = append(w.c.Allocs, cluster.Alloc{ID: "stray", Group: "a", NodeID: "n1", CreateIndex: 40, JobVersion: 1, DesiredStatus: "run", ClientStatus: "pending"})
		}, []string{"set w-1~g to map[a:0 b:0]: its allocation is in no record"}},
		{"a stray beside one that runs", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Allocs[1].DesiredStatus, w.c.Allocs[1].ClientStatus = "stop", "complete"
			w.c.Allocs = append(w.c.Allocs, cluster.Alloc{ID: "stray", Group: "a", NodeID: "n1", CreateIndex: 40, JobVersion: 1, DesiredStatus: "run", ClientStatus: "pending"})
		}, []string{"set w-1~g to map[a:0]: its allocation is in no record"}},
		{"the hold is drained while it runs", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Allocs[0].DesiredStatus, w.c.Allocs[0].ClientStatus = "stop", "complete"
		}, []string{"evaluate w-1~g: the hold hold on host hostn1 is gone (complete)"}},

		{
			"released again after a rollback", rendezvous.Ended, func(w world) { w.v.Hold.WantEpoch = 1 },
			[]string{"release w-1~g epoch 2 on map[a:n1 b:n2]"},
		},
		{"not while a started copy may run somewhere", rendezvous.Ended, func(w world) {
			w.v.Verdict = goVerdict
			w.c.Allocs = append(w.c.Allocs, cluster.Alloc{ID: "old", Group: "b", NodeID: "n2", CreateIndex: 31, DesiredStatus: "stop", ClientStatus: "unknown"})
		}, []string{"tell w-1~g #1: waiting: a copy of b may still run on host hostn2, which is cut off"}},
		{"nor where it was told to stop before its host fell silent", rendezvous.Ended, func(w world) {
			w.v.Verdict = goVerdict
			w.Cluster.NodeStates["n2"] = cluster.NodeState{Name: "hostn2"}
			w.c.Allocs = append(w.c.Allocs, cluster.Alloc{ID: "old", Group: "b", NodeID: "n2", CreateIndex: 31, DesiredStatus: "stop", ClientStatus: "running"})
		}, []string{"tell w-1~g #1: waiting: a copy of b may still run on host hostn2, which is cut off"}},
		{"a late register after the rollback", rendezvous.Ended, func(w world) {
			w.c.Groups[1].Count, w.c.Groups[2].Count = 1, 1
		}, []string{"set w-1~g to map[a:0 b:0]: no epoch is placed"}},

		{"completed: no register", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Completed, JobVersion: 1}
			endAll(w.c)
		}, nil},
		{"failed: the hold is not rescheduled", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Failed, JobVersion: 1}
			endAll(w.c)
			w.c.Allocs[0].ClientStatus = "failed"
		}, []string{"set w-1~g to map[a:0 b:0 g:0]: the gang has failed and its hold must not be rescheduled"}},
		{"failed: the hold was drained before it could", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Failed, JobVersion: 1}
			endAll(w.c)
			w.c.Allocs[0].DesiredStatus = "stop"
		}, []string{"set w-1~g to map[a:0 b:0 g:0]: the gang has failed and its hold must not be rescheduled"}},
		{"failed: the hold's host is silent", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Failed, JobVersion: 1}
			endAll(w.c)
			w.c.Allocs[0].ClientStatus = "running"
			w.Cluster.NodeStates["n1"] = cluster.NodeState{Name: "hostn1"}
		}, nil},
		{"failed: done", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Failed, JobVersion: 1}
			endAll(w.c)
			w.c.Version, w.c.Allocs[0].ClientStatus = 2, "failed"
			w.c.Groups[0].Count, w.c.Groups[1].Count, w.c.Groups[2].Count = 0, 0, 0
		}, nil},
		{"ended, but a member runs on", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Completed, JobVersion: 1}
			w.c.Allocs[0].ClientStatus = "complete"
		}, []string{"set w-1~g to map[a:0 b:0 g:0]: the gang has ended"}},
		{"registered again after the end, hold lost", rendezvous.Placed, func(w world) {
			w.v.Verdict = goVerdict
			w.v.Hold.Outcome = &rendezvous.Outcome{State: rendezvous.Failed, JobVersion: 1}
			endAll(w.c)
			w.c.Version = 2
			for i := range w.c.Groups[1:] {
				w.c.Groups[i+1].Count, w.c.Groups[i+1].Pin = 0, ""
			}
		}, []string{"record w-1~g epoch 1 ended: the job was registered again by its user"}},

		{"stopped with its hold", rendezvous.Placed, func(w world) { w.c.Stop = true }, nil},
		{"stopped without a hold", rendezvous.Placed, func(w world) {
			w.c.Stop, w.c.Version = true, 2
			endAll(w.c)
		}, []string{"cancel w-1~g"}},
		{"stopped, settled", rendezvous.Placed, func(w world) {
			w.c.Stop, w.c.Version = true, 2
			endAll(w.c)
			w.Memory.Settled[idOf(*w.c)] = true
		}, nil},
		{"not our protocol", "", func(w world) { w.c.Meta[meta.Protocol] = "9" }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, c, v := pair()
			if tt.phase != "" {
				atPhase(tt.phase, c, v)
			}
			tt.with(world{&w, c, v})
			w.Cluster.Gangs = []cluster.Gang{*c}
			w.Records = map[rendezvous.Gang]rendezvous.View{idOf(*c): *v}
			if diff := cmp.Diff(tt.want, decided(w)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestPlacedRecordSaysWhereEverybodyIs(t *testing.T) {
	w, c, v := pair()
	atPhase(rendezvous.Releasing, c, v)
	w.Cluster.Gangs = []cluster.Gang{*c}
	w.Records = map[rendezvous.Gang]rendezvous.View{idOf(*c): *v}
	got := Decide(w)[0].(Record)
	want := rendezvous.Epoch{
		Version: 1, Epoch: 1, Phase: rendezvous.Placed, JobVersion: 1,
		Assignment: map[string]string{"a": "n1", "b": "n2"},
		Allocs:     map[string]string{"a": "alloc-a", "b": "alloc-b"},
		Addresses:  map[string]string{"a": "10.0.0.1", "b": "10.0.0.2"},
		Names:      map[string]string{"a": "a-w-1.service.consul", "b": "b-w-1.service.consul"},
	}
	if diff := cmp.Diff(want, got.Epoch); diff != "" || got.EpochIndex != 9 {
		t.Errorf("index %d\n%s", got.EpochIndex, diff)
	}
}

// queueOf is a world of several gangs of two that all want to be released.
func queueOf(n int, change func(i int, c *cluster.Gang)) World {
	w, _, _ := pair()
	w.Records = map[rendezvous.Gang]rendezvous.View{}
	for i := range n {
		_, c, v := pair()
		c.ID, c.CreateIndex = fmt.Sprintf("w-%d~g", i+1), uint64(20+i)
		if change != nil {
			change(i, c)
		}
		w.Cluster.Gangs = append(w.Cluster.Gangs, *c)
		w.Records[idOf(*c)] = *v
	}
	return w
}

func TestQueue(t *testing.T) {
	tests := []struct {
		name   string
		change func(i int, c *cluster.Gang)
		want   []string
	}{
		{"by age, and what is released is taken", nil, []string{
			"release w-1~g epoch 1 on map[a:n1 b:n2]",
			"tell w-2~g #1: <fit>",
		}},
		{"priority before age", func(i int, c *cluster.Gang) { c.Priority = 50 + i }, []string{
			"release w-2~g epoch 1 on map[a:n1 b:n2]",
			"tell w-1~g #1: <fit>",
		}},
		{"one that does not fit blocks nobody", func(i int, c *cluster.Gang) {
			if i == 0 {
				c.Groups[1].Need.Need.MemoryMB = 200
			}
		}, []string{
			"release w-2~g epoch 1 on map[a:n1 b:n2]",
			"tell w-1~g #1: <fit>",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decided(queueOf(2, tt.change))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestRefused: what Nomad refuses is tried elsewhere first, then again, and
// after three times the reason is Nomad's, until the cluster is another one.
func TestRefused(t *testing.T) {
	w := queueOf(1, func(_ int, c *cluster.Gang) { c.Groups = c.Groups[:2] })
	var got []string
	for range 4 {
		a := Decide(w)[0]
		got = append(got, a.String())
		if r, ok := a.(Release); ok {
			w.Memory.refused(r, w.Now, "a: quota", []string{"a"})
		}
	}
	w.Cluster.Nodes[0].Free.MemoryMB--
	got = append(got, Decide(w)[0].String())
	want := []string{
		"release w-1~g epoch 1 on map[a:n1]", "release w-1~g epoch 1 on map[a:n2]", "release w-1~g epoch 1 on map[a:n1]",
		"tell w-1~g #1: a: quota", "release w-1~g epoch 1 on map[a:n1]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestGoneJobs(t *testing.T) {
	w := queueOf(1, nil)
	left := idOf(w.Cluster.Gangs[0])
	gone := rendezvous.Gang{Namespace: "default", Job: "w-1~other", CreateIndex: 7}
	alone := rendezvous.Gang{Namespace: "default", Job: "x-1~g", CreateIndex: 8}
	young := rendezvous.Gang{Namespace: "default", Job: "x-2~g", CreateIndex: 101}
	w.Records = map[rendezvous.Gang]rendezvous.View{left: {}, gone: {}, alone: {}, young: {}}
	look := func() []string { return decided(w) }
	if diff := cmp.Diff([]string{"cancel w-1~other", "cancel x-1~g"}, look()); diff != "" {
		t.Errorf("first the status\n%s", diff)
	}
	w.Memory.Settled[gone], w.Memory.Settled[alone] = true, true
	if diff := cmp.Diff([]string{"prune x-1~g"}, look()); diff != "" {
		t.Errorf("then the records, where no job of the workflow is left\n%s", diff)
	}
	w.Memory.Gone[alone] = w.Now
	if diff := cmp.Diff([]string(nil), look()); diff != "" {
		t.Errorf("not at once: the hold may have its last words to say\n%s", diff)
	}
}

// TestHeldIsNotLookedAtAgain: the same picture of the cluster gives the same
// answer, another one is looked at.
func TestHeldIsNotLookedAtAgain(t *testing.T) {
	w := queueOf(1, nil)
	w.Picture = 3
	id := idOf(w.Cluster.Gangs[0])
	w.Memory.Held = map[rendezvous.Gang]Held{id: {Picture: 3, JobModifyIndex: 20, Why: "as before"}}
	if diff := cmp.Diff([]string{"tell w-1~g #1: as before"}, decided(w)); diff != "" {
		t.Error(diff)
	}
	if _, held := w.decide(); held[id].Why != "as before" {
		t.Errorf("forgotten: %v", held)
	}
	w.Picture = 4
	if diff := cmp.Diff([]string{"release w-1~g epoch 1 on map[a:n1 b:n2]"}, decided(w)); diff != "" {
		t.Error(diff)
	}
}
