package cluster

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// event is one as Nomad's stream writes it.
func event(t *testing.T, text string) *nomad.Events {
	t.Helper()
	var e nomad.Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return &nomad.Events{Index: e.Index, Events: []nomad.Event{e}}
}

func apply(t *testing.T, m *model, text string) {
	t.Helper()
	if err := m.apply(event(t, text)); err != nil {
		t.Fatal(err)
	}
}

const nodeEvent = `{"Topic":"Node","Type":"NodeRegistration","Key":"n2","Index":40,"Payload":{"Node":{"ID":"n2","Name":"train","Status":"ready",
"SchedulingEligibility":"eligible","ModifyIndex":40,"HTTPAddr":"[fd00::2]:4646","Drivers":{"gang":{"Detected":false,"Healthy":false,"HealthDescription":"failed to fingerprint driver","UpdateTime":"2026-01-02T03:04:05Z"}},
"NodeResources":{"Cpu":{"CpuShares":100},"Devices":[{"Vendor":"nvidia","Type":"gpu","Name":"A40","Instances":[{"ID":"x","Healthy":true}],
"Attributes":{"memory":{"Int":46068,"Unit":"MiB"},"clock":{"Float":1.5,"Unit":"GHz"},"model":{"String":"A40"},"mig":{"Bool":false}}}]}}}}`

func TestNodeEvents(t *testing.T) {
	m := newModel(nil)
	apply(t, m, nodeEvent)
	s := m.snapshot()
	want := map[string]string{"memory": "46068 MiB", "clock": "1.5 GHz", "model": "A40", "mig": "false"}
	if diff := cmp.Diff(want, s.Nodes[0].Devices[0].Attributes); diff != "" {
		t.Errorf("a device's attributes:\n%s", diff)
	}
	if why := s.Nodes[0].Drivers["gang"]; why != pluginGone {
		t.Errorf("the driver whose plugin is gone: %q", why)
	}
	if n := s.NodeStates["n2"]; n.Sick == "" || n.Address != "fd00::2" || !n.Up {
		t.Errorf("state %+v", n)
	}
	if s.Seen != 40 {
		t.Errorf("seen %d", s.Seen)
	}
	apply(t, m, `{"Topic":"Node","Type":"NodeDrain","Key":"n2","Index":41,"Payload":{"Node":{"ID":"n2","Status":"ready","SchedulingEligibility":"ineligible","ModifyIndex":39}}}`)
	if n := m.snapshot().Nodes[0]; n.NotReady != "" {
		t.Errorf("an older event won: %s", n.NotReady)
	}
	apply(t, m, `{"Topic":"Node","Type":"NodeDrain","Key":"n2","Index":42,"Payload":{"Node":{"ID":"n2","Status":"ready","SchedulingEligibility":"ineligible","ModifyIndex":42}}}`)
	if n := m.snapshot().Nodes[0]; n.NotReady != "is not eligible" {
		t.Errorf("the node %q", n.NotReady)
	}
	apply(t, m, `{"Topic":"Node","Type":"NodeDeregistration","Key":"n2","Index":43,"Payload":{"Node":{"ID":"n2"}}}`)
	if s := m.snapshot(); len(s.Nodes) != 0 {
		t.Errorf("the node is still there: %+v", s.Nodes)
	}
}

func allocEvent(index, status string) string {
	return `{"Topic":"Allocation","Type":"AllocationUpdated","Key":"a1","Index":` + index + `,"Payload":{"Allocation":{"ID":"a1","Namespace":"default","NodeID":"n1","JobID":"wf-1~g",
"TaskGroup":"m","ClientStatus":"` + status + `","ModifyIndex":` + index + `,"AllocatedResources":{"Tasks":{"m":{"Memory":{"MemoryMB":300}}}}}}}`
}

// TestEventsOfThePast: a stream begins with what it still remembers. What ended
// before the list must not come to life again.
func TestEventsOfThePast(t *testing.T) {
	m := newModel(nil)
	m.nodes["n1"] = node()
	m.gangs[jobKey{"default", "wf-1~g"}] = Gang{}
	m.listed = 60
	apply(t, m, allocEvent("50", "running"))
	if n := m.snapshot().Nodes[0]; n.Free != n.Total || len(m.dirty) > 0 {
		t.Errorf("the past came back: %v of %v free", n.Free, n.Total)
	}
	apply(t, m, allocEvent("61", "running"))
	if n := m.snapshot().Nodes[0]; n.Total.MemoryMB-n.Free.MemoryMB != 300 || len(m.dirty) != 1 {
		t.Errorf("%v of %v free, %d gangs to read", n.Free, n.Total, len(m.dirty))
	}
	apply(t, m, allocEvent("62", "complete"))
	if n := m.snapshot().Nodes[0]; n.Free != n.Total {
		t.Errorf("after its end %v of %v free", n.Free, n.Total)
	}
}

func TestJobEvents(t *testing.T) {
	m := newModel(nil)
	apply(t, m, `{"Topic":"Job","Key":"other","Index":5,"Payload":{"Job":{"ID":"other","Namespace":"a"}}}`)
	if len(m.dirty) > 0 {
		t.Error("a job that is no gang is read")
	}
	apply(t, m, `{"Topic":"Job","Key":"wf-1~g","Index":6,"Payload":{"Job":{"ID":"wf-1~g","Namespace":"a","Meta":{"osmo_workflow":"wf-1","osmo_group":"g"}}}}`)
	if !m.dirty[jobKey{"a", "wf-1~g"}] {
		t.Error("a gang is not read")
	}
}

// TestHoldsAreKnownLate: the allocation's event can come before the gang is read.
func TestHoldsAreKnownLate(t *testing.T) {
	m := newModel(nil)
	m.nodes["n1"] = node()
	apply(t, m, allocEvent("7", "running"))
	if m.snapshot().Nodes[0].Uses[0].Hold {
		t.Error("nobody can know that yet")
	}
	k := jobKey{"default", "wf-1~g"}
	m.setGang(k, &Gang{Namespace: k.namespace, ID: k.id, Meta: map[string]string{"osmo_workflow": "wf-1", "osmo_group": "m"}, Allocs: []Alloc{{ID: "a1", NodeID: "n1"}}})
	if !m.snapshot().Nodes[0].Uses[0].Hold {
		t.Error("the hold is not marked")
	}
}

func TestTogether(t *testing.T) {
	r := func(mhz, cores, memory int) fit.Resources {
		return fit.Resources{MHz: mhz, Cores: cores, MemoryMB: memory}
	}
	cases := map[string]struct {
		shares []share
		want   fit.Resources
	}{
		"side by side":                {[]share{{Resources: r(100, 0, 10)}, {Resources: r(50, 0, 20)}}, r(150, 0, 30)},
		"before and then":             {[]share{{Resources: r(10, 0, 500), hook: "prestart"}, {Resources: r(100, 0, 10)}}, r(100, 0, 500)},
		"a sidecar stays":             {[]share{{Resources: r(10, 0, 16), hook: "prestart", sidecar: true}, {Resources: r(100, 0, 10)}}, r(110, 0, 26)},
		"after":                       {[]share{{Resources: r(100, 0, 10)}, {Resources: r(1, 0, 30), hook: "poststop"}}, r(100, 0, 30)},
		"beside":                      {[]share{{Resources: r(100, 0, 10)}, {Resources: r(1, 0, 30), hook: "poststart"}}, r(101, 0, 40)},
		"cores are not given back":    {[]share{{Resources: r(2000, 1, 10), hook: "prestart"}, {Resources: r(4000, 2, 5)}}, r(6000, 3, 10)},
		"nothing":                     {nil, r(0, 0, 0)},
		"before, a sidecar, and main": {[]share{{Resources: r(0, 0, 100), hook: "prestart"}, {Resources: r(0, 0, 16), hook: "prestart", sidecar: true}, {Resources: r(0, 0, 50)}}, r(0, 0, 116)},
	}
	for name, c := range cases {
		if got := together(c.shares); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestParseGang(t *testing.T) {
	j := gangJob("default")
	j.TaskGroups[1].Constraints = append(j.TaskGroups[1].Constraints,
		&nomad.Constraint{LTarget: pinTarget, Operand: pinOperand, RTarget: "n7"},
		&nomad.Constraint{LTarget: pinTarget, Operand: "=", RTarget: "the-users"})
	j.TaskGroups[1].Tasks[1].Resources.Devices = []*nomad.RequestedDevice{{Name: "nvidia/gpu"}}
	g := ParseGang(j)
	m, ok := g.Group("m")
	if !ok || m.Pin != "n7" {
		t.Fatalf("group m: %+v", m)
	}
	want := fit.Member{
		Name: "m", Platform: "p", Need: fit.Resources{MHz: 120, MemoryMB: 80, DiskMB: 320}, Ports: []int{28080},
		Devices: []fit.DeviceAsk{{Name: "nvidia/gpu", Count: 1}}, Datacenters: []string{"*"}, Drivers: []string{"raw_exec"},
		Constraints: []fit.Constraint{
			{LTarget: pinTarget, Operand: "!=", RTarget: "not-this-one"},
			{LTarget: "${attr.kernel.name}", Operand: "regexp", RTarget: "^lin"},
			{LTarget: pinTarget, Operand: "=", RTarget: "the-users"},
		},
	}
	if diff := cmp.Diff(want, m.Need); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a member's group says of its topology ties its node to others', if it
// must; a topology that nobody can read is one that no node meets.
func TestParseGangTopology(t *testing.T) {
	read := func(topology string) fit.Member {
		j := gangJob("default")
		task := meta.Task{Member: "m", DNSName: "m-w-1.service.consul", Driver: "raw_exec"}
		j.TaskGroups[1].Meta = task.Write()
		j.TaskGroups[1].Meta[meta.Topology] = topology
		g := ParseGang(j)
		m, _ := g.Group("m")
		return m.Need
	}
	got := read(`[{"key":"zone","attribute":"${meta.zone}","group":"z","required":false},{"key":"node","attribute":"${node.unique.id}","group":"z/n","required":true}]`)
	want := []fit.Together{{Key: "node", Group: "z/n", Attribute: "${node.unique.id}"}}
	if diff := cmp.Diff(want, got.Together); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	broken := read("nonsense")
	if _, ok := fit.Assign([]fit.Node{{ID: "n", Values: map[string]string{}}}, []fit.Member{{Name: "m", Constraints: broken.Constraints[len(broken.Constraints)-1:]}}); ok {
		t.Error("a broken topology does not keep the member away")
	}
}
