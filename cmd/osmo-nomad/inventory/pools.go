package inventory

import (
	"slices"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

// PoolUse is a pool and its GPUs.
type PoolUse struct {
	Name, Description, DefaultPlatform string
	// Status is what the site says; a pool without a node that takes work is
	// offline, whatever the site says.
	Status string
	// QuotaLimit is how many GPUs gangs of HIGH and NORMAL priority may have, and
	// QuotaUsed how many they have. Without a quota the limit is the capacity.
	QuotaUsed, QuotaLimit int
	// Usage is what all gangs of the pool have.
	Usage int
	// Capacity and Free are those of the nodes, which other pools may share.
	Capacity, Free int
}

// QuotaFree is how many GPUs gangs of HIGH and NORMAL priority may still get.
func (p PoolUse) QuotaFree() int { return p.QuotaLimit - p.QuotaUsed }

// NodeSet is pools that share nodes, directly or through other pools.
type NodeSet []PoolUse

// Pools counts the GPUs of the site's pools: of all of them, or of those named.
// Pools that share a node are in one set and have one capacity
// (OSMO workflow_service.py, calculate_pool_quotas).
func Pools(resources []Resource, gangs []cluster.Gang, s *site.Site, names []string) []NodeSet {
	pools := slices.DeleteFunc(slices.Clone(s.Pools), func(p site.Pool) bool {
		return len(names) > 0 && !slices.Contains(names, p.Name)
	})
	set := sets(pools, resources)
	var out []NodeSet
	for first := range pools {
		if set[first] != first {
			continue
		}
		var members []site.Pool
		for i := range pools {
			if set[i] == first {
				members = append(members, pools[i])
			}
		}
		out = append(out, nodeSet(members, resources, gangs))
	}
	return out
}

// sets numbers each pool's set by the first pool in it.
func sets(pools []site.Pool, resources []Resource) []int {
	set := make([]int, len(pools))
	for i := range set {
		set[i] = i
	}
	for _, r := range resources {
		var here []int
		for i, p := range pools {
			if r.in(p.Name) {
				here = append(here, set[i])
			}
		}
		if len(here) == 0 {
			continue
		}
		first := slices.Min(here)
		for i := range set {
			if slices.Contains(here, set[i]) {
				set[i] = first
			}
		}
	}
	return set
}

// in says whether the node belongs to a pool.
func (r Resource) in(pool string) bool {
	return slices.ContainsFunc(r.Places, func(p Place) bool { return p.Pool == pool })
}

func nodeSet(pools []site.Pool, resources []Resource, gangs []cluster.Gang) NodeSet {
	var names []string
	for _, p := range pools {
		names = append(names, p.Name)
	}
	gpus := Sum(Select(resources, names, nil)).GPU
	var out NodeSet
	for _, p := range pools {
		use := PoolUse{
			Name: p.Name, Description: p.Description, Status: status(p, resources), DefaultPlatform: p.DefaultPlatform,
			QuotaLimit: p.Quota.Guarantee, Capacity: gpus.Total, Free: gpus.Free(),
		}
		if use.QuotaLimit == site.Unlimited {
			use.QuotaLimit = gpus.Total
		}
		use.Usage, use.QuotaUsed = usage(p, gangs)
		out = append(out, use)
	}
	return out
}

func status(p site.Pool, resources []Resource) string {
	if p.Status == site.Online && !slices.ContainsFunc(resources, func(r Resource) bool { return r.in(p.Name) }) {
		return site.Offline
	}
	return p.Status
}

// usage counts the GPUs that a pool's gangs have, and those that count against
// its quota: what runs with LOW priority does not.
func usage(pool site.Pool, gangs []cluster.Gang) (all, quota int) {
	low, _ := pool.Priority("LOW") // its number is 0, nobody's, where the pool takes none
	for _, g := range gangs {
		if g.Meta[meta.Pool] != pool.Name {
			continue
		}
		n := gpusOf(g)
		all += n
		if g.Priority > low.Number {
			quota += n
		}
	}
	return all, quota
}

// gpusOf counts the devices of a gang's members that are on a node.
func gpusOf(g cluster.Gang) int {
	n := 0
	for _, a := range g.Allocs {
		if a.Terminal() {
			continue
		}
		group, ok := g.Group(a.Group)
		if !ok {
			continue
		}
		for _, d := range group.Need.Devices {
			n += d.Count
		}
	}
	return n
}

// PoolSum adds up the sets: quotas and usage of every pool, the nodes of each
// set once.
func PoolSum(all []NodeSet) PoolUse {
	var sum PoolUse
	for _, set := range all {
		for i, p := range set {
			sum.QuotaUsed += p.QuotaUsed
			sum.QuotaLimit += p.QuotaLimit
			sum.Usage += p.Usage
			if i == 0 {
				sum.Capacity += p.Capacity
				sum.Free += p.Free
			}
		}
	}
	return sum
}
