package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

func decode(t *testing.T, text string) *site.Site {
	t.Helper()
	s, diags := site.Decode("site.yaml", []byte(text))
	if s == nil {
		t.Fatal(diags)
	}
	return s
}

// host is a node with 8 cores of 2000 MHz, 16 GiB and 100 GiB, all free.
func host(name, platform string) fit.Node {
	total := fit.Resources{MHz: 16000, Cores: 8, MemoryMB: 16 << 10, DiskMB: 100 << 10}
	n := fit.Node{ID: "id-" + name, Name: name, Datacenter: "dc1", Pool: "default", Total: total, Free: total, Values: map[string]string{"attr.cpu.arch": "amd64"}}
	if platform != "" {
		n.Values[platformValue] = platform
	}
	return n
}

func (c Counts) String() string {
	cell := func(a Amount) string { return fmt.Sprintf("%d/%d", a.Used, a.Total) }
	return strings.Join([]string{cell(c.Storage), cell(c.CPU), cell(c.Memory), cell(c.GPU)}, " ")
}

func lines(resources []Resource) []string {
	var out []string
	for _, r := range resources {
		line := r.Node + " " + r.Type
		for _, p := range r.Places {
			line += fmt.Sprintf(" | %s/%s %s", p.Pool, p.Platform, p.Counts)
		}
		out = append(out, line)
	}
	return out
}

// cluster is what the tests look at.
func nodes() []fit.Node {
	train := host("train", "ovx-a40")
	train.Free = train.Total.Minus(fit.Resources{MHz: 2005, Cores: 1, MemoryMB: 1025, DiskMB: 1})
	train.Devices = []fit.Device{
		{Vendor: "nvidia", Type: "gpu", Name: "NVIDIA A40", Free: 1, Total: 2},
		{Vendor: "intel", Type: "fpga", Name: "F", Free: 1, Total: 1},
	}
	edge := host("edge", "agx-orin-jp6")
	edge.Values["attr.cpu.arch"] = "arm64"
	edge.Total = fit.Resources{MHz: 2500, MemoryMB: 1023, DiskMB: 2047}
	edge.Free = edge.Total.Minus(fit.Resources{MHz: 5, MemoryMB: 26})
	lab := host("lab", "")
	lab.Pool, lab.Datacenter = "robots", "dc2"
	down := host("down", "ovx-a40")
	down.NotReady = "is down"
	return []fit.Node{train, lab, down, edge}
}

func TestResources(t *testing.T) {
	tests := []struct {
		name, site string
		want       []string
	}{
		{"built in: every platform is taken for what the node calls itself", "pools: {default: }", []string{
			"edge RESERVED | default/agx-orin-jp6 0/1 0/0 0/0 0/0",
			"lab UNUSED",
			"train RESERVED | default/ovx-a40 1/100 2/8 2/16 1/2",
		}},
		{"MHz", "pools: {default: {cpu_unit: mhz, mhz_per_cpu: 1000}}", []string{
			"edge RESERVED | default/agx-orin-jp6 0/1 1/2 0/0 0/0",
			"lab UNUSED",
			"train RESERVED | default/ovx-a40 1/100 3/16 2/16 1/2",
		}},
		{"node pools and datacenters", "pools: {a: {node_pool: robots}, b: {node_pool: all, datacenters: [dc2]}, c: {datacenters: [dc1]}}", []string{
			"edge RESERVED | c/agx-orin-jp6 0/1 0/0 0/0 0/0",
			"lab SHARED | a/ 0/100 0/8 0/16 0/0 | b/ 0/100 0/8 0/16 0/0",
			"train RESERVED | c/ovx-a40 1/100 2/8 2/16 1/2",
		}},
		{"platforms with constraints and devices", `
pools:
  default:
    platforms:
      ovx-a40: {device: {model: NVIDIA A40}}
      x86: {constraints: [{attribute: "${attr.cpu.arch}", value: amd64}], device: {name: intel/fpga}}
      a41: {constraints: [{attribute: "${attr.cpu.arch}", operator: "!=", value: arm64}], device: {model: NVIDIA A41}}
`, []string{
			"edge UNUSED",
			"lab UNUSED",
			"train RESERVED | default/ovx-a40 1/100 2/8 2/16 1/2 | default/x86 1/100 2/8 2/16 0/1 | default/a41 1/100 2/8 2/16 0/0",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Resources(nodes(), decode(t, tt.site))
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("node type | pool/platform storage cpu memory gpu (-want +got):\n%s", diff)
			}
		})
	}
	if got := Away(nodes()); !slices.Equal(got, []string{"down is down"}) {
		t.Errorf("away: %q", got)
	}
}

// TestCores: a core is free while it is not reserved and while the MHz that it
// stands for are nobody's.
func TestCores(t *testing.T) {
	for _, tt := range []struct {
		name string
		used fit.Resources
		want Amount
	}{
		{"nothing", fit.Resources{}, Amount{0, 8}},
		{"reserved", fit.Resources{Cores: 3, MHz: 6000}, Amount{3, 8}},
		{"MHz", fit.Resources{MHz: 3000}, Amount{2, 8}},
		{"both", fit.Resources{Cores: 3, MHz: 6005}, Amount{4, 8}},
		{"overcommitted", fit.Resources{Cores: 8, MHz: 17000}, Amount{8, 8}},
	} {
		n := host("n", "")
		n.Free = n.Total.Minus(tt.used)
		if got := cpus(0, n, tt.used); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestSelect(t *testing.T) {
	s := decode(t, "pools: {a: , b: {platforms: {ovx-a40: , agx-orin-jp6: }}}")
	all := Resources(nodes(), s)
	for _, tt := range []struct {
		pools, platforms []string
		want             []string
		sum              string
	}{
		{
			[]string{"a", "b"},
			nil,
			[]string{"edge SHARED a b", "train SHARED a b"},
			"1/101 2/8 2/16 1/2", // each node once
		},
		{[]string{"b"}, nil, []string{"edge SHARED b", "train SHARED b"}, "1/101 2/8 2/16 1/2"},
		{[]string{"b"}, []string{"agx-orin-jp6"}, []string{"edge SHARED b"}, "0/1 0/0 0/0 0/0"},
		{[]string{"a"}, []string{"ovx"}, nil, "0/0 0/0 0/0 0/0"},
	} {
		got := Select(all, tt.pools, tt.platforms)
		var names []string
		for _, r := range got {
			name := r.Node + " " + r.Type
			for _, p := range r.Places {
				name += " " + p.Pool
			}
			names = append(names, name)
		}
		if !slices.Equal(names, tt.want) || Sum(got).String() != tt.sum {
			t.Errorf("pools %v, platforms %v: %q, sum %s; want %q, %s", tt.pools, tt.platforms, names, Sum(got), tt.want, tt.sum)
		}
	}
	if len(all[0].Places) != 2 {
		t.Error("Select changed what it was given")
	}
}
