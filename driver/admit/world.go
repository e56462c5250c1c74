package admit

import (
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// World is everything that Decide looks at, at one instant.
type World struct {
	Now     time.Time
	Cluster cluster.Snapshot
	// Picture numbers the snapshots: the same number is the same snapshot. 0 is
	// like no other.
	Picture uint64
	// Records of every gang that has some.
	Records map[rendezvous.Gang]rendezvous.View
	Memory  Memory
}

// ReadRecords sorts the entries below rendezvous.GangsPrefix into gangs.
func ReadRecords(entries []rendezvous.Entry) map[rendezvous.Gang]rendezvous.View {
	byGang := map[rendezvous.Gang][]rendezvous.Entry{}
	for _, e := range entries {
		if g, _, ok := rendezvous.ParseGangKey(e.Key); ok {
			byGang[g] = append(byGang[g], e)
		}
	}
	views := map[rendezvous.Gang]rendezvous.View{}
	for g, own := range byGang {
		views[g] = rendezvous.ReadView(g, own)
	}
	return views
}

// gangs are all gangs that Nomad or Consul know, in a fixed order.
func (w World) gangs() []*gang {
	var out []*gang
	known := map[rendezvous.Gang]bool{}
	for _, c := range w.Cluster.Gangs {
		g := w.gang(c)
		known[g.id] = true
		out = append(out, g)
	}
	for id, view := range w.Records {
		if !known[id] {
			out = append(out, &gang{id: id, view: view})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id.Prefix() < out[j].id.Prefix() })
	return out
}

// gang puts together what Nomad and Consul say of one gang.
func (w World) gang(c cluster.Gang) *gang {
	g := &gang{
		id:      idOf(c),
		refused: w.Memory.Refused[idOf(c)].Why,
		job: &job{
			version: c.Version, modifyIndex: c.JobModifyIndex, stop: c.Stop, priority: c.Priority,
			counts: map[string]int{}, pins: map[string]string{}, names: map[string]string{},
		},
	}
	g.view = w.Records[g.id]
	g.meta, g.metaErr = meta.Parse(c.Meta)
	drivers := map[string]bool{}
	for _, group := range c.Groups {
		g.job.counts[group.Name] = group.Count
		for _, d := range group.Drivers {
			drivers[d] = true
		}
		if group.Name == g.meta.Group {
			continue
		}
		g.job.pins[group.Name], g.job.names[group.Name] = group.Pin, group.Meta[meta.Name]
		g.asks = append(g.asks, group.Need)
	}
	g.node = func(id string) node {
		n, ok := w.Cluster.NodeStates[id]
		if !ok {
			return node{}
		}
		return node{name: n.Name, address: n.Address, up: n.Up, sick: sickFor(n, drivers)}
	}
	for _, a := range c.Allocs {
		g.allocs = append(g.allocs, alloc{
			id: a.ID, group: a.Group, node: a.NodeID, wanted: a.Wanted(), client: a.ClientStatus,
			jobVersion: a.JobVersion, createIndex: a.CreateIndex,
		})
	}
	return g
}

// sickFor says why an evaluation of a job with these drivers could do harm on
// the node, or "".
func sickFor(n cluster.NodeState, drivers map[string]bool) string {
	if n.Sick != "" {
		return n.Sick
	}
	for _, d := range n.Drivers {
		if drivers[d] {
			return "driver " + d + " is not healthy"
		}
	}
	return ""
}

// workflowLeft says whether Nomad still has a job of the gang's workflow.
func (w World) workflowLeft(gone rendezvous.Gang) bool {
	return slices.ContainsFunc(w.Cluster.Gangs, func(c cluster.Gang) bool {
		return c.Namespace == gone.Namespace && c.Meta[meta.Workflow] == workflowOf(gone.Job)
	})
}

// room is the model of the nodes. What a release that is under way will take
// counts as taken: its allocations may not be there yet.
func (w World) room(gangs []*gang) (nodes []fit.Node, touched bool) {
	nodes = w.Cluster.Nodes
	for _, g := range gangs {
		if g.job == nil || g.metaErr != nil || g.job.stop || g.epoch().Phase != rendezvous.Releasing || !g.asPinned() {
			continue
		}
		pending := fit.Assignment{}
		for m, n := range g.epoch().Assignment {
			if g.job.counts[m] > 0 && len(g.members(func(a alloc) bool { return a.group == m && g.alive(a) })) == 0 {
				pending[m] = n
			}
		}
		nodes, touched = fit.Take(nodes, g.asks, pending, g.id.Job), true
	}
	return nodes, touched
}

// stateOf names a state of the nodes as far as it decides about placing.
func stateOf(nodes []fit.Node) string {
	h := fnv.New64a()
	lines := make([]string, 0, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		lines = append(lines, fmt.Sprint(n.ID, n.NotReady, n.Free, n.Devices, n.Ports, n.Drivers))
	}
	sort.Strings(lines)
	fmt.Fprint(h, strings.Join(lines, "\n"))
	return strconv.FormatUint(h.Sum64(), 16)
}

// refusalState is the state that a refusal is about. Holds are left out: they
// come and go where there is room.
func (w World) refusalState() string { return stateOf(fit.WithoutHolds(w.Cluster.Nodes)) }
