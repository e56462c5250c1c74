package inventory

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// gang is one of a pool with two members of so many GPUs each; the states are
// those of their allocations.
func gang(pool string, priority, gpus int, states ...string) cluster.Gang {
	g := cluster.Gang{Priority: priority, Meta: map[string]string{meta.Pool: pool}, Groups: []cluster.Group{{Name: "hold"}}}
	for _, name := range []string{"a", "b"} {
		g.Groups = append(g.Groups, cluster.Group{Name: name, Need: fit.Member{Devices: []fit.DeviceAsk{{Name: "nvidia/gpu", Count: gpus}}}})
	}
	g.Allocs = []cluster.Alloc{{Group: "hold", ClientStatus: "running"}}
	for i, s := range states {
		g.Allocs = append(g.Allocs, cluster.Alloc{Group: []string{"a", "b"}[i], ClientStatus: s})
	}
	return g
}

// withGPUs is a host whose node pool is its name's first letter.
func withGPUs(name string, free, total int) fit.Node {
	n := host(name, "")
	n.Pool = name[:1]
	n.Devices = []fit.Device{{Vendor: "nvidia", Type: "gpu", Name: "A40", Free: free, Total: total}}
	return n
}

func TestPools(t *testing.T) {
	// a and c share a's node through all, b has its own, d has none.
	s := decode(t, "pools: {a: {node_pool: a}, b: {node_pool: b}, c: {node_pool: all, datacenters: [dc1]}, d: {node_pool: d}}")
	b := withGPUs("b1", 1, 4)
	b.Datacenter = "dc2"
	resources := Resources([]fit.Node{withGPUs("a1", 2, 8), withGPUs("a2", 8, 8), b}, s)
	gangs := []cluster.Gang{
		gang("a", 50, 2, "running", "pending"), gang("a", 25, 1, "running", "complete"), gang("c", 75, 1, "running"),
		gang("b", 50, 3, "running"), gang("elsewhere", 50, 5, "running"), gang("b", 50, 7),
	}
	tests := []struct {
		names []string
		want  []string
		sum   string
	}{
		{nil, []string{
			"a ONLINE quota 4/16 usage 5 of 16, 10 free; c ONLINE quota 1/16 usage 1 of 16, 10 free",
			"b ONLINE quota 3/4 usage 3 of 4, 1 free",
			"d OFFLINE quota 0/0 usage 0 of 0, 0 free",
		}, "quota 8/36 usage 9 of 20, 11 free"},
		{[]string{"c", "d"}, []string{
			"c ONLINE quota 1/16 usage 1 of 16, 10 free", "d OFFLINE quota 0/0 usage 0 of 0, 0 free",
		}, "quota 1/16 usage 1 of 16, 10 free"},
	}
	for _, tt := range tests {
		got := Pools(resources, gangs, s, tt.names)
		var sets []string
		for _, set := range got {
			line := ""
			for i, p := range set {
				if i > 0 {
					line += "; "
				}
				line += p.Name + " " + p.Status + " " + p.counts()
			}
			sets = append(sets, line)
		}
		if diff := cmp.Diff(tt.want, sets); diff != "" {
			t.Errorf("pools %v (-want +got):\n%s", tt.names, diff)
		}
		if sum := PoolSum(got).counts(); sum != tt.sum {
			t.Errorf("sum of %v: %s, want %s", tt.names, sum, tt.sum)
		}
	}
}

func (p PoolUse) counts() string {
	return fmt.Sprintf("quota %d/%d usage %d of %d, %d free", p.QuotaUsed, p.QuotaLimit, p.Usage, p.Capacity, p.Free)
}

// TestWhatTheSiteSaysOfPools: description, status, quota and priorities.
func TestWhatTheSiteSaysOfPools(t *testing.T) {
	s := decode(t, `
pools:
  a: {node_pool: a, description: The lab, quota: {guarantee: 3}, default_platform: p, priorities: {HIGH: 40, LOW: 30}}
  b: {node_pool: a, status: MAINTENANCE, quota: {guarantee: 0}, priorities: {NORMAL: 50}}
  c: {node_pool: a, status: OFFLINE}
  d: {node_pool: none, status: MAINTENANCE}
`)
	gangs := []cluster.Gang{gang("a", 40, 1, "running"), gang("a", 30, 1, "running"), gang("b", 10, 1, "running")}
	got := Pools(Resources([]fit.Node{withGPUs("a1", 5, 8)}, s), gangs, s, nil)
	want := []NodeSet{{
		{Name: "a", Description: "The lab", Status: "ONLINE", DefaultPlatform: "p", QuotaUsed: 1, QuotaLimit: 3, Usage: 2, Capacity: 8, Free: 5},
		{Name: "b", Status: "MAINTENANCE", QuotaUsed: 1, QuotaLimit: 0, Usage: 1, Capacity: 8, Free: 5},
		{Name: "c", Status: "OFFLINE", QuotaLimit: 8, Capacity: 8, Free: 5},
	}, {{Name: "d", Status: "MAINTENANCE"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSetsAreTransitive: two pools that share no node are one set where a third
// shares one with each.
func TestSetsAreTransitive(t *testing.T) {
	s := decode(t, "pools: {a: {node_pool: a}, b: {node_pool: b}, c: {node_pool: c}, x: {node_pool: all, datacenters: [dc1]}, all: {node_pool: all, datacenters: [dc2]}}")
	far := withGPUs("b2", 1, 1)
	far.Datacenter = "dc2"
	got := Pools(Resources([]fit.Node{withGPUs("a1", 1, 1), withGPUs("b1", 1, 1), far}, s), nil, s, nil)
	var names []string
	for _, set := range got {
		line := ""
		for _, p := range set {
			line += p.Name + " "
		}
		names = append(names, line)
	}
	if diff := cmp.Diff([]string{"a b x all ", "c "}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestJSON has OSMO's names.
func TestJSON(t *testing.T) {
	s := decode(t, "pools: {a: {node_pool: a}, all: {node_pool: all, cpu_unit: mhz, network: bridge, privileged: true, default_mounts: [/d, \"/s:/t\"], allowed_mounts: [/m]}}")
	resources := Resources([]fit.Node{withGPUs("a1", 2, 8)}, s)
	got := marshal(t, ResourcesJSON(resources))
	const all, used = `{"cpu":8,"gpu":8,"memory":"16Gi","storage":"100Gi"}`, `{"cpu":0,"gpu":6,"memory":"0Gi","storage":"0Gi"}`
	const inMHz, free = `{"cpu":16,"gpu":8,"memory":"16Gi","storage":"100Gi"}`, `{"cpu":8,"gpu":2,"memory":"16Gi","storage":"100Gi"}`
	const rules, more = `{"host_network":false,"privileged":false,"default_mounts":[],"allowed_mounts":[]}`, `{"host_network":false,"privileged":true,"default_mounts":["/d","/s:/t"],"allowed_mounts":["/m"]}`
	want := `{"resources":[{"hostname":"a1","resource_type":"SHARED","exposed_fields":{"node":"a1","pool/platform":["a/","all/"]},` +
		`"pool_platform_labels":{"a":[""],"all":[""]},"allocatable_fields":` + all + `,"usage_fields":` + used +
		`,"platform_allocatable_fields":{"a":{"":` + all + `},"all":{"":` + inMHz + `}}` +
		`,"platform_available_fields":{"a":{"":` + free + `},"all":{"":` + `{"cpu":16,"gpu":2,"memory":"16Gi","storage":"100Gi"}` + `}}` +
		`,"config_fields":{"a":{"":` + rules + `},"all":{"":` + more + `}}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = marshal(t, PoolsJSON(Pools(resources, []cluster.Gang{gang("a", 50, 3, "running", "running")}, s, []string{"a"})))
	const gpus = `{"quota_used":"6","quota_free":"2","quota_limit":"8","total_usage":"6","total_capacity":"8","total_free":"2"}`
	want = `{"node_sets":[{"pools":[{"name":"a","description":"","status":"ONLINE","default_platform":"","resource_usage":` + gpus + `}]}],"resource_sum":` + gpus + `}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if empty := marshal(t, ResourcesJSON(nil)); empty != `{"resources":[]}` {
		t.Errorf("of nothing: %s", empty)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
