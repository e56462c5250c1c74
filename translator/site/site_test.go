package site

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

const full = `
pools:
  gpu:
    default_platform: x86
    namespace: robots
    node_pool: lab
    datacenters: [dc1, dc2]
    driver: raw_exec
    cpu_unit: mhz
    mhz_per_cpu: 2500
    dns: {servers: [10.1.2.3, "fd00::1"]}
    network: host
    exec_timeout: 7d
    queue_timeout: 90
    platforms:
      ovx-a40:
        device: {name: nvidia/gpu, model: NVIDIA A40}
        driver: docker
      x86:
        constraints:
        - {attribute: "${attr.cpu.arch}", value: amd64}
        - {attribute: "${meta.room}", operator: is_set}
  default:
`

func TestDecode(t *testing.T) {
	got, diags := Decode("site.yaml", []byte(full))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := &Site{Pools: []Pool{
		{
			Name: "gpu", DefaultPlatform: "x86", Namespace: "robots", NodePool: "lab", Datacenters: []string{"dc1", "dc2"},
			Driver: RawExec, MHzPerCPU: 2500, DNS: []string{"10.1.2.3", "fd00::1"},
			ExecTimeout: 7 * 24 * time.Hour, QueueTimeout: 90 * time.Second,
			Platforms: []Platform{
				{
					Name: "ovx-a40", Driver: Docker, Device: Device{Name: "nvidia/gpu", Model: "NVIDIA A40"},
					Constraints: []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: "ovx-a40"}},
				},
				{
					Name: "x86", Driver: RawExec, Device: Device{Name: DefaultDevice},
					Constraints: []Constraint{
						{Attribute: "${attr.cpu.arch}", Operator: "=", Value: "amd64"},
						{Attribute: "${meta.room}", Operator: "is_set"},
					},
				},
			},
		},
		{Name: "default", NodePool: "default", Datacenters: []string{"*"}, Driver: Docker},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p, ok := got.Pool(""); !ok || p.Name != DefaultPool {
		t.Errorf("the pool without a name is %v", p)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "s:1:1: the site has no pools, expected at least one [missing]"},
		{"not YAML", "pools: [", "s:1:1: not valid YAML: did not find expected node content [yaml]"},
		{"a list", "pools: [a]", "s:1:8: pools must be a mapping, got a list [type]"},
		{"unknown field", "pools: {p: {driver: docker, plaforms: {}}}", `s:1:29: unknown field "plaforms" in pool "p", did you mean "platforms"? [unknown-field]`},
		{"unknown field of a platform", "pools: {p: {platforms: {x: {gpus: 1}}}}", `s:1:29: unknown field "gpus" in platform "x", expected one of: constraints, device, driver [unknown-field]`},
		{"driver", "pools: {p: {driver: podman}}", `s:1:21: driver is "podman", expected one of: docker, raw_exec [type]`},
		{"network", "pools: {p: {network: bridge}}", `s:1:22: network is "bridge", expected one of: host [type]`},
		{"cpu unit", "pools: {p: {mhz_per_cpu: 5}}", "s:1:26: mhz_per_cpu has no meaning without `cpu_unit: mhz` [resource]"},
		{"mhz", "pools: {p: {cpu_unit: mhz, mhz_per_cpu: 0}}", "s:1:41: mhz_per_cpu must be a number from 1 to 1000000 [type]"},
		{"dns", "pools: {p: {dns: {servers: [ns.example]}}}", `s:1:29: "ns.example" is not an IP address [type]`},
		{"timeout", "pools: {p: {exec_timeout: 1.5h}}", `s:1:27: exec_timeout is "1.5h", expected a number with one of d, h, m, s, e.g. 12h [duration]`},
		{"long timeout", "pools: {p: {exec_timeout: 99999999999d}}", `s:1:27: exec_timeout is "99999999999d", expected between 1s and 68 years [duration]`},
		{"pool's name", "pools: {'p${x}': {}}", `s:1:9: "p${x}" cannot be the name of a pool, expected at most 64 letters, digits, . - and _ [name]`},
		{"default platform", "pools: {p: {default_platform: ovx, platforms: {ovx-a40: }}}", `s:1:31: pool "p" has no platform "ovx", did you mean "ovx-a40"? [name]`},
		{"attribute", "pools: {p: {platforms: {x: {constraints: [{attribute: attr.cpu.arch, value: a}]}}}}", `s:1:43: the constraint's attribute is "attr.cpu.arch", expected one of a node as Nomad writes it, e.g. ${attr.cpu.arch}, ${meta.room} or ${node.class} [type]`},
		{"no value", "pools: {p: {platforms: {x: {constraints: [{attribute: '${node.class}'}]}}}}", "s:1:43: a constraint has a value, except with is_set and is_not_set [type]"},
		{"device", "pools: {p: {platforms: {x: {device: {name: 'a b'}}}}}", `s:1:44: "a b" is not a device, expected vendor/type, e.g. nvidia/gpu [name]`},
		{"number", "pools: {p: {namespace: 7}}", "s:1:24: namespace must be a string, got an integer [type]"},
		{"invisible", "pools: {p: {namespace: \"a\\u200b\"}}", "s:1:24: namespace contains a character that cannot be printed [type]"},
		{"not normal", "pools: {p: {namespace: \"a\\u0308\"}}", "s:1:24: namespace is not in Unicode's normal form NFC, and HCL would change it [type]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, diags := Decode("s", []byte(tt.text))
			var out bytes.Buffer
			if err := diag.Print(&out, diags); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want+"\n", out.String()); diff != "" || s != nil {
				t.Errorf("site %v, diagnostics (-want +got):\n%s", s, diff)
			}
		})
	}
}

func TestPlatform(t *testing.T) {
	assumed := func(name string) Platform {
		return Platform{
			Name: name, Driver: Docker, Device: Device{Name: DefaultDevice},
			Constraints: []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: name}},
		}
	}
	open := Default().Pools[0]
	withDefault := open
	withDefault.DefaultPlatform = "x86"
	listed := open
	listed.Platforms = []Platform{assumed("ovx-a40")}
	tests := []struct {
		name string
		pool Pool
		ask  string
		want Platform
		ok   bool
	}{
		{"any name", open, "ovx-a40", assumed("ovx-a40"), true},
		{"no name is any node", open, "", Platform{Driver: Docker, Device: Device{Name: DefaultDevice}}, true},
		{"the default", withDefault, "", assumed("x86"), true},
		{"not the default", withDefault, "ovx-a40", assumed("ovx-a40"), true},
		{"listed", listed, "ovx-a40", assumed("ovx-a40"), true},
		{"not listed", listed, "ovx-l40", Platform{}, false},
		{"no name and no default", listed, "", Platform{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.pool.Platform(tt.ask)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != tt.ok {
				t.Errorf("ok %t (-want +got):\n%s", ok, diff)
			}
		})
	}
}
