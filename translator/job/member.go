package job

import (
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// maxCPU and maxGPU are more than any node has, and small enough to multiply.
const (
	maxCPU = 100_000
	maxGPU = 10_000
)

// gateFile is the gate's binary below the allocation's shared directory, where
// the plugin puts it, and dataDir is a member's data there. Both are driver/wire's:
// the translator does not import the driver, a test compares.
const gateFile = "osmo/osmo-gate"

func dataDir(member string) string { return "osmo/" + member + "/data" }

// member resolves what a task asks for against the pool.
func (b *builder) member(t *workflow.Task, ports []int) Member {
	r := b.workflow.ResourceOf(t)
	platform := b.platform(r)
	m := Member{
		Name:     t.Name.V,
		Platform: platform.Name,
		Driver:   platform.Driver,
		CPU:      b.count(r.CPU, "cpu", workflow.DefaultCPU, maxCPU),
		GPU:      b.count(r.GPU, "gpu", 0, maxGPU),
		MemoryMB: megabytes(r.MemoryBytes.V, workflow.DefaultMemoryBytes),
		DiskMB:   megabytes(r.StorageBytes.V, workflow.DefaultStorageBytes),
		Ports:    ports,
		DNSName:  DNSName(b.params.ID, t.Name.V),
		task:     t,
		platform: platform,
	}
	return m
}

func (b *builder) platform(r *workflow.Resource) site.Platform {
	pool := b.params.Pool
	name := r.Platform.V
	p, ok := pool.Platform(name)
	switch {
	case !ok && name == "":
		b.diags.Errorf(diag.Resource, r.Pos, "resource %q has no platform, and pool %q has no default one; it has %s", r.Name, pool.Name, strings.Join(pool.PlatformNames(), ", "))
	case !ok:
		b.diags.Errorf(diag.Resource, r.Platform.Pos, "pool %q has no platform %q%s", pool.Name, name, diag.DidYouMean(name, pool.PlatformNames()))
	case p.Name != "" && !site.ValidName(p.Name):
		b.diags.Errorf(diag.Name, r.Platform.Pos, "%q cannot be the name of a platform, expected at most 64 letters, digits, . - and _", p.Name)
	}
	return p
}

func (b *builder) count(v workflow.Value[int64], what string, absent, most int64) int {
	if v.V > most {
		b.diags.Errorf(diag.Resource, v.Pos, "%s is %d, more than any machine has", what, v.V)
	}
	if v.V == 0 {
		return int(absent)
	}
	return int(v.V)
}

// least is what Nomad takes of memory and of disk, in MB.
const least = 10

// megabytes rounds up to Nomad's unit, which is 2^20 bytes.
func megabytes(bytes, absent int64) int {
	if bytes == 0 {
		bytes = absent
	}
	mb := bytes >> 20
	if bytes&(1<<20-1) != 0 {
		mb++
	}
	return int(max(mb, least))
}

// memberGroup is one member: the sidecar that brings it to the barrier, and the
// user's task. Both policies are needed to keep Nomad from replacing a lost
// member by itself: the replacement would walk through the open barrier.
func (b *builder) memberGroup(group *workflow.Group, m Member) *api.TaskGroup {
	g := &api.TaskGroup{
		Name:             &m.Name,
		Count:            new(0),
		Meta:             map[string]string{meta.Member: m.Name, meta.Name: m.DNSName, meta.Driver: m.Driver},
		ReschedulePolicy: &api.ReschedulePolicy{Attempts: new(0), Unlimited: new(false)},
		Disconnect:       &api.DisconnectStrategy{Replace: new(false), LostAfter: new(time.Hour)},
		EphemeralDisk:    &api.EphemeralDisk{SizeMB: &m.DiskMB},
		Networks:         []*api.NetworkResource{b.network(m)},
		Services:         []*api.Service{service(b.params.ID, m)},
		Tasks:            []*api.Task{arrive(m), b.userTask(group, m)},
	}
	if m.Platform != "" {
		g.Meta[meta.Platform] = m.Platform
	}
	for _, c := range m.platform.Constraints {
		g.Constraints = append(g.Constraints, api.NewConstraint(c.Attribute, c.Operator, c.Value))
	}
	return g
}

func (b *builder) network(m Member) *api.NetworkResource {
	n := &api.NetworkResource{Mode: "host"}
	if len(m.platform.DNS.Servers) > 0 {
		n.DNS = &api.DNSConfig{Servers: m.platform.DNS.Servers}
	}
	for _, p := range m.Ports {
		n.ReservedPorts = append(n.ReservedPorts, api.Port{Label: portLabel(p), Value: p})
	}
	return n
}

func portLabel(port int) string { return "p" + strconv.Itoa(port) }

// service gives the member its name; its port, if it has any, is the first.
func service(workflowID string, m Member) *api.Service {
	s := &api.Service{Name: ServiceName(workflowID, m.Name), Provider: api.ServiceProviderConsul}
	if len(m.Ports) > 0 {
		s.PortLabel = portLabel(m.Ports[0])
	}
	return s
}

func arrive(m Member) *api.Task {
	name := meta.ArriveTask
	if m.Name == name {
		name += "_"
	}
	return &api.Task{
		Name:          name,
		Driver:        meta.DriverName,
		Lifecycle:     &api.TaskLifecycle{Hook: api.TaskLifecycleHookPrestart, Sidecar: true},
		Config:        map[string]any{"role": "member"},
		Resources:     &api.Resources{CPU: new(pluginCPU), MemoryMB: new(arriveMemory)},
		RestartPolicy: pluginRestart(),
		KillTimeout:   new(arriveKillTimeout),
		LogConfig:     &api.LogConfig{MaxFiles: new(1), MaxFileSizeMB: new(pluginLogSize)},
	}
}

func (b *builder) userTask(group *workflow.Group, m Member) *api.Task {
	templates, files := b.templates(group, m)
	t := &api.Task{
		Name:          m.Name,
		Driver:        m.Driver,
		Config:        taskConfig(m, files),
		Resources:     b.resources(m),
		RestartPolicy: &api.RestartPolicy{Attempts: new(0), Mode: new("fail")},
		KillTimeout:   new(userKillTimeout),
		// The gate ends the command on SIGTERM and writes how; raw_exec's default,
		// SIGINT, it only passes on.
		KillSignal: "SIGTERM",
		LogConfig:  userLogs(m.DiskMB),
		Templates:  templates,
	}
	if m.GPU == 0 {
		// Images made for GPUs ask for all of them by themselves (OSMO task.py:763).
		t.Env = map[string]string{"NVIDIA_VISIBLE_DEVICES": ""}
	}
	return t
}

// taskConfig makes the gate the first process, without arguments: what it runs
// is in its command file.
func taskConfig(m Member, files []meta.File) map[string]any {
	if m.Driver == site.RawExec {
		return map[string]any{"command": interpolation("${NOMAD_ALLOC_DIR}/" + gateFile)}
	}
	// The source is relative to the task's directory, beside the shared `alloc`.
	mounts := []map[string]any{mount("../alloc/"+dataDir(m.Name), meta.DataMount, false)}
	for _, f := range files {
		mounts = append(mounts, mount(localDir+"/"+f.Source, f.Path, true))
	}
	return map[string]any{
		"image":              m.task.Image.V,
		"image_pull_timeout": imagePullTimeout,
		"entrypoint":         []string{"/alloc/" + gateFile},
		"network_mode":       "host",
		"mount":              mounts,
	}
}

// imagePullTimeout is as long as a gang waits for its members to start; the
// driver's own five minutes are too short for images of 20 GB.
const imagePullTimeout = "30m"

func mount(source, target string, readonly bool) map[string]any {
	return map[string]any{"type": "bind", "source": source, "target": target, "readonly": readonly}
}

func (b *builder) resources(m Member) *api.Resources {
	r := &api.Resources{MemoryMB: &m.MemoryMB}
	if mhz := m.platform.MHzPerCPU; mhz > 0 {
		r.CPU = new(m.CPU * mhz)
	} else {
		r.Cores = &m.CPU
	}
	if m.GPU > 0 {
		d := &api.RequestedDevice{Name: m.platform.Device.Name, Count: new(uint64(m.GPU))}
		if model := m.platform.Device.Model; model != "" {
			d.Constraints = []*api.Constraint{api.NewConstraint("${device.model}", "=", model)}
		}
		r.Devices = []*api.RequestedDevice{d}
	}
	return r
}

// userLogs is Nomad's default of ten files of 10 MB, or less where they would
// take more than half of the disk: Nomad refuses a job whose logs leave none.
func userLogs(diskMB int) *api.LogConfig {
	files, size := 10, 10
	switch half := diskMB / 2; {
	case half < files:
		files, size = half, 1
	case half < files*size:
		size = half / files
	}
	return &api.LogConfig{MaxFiles: &files, MaxFileSizeMB: &size}
}
