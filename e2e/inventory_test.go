package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/inventory"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// oneGPU is a gang that holds one of the cluster's two simulated GPUs.
const oneGPU = `
workflow:
  name: gpu-holder
  resources:
    default: {cpu: 1, gpu: 1, memory: 2Gi, storage: 1Gi, platform: ovx-a40}
  tasks:
  - {name: hold-gpu, image: "debian:12", command: [sleep, "1000"]}
`

// TestResourcesAndPools: what the lists say of the hosts, before, while and after
// a gang holds a GPU.
func TestResourcesAndPools(t *testing.T) {
	awaitPool(t, "before", inventory.GPUs{QuotaFree: 2, QuotaLimit: 2, TotalCapacity: 2, TotalFree: 2})
	rows := resourceRows(t)
	want := [][3]string{{"edge", "agx-orin-jp6", "0"}, {"sim", "ovx-a40", "0/1"}, {"spare", "generic", "0"}, {"train", "ovx-a40", "0/1"}, {"", "", "0/2"}}
	if got := gpuColumns(rows); !slices.Equal(got, want) {
		t.Errorf("node, platform and GPUs are %q, want %q", got, want)
	}

	w := shared.submitText(t, oneGPU)
	w.awaitState(rendezvous.Running, soon)
	awaitPool(t, "while a gang has a GPU", inventory.GPUs{QuotaUsed: 1, QuotaFree: 1, QuotaLimit: 2, TotalUsage: 1, TotalCapacity: 2, TotalFree: 1})
	host := w.member("hold-gpu").Node
	for _, row := range resourceRows(t) {
		if row[0] == host && row[7] != "1/1" || row[0] == "" && row[7] != "1/2" {
			t.Errorf("the gang runs on %s: %q", host, row)
		}
		var used, total int
		if _, err := fmt.Sscanf(row[6], "%d/%d", &used, &total); err != nil || row[0] == host && used < 2 {
			t.Errorf("%d of %d GiB are used on %s, at least the gang's 2 were expected (%v)", used, total, row[0], err)
		}
	}
	if r := shared.run(t, "resource", "list", "-m", "free", "--platform", "ovx-a40"); r.code != 0 || !strings.HasSuffix(r.stdout, "\t1\n") {
		t.Errorf("free GPUs: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := shared.run(t, "resource", "info", host); r.code != 0 || !strings.Contains(r.stdout, "gpu: 1\n") {
		t.Errorf("info: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}

	if r := shared.run(t, "cancel", w.id); r.code != 0 {
		t.Fatalf("cancel: %s", r.stderr)
	}
	awaitPool(t, "after the gang", inventory.GPUs{QuotaFree: 2, QuotaLimit: 2, TotalCapacity: 2, TotalFree: 2})
}

// awaitPool waits until `pool list` says this of the default pool: allocations of
// the scenario before may take a moment to go.
func awaitPool(t *testing.T, when string, want inventory.GPUs) {
	t.Helper()
	await(t, soon, "pool list "+when, func() error {
		r := shared.run(t, "pool", "list", "-t", "json")
		var list inventory.PoolList
		if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || r.code != 0 {
			return fmt.Errorf("exit code %d, %w\n%s%s", r.code, err, r.stdout, r.stderr)
		}
		if len(list.NodeSets) != 1 || len(list.NodeSets[0].Pools) != 1 {
			return fmt.Errorf("one pool was expected: %+v", list)
		}
		p := list.NodeSets[0].Pools[0]
		if p.Name != "default" || p.Status != "ONLINE" || p.Usage != want || list.Sum != want {
			return fmt.Errorf("%+v, sum %+v; expected %+v", p, list.Sum, want)
		}
		return nil
	})
}

// resourceRows are the lines of `resource list` in cells, without the header.
func resourceRows(t *testing.T) [][]string {
	t.Helper()
	r := shared.run(t, "resource", "list")
	if r.code != 0 {
		t.Fatalf("resource list: exit code %d: %s", r.code, r.stderr)
	}
	var rows [][]string
	for line := range strings.Lines(r.stdout) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 8 {
			t.Fatalf("%d cells in %q", len(cells), line)
		}
		rows = append(rows, cells)
	}
	return rows[1:]
}

func gpuColumns(rows [][]string) [][3]string {
	var out [][3]string
	for _, row := range rows {
		out = append(out, [3]string{row[0], row[2], row[7]})
	}
	return out
}
