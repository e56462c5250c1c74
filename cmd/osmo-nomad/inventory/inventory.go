// Package inventory counts a cluster in OSMO's words: which nodes belong to
// which pools and platforms of the site, what each has, and who has it.
//
// It is arithmetic on the admitter's own model of the nodes, so that what is
// free here is what a gang can get.
package inventory

import (
	"cmp"
	"slices"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

// Amount is how much there is of something, in whole units: what is used is
// rounded up and what there is rounded down (OSMO resources.py:79).
type Amount struct{ Used, Total int }

// Free is what nobody has.
func (a Amount) Free() int { return a.Total - a.Used }

func (a Amount) plus(b Amount) Amount { return Amount{a.Used + b.Used, a.Total + b.Total} }

// Counts are the amounts of one node, or of many. Storage and Memory are in GiB.
type Counts struct{ Storage, CPU, Memory, GPU Amount }

// Plus is the sum.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Storage.plus(d.Storage), c.CPU.plus(d.CPU), c.Memory.plus(d.Memory), c.GPU.plus(d.GPU)}
}

// Place is one pool and platform that a node belongs to. The node's CPUs and
// GPUs depend on it: they are counted as the pool and the platform say.
type Place struct {
	Pool string
	// Platform is empty where the pool lists none and the node says none.
	Platform string
	Counts
	// Rules are what tasks may do there.
	Rules Rules
}

// Rules are what a platform allows and gives. They are also the JSON of them
// (OSMO postgres.py, BackendResourceConfig).
type Rules struct {
	HostNetwork   bool     `json:"host_network"`
	Privileged    bool     `json:"privileged"`
	DefaultMounts []string `json:"default_mounts"`
	AllowedMounts []string `json:"allowed_mounts"`
}

// rules are a platform's. Where members use the node's network anyway, a task
// that asks for it gets it.
func rules(kind site.Platform) Rules {
	r := Rules{
		HostNetwork: kind.HostNetwork, Privileged: kind.Privileged,
		DefaultMounts: []string{}, AllowedMounts: append([]string{}, kind.AllowedMounts...),
	}
	for _, m := range kind.DefaultMounts {
		mount := m.Source
		if m.Destination != m.Source {
			mount += ":" + m.Destination
		}
		r.DefaultMounts = append(r.DefaultMounts, mount)
	}
	return r
}

// Kinds of resources: how many pools a node belongs to (OSMO postgres.py).
const (
	Reserved = "RESERVED" // one
	Shared   = "SHARED"   // several
	Unused   = "UNUSED"   // none
)

// Resource is a node that takes work.
type Resource struct {
	Node string
	// Type is Reserved, Shared or Unused.
	Type string
	// Places are in the order of the site. The node is the same in all of them.
	Places []Place
}

// Resources lists the nodes that take work, by name. Those that do not are no
// resources at the moment; see Away.
func Resources(nodes []fit.Node, s *site.Site) []Resource {
	var out []Resource
	for _, n := range byName(nodes) {
		if n.NotReady != "" {
			continue
		}
		r := Resource{Node: n.Name}
		pools := 0
		for i := range s.Pools {
			if here := placesIn(&s.Pools[i], n); len(here) > 0 {
				r.Places = append(r.Places, here...)
				pools++
			}
		}
		r.Type = []string{Unused, Reserved, Shared}[min(pools, 2)]
		out = append(out, r)
	}
	return out
}

// Away says for each node that takes no work why: `edge is draining`.
func Away(nodes []fit.Node) []string {
	var out []string
	for _, n := range byName(nodes) {
		if n.NotReady != "" {
			out = append(out, n.Name+" "+n.NotReady)
		}
	}
	return out
}

func byName(nodes []fit.Node) []fit.Node {
	return slices.SortedFunc(slices.Values(nodes), func(a, b fit.Node) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// Select keeps what is in the pools and on the platforms; no platforms means
// all of them. Nodes that are left without a place go.
func Select(all []Resource, pools, platforms []string) []Resource {
	var out []Resource
	for _, r := range all {
		r.Places = slices.DeleteFunc(slices.Clone(r.Places), func(p Place) bool {
			return !slices.Contains(pools, p.Pool) || len(platforms) > 0 && !slices.Contains(platforms, p.Platform)
		})
		if len(r.Places) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// Sum adds up the nodes, each as its first place counts it.
func Sum(resources []Resource) Counts {
	var sum Counts
	for _, r := range resources {
		if len(r.Places) > 0 {
			sum = sum.Plus(r.Places[0].Counts)
		}
	}
	return sum
}

// placesIn are the node's platforms in a pool. A pool that lists none takes every
// node, and calls it what the node calls itself.
func placesIn(pool *site.Pool, n fit.Node) []Place {
	kinds := pool.Platforms
	if len(kinds) == 0 {
		kind, _ := pool.Platform("") // a pool that lists no platforms knows every name
		kind.Name = n.Values[platformValue]
		kind.Constraints = nil
		kinds = []site.Platform{kind}
	}
	var out []Place
	for _, kind := range kinds {
		if member(pool, kind).Suits(n) {
			out = append(out, Place{Pool: pool.Name, Platform: kind.Name, Rules: rules(kind), Counts: count(kind, n)})
		}
	}
	return out
}

// platformValue is where a node says its platform.
const platformValue = "attr.osmo.platform"

// member asks for a node of the platform and for nothing on it.
func member(pool *site.Pool, kind site.Platform) fit.Member {
	m := fit.Member{Datacenters: pool.Datacenters, Pool: pool.NodePool}
	for _, c := range kind.Constraints {
		m.Constraints = append(m.Constraints, fit.Constraint{LTarget: c.Attribute, Operand: c.Operator, RTarget: c.Value})
	}
	return m
}

func count(kind site.Platform, n fit.Node) Counts {
	used := n.Total.Minus(n.Free)
	return Counts{
		Storage: amount(used.DiskMB, n.Total.DiskMB, 1024),
		CPU:     cpus(kind.MHzPerCPU, n, used),
		Memory:  amount(used.MemoryMB, n.Total.MemoryMB, 1024),
		GPU:     gpus(kind, n),
	}
}

// amount counts units: a unit that somebody has a part of is used.
func amount(used, total, unit int) Amount {
	whole := max(total, 0) / unit
	return Amount{Used: min((max(used, 0)+unit-1)/unit, whole), Total: whole}
}

// cpus counts CPUs of so many MHz, or with 0 whole cores. A core that is not
// reserved is free only while its MHz are, as in fit.
func cpus(mhz int, n fit.Node, used fit.Resources) Amount {
	if mhz > 0 {
		return amount(used.MHz, n.Total.MHz, mhz)
	}
	if n.Total.Cores <= 0 {
		return Amount{}
	}
	free := n.Free.Cores
	if perCore := n.Total.MHz / n.Total.Cores; perCore > 0 {
		free = min(free, n.Free.MHz/perCore)
	}
	return Amount{Used: n.Total.Cores - max(free, 0), Total: n.Total.Cores}
}

// gpus counts the devices that are what the platform calls a GPU.
func gpus(kind site.Platform, n fit.Node) Amount {
	ask := fit.DeviceAsk{Name: kind.Device.Name}
	if model := kind.Device.Model; model != "" {
		ask.Constraints = []fit.Constraint{{LTarget: "${device.model}", Operand: "=", RTarget: model}}
	}
	var a Amount
	for _, d := range n.Devices {
		if d.Matches(ask) {
			a = a.plus(Amount{Used: d.Total - d.Free, Total: d.Total})
		}
	}
	return a
}
