package cluster

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
)

const jobJSON = `{"ID":"wf-1~g","CreateIndex":7,"JobModifyIndex":9,"SubmitTime":1795474440123456789,"Unknown":{"kept":[1,2.50]},
"TaskGroups":[{"Name":"g","Count":1},{"Name":"m","Count":0,"Constraints":[{"LTarget":"${attr.cpu.arch}","Operand":"=","RTarget":"arm64"}]}]}`

func TestDocumentKeepsWhatItDoesNotKnow(t *testing.T) {
	d, err := parseDocument(strings.NewReader(jobJSON))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{d.SetCount("m", 1), d.Pin("m", "node-1"), d.Pin("m", "node-2")} {
		if step != nil {
			t.Fatal(step)
		}
	}
	body, err := d.body(9)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1795474440123456789", `"kept":[1,2.50]`, `"JobModifyIndex":9`, `"EnforceIndex":true`, "node-2", "arm64"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if strings.Contains(string(body), "node-1") {
		t.Errorf("the old pin is still in %s", body)
	}
	if diff := cmp.Diff(map[string]int{"g": 1, "m": 1}, d.Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"m": "node-2"}, d.Pins()); diff != "" {
		t.Error(diff)
	}
	if err := d.Unpin("m"); err != nil {
		t.Fatal(err)
	}
	if body, _ = d.body(9); strings.Contains(string(body), "node-2") || !strings.Contains(string(body), "arm64") {
		t.Errorf("unpinning left %s", body)
	}
	for range 2 {
		if err := d.Avoid("g", "node-3"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(constraintsOf(d.groups()["g"])); n != 1 {
		t.Errorf("avoiding one node twice made %d constraints", n)
	}
	if err := d.SetCount("nobody", 1); err == nil {
		t.Error("a group that is not there was counted")
	}
}

func node() *nomad.Node {
	return &nomad.Node{
		ID: "n1", Name: "edge", Datacenter: "dc1", NodePool: "default", Status: "ready", SchedulingEligibility: "eligible",
		Attributes:        map[string]string{"osmo.platform": "agx-orin-jp6", "unique.network.ip-address": "10.0.0.3"},
		Drivers:           map[string]*nomad.DriverInfo{"gang": {Detected: true, Healthy: true}, "docker": {Detected: true, HealthDescription: "the daemon does not answer"}, "exec": {HealthDescription: "Driver must run as root"}},
		ReservedResources: &nomad.NodeReservedResources{Memory: nomad.NodeReservedMemoryResources{MemoryMB: 100}, Networks: nomad.NodeReservedNetworkResources{ReservedHostPorts: "22,80-81"}},
		NodeResources: &nomad.NodeResources{
			Cpu: nomad.NodeCpuResources{CpuShares: 4000, ReservableCpuCores: []uint16{0, 1}}, Memory: nomad.NodeMemoryResources{MemoryMB: 1000}, Disk: nomad.NodeDiskResources{DiskMB: 500},
			Devices: []*nomad.NodeDeviceResource{{Vendor: "nvidia", Type: "gpu", Name: "A40", Instances: []*nomad.NodeDevice{{ID: "0", Healthy: true}, {ID: "1", Healthy: true}, {ID: "2"}}}},
		},
	}
}

const allocJSON = `{"ID":"a1","Namespace":"default","NodeID":"n1","JobID":"wf-1~g","TaskGroup":"m","ClientStatus":"running","ModifyIndex":5,
"AllocatedResources":{"Tasks":{"m":{"Cpu":{"CpuShares":2000,"ReservedCores":[1]},"Memory":{"MemoryMB":300},"Devices":[{"Vendor":"nvidia","Type":"gpu","Name":"A40","DeviceIDs":["0"]}]},
"arrive":{"Cpu":{"CpuShares":20},"Memory":{"MemoryMB":16}}},"Shared":{"DiskMB":50,"Ports":[{"Value":8080}]}}}`

func TestModelOfANode(t *testing.T) {
	m := newModel(nil)
	m.nodes["n1"] = node()
	var a allocUse
	if err := json.Unmarshal([]byte(allocJSON), &a); err != nil {
		t.Fatal(err)
	}
	m.use(a)
	got := m.snapshot().Nodes[0]
	if diff := cmp.Diff(fit.Resources{MHz: 1980, Cores: 1, MemoryMB: 584, DiskMB: 450}, got.Free); diff != "" {
		t.Error(diff)
	}
	if d := got.Devices[0]; d.Free != 1 || d.Total != 2 {
		t.Errorf("%d of %d GPUs free, want 1 of 2: one is in use, one is ill", d.Free, d.Total)
	}
	if got.Ports[8080] != "wf-1~g/m" || got.Ports[81] == "" || got.Ports[82] != "" {
		t.Errorf("ports %v", got.Ports)
	}
	if diff := cmp.Diff(map[string]string{"gang": "", "docker": "the daemon does not answer"}, got.Drivers); diff != "" {
		t.Error(diff)
	}
	a.ClientStatus, a.ModifyIndex = "complete", 6
	m.use(a)
	if got := m.snapshot().Nodes[0]; got.Free != got.Total {
		t.Errorf("after the client's report %v of %v is free", got.Free, got.Total)
	}
}
