package job

import (
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// member resolves what a task asks for against the pool; false where it asks for
// what is not there.
func (b *builder) member(group *workflow.Group, t *workflow.Task, ports []int) (Member, bool) {
	k, ok := b.kindOf(t)
	if !ok {
		return Member{}, false
	}
	b.checkRights(t, &k.platform)
	m := Member{
		Name:     t.Name.V,
		Platform: k.platform.Name,
		Driver:   k.platform.Driver,
		CPU:      k.cpu,
		GPU:      k.gpu,
		MemoryMB: k.memoryMB,
		DiskMB:   k.diskMB,
		Ports:    ports,
		DNSName:  DNSName(b.params.ID, t.Name.V),
		task:     t,
		kind:     k,
		network:  k.platform.Network,
		expand:   b.expander(group, t),
	}
	if t.HostNetwork.V {
		m.network = site.Host
	}
	m.files = b.files(t, m.Driver, m.expand)
	m.mounts = b.mountsOf(t, &k.platform, m.files, m.expand)
	return m, true
}

// memberGroup is one member: the sidecar that brings it to the barrier, and the
// user's task. Both policies are needed to keep Nomad from replacing a lost
// member by itself: the replacement would walk through the open barrier.
func (b *builder) memberGroup(index int, m *Member, required map[together]bool) *api.TaskGroup {
	g := &api.TaskGroup{
		Name:             &m.Name,
		Count:            new(0),
		Meta:             b.taskMeta(index, m, required).Write(),
		ReschedulePolicy: b.fixed.reschedule,
		Disconnect:       b.fixed.disconnect,
		EphemeralDisk:    &api.EphemeralDisk{SizeMB: &m.DiskMB},
		Networks:         []*api.NetworkResource{network(m)},
		Services:         []*api.Service{service(m)},
		Tasks:            []*api.Task{b.arrive(m), b.userTask(m)},
	}
	for _, c := range m.kind.platform.Constraints {
		g.Constraints = append(g.Constraints, api.NewConstraint(c.Attribute, c.Operator, c.Value))
	}
	g.Constraints = append(g.Constraints, m.kind.excluded...)
	return g
}

// network is the member's. Its ports are reserved on the node only where it
// uses the node's own network: elsewhere it has an address for itself.
func network(m *Member) *api.NetworkResource {
	n := &api.NetworkResource{Mode: m.network}
	if dns := m.kind.platform.DNS; !dns.Empty() {
		n.DNS = &api.DNSConfig{Servers: dns.Servers, Searches: dns.Searches, Options: dns.Options}
	}
	if m.network != site.Host {
		return n
	}
	for _, p := range m.Ports {
		n.ReservedPorts = append(n.ReservedPorts, api.Port{Label: portLabel(p), Value: p})
	}
	return n
}

func portLabel(port int) string { return "p" + strconv.Itoa(port) }

// service gives the member its name; its port, if it has any, is the first. In a
// network of its own it registers the allocation's address, and the port as a
// number, because nothing is mapped.
func service(m *Member) *api.Service {
	s := &api.Service{Name: strings.TrimSuffix(m.DNSName, domain), Provider: api.ServiceProviderConsul}
	if m.network != site.Host {
		s.AddressMode = "alloc"
	}
	switch {
	case len(m.Ports) == 0:
	case m.network == site.Host:
		s.PortLabel = portLabel(m.Ports[0])
	default:
		s.PortLabel = strconv.Itoa(m.Ports[0])
	}
	return s
}

// fixed is what all members have alike, made once for all.
type fixed struct {
	reschedule *api.ReschedulePolicy
	disconnect *api.DisconnectStrategy
	// arrive is the sidecar, restart and killTimeout are the user's task's.
	arrive      api.Task
	restart     *api.RestartPolicy
	killTimeout *time.Duration
	// noGPUs is the environment of a task without GPUs: images made for them ask
	// for all that there are by themselves (OSMO task.py:763).
	noGPUs map[string]string
}

func newFixed() fixed {
	return fixed{
		reschedule: &api.ReschedulePolicy{Attempts: new(0), Unlimited: new(false)},
		disconnect: &api.DisconnectStrategy{Replace: new(false), LostAfter: new(time.Hour)},
		arrive: api.Task{
			Name:          meta.ArriveTask,
			Driver:        meta.DriverName,
			Lifecycle:     &api.TaskLifecycle{Hook: api.TaskLifecycleHookPrestart, Sidecar: true},
			Config:        map[string]any{"role": "member"},
			Resources:     &api.Resources{CPU: new(pluginCPU), MemoryMB: new(arriveMemory)},
			RestartPolicy: pluginRestart(),
			KillTimeout:   new(arriveKillTimeout),
			LogConfig:     &api.LogConfig{MaxFiles: new(1), MaxFileSizeMB: new(pluginLogSize)},
		},
		restart:     &api.RestartPolicy{Attempts: new(0), Mode: new("fail")},
		killTimeout: new(userKillTimeout),
		noGPUs:      map[string]string{"NVIDIA_VISIBLE_DEVICES": ""},
	}
}

func (b *builder) arrive(m *Member) *api.Task {
	t := b.fixed.arrive
	if m.Name == t.Name {
		t.Name += "_"
	}
	return &t
}

func (b *builder) userTask(m *Member) *api.Task {
	t := &api.Task{
		Name:          m.Name,
		Driver:        m.Driver,
		Config:        taskConfig(m),
		Resources:     resources(m),
		RestartPolicy: b.fixed.restart,
		KillTimeout:   b.fixed.killTimeout,
		// The gate ends the command on SIGTERM and writes how; raw_exec's default,
		// SIGINT, it only passes on.
		KillSignal: "SIGTERM",
		LogConfig:  userLogs(m.DiskMB),
		Templates:  b.templates(m),
	}
	if m.GPU == 0 {
		t.Env = b.fixed.noGPUs
	}
	if m.Driver == site.Exec && m.task.Privileged.V {
		t.User = "root"
	}
	return t
}

func resources(m *Member) *api.Resources {
	r := &api.Resources{MemoryMB: &m.MemoryMB}
	if mhz := m.kind.platform.MHzPerCPU; mhz > 0 {
		r.CPU = new(m.CPU * mhz)
	} else {
		r.Cores = &m.CPU
	}
	if m.GPU > 0 {
		device := m.kind.platform.Device
		d := &api.RequestedDevice{Name: device.Name, Count: new(uint64(m.GPU))}
		if device.Model != "" {
			d.Constraints = []*api.Constraint{api.NewConstraint("${device.model}", "=", device.Model)}
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
