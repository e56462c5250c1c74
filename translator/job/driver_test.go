package job

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/nomad/api"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"pgregory.net/rapid"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// generous is a pool that allows everything, with a platform for each driver.
const generous = `
pools:
  p:
    privileged: true
    host_network: true
    allowed_mounts: [/data, /opt/tools]
    default_mounts: ["/srv/models:/models"]
    topology_keys: [zone, node]
    default_exit_actions: {RESCHEDULE: "137"}
    max_tasks: 1000
    platforms:
      docker:
        driver_options: {shm_size: 64, cpu_hard_limit: true, image_pull_timeout: 1h, security_opt: [a, b], logging: {type: x, config: {max-size: 2m}}, labels: {com.example/a: b}, devices: [{host_path: /dev/kvm}]}
      podman: {driver: podman, network: bridge, driver_options: {userns: keep-id}}
      exec: {driver: exec, network: cni/robots}
      raw_exec: {driver: raw_exec, driver_options: {oom_score_adj: 1.5}, dns: {servers: [10.0.0.1], searches: [lab.example], options: ["ndots:2"]}}
`

func generousPool(t testing.TB) site.Pool {
	t.Helper()
	s, diags := site.Decode("site.yaml", []byte(generous))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return s.Pools[0]
}

// full is a workflow with everything, whose tasks all run with one driver.
func full(driver string) *workflow.Workflow {
	w := pair()
	w.Resources = []workflow.Resource{{Name: "default", Platform: text(driver)}, {Name: "big", Platform: text(driver), GPU: number(1)}}
	w.Labels = []workflow.Label{{Key: text("team"), Value: text("robots")}}
	lead := &w.Groups[0].Tasks[0]
	lead.Files = []workflow.File{
		{Path: text("/tmp/{{workflow_id}}.sh"), Contents: text("<<host:other>> {{input:0}} ${x}")},
		{Path: text("/osmo/data/output/meta.bin"), Contents: text("AAH/\n/gpoaQ=="), Base64: true},
		{Path: text("/opt/empty"), Base64: true},
		{Path: text("/opt//empty"), Contents: text("the later one")},
	}
	if driver != site.Exec {
		lead.Files = append(lead.Files, workflow.File{Path: text("/opt/a${HOME}%{b}"), Contents: text("x")})
		lead.Mounts = []workflow.Mount{{Source: "/data", Destination: "/data"}, {Source: "/opt/tools", Destination: "/{{workflow_id}}/${t}/"}}
	}
	lead.Privileged.V, lead.HostNetwork.V = true, true
	return w
}

func TestDriverConfig(t *testing.T) {
	mount := func(source, target string, readonly bool) bind { return bind{"bind", source, target, readonly} }
	gate := []string{"/alloc/osmo/osmo-gate"}
	for driver, want := range map[string]map[string]any{
		site.Docker: {
			"image": "image:1", "image_pull_timeout": "1h", "entrypoint": gate, "network_mode": "host", "privileged": true,
			"mount": []bind{
				mount("../alloc/osmo/First_One/data", "/osmo/data", false),
				mount("local/osmo/files/0", "/tmp/wf-1.sh", true),
				mount("local/osmo/files/1", "/osmo/data/output/meta.bin", true),
				mount("local/osmo/files/3", "/opt/empty", true),
				mount("local/osmo/files/4", "/opt/a$${HOME}%%{b}", true),
				mount("/srv/models", "/models", false),
				mount("/data", "/data", false),
				mount("/opt/tools", "/wf-1/$${t}", false),
			},
			"shm_size": int64(64), "cpu_hard_limit": true, "security_opt": []any{"a", "b"},
			"logging": []map[string]any{{"type": "x", "config": []map[string]any{{"max-size": "2m"}}}},
			"labels":  []map[string]any{{"com.example/a": "b"}}, "devices": []map[string]any{{"host_path": "/dev/kvm"}},
		},
		site.Podman: {
			"image": "image:1", "image_pull_timeout": "30m", "entrypoint": gate, "network_mode": "host", "privileged": true, "userns": "keep-id",
			"volumes": []string{
				"../alloc/osmo/First_One/data:/osmo/data", "local/osmo/files/0:/tmp/wf-1.sh:ro", "local/osmo/files/1:/osmo/data/output/meta.bin:ro",
				"local/osmo/files/3:/opt/empty:ro", "local/osmo/files/4:/opt/a$${HOME}%%{b}:ro", "/srv/models:/models", "/data:/data", "/opt/tools:/wf-1/$${t}",
			},
		},
		site.Exec:    {"command": interpolation("${NOMAD_ALLOC_DIR}/osmo/osmo-gate"), "cap_add": []string{"all"}},
		site.RawExec: {"command": interpolation("${NOMAD_ALLOC_DIR}/osmo/osmo-gate"), "oom_score_adj": 1.5},
	} {
		t.Run(driver, func(t *testing.T) {
			task := build(t, full(driver), generousPool(t)).Job.TaskGroups[1].Tasks[1]
			if diff := cmp.Diff(want, task.Config); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if user := map[bool]string{true: "root"}[driver == site.Exec]; task.User != user {
				t.Errorf("user %q", task.User)
			}
		})
	}
}

// What a driver cannot mount the gate or Nomad itself brings.
func TestDriverFiles(t *testing.T) {
	for driver, want := range map[string]struct {
		destinations []string
		command      meta.Command
	}{
		site.Docker: {[]string{"local/osmo/command.json", "local/osmo/files/0", "local/osmo/files/1", "local/osmo/files/3", "local/osmo/files/4"}, meta.Command{}},
		site.Exec:   {[]string{"local/osmo/command.json", "tmp/wf-1.sh", "../alloc/osmo/First_One/data/output/meta.bin", "opt/empty"}, meta.Command{Chroot: true}},
		site.RawExec: {
			[]string{"local/osmo/command.json", "local/osmo/files/0", "local/osmo/files/1", "local/osmo/files/3", "local/osmo/files/4"},
			meta.Command{
				Sandbox: true,
				Files: []meta.File{
					{Path: "/tmp/wf-1.sh", Source: "osmo/files/0"},
					{Path: "/osmo/data/output/meta.bin", Source: "osmo/files/1"},
					{Path: "/opt/empty", Source: "osmo/files/3"},
					{Path: "/opt/a${HOME}%{b}", Source: "osmo/files/4"},
				},
				Mounts: []meta.Mount{{Source: "/srv/models", Target: "/models"}, {Source: "/data", Target: "/data"}, {Source: "/opt/tools", Target: "/wf-1/${t}"}},
			},
		},
	} {
		t.Run(driver, func(t *testing.T) {
			task := build(t, full(driver), generousPool(t)).Job.TaskGroups[1].Tasks[1]
			var destinations []string
			for _, tmpl := range task.Templates {
				destinations = append(destinations, *tmpl.DestPath)
			}
			if diff := cmp.Diff(want.destinations, destinations); diff != "" {
				t.Errorf("templates (-want +got):\n%s", diff)
			}
			c := commandOf(t, task)
			c.Version, c.Member, c.Argv, c.Environment = "", "", nil, nil
			if diff := cmp.Diff(want.command, c); diff != "" {
				t.Errorf("command (-want +got):\n%s", diff)
			}
			if got := *task.Templates[2].EmbeddedTmpl; got != `[% base64Decode "AAH//gpoaQ==" %]` {
				t.Errorf("bytes are %s", got)
			}
		})
	}
}

func TestNetworks(t *testing.T) {
	type seen struct {
		Mode, NetworkMode, AddressMode, Service string
		Ports                                   int
	}
	for driver, want := range map[string][2]seen{ // the first asks for the host's network
		site.Docker:  {{"host", "host", "", "p8080", 2}, {"host", "host", "", "p80", 1}},
		site.Podman:  {{"host", "host", "", "p8080", 2}, {"bridge", "", "alloc", "80", 0}},
		site.Exec:    {{"host", "", "", "p8080", 2}, {"cni/robots", "", "alloc", "80", 0}},
		site.RawExec: {{"host", "", "", "p8080", 2}, {"host", "", "", "p80", 1}},
	} {
		j := build(t, full(driver), generousPool(t)).Job
		for i, w := range want {
			g := j.TaskGroups[i+1]
			mode, _ := g.Tasks[1].Config["network_mode"].(string)
			got := seen{g.Networks[0].Mode, mode, g.Services[0].AddressMode, g.Services[0].PortLabel, len(g.Networks[0].ReservedPorts)}
			if got != w {
				t.Errorf("%s %d: %+v, want %+v", driver, i, got, w)
			}
		}
		wantDNS := map[bool]*api.DNSConfig{true: {Servers: []string{"10.0.0.1"}, Searches: []string{"lab.example"}, Options: []string{"ndots:2"}}}[driver == site.RawExec]
		if diff := cmp.Diff(wantDNS, j.TaskGroups[1].Networks[0].DNS); diff != "" {
			t.Errorf("%s: DNS (-want +got):\n%s", driver, diff)
		}
	}
}

// evaluated is a body of HCL as Nomad's parser makes it: attributes are values,
// blocks are lists of bodies.
func evaluated(t interface{ Fatalf(string, ...any) }, b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		v, diags := a.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"chomp": stdlib.ChompFunc}, Variables: map[string]cty.Value{
			"NOMAD_ALLOC_DIR": cty.StringVal("${NOMAD_ALLOC_DIR}"), // Nomad leaves what it does not know
		}})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		text, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = value
	}
	for _, block := range b.Blocks {
		list, _ := out[block.Type].([]any)
		out[block.Type] = append(list, any(evaluated(t, block.Body)))
	}
	return out
}

// sameConfig says whether a task's config reads back from HCL as JSON has it.
func sameConfig(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, config map[string]any,
) {
	asJSON, err := json.Marshal(config)
	if err != nil {
		t.Fatalf("%v", err)
	}
	want := map[string]any{}
	if err := json.Unmarshal(asJSON, &want); err != nil {
		t.Fatalf("%v", err)
	}
	src := writtenConfig(config)
	parsed, diags := hclsyntax.ParseConfig(src, "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, src)
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		t.Fatalf("no body")
	}
	if diff := cmp.Diff(want, evaluated(t, body.Blocks[0].Body)); diff != "" {
		t.Errorf("(-JSON +HCL):\n%s\n%s", diff, src)
	}
}

func TestConfigReadsBack(t *testing.T) {
	for _, driver := range []string{site.Docker, site.Podman, site.Exec, site.RawExec} {
		for _, g := range build(t, full(driver), generousPool(t)).Job.TaskGroups[1:] {
			sameConfig(t, g.Tasks[1].Config)
		}
	}
}

// Whatever the site says of a driver, both formats say it to Nomad.
func TestAnyOptionsReadBack(t *testing.T) {
	name := rapid.StringMatching(`[a-z_][a-z0-9_-]{0,5}`)
	key := rapid.OneOf(name, rapid.StringMatching(`[a-zA-Z0-9./ -]{1,6}`))
	scalar := rapid.OneOf(
		rapid.Bool().AsAny(), rapid.Int64Range(-1<<50, 1<<50).AsAny(), rapid.Float64Range(-1e6, 1e6).AsAny(),
		rapid.StringMatching(`[a-z"\\$%{}~ ü-]{0,8}`).AsAny(), rapid.SliceOfN(rapid.StringMatching(`[a-z${}]{0,4}`).AsAny(), 0, 3).AsAny(),
	)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return scalar
		}
		mapping := rapid.MapOfN(key, rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 3)
		return rapid.OneOf(scalar, mapping.AsAny(), rapid.SliceOfN(mapping.AsAny(), 1, 3).AsAny())
	}
	rapid.Check(t, func(t *rapid.T) {
		options := rapid.MapOfN(name, value(2), 0, 4).Draw(t, "options")
		config, ok := block(options).(map[string]any)
		if !ok {
			t.Fatal("no config")
		}
		sameConfig(t, config)
	})
}

// Text of the user's in a config arrives as it is, after HCL has read it twice.
func TestLiteral(t *testing.T) {
	piece := rapid.SampledFrom([]string{"$", "%", "{", "}", "${", "%{", "$${", "a", "~", "\""})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			s := ""
			for _, p := range rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces") {
				s += p
			}
			return s
		}).Draw(t, "text")
		expr, diags := hclsyntax.ParseTemplate([]byte(literal(text)), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%q: %v", text, diags)
		}
		if v, diags := expr.Value(nil); diags.HasErrors() || v.AsString() != text {
			t.Errorf("%q becomes %v %v", text, v, diags)
		}
	})
}

func TestFilesAndMountsRefused(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "f", Line: line, Col: 1} }
	file := func(path string, line int) workflow.File {
		return workflow.File{Path: workflow.String{V: path, Pos: at(line)}}
	}
	mount := func(source, destination string, line int) workflow.Mount {
		return workflow.Mount{Written: workflow.String{Pos: at(line)}, Source: source, Destination: destination}
	}
	change := func(w *workflow.Workflow) {
		lead := &w.Groups[0].Tasks[0]
		lead.Files = []workflow.File{file("/a:b", 1), file("/a${b}", 2), file("/u\u0308", 3), file("/taken", 4)}
		if lead.Mounts != nil {
			lead.Mounts = []workflow.Mount{
				mount("/data", "data", 5), mount("/data", "/", 6), mount("/data", "/osmo/data/output", 7), mount("/data", "/x/../alloc", 8),
				mount("/data", "/taken", 9), mount("/data", "/models", 10), mount("/data", "/m:n", 11), mount("/data", "/twice", 12), mount("/opt/tools", "/twice/", 13),
			}
		}
	}
	const nfc = "f:3:1: the path \"/u\u0308\" is not in Unicode's normal form NFC, and HCL would change it [file]\n"
	places := `f:5:1: "/data" cannot be mounted at "data", expected an absolute path [mount]
f:6:1: "/data" cannot be mounted at "/", that is the whole file system: expected a directory in it [mount]
f:7:1: "/data" cannot be mounted at "/osmo/data/output", which is the gang's own [mount]
f:8:1: "/data" cannot be mounted at "/x/../alloc", which is the gang's own [mount]
f:9:1: "/data" cannot be mounted at "/taken", where something else is already [mount]
f:10:1: "/data" cannot be mounted at "/models", where something else is already [mount]
f:13:1: "/opt/tools" cannot be mounted at "/twice/", where something else is already [mount]
`
	for driver, want := range map[string]string{
		site.Docker:  nfc + places,
		site.RawExec: places,
		site.Exec:    "f:2:1: the path \"/a${b}\" contains ${, which Nomad would read as its own [file]\n" + nfc,
		site.Podman: "f:1:1: the path \"/a:b\" contains a colon, which podman does not allow [file]\n" + nfc +
			places[:len(places)-len("f:13:1: \"/opt/tools\" cannot be mounted at \"/twice/\", where something else is already [mount]\n")] +
			"f:11:1: \"/data\" cannot be mounted at \"/m:n\", podman allows no colon in a path [mount]\n" +
			"f:13:1: \"/opt/tools\" cannot be mounted at \"/twice/\", where something else is already [mount]\n",
	} {
		t.Run(driver, func(t *testing.T) { refused(t, full(driver), change, generousPool(t), want) })
	}
}
