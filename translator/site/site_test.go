package site

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

const full = `
pools:
  gpu:
    description: The robots' own
    status: OFFLINE
    default_platform: x86
    namespace: robots
    node_pool: lab
    datacenters: [dc1, dc2]
    quota: {guarantee: 8, maximum: 16}
    priorities: {NORMAL: 60, LOW: }
    topology_keys:
    - zone
    - {key: rack, attribute: "${attr.osmo.rack}"}
    - node
    exec_timeout: 7d
    max_exec_timeout: 30d
    queue_timeout: 90
    max_tasks: 20
    default_exit_actions: {reschedule: "137,1-5", FAIL: 0}
    driver: raw_exec
    driver_options: {oom_score_adj: 3}
    cpu_unit: mhz
    mhz_per_cpu: 2500
    dns: {servers: [10.1.2.3, "fd00::1"], searches: [lab.example], options: ["ndots:2"]}
    network: bridge
    names: hosts
    privileged: true
    host_network: true
    allowed_mounts: [/data]
    default_mounts: [/opt, "/srv/models:/models"]
    platforms:
      ovx-a40:
        description: A server
        device: {name: nvidia/gpu, model: NVIDIA A40}
        driver: docker
        driver_options:
          shm_size: 1024
          cpu_hard_limit: true
          ratio: 0.5
          security_opt: [seccomp=unconfined]
          logging: {type: journald, config: {tag: "${NOMAD_JOB_NAME}"}}
          devices: [{host_path: /dev/kvm}, {host_path: /dev/fuse}]
        cpu_unit: cores
        dns: {}
        network: cni/robots
        privileged: false
        host_network: false
        allowed_mounts: []
        default_mounts: []
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
	at := func(line, col int) diag.Pos { return diag.Pos{File: "site.yaml", Line: line, Col: col} }
	own := Settings{
		Driver: RawExec, DriverOptions: map[string]any{"oom_score_adj": int64(3)}, MHzPerCPU: 2500,
		DNS:     DNS{Servers: []string{"10.1.2.3", "fd00::1"}, Searches: []string{"lab.example"}, Options: []string{"ndots:2"}},
		Network: Bridge, NetworkPos: at(26, 14), Privileged: true, HostNetwork: true,
		AllowedMounts: []string{"/data"}, DefaultMounts: []Mount{{"/opt", "/opt"}, {"/srv/models", "/models"}},
	}
	gpu := newPool("gpu")
	gpu.Description, gpu.Status, gpu.DefaultPlatform, gpu.Namespace, gpu.NodePool = "The robots' own", Offline, "x86", "robots", "lab"
	gpu.Datacenters, gpu.Quota = []string{"dc1", "dc2"}, Quota{Guarantee: 8, Maximum: 16, Weight: 1}
	gpu.Priorities = []Priority{{"NORMAL", 60}, {"LOW", 25}}
	gpu.Topology = []TopologyKey{{"zone", "${meta.zone}"}, {"rack", "${attr.osmo.rack}"}, {"node", "${node.unique.id}"}}
	gpu.Exec, gpu.Queue = Limit{Default: 7 * 24 * time.Hour, Max: 30 * 24 * time.Hour}, Limit{Default: 90 * time.Second}
	gpu.MaxTasks, gpu.ExitActions = 20, []ExitAction{{"RESCHEDULE", "137,1-5"}, {"FAIL", "0"}}
	gpu.ExitActionsPos = at(20, 27)
	gpu.Names, gpu.NamesPos, gpu.Settings = NamesHosts, at(27, 12), own
	gpu.Platforms = []Platform{
		{
			Name: "ovx-a40", Description: "A server", Device: Device{Name: "nvidia/gpu", Model: "NVIDIA A40"},
			Constraints: []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: "ovx-a40"}},
			Settings: Settings{
				Driver: Docker, Network: "cni/robots", NetworkPos: at(46, 18),
				DriverOptions: map[string]any{
					"shm_size": int64(1024), "cpu_hard_limit": true, "ratio": 0.5, "security_opt": []any{"seccomp=unconfined"},
					"logging": map[string]any{"type": "journald", "config": map[string]any{"tag": "${NOMAD_JOB_NAME}"}},
					"devices": []any{map[string]any{"host_path": "/dev/kvm"}, map[string]any{"host_path": "/dev/fuse"}},
				},
			},
		},
		{
			Name: "x86", Device: Device{Name: DefaultDevice}, Settings: own,
			Constraints: []Constraint{
				{Attribute: "${attr.cpu.arch}", Operator: "=", Value: "amd64"},
				{Attribute: "${meta.room}", Operator: "is_set"},
			},
		},
	}
	want := &Site{Pools: []Pool{gpu, newPool("default")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p, ok := got.Pool(""); !ok || p.Name != DefaultPool {
		t.Errorf("the pool without a name is %v", p)
	}
}

// A platform with another driver than its pool's does not inherit the options.
func TestOptionsAreOfOneDriver(t *testing.T) {
	s, diags := Decode("s", []byte("pools: {p: {driver_options: {shm_size: 1}, platforms: {a: , b: {driver: podman}}}}"))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	a, b := s.Pools[0].Platforms[0], s.Pools[0].Platforms[1]
	if len(a.DriverOptions) != 1 || b.DriverOptions != nil || b.Driver != Podman {
		t.Errorf("%v and %v", a.DriverOptions, b.DriverOptions)
	}
}

func TestLimit(t *testing.T) {
	const h = time.Hour
	for _, tt := range []struct {
		limit Limit
		own   time.Duration
		want  time.Duration
		cut   bool
	}{
		{Limit{}, 0, 0, false},
		{Limit{}, 5 * h, 5 * h, false},
		{Limit{Default: h}, 0, h, false},
		{Limit{Default: h}, 5 * h, 5 * h, false},
		{Limit{Default: h, Max: 2 * h}, 5 * h, 2 * h, true},
		{Limit{Default: h, Max: 2 * h}, 2 * h, 2 * h, false},
		{Limit{Max: 2 * h}, 0, 2 * h, false},
	} {
		if got, cut := tt.limit.Of(tt.own); got != tt.want || cut != tt.cut {
			t.Errorf("%+v of %s: %s %t, want %s %t", tt.limit, tt.own, got, cut, tt.want, tt.cut)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "s:1:1: the site has no pools, expected at least one [missing]"},
		{"not YAML", "pools: [", "s:1:8: this \"[\" is never closed [yaml]"},
		{"a list", "pools: [a]", "s:1:8: pools must be a mapping, got a list [type]"},
		{"unknown field", "pools: {p: {driver: docker, plaforms: {}}}", `s:1:29: unknown field "plaforms" in pool "p", did you mean "platforms"? [unknown-field]`},
		{"unknown field of a platform", "pools: {p: {platforms: {x: {gpus: 1}}}}", `s:1:29: unknown field "gpus" in platform "x" [unknown-field]`},
		{"near a field of a platform", "pools: {p: {platforms: {x: {hostNetwork: true}}}}", `s:1:29: unknown field "hostNetwork" in platform "x", did you mean "host_network"? [unknown-field]`},
		{"driver", "pools: {p: {driver: lxc}}", `s:1:21: driver is "lxc", expected one of: docker, podman, exec, raw_exec [type]`},
		{"network", "pools: {p: {network: cni/}}", `s:1:22: network is "cni/", expected one of: host, bridge, cni/<name> [type]`},
		{"status", "pools: {p: {status: online}}", `s:1:21: status is "online", expected one of: ONLINE, OFFLINE, MAINTENANCE [type]`},
		{"names", "pools: {p: {names: consul}}", `s:1:20: names is "consul", expected one of: dns, hosts [type]`},
		{"quota", "pools: {p: {quota: {guarantee: 4, maximum: 2}}}", "s:1:20: the quota guarantees 4 GPUs and allows 2, expected a guarantee up to the maximum [pool]"},
		{"negative quota", "pools: {p: {quota: {guarantee: -2}}}", "s:1:32: guarantee must be a number from -1 to 1000000 [type]"},
		{"priorities", "pools: {p: {priorities: [HIGH, URGENT]}}", `s:1:32: a priority is "URGENT", expected one of: HIGH, NORMAL, LOW [type]`},
		{"no priorities", "pools: {p: {priorities: []}}", "s:1:25: the pool takes no priority, expected at least one of HIGH, NORMAL, LOW [pool]"},
		{"priority's number", "pools: {p: {priorities: {HIGH: 101}}}", "s:1:32: a priority is 101, expected a number from 1 to 100 [pool]"},
		{"priorities' shape", "pools: {p: {priorities: HIGH}}", "s:1:25: priorities must be a list, or a mapping to Nomad's numbers, got a string [type]"},
		{"topology key", "pools: {p: {topology_keys: [topology.kubernetes.io/zone]}}", `s:1:29: "topology.kubernetes.io/zone" cannot be the name of a node's metadata: say {key: …, attribute: …} [topology]`},
		{"topology attribute", "pools: {p: {topology_keys: [{key: zone, attribute: zone}]}}", `s:1:29: the attribute of topology key "zone" is "zone", expected one of a node as Nomad writes it, e.g. ${attr.cpu.arch}, ${meta.room} or ${node.class} [topology]`},
		{"topology key twice", "pools: {p: {topology_keys: [zone, {key: zone, attribute: '${meta.z}'}]}}", `s:1:35: the topology key "zone" is already there [topology]`},
		{"topology without a key", "pools: {p: {topology_keys: [{attribute: '${meta.z}'}]}}", `s:1:29: the topology key has no key [missing]`},
		{"maximum below default", "pools: {p: {exec_timeout: 2h, max_exec_timeout: 1h}}", "s:1:27: exec_timeout is longer than max_exec_timeout [duration]"},
		{"exit codes", "pools: {p: {default_exit_actions: {FAIL: '1-9999999999'}}}", "s:1:42: the exit codes of FAIL are \"1-9999999999\", expected codes and ranges as in 1-5,137 [exit-action]"},
		{"exit action", "pools: {p: {default_exit_actions: {RESTART: 1, FAIL: '1 2'}}}", "s:1:36: \"RESTART\" is no exit action, expected one of: COMPLETE, FAIL, RESCHEDULE [exit-action]\ns:1:54: the exit codes of FAIL are \"1 2\", expected codes and ranges as in 1-5,137 [exit-action]"},
		{"max tasks", "pools: {p: {max_tasks: 0}}", "s:1:24: max_tasks must be a number from 1 to 1000000 [type]"},
		{"flag", "pools: {p: {platforms: {x: {privileged: 'yes'}}}}", "s:1:41: privileged must be true or false, got a string [type]"},
		{"allowed mount", "pools: {p: {allowed_mounts: [data, /a/, '/a:/b', /a/../b, '/${x}']}}", "s:1:30: \"data\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]\n" +
			"s:1:36: \"/a/\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]\n" +
			"s:1:41: \"/a:/b\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]\n" +
			"s:1:50: \"/a/../b\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]\n" +
			"s:1:59: \"/${x}\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]"},
		{"default mount", "pools: {p: {default_mounts: ['/a:/b:/c', '/a:']}}", "s:1:30: \"/b:/c\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]\ns:1:42: \"\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]"},
		{"root as a mount", "pools: {p: {allowed_mounts: [/]}}", "s:1:30: \"/\" cannot be mounted, expected an absolute path below /, without .. : $ % and a last / [mount]"},
		{"mounts of exec", "pools: {p: {allowed_mounts: [/a], platforms: {x: {driver: exec}, y: {driver: exec, default_mounts: [/b]}}}}", "s:1:100: the driver exec cannot show a task a directory of the node [mount]"},
		{"option of ours", "pools: {p: {driver_options: {entrypoint: [x], a b: 1}}}", "s:1:30: the option \"entrypoint\" of docker is not the site's to set, the translation needs it [ignored]\ns:1:47: \"a b\" cannot be the name of a driver's option [name]"},
		{"option of raw_exec", "pools: {p: {driver: raw_exec, driver_options: {args: []}}}", `s:1:48: the option "args" of raw_exec is not the site's to set, the translation needs it [ignored]`},
		{"option's value", "pools: {p: {driver_options: {a: [1, {b: 1}], c: , d: \"\\e\", e: 99999999999999999999, f: .nan}}}", "s:1:37: an item of a must be a single value, or a mapping like all the others, got a mapping [type]\n" +
			"s:1:49: c must be a string, got null [type]\ns:1:54: d contains a character that cannot be printed [type]\ns:1:63: e is larger than a driver can take [type]\ns:1:88: f is no number that a driver can take [type]"},
		{"searches", "pools: {p: {dns: {searches: ['a b'], options: ['x y']}}}", "s:1:30: \"a b\" is not a domain [type]\ns:1:48: \"x y\" is not an option of resolv.conf [type]"},
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
	open := Default().Pools[0]
	assumed := func(name string) Platform {
		return Platform{
			Name: name, Settings: open.Settings, Device: Device{Name: DefaultDevice},
			Constraints: []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: name}},
		}
	}
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
		{"no name is any node", open, "", Platform{Settings: open.Settings, Device: Device{Name: DefaultDevice}}, true},
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

// The example shows every field there is, and is right.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../jobspecs/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, diags := Decode("site.yaml", text); len(diags) > 0 {
		t.Error(diags)
	}
	for _, field := range append(poolFields(), "constraints", "device", "guarantee", "maximum", "weight", "searches", "attribute", "operator", "model") {
		if !bytes.Contains(text, []byte(" "+field+":")) {
			t.Errorf("the example does not show %s", field)
		}
	}
	if _, diags := Decode("site.yaml", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))); len(diags) > 0 {
		t.Error(diags)
	}
}
