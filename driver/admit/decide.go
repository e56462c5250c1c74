package admit

import (
	"cmp"
	"slices"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// maxRefusals is how often Nomad may refuse what the model found possible, on
// the same state of the cluster, before the gang waits for another state.
const maxRefusals = 3

// Decide says what is to be done about the world, in order: first what gives
// resources back or settles the past, then the queue. It is pure. An empty
// answer means that all is as it should be, as far as anybody can do anything.
func Decide(world World) []Action {
	actions, _ := world.decide()
	return actions
}

// decide also returns what was found out about gangs that do not fit, for as
// long as the picture of the cluster stays the same.
func (w World) decide() ([]Action, map[rendezvous.Gang]Held) {
	var actions []Action
	var waiting []queued
	gangs := w.gangs()
	for _, g := range gangs {
		f := w.find(g)
		switch {
		case f.action != nil && !w.postponed(f.action):
			actions = append(actions, f.action)
		case f.queues, f.wait != "" && g.wantsToKnow():
			waiting = append(waiting, queued{gang: g, wait: f.wait})
		}
	}
	slices.SortFunc(waiting, func(a, b queued) int { return a.gang.compare(b.gang) })
	s := service{World: w, held: map[rendezvous.Gang]Held{}}
	s.nodes, s.touched = w.room(gangs)
	return append(actions, s.serve(waiting)...), s.held
}

// find applies the rules to one gang.
func (w World) find(g *gang) finding {
	if g.job != nil {
		f := g.find()
		if c, ok := f.action.(Cancel); ok && w.Memory.Settled[c.Gang] {
			return finding{}
		}
		return f
	}
	if g.id.CreateIndex > w.Cluster.Seen {
		return finding{} // Nomad's side of the picture is older than the job
	}
	if since, ok := w.Memory.Gone[g.id]; ok && w.Now.Before(since.Add(goneWait)) {
		return finding{}
	}
	return g.findGone(w.Memory.Settled[g.id], w.workflowLeft(g.id))
}

// wantsToKnow: only a hold in the queue reads the queue record.
func (g *gang) wantsToKnow() bool {
	return g.livingHold() != nil && g.hold().Want == rendezvous.WantRelease
}

// postponed says whether the action was tried lately and shall rest.
func (w World) postponed(a Action) bool {
	g := a.About()
	if _, ok := a.(Evaluate); ok && w.Now.Before(w.Memory.Swept[g].Next) {
		return true
	}
	return w.Now.Before(w.Memory.Failed[g].Until)
}

// queued is a gang that waits to be placed; wait says what keeps it from trying.
type queued struct {
	gang *gang
	wait string
}

// service is one walk through the queue: the nodes as those before have left
// them, and whether anybody has taken anything yet.
type service struct {
	World
	nodes   []fit.Node
	touched bool
	held    map[rendezvous.Gang]Held
}

// serve goes through the queue in order. A gang that does not fit now blocks
// nobody; one that fits has its resources taken before the next is looked at.
func (s *service) serve(waiting []queued) []Action {
	var releases, told []Action
	position := 0
	for _, q := range waiting {
		reason := q.wait
		if reason == "" {
			var release *Release
			if release, reason = s.try(q.gang); release != nil {
				releases = append(releases, *release)
				s.nodes, s.touched = fit.Take(s.nodes, q.gang.asks, release.Record.Assignment, q.gang.id.Job), true
				continue
			}
		}
		position++
		record := rendezvous.Queue{Version: rendezvous.RecordVersion, Position: position, Reason: reason}
		if was := q.gang.view.Queue; was == nil || *was != record {
			told = append(told, Tell{Gang: q.gang.id, Queue: record})
		}
	}
	return append(releases, told...)
}

// compare orders the queue: priority, then age, which is the job's CreateIndex
// and therefore survives rollbacks.
func (g *gang) compare(o *gang) int {
	return cmp.Or(
		cmp.Compare(o.job.priority, g.job.priority),
		cmp.Compare(g.id.CreateIndex, o.id.CreateIndex),
		cmp.Compare(g.id.Namespace, o.id.Namespace),
		cmp.Compare(g.id.Job, o.id.Job),
	)
}

// try looks for a place for the gang: a release, or the reason why not.
func (s *service) try(g *gang) (*Release, string) {
	if f := s.Memory.Failed[g.id]; s.Now.Before(f.Until) {
		return nil, f.Why
	}
	refused, again := s.Memory.Refused[g.id]
	if again && refused.ClusterState != s.refusalState() {
		refused, again = Refusal{}, false
	}
	if refused.Count >= maxRefusals && s.Now.Before(refused.Next) {
		return nil, refused.Why
	}
	if h, ok := s.Memory.Held[g.id]; ok && h.is(s.Picture, g.job.modifyIndex) && !s.touched {
		s.held[g.id] = h
		return nil, h.Why
	}
	assignment, ok := fit.Assign(s.nodes, avoid(g.asks, refused.Avoid))
	if !ok && again {
		assignment, ok = fit.Assign(s.nodes, g.asks)
	}
	if !ok {
		why := s.explain(g)
		if !s.touched {
			s.held[g.id] = Held{Picture: s.Picture, JobModifyIndex: g.job.modifyIndex, Why: why}
		}
		return nil, why
	}
	return g.release(assignment, s.refusalState(), s.nodes), ""
}

// avoid keeps members away from nodes that Nomad has just refused them on.
func avoid(asks []fit.Member, refused map[string][]string) []fit.Member {
	if len(refused) == 0 {
		return asks
	}
	out := slices.Clone(asks)
	for i, m := range out {
		out[i].Constraints = slices.Clone(m.Constraints)
		for _, n := range refused[m.Name] {
			out[i].Constraints = append(out[i].Constraints, fit.Constraint{LTarget: "${node.unique.id}", Operand: "!=", RTarget: n})
		}
	}
	return out
}

// release is the action for a found assignment.
func (g *gang) release(assignment fit.Assignment, state string, nodes []fit.Node) *Release {
	e := rendezvous.Epoch{
		Version: rendezvous.RecordVersion, Phase: rendezvous.Releasing,
		Epoch:      max(g.epoch().Epoch, g.hold().WantEpoch) + 1,
		Assignment: assignment, Nodes: map[string]string{},
	}
	edit := Edit{Counts: map[string]int{}, Pins: map[string]string{}}
	for member, id := range assignment {
		edit.Counts[member], edit.Pins[member] = 1, id
	}
	for _, n := range nodes {
		for _, id := range assignment {
			if n.ID == id {
				e.Nodes[id] = n.Name
			}
		}
	}
	return &Release{
		Gang: g.id, Record: e, EpochIndex: g.view.EpochIndex, HoldIndex: g.view.HoldIndex,
		JobModifyIndex: g.job.modifyIndex, Edit: edit, ClusterState: state,
	}
}

// explain is the reason of a gang that does not fit.
func (s *service) explain(g *gang) string {
	reason := fit.Reason(fit.Explain(s.nodes, g.asks))
	if _, ok := fit.Assign(fit.WithoutHolds(s.nodes), g.asks); ok {
		return "only the hold of a waiting gang is in the way: " + reason
	}
	return reason
}
