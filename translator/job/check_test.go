package job

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// sitePool is the first pool of a site file.
func sitePool(t *testing.T, text string) site.Pool {
	t.Helper()
	s, diags := site.Decode("site.yaml", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return s.Pools[0]
}

func TestChecks(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "f", Line: line, Col: 1} }
	str := func(s string, line int) workflow.String { return workflow.String{V: s, Pos: at(line)} }
	yes := func(line int) workflow.Value[bool] { return workflow.Value[bool]{V: true, Pos: at(line)} }
	mount := func(source string, line int) workflow.Mount {
		return workflow.Mount{Written: str(source, line), Source: source, Destination: "/x"}
	}
	const x86 = "pools: {p: {default_platform: x86, platforms: {x86: {allowed_mounts: [/mnt/data], default_mounts: [/opt]}, ovx-a40: {privileged: true, host_network: true}}"
	tests := []struct {
		name, pool string
		change     func(*workflow.Workflow)
		want       string
	}{
		{"maintenance", "pools: {p: {status: MAINTENANCE}}", func(w *workflow.Workflow) { w.Name.Pos = at(1) }, "f:1:1: Pool p is undergoing maintenance. It takes no workflows until it is ONLINE again [pool]\n"},
		{"offline", "pools: {p: {status: OFFLINE}}", func(w *workflow.Workflow) { w.Name.Pos = at(1) }, "f:1:1: warning: pool p is OFFLINE: the workflow stays queued until it is ONLINE again [pool]\n"},
		{"tasks", "pools: {p: {max_tasks: 1}}", func(w *workflow.Workflow) { w.Name.Pos = at(1) }, "f:1:1: Workflow cannot have more than 1 tasks. It has 2 [size]\n"},
		{"as many tasks", "pools: {p: {max_tasks: 2}}", func(*workflow.Workflow) {}, ""},
		{"guarantee", "pools: {p: {quota: {guarantee: 1}}}", func(w *workflow.Workflow) { w.Groups[0].Name.Pos = at(1) }, "f:1:1: Pool p has 1 GPUs guaranteed for NORMAL/HIGH priority workflows and group gang requires 2 GPUs. Higher gpu counts must be submitted with LOW priority [pool]\n"},
		{"no guarantee", "pools: {p: {quota: {guarantee: 0}}}", func(w *workflow.Workflow) { w.Groups[0].Name.Pos = at(1) }, "f:1:1: Pool p has 0 GPUs guaranteed for NORMAL/HIGH priority workflows and group gang requires 2 GPUs. Higher gpu counts must be submitted with LOW priority [pool]\n"},
		{"maximum", "pools: {p: {quota: {maximum: 1}}}", func(w *workflow.Workflow) { w.Groups[0].Name.Pos = at(1) }, "f:1:1: warning: group gang requires 2 GPUs, and pool p never has more than 1 [pool]\n"},
		{"enough", "pools: {p: {quota: {guarantee: 2, maximum: 2}}}", func(*workflow.Workflow) {}, ""},
		{"cut", "pools: {p: {max_exec_timeout: 1m, max_queue_timeout: 1h}}", func(w *workflow.Workflow) {
			w.Timeout.Exec.Pos, w.Timeout.Queue = at(1), workflow.Value[time.Duration]{V: 2 * time.Hour, Pos: at(2)}
		}, "f:1:1: warning: exec_timeout is cut to 1m, the longest that pool p allows [duration]\nf:2:1: warning: queue_timeout is cut to 1h, the longest that pool p allows [duration]\n"},
		{"default platform of each resource", "pools: {p: {platforms: {ovx-a40: }}}", func(w *workflow.Workflow) {
			w.Resources = append(w.Resources, workflow.Resource{Name: "unused", Pos: at(2)})
			w.Resources[0].Pos = at(1)
		}, "f:1:1: resource \"default\" has no platform, and pool \"p\" has no default one; it has ovx-a40 [resource]\nf:2:1: resource \"unused\" has no platform, and pool \"p\" has no default one; it has ovx-a40 [resource]\n"},
		{"platforms that are used", x86 + "}}", func(w *workflow.Workflow) {
			w.Resources[1].Platform = str("ovx-a41", 1)
			w.Resources = append(w.Resources, workflow.Resource{Name: "unused", Platform: str("nobody", 2)})
			w.Groups[0].Tasks = append(w.Groups[0].Tasks, w.Groups[0].Tasks[0])
			w.Groups[0].Tasks[2].Name = text("third")
		}, "f:1:1: pool \"p\" has no platform \"ovx-a41\", did you mean \"ovx-a40\"? [resource]\n"},
		{"privilege", x86 + "}}", func(w *workflow.Workflow) {
			w.Groups[0].Tasks[0].Privileged, w.Groups[0].Tasks[0].HostNetwork = yes(9), yes(9) // allowed there
			w.Groups[0].Tasks[1].Privileged, w.Groups[0].Tasks[1].HostNetwork = yes(1), yes(2)
		}, "f:1:1: Task with platform: x86 does not have privileged flag enabled. Task other [privilege]\nf:2:1: Task with platform: x86 does not have hostNetwork flag enabled. Task other [privilege]\n"},
		{"privilege without a site", "pools: {p: }", func(w *workflow.Workflow) {
			w.Groups[0].Tasks[1].Privileged, w.Groups[0].Tasks[1].HostNetwork = yes(1), yes(2)
		}, "f:1:1: Task with platform: any does not have privileged flag enabled. Task other [privilege]\nf:2:1: Task with platform: any does not have hostNetwork flag enabled. Task other [privilege]\n"},
		{"mounts", x86 + "}}", func(w *workflow.Workflow) {
			w.Groups[0].Tasks[0].Mounts = []workflow.Mount{mount("/mnt/data", 1)}
			w.Groups[0].Tasks[1].Mounts = []workflow.Mount{mount("/mnt/dataa", 2), mount("/opt", 3), mount("/mnt/data", 4)}
		}, "f:1:1: Task with platform: ovx-a40 does not allow mount: \"/mnt/data\". Task First_One [mount]\n" +
			"f:2:1: Task with platform: x86 does not allow mount: \"/mnt/dataa\". Task other, did you mean \"/mnt/data\"? [mount]\n" +
			"f:3:1: Mount \"/opt\" is already provided by platform x86. Task other [mount]\n"},
		{"topology keys", "pools: {p: {topology_keys: [zone, node]}}", func(w *workflow.Workflow) {
			w.Resources = append(w.Resources, workflow.Resource{Name: "unused", Topology: []workflow.Topology{{Key: str("zona", 1)}, {Key: str("node", 2)}}})
			w.Resources[0].Topology = []workflow.Topology{{Key: str("rack", 3)}}
		}, "f:1:1: Topology key \"zona\" in resource \"unused\" is not available in pool \"p\", did you mean \"zone\"? [topology]\n" +
			"f:3:1: Topology key \"rack\" in resource \"default\" is not available in pool \"p\", expected one of: zone, node [topology]\n"},
		{"no topology keys", "pools: {p: }", func(w *workflow.Workflow) { w.Resources[0].Topology = []workflow.Topology{{Key: str("node", 1)}} }, "f:1:1: Topology key \"node\" in resource \"default\" is not available in pool \"p\", which offers none [topology]\n"},
		{"inputs", "pools: {p: }", func(w *workflow.Workflow) {
			w.Groups[0].Tasks[1].Name.Pos = at(1)
			for range 1000 {
				w.Groups[0].Tasks[1].Inputs = append(w.Groups[0].Tasks[1].Inputs, workflow.Input{URL: text("s3://bucket/" + strings.Repeat("x", 97))})
			}
		}, "f:1:1: task other asks for more than a job can say: osmo_inputs has 120001 bytes, at most 120000 are possible [size]\n"},
		{"nodes", "pools: {p: }", func(w *workflow.Workflow) {
			w.Resources[0].NodesExcluded = []workflow.String{str("ok-1", 1), str("", 2), str("${attr.x}", 3), str("a\u200b", 4), str("u\u0308", 5)}
		}, "f:2:1: \"\" cannot be the name of a node [resource]\nf:3:1: \"${attr.x}\" cannot be the name of a node [resource]\nf:4:1: \"a\\u200b\" cannot be the name of a node [resource]\nf:5:1: \"u\u0308\" cannot be the name of a node [resource]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, pair(), tt.change, sitePool(t, tt.pool), tt.want) })
	}
}

// With LOW priority a gang may have more than what is guaranteed.
func TestLowPriorityBorrows(t *testing.T) {
	pool := sitePool(t, "pools: {p: {quota: {guarantee: 0}}}")
	if _, diags := Build(pair(), Params{ID: "wf-1", Pool: &pool, Priority: site.Priority{Name: "LOW", Number: 25}}); len(diags) > 0 {
		t.Error(diags)
	}
}

// What the job says of time is what the pool leaves of it.
func TestLimits(t *testing.T) {
	for pool, want := range map[string][2]time.Duration{ // the workflow says 90 s, and nothing of the queue
		"pools: {p: }": {90 * time.Second, 0},
		"pools: {p: {exec_timeout: 1h, queue_timeout: 1h}}":         {90 * time.Second, time.Hour},
		"pools: {p: {max_exec_timeout: 2m, max_queue_timeout: 2m}}": {90 * time.Second, 2 * time.Minute},
		"pools: {p: {max_exec_timeout: 1m}}":                        {time.Minute, 0},
	} {
		p := sitePool(t, pool)
		gangs, diags := Build(pair(), Params{ID: "wf-1", Pool: &p})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		g, err := meta.Parse(gangs[0].Job.Meta)
		if err != nil || g.ExecTimeout != want[0] || g.QueueTimeout != want[1] {
			t.Errorf("%s: %s and %s, %v", pool, g.ExecTimeout, g.QueueTimeout, err)
		}
	}
}

// Names that the workflow's rules keep apart are never one in Nomad, and would
// be reported if a hash made them so.
func TestNamesStayApart(t *testing.T) {
	w := pair()
	long := strings.Repeat("x", 63)
	w.Groups[0].Tasks[0].Name, w.Groups[0].Tasks[1].Name = text(long+"a"), text(long+"b")
	gang := build(t, w, dockerPool())
	if a, b := gang.Members[0].DNSName, gang.Members[1].DNSName; a == b || len(a) != len(b) {
		t.Errorf("%s and %s", a, b)
	}
	b := builder{workflow: w, params: Params{ID: "wf-1"}}
	w.Groups = append(w.Groups, w.Groups[0])
	w.Groups[1].Name.Pos, w.Groups[0].Name.Pos = diag.Pos{File: "f", Line: 2}, diag.Pos{File: "f", Line: 1}
	b.checkNames([]Gang{{}, {}})
	want := diag.List{{
		Code: diag.Name, Pos: diag.Pos{File: "f", Line: 2}, Related: []diag.Pos{{File: "f", Line: 1}},
		Msg: "group gang is called wf-1~gang in Nomad, and another one is too: give it a shorter name",
	}}
	if diff := cmp.Diff(want, b.diags); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
