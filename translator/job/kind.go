package job

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"
	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// kind is a resource of the workflow and what it means in the pool: what many
// members have in common.
type kind struct {
	platform site.Platform
	// known says that there is such a platform; a task that asks for one that is
	// not there is reported once, by its resource.
	known, reported  bool
	cpu, gpu         int
	memoryMB, diskMB int
	excluded         []*api.Constraint
	topology         []meta.TopologyNeed
	// options are the platform's for the driver, as a task's config has them.
	options map[string]any

	resource *workflow.Resource
}

// maxCPU and maxGPU are more than any node has, and small enough to multiply.
const (
	maxCPU = 100_000
	maxGPU = 10_000
)

// newKind checks what OSMO checks of every resource, whether a task uses it or
// not: that there is a platform, and the topology keys (OSMO workflow.py:376-394).
func (b *builder) newKind(r *workflow.Resource) *kind {
	k := &kind{
		cpu:      b.count(r.CPU, "cpu", workflow.DefaultCPU, maxCPU),
		gpu:      b.count(r.GPU, "gpu", 0, maxGPU),
		memoryMB: megabytes(r.MemoryBytes.V, workflow.DefaultMemoryBytes),
		diskMB:   megabytes(r.StorageBytes.V, workflow.DefaultStorageBytes),
		excluded: b.excluded(r),
		topology: b.topology(r),
		resource: r,
	}
	k.platform, k.known = b.params.Pool.Platform(r.Platform.V)
	switch {
	case !k.known && r.Platform.V == "":
		k.reported = true
		b.diags.Errorf(diag.Resource, r.Pos, "resource %q has no platform, and pool %q has no default one; it has %s", r.Name, b.params.Pool.Name, strings.Join(b.params.Pool.PlatformNames(), ", "))
	case k.platform.Name != "" && !site.ValidName(k.platform.Name):
		b.diags.Errorf(diag.Name, r.Platform.Pos, "%q cannot be the name of a platform, expected at most 64 letters, digits, . - and _", k.platform.Name)
	}
	k.options, _ = block(k.platform.DriverOptions).(map[string]any)
	return k
}

// kindOf is the kind of a task; false where there is none, which is reported.
func (b *builder) kindOf(t *workflow.Task) (*kind, bool) {
	k, ok := b.kinds[t.Resource.V]
	if !ok {
		return nil, false
	}
	if !k.known && !k.reported {
		k.reported = true
		r, pool := k.resource, b.params.Pool
		b.diags.Errorf(diag.Resource, r.Platform.Pos, "pool %q has no platform %q%s", pool.Name, r.Platform.V, diag.DidYouMean(r.Platform.V, pool.PlatformNames()))
	}
	return k, k.known
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

// excluded keeps members off the nodes that the resource names. A name goes into
// a constraint, where Nomad would read `${…}` as something of the node.
func (b *builder) excluded(r *workflow.Resource) []*api.Constraint {
	var out []*api.Constraint
	for _, name := range r.NodesExcluded {
		if name.V == "" || strings.Contains(name.V, "${") || !norm.NFC.IsNormalString(name.V) || strings.ContainsFunc(name.V, func(c rune) bool { return !strconv.IsPrint(c) }) {
			b.diags.Errorf(diag.Resource, name.Pos, "%q cannot be the name of a node", name.V)
			continue
		}
		out = append(out, api.NewConstraint("${node.unique.name}", "!=", name.V))
	}
	return out
}

// topology translates the resource's requirements, from the widest key to the
// narrowest. A group of a narrower key is one of its wider group's: the rack r1
// of zone z1 is not the rack r1 of zone z2 (OSMO topology.py).
func (b *builder) topology(r *workflow.Resource) []meta.TopologyNeed {
	offered := b.params.Pool.Topology
	place := func(key string) int {
		return slices.IndexFunc(offered, func(k site.TopologyKey) bool { return k.Key == key })
	}
	asked := slices.Clone(r.Topology)
	slices.SortStableFunc(asked, func(a, b workflow.Topology) int { return cmp.Compare(place(a.Key.V), place(b.Key.V)) })
	out := make([]meta.TopologyNeed, 0, len(asked))
	group := ""
	for _, t := range asked {
		i := place(t.Key.V)
		if i < 0 {
			keys := b.params.Pool.TopologyKeys()
			hint := diag.DidYouMean(t.Key.V, keys)
			if len(keys) == 0 {
				hint = ", which offers none"
			}
			b.diags.Errorf(diag.Topology, t.Key.Pos, "Topology key %q in resource %q is not available in pool %q%s", t.Key.V, r.Name, b.params.Pool.Name, hint)
			continue
		}
		group = strings.TrimPrefix(group+"/"+t.Group.V, "/")
		out = append(out, meta.TopologyNeed{Key: t.Key.V, Attribute: offered[i].Attribute, Group: group, Required: t.Required})
	}
	return out
}

// together names a set of members that belong together.
type together struct{ key, group string }

// requirements says for each set of a gang whether it is required: as its first
// member says (OSMO topology.py).
func requirements(members []Member) map[together]bool {
	var out map[together]bool
	for i := range members {
		for _, n := range members[i].kind.topology {
			if out == nil {
				out = map[together]bool{}
			}
			set := together{n.Key, n.Group}
			if _, known := out[set]; !known {
				out[set] = n.Required
			}
		}
	}
	return out
}
