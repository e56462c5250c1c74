package cluster

import (
	"cmp"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// allocUse is what an allocation holds on its node. The decoding is ours,
// because the API's types leave reserved cores and the tasks' phases out.
type allocUse struct {
	ID, Namespace, NodeID, JobID, TaskGroup string
	DesiredStatus, ClientStatus             string
	ModifyIndex                             uint64
	AllocatedResources                      *allocatedResources
}

type allocatedResources struct {
	Tasks map[string]struct {
		Cpu struct { //nolint:revive // Nomad's name
			CpuShares     int //nolint:revive // Nomad's name
			ReservedCores []int
		}
		Memory   struct{ MemoryMB int }
		Networks []network
		Devices  []struct {
			Vendor, Type, Name string
			DeviceIDs          []string
		}
	}
	TaskLifecycles map[string]*struct {
		Hook    string
		Sidecar bool
	}
	Shared struct {
		DiskMB   int
		Networks []network
		Ports    []struct{ Value int }
	}
}

type network struct{ ReservedPorts, DynamicPorts []struct{ Value int } }

func (a allocUse) terminal() bool { return clientTerminal(a.ClientStatus) }

func (a allocUse) owner() string { return a.JobID + "/" + a.TaskGroup }

// use is what the allocation has, and the ids of its devices.
func (a allocUse) use(hold bool) (u fit.Use, instances []string) {
	u = fit.Use{Owner: a.owner(), Hold: hold, Devices: map[string]int{}}
	r := a.AllocatedResources
	if r == nil {
		return u, nil
	}
	var shares []share
	for name, t := range r.Tasks {
		s := share{Resources: fit.Resources{MHz: t.Cpu.CpuShares, Cores: len(t.Cpu.ReservedCores), MemoryMB: t.Memory.MemoryMB}}
		if l := r.TaskLifecycles[name]; l != nil {
			s.hook, s.sidecar = l.Hook, l.Sidecar
		}
		shares = append(shares, s)
		for _, d := range t.Devices {
			u.Devices[d.Vendor+"/"+d.Type+"/"+d.Name] += len(d.DeviceIDs)
			instances = append(instances, d.DeviceIDs...)
		}
	}
	u.Resources = together(shares)
	u.Resources.DiskMB = r.Shared.DiskMB
	return u, instances
}

// ports are all host ports of the allocation.
func (a allocUse) ports() []int {
	if a.AllocatedResources == nil {
		return nil
	}
	var out []int
	networks := slices.Clone(a.AllocatedResources.Shared.Networks)
	for _, t := range a.AllocatedResources.Tasks {
		networks = append(networks, t.Networks...)
	}
	for _, n := range networks {
		for _, p := range slices.Concat(n.ReservedPorts, n.DynamicPorts) {
			out = append(out, p.Value)
		}
	}
	for _, p := range a.AllocatedResources.Shared.Ports {
		out = append(out, p.Value)
	}
	return out
}

// isHold says whether the allocation is the hold of one of our gangs.
func (m *model) isHold(a allocUse) bool {
	g, ok := m.gangs[jobKey{a.Namespace, a.JobID}]
	return ok && g.Meta[meta.Group] == a.TaskGroup
}

// node builds fit's model of one node.
func (m *model) node(n *nomad.Node) fit.Node {
	total := totalOf(n)
	out := fit.Node{
		ID: n.ID, Name: n.Name, Address: address(n), Datacenter: n.Datacenter, Pool: n.NodePool,
		NotReady: notReady(n), Values: values(n), Drivers: drivers(n), Total: total, Free: total, Ports: reservedPorts(n),
	}
	inUse := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(m.onNode[n.ID])) {
		a := m.uses[id]
		u, instances := a.use(m.isHold(a))
		out.Uses = append(out.Uses, u)
		out.Free = out.Free.Minus(u.Resources)
		for _, i := range instances {
			inUse[i] = true
		}
		for _, p := range a.ports() {
			out.Ports[p] = u.Owner
		}
	}
	out.Devices = devices(n, inUse)
	return out
}

func totalOf(n *nomad.Node) fit.Resources {
	if n.NodeResources == nil {
		return fit.Resources{}
	}
	r := n.NodeResources
	total := fit.Resources{
		MHz: int(r.Cpu.CpuShares), Cores: len(r.Cpu.ReservableCpuCores),
		MemoryMB: int(r.Memory.MemoryMB), DiskMB: int(r.Disk.DiskMB),
	}
	if reserved := n.ReservedResources; reserved != nil {
		total = total.Minus(fit.Resources{
			MHz: int(reserved.Cpu.CpuShares), MemoryMB: int(reserved.Memory.MemoryMB), DiskMB: int(reserved.Disk.DiskMB),
		})
	}
	return total
}

func address(n *nomad.Node) string {
	if a := n.Attributes["unique.network.ip-address"]; a != "" {
		return a
	}
	host, _, err := net.SplitHostPort(n.HTTPAddr)
	if err != nil {
		return n.HTTPAddr
	}
	return host
}

// notReady says why nothing is placed here.
func notReady(n *nomad.Node) string {
	switch {
	case n.Status != nomad.NodeStatusReady:
		return "is " + n.Status
	case n.Drain:
		return "is draining"
	case n.SchedulingEligibility != nomad.NodeSchedulingEligible:
		return "is not eligible"
	}
	return ""
}

// values are the node's constraint targets, as the scheduler reads them.
func values(n *nomad.Node) map[string]string {
	out := map[string]string{
		"node.unique.id": n.ID, "node.unique.name": n.Name, "node.datacenter": n.Datacenter,
		"node.class": n.NodeClass, "node.pool": n.NodePool,
	}
	for k, v := range n.Attributes {
		out["attr."+k] = v
	}
	for k, v := range n.Meta {
		out["meta."+k] = v
	}
	return out
}

// pluginGone is what Nomad's client says of a driver whose plugin does not
// answer, as after a kill. The driver counts as not detected then, like one
// that the machine has not got, but it will be back.
const pluginGone = "failed to fingerprint driver"

// drivers are those that can be used, with "", and those that cannot for the
// moment, with the reason. One that the machine has not got is absent.
func drivers(n *nomad.Node) map[string]string {
	out := map[string]string{}
	for name, d := range n.Drivers {
		switch {
		case d == nil || !d.Detected && d.HealthDescription != pluginGone:
		case d.Detected && d.Healthy:
			out[name] = ""
		default:
			out[name] = cmp.Or(d.HealthDescription, "unhealthy")
		}
	}
	return out
}

// devices counts healthy instances, and those of them that nobody has.
func devices(n *nomad.Node, inUse map[string]bool) []fit.Device {
	if n.NodeResources == nil {
		return nil
	}
	var out []fit.Device
	for _, d := range n.NodeResources.Devices {
		device := fit.Device{Vendor: d.Vendor, Type: d.Type, Name: d.Name, Attributes: map[string]string{}}
		for _, i := range d.Instances {
			if i.Healthy {
				device.Total++
				if !inUse[i.ID] {
					device.Free++
				}
			}
		}
		for k, v := range d.Attributes {
			if v != nil {
				device.Attributes[k] = v.String()
			}
		}
		out = append(out, device)
	}
	slices.SortFunc(out, func(a, b fit.Device) int { return strings.Compare(a.Vendor+a.Type+a.Name, b.Vendor+b.Type+b.Name) })
	return out
}

// reservedPorts are those that the operator keeps back, `22,8000-8010`.
func reservedPorts(n *nomad.Node) map[int]string {
	out := map[int]string{}
	if n.ReservedResources == nil {
		return out
	}
	for part := range strings.SplitSeq(n.ReservedResources.Networks.ReservedHostPorts, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, err := strconv.Atoi(low)
		if err != nil {
			continue
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(high); err != nil {
				continue
			}
		}
		for p := first; p <= min(last, 65535); p++ {
			out[p] = "the node's reserved ports"
		}
	}
	return out
}

// nodeState is how the node is for what runs on it.
func nodeState(n *nomad.Node) NodeState {
	s := NodeState{Name: n.Name, Address: address(n), Up: n.Status == nomad.NodeStatusReady || n.Status == nomad.NodeStatusInit}
	if n.Status != nomad.NodeStatusReady {
		s.Sick = "node " + n.Name + " is " + n.Status
	}
	known := drivers(n)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if known[name] != "" {
			s.Drivers = append(s.Drivers, name)
		}
	}
	if why, ok := known[meta.DriverName]; s.Sick == "" && (!ok || why != "") {
		s.Sick = "driver " + meta.DriverName + " on " + n.Name + " is not healthy"
	}
	return s
}
