package inventory

import "strconv"

// The JSON that OSMO's service answers with, as far as there is something to
// say here: scripts that read `osmo resource list -t json` find what they look
// for (OSMO workflow.py, ResourcesEntry).
type (
	// ResourceList is what `resource list` prints.
	ResourceList struct {
		Resources []ResourceEntry `json:"resources"`
	}
	// ResourceEntry is one node. Its own fields are those of its first place.
	ResourceEntry struct {
		Hostname     string              `json:"hostname"`
		ResourceType string              `json:"resource_type"`
		Exposed      Exposed             `json:"exposed_fields"`
		Labels       map[string][]string `json:"pool_platform_labels"`
		Allocatable  Fields              `json:"allocatable_fields"`
		Usage        Fields              `json:"usage_fields"`
		// By pool and platform.
		PlatformAllocatable map[string]map[string]Fields `json:"platform_allocatable_fields"`
		PlatformAvailable   map[string]map[string]Fields `json:"platform_available_fields"`
		Config              map[string]map[string]Rules  `json:"config_fields"`
	}
	// Exposed names the node and its places, as `pool/platform`.
	Exposed struct {
		Node   string   `json:"node"`
		Places []string `json:"pool/platform"`
	}
	// Fields are amounts: numbers, or numbers with the unit Gi.
	Fields struct {
		CPU     int    `json:"cpu"`
		GPU     int    `json:"gpu"`
		Memory  string `json:"memory"`
		Storage string `json:"storage"`
	}
	// PoolList is what `pool list` prints.
	PoolList struct {
		NodeSets []PoolSet `json:"node_sets"`
		Sum      GPUs      `json:"resource_sum"`
	}
	// PoolSet is a NodeSet.
	PoolSet struct {
		Pools []PoolEntry `json:"pools"`
	}
	// PoolEntry is one pool.
	PoolEntry struct {
		Name            string `json:"name"`
		Description     string `json:"description"`
		Status          string `json:"status"`
		DefaultPlatform string `json:"default_platform"`
		Usage           GPUs   `json:"resource_usage"`
	}
	// GPUs are counts; OSMO writes them as strings.
	GPUs struct {
		QuotaUsed     int `json:"quota_used,string"`
		QuotaFree     int `json:"quota_free,string"`
		QuotaLimit    int `json:"quota_limit,string"`
		TotalUsage    int `json:"total_usage,string"`
		TotalCapacity int `json:"total_capacity,string"`
		TotalFree     int `json:"total_free,string"`
	}
)

// ResourcesJSON is the list in OSMO's shape.
func ResourcesJSON(resources []Resource) ResourceList {
	out := ResourceList{Resources: []ResourceEntry{}}
	for _, r := range resources {
		out.Resources = append(out.Resources, r.entry())
	}
	return out
}

func (r Resource) entry() ResourceEntry {
	e := ResourceEntry{
		Hostname: r.Node, ResourceType: r.Type, Exposed: Exposed{Node: r.Node, Places: []string{}}, Labels: map[string][]string{},
		PlatformAllocatable: map[string]map[string]Fields{}, PlatformAvailable: map[string]map[string]Fields{},
		Config: map[string]map[string]Rules{},
	}
	for i, p := range r.Places {
		all := p.fields(func(a Amount) int { return a.Total })
		if i == 0 {
			e.Allocatable, e.Usage = all, p.fields(func(a Amount) int { return a.Used })
		}
		e.Exposed.Places = append(e.Exposed.Places, p.Pool+"/"+p.Platform)
		e.Labels[p.Pool] = append(e.Labels[p.Pool], p.Platform)
		put(e.PlatformAllocatable, p, all)
		put(e.PlatformAvailable, p, p.fields(Amount.Free))
		put(e.Config, p, p.Rules)
	}
	return e
}

func put[T any](m map[string]map[string]T, p Place, v T) {
	if m[p.Pool] == nil {
		m[p.Pool] = map[string]T{}
	}
	m[p.Pool][p.Platform] = v
}

func (c Counts) fields(of func(Amount) int) Fields {
	gi := func(a Amount) string { return strconv.Itoa(of(a)) + "Gi" }
	return Fields{CPU: of(c.CPU), GPU: of(c.GPU), Memory: gi(c.Memory), Storage: gi(c.Storage)}
}

// PoolsJSON are the sets in OSMO's shape.
func PoolsJSON(sets []NodeSet) PoolList {
	out := PoolList{NodeSets: []PoolSet{}, Sum: PoolSum(sets).gpus()}
	for _, set := range sets {
		var pools []PoolEntry
		for _, p := range set {
			pools = append(pools, PoolEntry{
				Name: p.Name, Description: p.Description, Status: p.Status, DefaultPlatform: p.DefaultPlatform, Usage: p.gpus(),
			})
		}
		out.NodeSets = append(out.NodeSets, PoolSet{Pools: pools})
	}
	return out
}

func (p PoolUse) gpus() GPUs {
	return GPUs{p.QuotaUsed, p.QuotaFree(), p.QuotaLimit, p.Usage, p.Capacity, p.Free}
}
