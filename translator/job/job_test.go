package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

func text(s string) workflow.String { return workflow.String{V: s} }

func number(n int64) workflow.Value[int64] { return workflow.Value[int64]{V: n} }

// pair is a workflow of one gang: a lead with GPUs and a file, and another.
func pair() *workflow.Workflow {
	return &workflow.Workflow{
		Name:    text("wf"),
		Timeout: workflow.Timeout{Exec: workflow.Value[time.Duration]{V: 90 * time.Second}},
		Resources: []workflow.Resource{
			{Name: "default"},
			{
				Name: "big", CPU: number(3), GPU: number(2), Platform: text("ovx-a40"),
				MemoryBytes: number(5<<20 + 1), StorageBytes: number(30<<20 + 1),
			},
		},
		Groups: []workflow.Group{{
			Name: text("gang"), Barrier: true, IgnoreNonleadStatus: false,
			Tasks: []workflow.Task{
				{
					Name: text("First_One"), Lead: true, Image: text("image:1"), Resource: text("big"),
					Command: []workflow.String{text("bash")}, Args: []workflow.String{text("{{output}}/x"), text("{{host:other}}:80")},
					Files: []workflow.File{{Path: text("tmp/a/../{{workflow_id}}.sh"), Contents: text("<<host:other>> {{host:nobody}} ${x}")}},
				},
				{
					Name: text("other"), Image: text("image:2"), Resource: text("default"),
					Command:     []workflow.String{text("sleep"), text("1")},
					Environment: []workflow.EnvVar{{Name: text("{{workflow_id}}"), Value: text("http://{{host:First_One}}:9090/ {{host:First_One}}:8080")}},
				},
			},
		}},
	}
}

// build fails the test on any diagnostic.
func build(t *testing.T, w *workflow.Workflow, pool site.Pool) Gang {
	t.Helper()
	gangs, diags := Build(w, Params{ID: "wf-1", Pool: &pool, Priority: site.Priority{Name: "NORMAL", Number: 50}})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return gangs[0]
}

func dockerPool() site.Pool { return site.Default().Pools[0] }

func rawPool() site.Pool {
	p := dockerPool()
	p.Driver, p.MHzPerCPU, p.DNS.Servers = site.RawExec, 1000, []string{"10.0.0.1"}
	p.Queue.Default, p.Exec.Default = time.Hour, time.Hour
	return p
}

func TestMembers(t *testing.T) {
	g := build(t, pair(), dockerPool())
	type seen struct {
		Name                        string
		Lead                        bool
		Platform, Driver, DNSName   string
		CPU, GPU, MemoryMB, DiskMB  int
		Ports                       []int
		Service, ServicePort, Label string
	}
	var got []seen
	for i, m := range g.Members {
		tg := g.Job.TaskGroups[i+1]
		got = append(got, seen{
			m.Name, m.Lead, m.Platform, m.Driver, m.DNSName, m.CPU, m.GPU, m.MemoryMB, m.DiskMB, m.Ports,
			tg.Services[0].Name, tg.Services[0].PortLabel, *tg.Name,
		})
	}
	want := []seen{
		{
			"First_One", true, "ovx-a40", "docker", "first-one-wf-1.service.consul", 3, 2, 10, 31,
			[]int{8080, 9090},
			"first-one-wf-1", "p8080", "First_One",
		},
		{
			"other", false, "", "docker", "other-wf-1.service.consul", 1, 0, 1024, 1024,
			[]int{80},
			"other-wf-1", "p80", "other",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJobMeta(t *testing.T) {
	got, err := meta.Parse(build(t, pair(), rawPool()).Job.Meta)
	if err != nil {
		t.Fatal(err)
	}
	want := meta.Gang{
		Workflow: "wf-1", Group: "gang", Lead: "First_One", Members: []string{"First_One", "other"}, Barrier: true,
		ExecTimeout: 90 * time.Second, QueueTimeout: time.Hour,
		StartTimeout: meta.DefaultStartTimeout, BarrierTimeout: meta.DefaultBarrierTimeout, Pool: "default", Priority: "NORMAL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// commandOf is what the gate of a member will read.
func commandOf(t *testing.T, task *api.Task) meta.Command {
	t.Helper()
	var c meta.Command
	if err := json.Unmarshal([]byte(*task.Templates[0].EmbeddedTmpl), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDockerTask(t *testing.T) {
	g := build(t, pair(), dockerPool())
	first, other := g.Job.TaskGroups[1].Tasks[1], g.Job.TaskGroups[2].Tasks[1]
	want := map[string]any{
		"image": "image:1", "image_pull_timeout": "30m", "entrypoint": []string{"/alloc/osmo/osmo-gate"}, "network_mode": "host",
		"mount": []bind{
			{"bind", "../alloc/osmo/First_One/data", "/osmo/data", false},
			{"bind", "local/osmo/files/0", "/tmp/wf-1.sh", true},
		},
	}
	if diff := cmp.Diff(want, first.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if got := *first.Templates[1].EmbeddedTmpl; got != "other-wf-1.service.consul {{host:nobody}} ${x}" {
		t.Errorf("the file holds %q", got)
	}
	wantCommand := meta.Command{Version: "1", Member: "First_One", Argv: []string{"bash", "/osmo/data/output/x", "other-wf-1.service.consul:80"}}
	if diff := cmp.Diff(wantCommand, commandOf(t, first)); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	wantCommand = meta.Command{
		Version: "1", Member: "other", Argv: []string{"sleep", "1"},
		Environment: map[string]string{"wf-1": "http://first-one-wf-1.service.consul:9090/ first-one-wf-1.service.consul:8080"},
	}
	if diff := cmp.Diff(wantCommand, commandOf(t, other)); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if first.Env != nil || other.Env["NVIDIA_VISIBLE_DEVICES"] != "" || len(other.Env) != 1 {
		t.Errorf("environments %v and %v: only a member without GPUs must not see any", first.Env, other.Env)
	}
}

func TestRawExecTask(t *testing.T) {
	g := build(t, pair(), rawPool())
	group := g.Job.TaskGroups[1]
	task := group.Tasks[1]
	if diff := cmp.Diff(map[string]any{"command": interpolation("${NOMAD_ALLOC_DIR}/osmo/osmo-gate")}, task.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	c := commandOf(t, task)
	if diff := cmp.Diff([]meta.File{{Path: "/tmp/wf-1.sh", Source: "osmo/files/0"}}, c.Files); diff != "" || !c.Sandbox {
		t.Errorf("sandbox %t, files (-want +got):\n%s", c.Sandbox, diff)
	}
	if r := task.Resources; *r.CPU != 3000 || r.Cores != nil {
		t.Errorf("cpu %v, cores %v", r.CPU, r.Cores)
	}
	if diff := cmp.Diff(&api.DNSConfig{Servers: []string{"10.0.0.1"}}, group.Networks[0].DNS); diff != "" {
		t.Error(diff)
	}
	if group.Meta[meta.Driver] != "raw_exec" {
		t.Errorf("meta %v", group.Meta)
	}
}

func TestPathsAreThePlugins(t *testing.T) {
	if gateFile != wire.GateFile || dataDir("x") != wire.DataDir("x") {
		t.Errorf("%s and %s, the plugin has %s and %s", gateFile, dataDir("x"), wire.GateFile, wire.DataDir("x"))
	}
}

// What Nomad checks of a job, and what the plugin relies on, holds for jobs of
// any shape.
func TestPolicies(t *testing.T) {
	for _, pool := range []site.Pool{dockerPool(), rawPool()} {
		g := build(t, pair(), pool)
		if !*g.Job.AllAtOnce || *g.Job.Type != "batch" || len(g.Job.UI.Description) > 1000 {
			t.Errorf("all at once %t, type %s", *g.Job.AllAtOnce, *g.Job.Type)
		}
		for i, tg := range g.Job.TaskGroups {
			logs := 0
			for _, task := range tg.Tasks {
				logs += *task.LogConfig.MaxFiles * *task.LogConfig.MaxFileSizeMB
			}
			if logs >= *tg.EphemeralDisk.SizeMB {
				t.Errorf("%s: logs of %d MB, and a disk of %d", *tg.Name, logs, *tg.EphemeralDisk.SizeMB)
			}
			if want := map[bool]int{true: 1, false: 0}[i == 0]; *tg.Count != want {
				t.Errorf("%s: count %d, want %d", *tg.Name, *tg.Count, want)
			}
			if i == 0 {
				continue
			}
			if *tg.ReschedulePolicy.Attempts != 0 || *tg.ReschedulePolicy.Unlimited || *tg.Disconnect.Replace || *tg.Disconnect.LostAfter != time.Hour {
				t.Errorf("%s: Nomad would replace a lost member", *tg.Name)
			}
			if *tg.Tasks[1].RestartPolicy.Attempts != 0 || *tg.Tasks[0].RestartPolicy.Attempts == 0 {
				t.Errorf("%s: restarts", *tg.Name)
			}
			for _, tmpl := range tg.Tasks[1].Templates {
				if *tmpl.ChangeMode != "noop" {
					t.Errorf("%s restarts its task", *tmpl.DestPath)
				}
			}
		}
	}
}

func TestUserLogsFit(t *testing.T) {
	for _, disk := range []int{10, 11, 19, 20, 50, 199, 200, 1024} {
		logs := userLogs(disk)
		if total := *logs.MaxFiles * *logs.MaxFileSizeMB; total < 1 || total+pluginLogSize >= disk || total > 100 {
			t.Errorf("disk of %d MB: %d files of %d MB", disk, *logs.MaxFiles, *logs.MaxFileSizeMB)
		}
	}
}

func TestDevice(t *testing.T) {
	pool := dockerPool()
	pool.Platforms = []site.Platform{{Name: "ovx-a40", Settings: pool.Settings, Device: site.Device{Name: "nvidia/gpu", Model: "NVIDIA A40"}}}
	pool.DefaultPlatform = "ovx-a40"
	want := []*api.RequestedDevice{{Name: "nvidia/gpu", Count: new(uint64(2)), Constraints: []*api.Constraint{
		{LTarget: "${device.model}", Operand: "=", RTarget: "NVIDIA A40"},
	}}}
	got := build(t, pair(), pool).Job.TaskGroups[1].Tasks[1].Resources.Devices
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHoldAvoidsItsMembersNodes(t *testing.T) {
	got := map[string]int8{}
	for _, a := range build(t, pair(), dockerPool()).Job.TaskGroups[0].Affinities {
		got[a.LTarget+" "+a.Operand+" "+a.RTarget] = *a.Weight
	}
	want := map[string]int8{
		"${attr.osmo.platform} regexp .":  -25,
		"${attr.osmo.gpu.model} regexp .": -25,
		"${attr.osmo.platform} = ovx-a40": -100,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A task may be called as the sidecar, and its sidecar then is not.
func TestTaskCalledArrive(t *testing.T) {
	w := pair()
	w.Groups[0].Tasks[1].Name = text("arrive")
	tg := build(t, w, dockerPool()).Job.TaskGroups[2]
	if tg.Tasks[0].Name != "arrive_" || tg.Tasks[1].Name != "arrive" {
		t.Errorf("tasks %s and %s", tg.Tasks[0].Name, tg.Tasks[1].Name)
	}
}

func TestDescription(t *testing.T) {
	got := build(t, pair(), dockerPool()).Job.UI.Description
	const want = "OSMO group gang of workflow wf-1, a gang of 2: its members start together or not at all. " +
		"Until then only the hold runs; its recent events say what it waits for. " +
		"Needs: First_One (lead) 2 GPU, 3 CPU, 10 MiB on ovx-a40, ports 8080 9090; other 1 CPU, 1 GiB, port 80."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var many []Member
	for i := range meta.MaxMembers {
		many = append(many, Member{Name: fmt.Sprintf("m%063d", i), CPU: 100000, GPU: 10000, MemoryMB: 1 << 40, Platform: strings.Repeat("p", 64)})
	}
	long := describe(strings.Repeat("w", 75), strings.Repeat("g", 64), many)
	if len(long) > 1000 || !strings.Contains(long, "; and 117 more.") {
		t.Errorf("%d characters: %s", len(long), long)
	}
}

func TestNames(t *testing.T) {
	w, task := "Wf_"+strings.Repeat("x", 61)+"-12", "Task_"+strings.Repeat("y", 59)
	for got, want := range map[string]string{
		JobID("wf-1", "my_Group"):                "wf-1~my_Group",
		JobID(w, strings.Repeat("g", 64)):        "Wf_" + strings.Repeat("x", 61) + "-12~" + strings.Repeat("g", 40) + "-",
		ServiceName("Wf_a-1", "Robot_Ctrl"):      "robot-ctrl-wf-a-1",
		ServiceName(w, task):                     "task-" + strings.Repeat("y", 49) + "-",
		DNSName("wf-1", "x"):                     "x-wf-1.service.consul",
		cut("abc---"+strings.Repeat("z", 9), 14): "abc-",
	} {
		if !strings.HasPrefix(got, want) || got != want && len(got) != len(want)+hashLength {
			t.Errorf("got %s, want %s and perhaps a hash", got, want)
		}
	}
	if n := len(JobID(w, strings.Repeat("g", 64))); n != 117 {
		t.Errorf("a job's id has %d characters", n)
	}
	if n := len(ServiceName(w, task)); n != 63 {
		t.Errorf("a service's name has %d characters", n)
	}
	if ServiceName(w, task) == ServiceName(w, task+"z") {
		t.Error("two names are one after the cut")
	}
}

func TestRefuses(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "f", Line: line, Col: 1} }
	tests := []struct {
		name   string
		change func(*workflow.Workflow)
		want   string
	}{
		{"cpu", func(w *workflow.Workflow) { w.Resources[1].CPU = workflow.Value[int64]{V: 1 << 40, Pos: at(3)} }, "f:3:1: cpu is 1099511627776, more than any machine has [resource]"},
		{"gpu", func(w *workflow.Workflow) { w.Resources[1].GPU = workflow.Value[int64]{V: 10001, Pos: at(4)} }, "f:4:1: gpu is 10001, more than any machine has [resource]"},
		{"platform", func(w *workflow.Workflow) { w.Resources[1].Platform = workflow.String{V: "${attr.x}", Pos: at(5)} }, "f:5:1: \"${attr.x}\" cannot be the name of a platform, expected at most 64 letters, digits, . - and _ [name]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, pair(), tt.change, dockerPool(), tt.want+"\n") })
	}
}

// refused compares what Build says of a workflow in which something was changed;
// there are gangs if nothing of it is an error.
func refused(t *testing.T, w *workflow.Workflow, change func(*workflow.Workflow), pool site.Pool, want string) {
	t.Helper()
	change(w)
	gangs, diags := Build(w, Params{ID: "wf-1", Pool: &pool, Priority: site.Priority{Name: "NORMAL", Number: 50}})
	var out bytes.Buffer
	if err := diag.Print(&out, diags); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" || (gangs == nil) != diags.HasErrors() {
		t.Errorf("%d gangs (-want +got):\n%s", len(gangs), diff)
	}
}

func TestPriority(t *testing.T) {
	for name, want := range map[string]int{"HIGH": 75, "NORMAL": 50, "LOW": 25, "high": 0, "": 0} {
		if got, ok := Priority(name); got != want || ok != (want > 0) {
			t.Errorf("%s is %d", name, got)
		}
	}
}

// JSON of one job is an object, of several a list, and says what the job says.
func TestJSON(t *testing.T) {
	j := build(t, pair(), rawPool()).Job
	for _, n := range []int{1, 2} {
		var out bytes.Buffer
		if err := WriteJSON(&out, []*api.Job{j, j}[:n]...); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "null") || strings.Contains(out.String(), `\u003c`) {
			t.Errorf("not readable: %s", out.String())
		}
		var back []api.Job
		doc := out.String()
		if n == 1 {
			doc = "[" + doc + "]"
		}
		if err := json.Unmarshal([]byte(doc), &back); err != nil {
			t.Fatal(err)
		}
		if len(back) != n || *back[0].TaskGroups[1].Disconnect.LostAfter != time.Hour || *back[0].TaskGroups[1].Count != 0 {
			t.Errorf("%d jobs: %s", len(back), doc)
		}
	}
}

// The jobs share what is the same in all members, and whoever completes them with
// Nomad's defaults gets what he would get of each alone.
func TestSharedPartsCanBeCompleted(t *testing.T) {
	pool := dockerPool()
	pool.MaxTasks = 1000
	gangs, diags := Build(large(3), Params{ID: "large-1", Pool: &pool})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := make([]string, len(gangs))
	for i := range gangs {
		want[i] = canonical(t, gangs[i].Job)
	}
	for i := range gangs {
		gangs[i].Job.Canonicalize()
		gangs[i].Job.TaskGroups[1].Count = new(1) // as a plugin would
	}
	for i := range gangs {
		gangs[i].Job.TaskGroups[1].Count = new(0)
		if diff := cmp.Diff(want[i], canonical(t, gangs[i].Job)); diff != "" {
			t.Errorf("%s (-alone +together):\n%s", gangs[i].Group, diff)
		}
	}
}

// Two translations are the same to the byte, whatever the driver.
func TestBuildIsDeterministic(t *testing.T) {
	for _, driver := range []string{site.Docker, site.Podman, site.Exec, site.RawExec} {
		var first string
		for i := range 10 {
			var out bytes.Buffer
			j := build(t, everything(driver), generousPool(t)).Job
			if err := errors.Join(WriteHCL(&out, j), WriteJSON(&out, j)); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = out.String()
			} else if diff := cmp.Diff(first, out.String()); diff != "" {
				t.Fatalf("%s: %s", driver, diff)
			}
		}
	}
}
