package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// allocUse is what an allocation holds on its node. A prestart task that is not
// a sidecar is counted beside the main tasks, which Nomad does not: at most, a
// foreign job seems a little bigger than it is until its client reports.
type allocUse struct {
	ID, Namespace, NodeID, JobID, TaskGroup string
	DesiredStatus, ClientStatus             string
	ModifyIndex                             uint64
	AllocatedResources                      *struct {
		Tasks map[string]struct {
			Cpu struct {
				CpuShares     int
				ReservedCores []int
			}
			Memory   struct{ MemoryMB int }
			Networks []network
			Devices  []struct {
				Vendor, Type, Name string
				DeviceIDs          []string
			}
		}
		Shared struct {
			DiskMB   int
			Networks []network
			Ports    []struct{ Value int }
		}
	}
}

type network struct{ ReservedPorts, DynamicPorts []struct{ Value int } }

func (a allocUse) terminal() bool {
	return slices.Contains([]string{"complete", "failed", "lost"}, a.ClientStatus)
}

func (a allocUse) owner() string { return a.JobID + "/" + a.TaskGroup }

// use is the sum over the allocation's tasks.
func (a allocUse) use(hold bool) fit.Use {
	u := fit.Use{Owner: a.owner(), Hold: hold, Devices: map[string]int{}}
	if a.AllocatedResources == nil {
		return u
	}
	for _, t := range a.AllocatedResources.Tasks {
		u.Resources = u.Resources.Plus(fit.Resources{MHz: t.Cpu.CpuShares, Cores: len(t.Cpu.ReservedCores), MemoryMB: t.Memory.MemoryMB})
		for _, d := range t.Devices {
			u.Devices[d.Vendor+"/"+d.Type+"/"+d.Name] += len(d.DeviceIDs)
		}
	}
	u.Resources.DiskMB += a.AllocatedResources.Shared.DiskMB
	return u
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
func (m *model) node(n *nomad.Node, uses []allocUse) fit.Node {
	total := totalOf(n)
	out := fit.Node{
		ID: n.ID, Name: n.Name, Address: address(n), Datacenter: n.Datacenter, Pool: n.NodePool,
		NotReady: notReady(n), Values: values(n), Total: total, Free: total, Ports: reservedPorts(n),
	}
	devicesInUse := map[string]int{}
	slices.SortFunc(uses, func(a, b allocUse) int { return strings.Compare(a.ID, b.ID) })
	for _, a := range uses {
		u := a.use(m.isHold(a))
		out.Uses = append(out.Uses, u)
		out.Free = out.Free.Minus(u.Resources)
		for d, count := range u.Devices {
			devicesInUse[d] += count
		}
		for _, p := range a.ports() {
			out.Ports[p] = u.Owner
		}
	}
	out.Devices = devices(n, devicesInUse)
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
	host, _, _ := strings.Cut(n.HTTPAddr, ":")
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

// values are the node's constraint targets. A driver counts as there only
// while it is healthy, as the scheduler sees it.
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
	for name, d := range n.Drivers {
		out["attr.driver."+name] = strconv.FormatBool(d.Detected && d.Healthy)
	}
	return out
}

// devices counts healthy instances; one in use that fell ill is not free.
func devices(n *nomad.Node, inUse map[string]int) []fit.Device {
	if n.NodeResources == nil {
		return nil
	}
	var out []fit.Device
	for _, d := range n.NodeResources.Devices {
		healthy := 0
		for _, i := range d.Instances {
			if i.Healthy {
				healthy++
			}
		}
		attributes := map[string]string{}
		for k, v := range d.Attributes {
			attributes[k] = attributeText(v)
		}
		out = append(out, fit.Device{
			Vendor: d.Vendor, Type: d.Type, Name: d.Name, Attributes: attributes,
			Free: max(0, healthy-inUse[d.ID()]), Total: healthy,
		})
	}
	return out
}

func attributeText(a *nomad.Attribute) string {
	switch {
	case a == nil:
		return ""
	case a.StringVal != nil:
		return *a.StringVal
	case a.IntVal != nil:
		return fmt.Sprint(*a.IntVal)
	case a.FloatVal != nil:
		return fmt.Sprint(*a.FloatVal)
	case a.BoolVal != nil:
		return fmt.Sprint(*a.BoolVal)
	}
	return ""
}

// reservedPorts are those that the operator keeps back, `22,8000-8010`.
func reservedPorts(n *nomad.Node) map[int]string {
	out := map[int]string{}
	if n.ReservedResources == nil {
		return out
	}
	for _, part := range strings.Split(n.ReservedResources.Networks.ReservedHostPorts, ",") {
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
	for _, name := range slices.Sorted(maps.Keys(n.Drivers)) {
		if d := n.Drivers[name]; d.Detected && !d.Healthy {
			s.Drivers = append(s.Drivers, name)
		}
	}
	if gang := n.Drivers[meta.DriverName]; s.Sick == "" && (gang == nil || !gang.Healthy) {
		s.Sick = "driver " + meta.DriverName + " on " + n.Name + " is not healthy"
	}
	return s
}
