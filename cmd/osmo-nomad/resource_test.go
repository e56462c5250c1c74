package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The fixture: train has two GPUs and a member of gang w-1~lab on one of them,
// edge has none, spare does not take work.
const (
	trainNode = `{"ID":"n1","Name":"train","Datacenter":"dc1","NodePool":"default","Status":"ready","SchedulingEligibility":"eligible",
"Attributes":{"osmo.platform":"ovx-a40","cpu.arch":"amd64"},"ModifyIndex":3,
"NodeResources":{"Cpu":{"CpuShares":16000,"TotalCpuCores":8,"ReservableCpuCores":[0,1,2,3,4,5,6,7]},"Memory":{"MemoryMB":16384},"Disk":{"DiskMB":102400},
"Devices":[{"Vendor":"nvidia","Type":"gpu","Name":"NVIDIA A40","Instances":[{"ID":"0","Healthy":true},{"ID":"1","Healthy":true}]}]}}`
	edgeNode = `{"ID":"n2","Name":"edge","Datacenter":"dc1","NodePool":"default","Status":"ready","SchedulingEligibility":"eligible",
"Attributes":{"osmo.platform":"agx-orin-jp6","cpu.arch":"arm64"},"ModifyIndex":3,
"NodeResources":{"Cpu":{"CpuShares":8000,"TotalCpuCores":4,"ReservableCpuCores":[0,1,2,3]},"Memory":{"MemoryMB":8192},"Disk":{"DiskMB":51200}}}`
	spareNode = `{"ID":"n3","Name":"spare","Datacenter":"dc1","NodePool":"default","Status":"ready","Drain":true,"SchedulingEligibility":"ineligible","ModifyIndex":3}`
	labJob    = `{"ID":"w-1~lab","Namespace":"default","Status":"running","Priority":50,"ModifyIndex":4,"NodePool":"default",
"Meta":{"osmo_workflow":"w-1","osmo_group":"lab","osmo_pool":"default"},
"TaskGroups":[{"Name":"sim","Count":1,"Meta":{"osmo_member":"sim"},"Tasks":[{"Name":"sim","Driver":"docker","Resources":{"Cores":1,"MemoryMB":2048,"Devices":[{"Name":"nvidia/gpu","Count":1}]}}]}]}`
	labAlloc = `{"ID":"a1","Namespace":"default","NodeID":"n1","JobID":"w-1~lab","TaskGroup":"sim","DesiredStatus":"run","ClientStatus":"running","ModifyIndex":5,
"AllocatedResources":{"Tasks":{"sim":{"Cpu":{"CpuShares":2000,"ReservedCores":[1]},"Memory":{"MemoryMB":2048},"Devices":[{"Vendor":"nvidia","Type":"gpu","Name":"NVIDIA A40","DeviceIDs":["0"]}]}},"Shared":{"DiskMB":1024}}}`
)

// small is Nomad with the fixture.
func small(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Nomad-Index", "9")
	answers := map[string]string{
		"/v1/nodes": "[" + trainNode + "," + edgeNode + "," + spareNode + "]", "/v1/node/n1": trainNode, "/v1/node/n2": edgeNode, "/v1/node/n3": spareNode,
		"/v1/jobs": "[" + labJob + "]", "/v1/job/w-1~lab": labJob, "/v1/job/w-1~lab/allocations": "[" + labAlloc + "]", "/v1/allocations": "[" + labAlloc + "]",
		"/v1/evaluations": "[]",
	}
	answer, ok := answers[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, answer)
}

const twoPools = `
pools:
  lab:
    description: For experiments
    status: MAINTENANCE
    quota: {guarantee: 1}
    allowed_mounts: [/data, /models]
    datacenters: [dc1]
    platforms:
      ovx-a40:
      amd: {constraints: [{attribute: "${attr.cpu.arch}", value: amd64}]}
  all:
    cpu_unit: mhz
    mhz_per_cpu: 2000
  away:
    node_pool: none
`

func TestResourceAndPool(t *testing.T) {
	const away = "not counted: spare is draining\n"
	tests := []struct {
		args, site string
		out, err   string
		code       int
	}{
		{"resource list", "", `Node   Pool     Platform      Type      Storage [Gi]  CPU [#]  Memory [Gi]  GPU [#]
edge   default  agx-orin-jp6  RESERVED  0/50          0/4      0/8          0
train  default  ovx-a40       RESERVED  1/100         1/8      2/16         1/2
===================================================================================
                                        1/150         1/12     2/24         1/2
`, away, 0},
		{"resource list -m free", "", `Node   Pool     Platform      Type      Storage [Gi]  CPU [#]  Memory [Gi]  GPU [#]
edge   default  agx-orin-jp6  RESERVED  50            4        8            0
train  default  ovx-a40       RESERVED  99            7        14           1
===================================================================================
                                        149           11       22           1
`, away, 0},
		{"resource list -a", twoPools, `Node   Pool  Platform      Type      Storage [Gi]  CPU [#]  Memory [Gi]  GPU [#]
edge   all   agx-orin-jp6  RESERVED  0/50          0/4      0/8          0
train  lab   ovx-a40       SHARED    1/100         1/8      2/16         1/2
       lab   amd                     1/100         1/8      2/16         1/2
       all   ovx-a40                 1/100         1/8      2/16         1/2
================================================================================
                                     1/150         1/12     2/24         1/2
`, away, 0},
		{"resource list -p lab --platform amd", twoPools, `Node   Pool  Platform  Type    Storage [Gi]  CPU [#]  Memory [Gi]  GPU [#]
train  lab   amd       SHARED  1/100         1/8      2/16         1/2
==========================================================================
                               1/100         1/8      2/16         1/2
`, away, 0},
		{"resource list -p away", twoPools, "", away + "There are no available resources.\n", 0},
		{"resource list -p away -t json", twoPools, "{\n  \"resources\": []\n}\n", "", 0},
		{"resource list", twoPools, "", "osmo-nomad: the site has several pools and none called \"default\": name one of lab, all, away with -p, or use -a\n", 2},
		{"resource list -p labb -p lab", twoPools, "", "osmo-nomad: Pool labb does not exist! Did you mean \"lab\"?\n", 2},
		{"pool list", twoPools, `                                    GPU [#]
Pool  Description      Status       Quota Used  Quota Limit  Total Usage  Total Capacity
lab   For experiments  MAINTENANCE  0           1            0            2
all   -                ONLINE       0           2            0            2 (shared)
away  -                OFFLINE      0           0            0            0
========================================================================================
                                    0           3            0            2
`, away, 0},
		{"pool list", "", `                              GPU [#]
Pool     Description  Status  Quota Used  Quota Limit  Total Usage  Total Capacity
default  -            ONLINE  1           2            1            2
==================================================================================
                              1           2            1            2
`, away, 0},
		{"pool list -m free", "", `                              GPU [#]
Pool     Description  Status  Quota Free  Total Free
default  -            ONLINE  1           1
====================================================
                              1           1
`, away, 0},
		{"pool list -p lab,x -p y", twoPools, "", "osmo-nomad: Pools x, y not found: the site has lab, all, away\n", 2},
		{"pool list -t yaml", "", "", "osmo-nomad: invalid argument \"yaml\" for \"-t, --format-type\" flag: expected text or json (see `osmo-nomad pool list --help`)\n", 2},
		{"resource info trian", "", "", "osmo-nomad: trian is not a resource, did you mean \"train\"?\n", 1},
		{"resource info spare", "", "", "osmo-nomad: spare is not a resource: it is draining\n", 1},
		{"resource info edge", "pools: {lab: {platforms: {ovx-a40: }}}", "", "osmo-nomad: edge is not a resource: no pool of the site takes it\n", 1},
		{"resource info edge -p lab", "", "", "osmo-nomad: Pool and platform must be specified at the same time.\n", 2},
		{"resource info edge -p all --platform ovx-a40", twoPools, "", "osmo-nomad: Node edge is not in pool all and platform ovx-a40\n", 1},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, out, errs := runOnSmall(t, tt.args, tt.site)
			if diff := cmp.Diff(tt.out, out); diff != "" || errs != tt.err || code != tt.code {
				t.Errorf("exit code %d, want %d; stderr %q, want %q; stdout (-want +got):\n%s", code, tt.code, errs, tt.err, diff)
			}
		})
	}
}

func runOnSmall(t *testing.T, args, siteText string) (code int, out, errs string) {
	t.Helper()
	a, outs, errors := against(t, small)
	a.outTerminal = true
	a.getenv = func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }
	a.readFile = func(string) ([]byte, error) { return []byte(siteText), nil }
	words := strings.Fields(args)
	if siteText != "" {
		words = append(words, "--site", "site.yaml")
	}
	code = a.run(t.Context(), words)
	return code, outs.String(), errors.String()
}

// TestResourcesForPipes: one tab-separated line a row, the sum last.
func TestResourcesForPipes(t *testing.T) {
	a, out, _ := against(t, small)
	if code := a.run(t.Context(), []string{"resource", "list"}); code != 0 {
		t.Fatal(code)
	}
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines) != 4 || string(lines[2]) != "train\tdefault\tovx-a40\tRESERVED\t1/100\t1/8\t2/16\t1/2" || string(lines[3]) != "\t\t\t\t1/150\t1/12\t2/24\t1/2" {
		t.Errorf("%q", lines)
	}
}

func TestResourceInfo(t *testing.T) {
	code, out, errs := runOnSmall(t, "resource info train", twoPools)
	want := `
Resource Name: train

Pool Specification:

Pool  Platform
lab   ovx-a40
      amd
all   ovx-a40

* (Using configuration for lab/ovx-a40):
Resource Capacity
-----------------
storage: 100Gi
cpu: 8
memory: 16Gi
gpu: 2

Task Configurations
-------------------
Host Network Allowed: False
Privileged Mode Allowed: False
Default Mounts:

Allowed Mounts:
- /data
- /models

`
	if diff := cmp.Diff(want, out); diff != "" || code != 0 || errs != "" {
		t.Errorf("exit code %d, %q (-want +got):\n%s", code, errs, diff)
	}
	if _, out, _ := runOnSmall(t, "resource info train -p all --platform ovx-a40", twoPools); !strings.Contains(out, "* (Using configuration for all/ovx-a40):") {
		t.Errorf("another configuration: %s", out)
	}
	if _, out, _ := runOnSmall(t, "resource info train --json", twoPools); !strings.Contains(out, `"hostname": "train"`) || strings.Contains(out, "edge") {
		t.Errorf("as JSON: %s", out)
	}
}
