package admit

import (
	"fmt"
	"maps"
	"sort"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// finding is what the rules say about one gang. At most one of its parts is
// set: a step that changes something is taken alone, and the next look sees
// what came of it.
type finding struct {
	action Action
	// queues: the gang is ready to be placed.
	queues bool
	// wait says why a gang that wants to be placed cannot queue yet.
	wait string
}

func do(a Action) finding { return finding{action: a} }

// find applies the rules to a gang whose job Nomad has.
func (g *gang) find() finding {
	switch {
	case g.metaErr != nil, g.stale():
		return finding{}
	case g.job.stop:
		return g.findStopped()
	case g.unreadable() != "":
		return finding{wait: "a record of this gang cannot be read, delete it in Consul or upgrade the plugins: " + g.unreadable()}
	case g.finished():
		return g.findFinished()
	}
	switch g.epoch().Phase {
	case rendezvous.Releasing:
		return g.findReleasing()
	case rendezvous.Placed:
		return g.findPlaced()
	}
	return g.findIdle()
}

// findStopped: Nomad stops all allocations of a stopped job itself, and nobody
// may register it again. Only a gang without a hold needs its last status.
func (g *gang) findStopped() finding {
	if g.someHoldAlive() || g.hold().Outcome != nil {
		return finding{}
	}
	return do(Cancel{Gang: g.id, Workflow: g.meta.Workflow, Group: g.meta.Group})
}

// findFinished: the gang has its outcome. While its hold lives, that is in
// charge; a gang that completed needs no further register.
func (g *gang) findFinished() finding {
	if why := g.asked(); why != "" {
		return g.takeBack(why)
	}
	if g.epoch().Phase == rendezvous.Releasing {
		return g.takeBack("the gang has ended")
	}
	if g.someHoldAlive() {
		return finding{}
	}
	if len(g.left()) > 0 {
		return g.clear("the gang has ended")
	}
	if g.job.counts[g.meta.Group] == 0 || !g.holdComesBack() {
		return finding{}
	}
	return g.register(g.allMembers(), "the gang has failed and its hold must not be rescheduled")
}

// holdComesBack says whether Nomad may place another hold for a gang that needs
// none: for one that failed, and for that of a failed gang also where it was
// drained or lost before it could.
func (g *gang) holdComesBack() bool {
	last := g.newestHold()
	if last == nil || !last.terminal() {
		return false
	}
	return last.client == "failed" || g.hold().Outcome.State != rendezvous.Completed
}

// clear takes back whatever Nomad wants running of a gang that nobody is in
// charge of any more.
func (g *gang) clear(why string) finding {
	switch counts := g.allMembers(); {
	case g.live():
		return g.takeBack(why)
	case len(counts) > 0:
		return g.register(counts, why)
	}
	return finding{}
}

// live says whether the current epoch has not been recorded as ended.
func (g *gang) live() bool {
	return g.epoch().Phase == rendezvous.Releasing || g.epoch().Phase == rendezvous.Placed
}

// asked says why the epoch must be taken back although nothing is wrong with
// its records, or "".
func (g *gang) asked() string {
	e, h, v := g.epoch(), g.hold(), g.view.Verdict
	switch {
	case e.Phase != rendezvous.Placed:
		return ""
	case v != nil && !v.Go:
		return "aborted" + because(v.Why)
	case h.Want == rendezvous.WantEnd && h.WantEpoch == e.Epoch:
		return "the hold wants the members to end"
	}
	return ""
}

// findReleasing: a release was begun and is not being carried out now, for the
// executor works serially. What is placed as written is adopted, all else is
// taken back. No member of it can have started: none was listed as placed.
func (g *gang) findReleasing() finding {
	placed := g.placedAsWritten()
	if placed == nil {
		return g.takeBack("the release was not completed" + because(g.refused))
	}
	return do(Record{Gang: g.id, EpochIndex: g.view.EpochIndex, Epoch: g.placed(placed, g.job.version)})
}

// placed is the epoch record once every member has its allocation.
func (g *gang) placed(allocs map[string]string, version uint64) rendezvous.Epoch {
	e := g.epoch()
	e.Phase, e.Allocs, e.JobVersion = rendezvous.Placed, allocs, version
	e.Addresses, e.Names = map[string]string{}, map[string]string{}
	for m, n := range e.Assignment {
		e.Addresses[m] = g.node(n).address
		e.Names[m] = g.job.names[m]
	}
	return e
}

func (g *gang) findPlaced() finding {
	e, h := g.epoch(), g.hold()
	if why := g.asked(); why != "" {
		return g.takeBack(why)
	}
	if g.rewritten() {
		return g.takeBack("the job was registered again by its user")
	}
	if h.Want == rendezvous.WantRelease && h.WantEpoch >= e.Epoch {
		return g.takeBack("the gang queues again")
	}
	if stray := g.strays(); len(stray) > 0 {
		return g.register(stray, "its allocation is in no record")
	}
	return g.sweep()
}

// strays are the members with an allocation that Nomad wants running and that
// the record of the placed epoch does not list, with the count they shall have.
func (g *gang) strays() map[string]int {
	counts := map[string]int{}
	for _, a := range g.running() {
		if g.epoch().Allocs[a.group] != a.id && g.job.counts[a.group] > 0 {
			counts[a.group] = 0
		}
	}
	return counts
}

// findIdle: no epoch is placed or being placed, so no member may have a count.
func (g *gang) findIdle() finding {
	if counts := g.allMembers(); len(counts) > 0 {
		return g.register(counts, "no epoch is placed")
	}
	if back := g.notBack(); len(back) > 0 {
		return finding{wait: g.waitingFor(back)}
	}
	hold, h := g.livingHold(), g.hold()
	if hold == nil {
		return g.sweep()
	}
	if h.Want != rendezvous.WantRelease || h.AllocID != hold.id || h.Outcome != nil {
		return finding{}
	}
	if lost := g.cutOff(); len(lost) > 0 {
		return finding{wait: fmt.Sprintf("waiting: a copy of %s may still run on host %s, which is cut off", lost[0].group, g.nodeName(lost[0].node))}
	}
	if wait := g.inTheWay(nil); wait != "" {
		return finding{wait: wait}
	}
	return finding{queues: true}
}

// allMembers is 0 for each member that has a count.
func (g *gang) allMembers() map[string]int {
	counts := map[string]int{}
	for _, m := range g.memberGroups() {
		if g.job.counts[m] > 0 {
			counts[m] = 0
		}
	}
	return counts
}

// takeBack ends an epoch, one step at a time: it can never go any more, its
// counts are 0, every reachable client has let go, it is recorded as ended.
func (g *gang) takeBack(why string) finding {
	e := g.epoch()
	if e.Phase == rendezvous.Placed && g.view.Verdict == nil {
		return do(Abort{Gang: g.id, Epoch: e.Epoch, EpochIndex: g.view.EpochIndex, Why: why})
	}
	if counts := g.allMembers(); len(counts) > 0 {
		return g.register(counts, why)
	}
	if back := g.notBack(); len(back) > 0 {
		return finding{wait: g.waitingFor(back)}
	}
	e.Phase, e.Why = rendezvous.Ended, why
	return do(Record{Gang: g.id, Epoch: e, EpochIndex: g.view.EpochIndex})
}

// register sets these counts, and to 0 those of groups whose allocation is
// terminal, unless it is a hold that shall live: Nomad runs a finished batch
// group again when the job gets a new version.
func (g *gang) register(counts map[string]int, why string) finding {
	counts = maps.Clone(counts)
	for _, m := range g.memberGroups() {
		if g.job.counts[m] > 0 && g.isOver(m) {
			counts[m] = 0
		}
	}
	if g.finished() && g.livingHold() == nil && g.job.counts[g.meta.Group] > 0 {
		counts[g.meta.Group] = 0
	}
	if wait := g.inTheWay(counts); wait != "" {
		return finding{wait: wait}
	}
	return do(Register{Gang: g.id, JobModifyIndex: g.job.modifyIndex, Edit: Edit{Counts: counts}, Why: why})
}

// isOver says whether the member has had allocations and none is left to run.
func (g *gang) isOver(member string) bool {
	had := false
	for _, a := range g.allocs {
		if a.group == member {
			if a.wanted && !a.terminal() {
				return false
			}
			had = true
		}
	}
	return had
}

// sweep: a drained or lost hold is not replaced until the job's next
// evaluation. A hold that was never placed, or waits for room, is Nomad's.
func (g *gang) sweep() finding {
	if g.job.counts[g.meta.Group] == 0 || g.someHoldAlive() {
		return finding{}
	}
	last := g.newestHold()
	if last == nil || g.inTheWay(nil) != "" {
		return finding{}
	}
	return do(Evaluate{Gang: g.id, Why: fmt.Sprintf("the hold %.8s on host %s is gone (%s)", last.id, g.nodeName(last.node), last.client)})
}

// findGone: Nomad has no such job any more. The status is settled first; the
// records stay while a job of the workflow is left, which may still ask for them.
func (g *gang) findGone(settled, workflowLeft bool) finding {
	switch {
	case !settled:
		return do(Cancel{Gang: g.id})
	case workflowLeft:
		return finding{}
	}
	return do(Prune{Gang: g.id})
}

func (g *gang) nodeName(id string) string {
	if n := g.node(id); n.name != "" {
		return n.name
	}
	return id
}

// waitingFor says who has to give back what before the gang can be placed.
func (g *gang) waitingFor(back []alloc) string {
	parts := make([]string, 0, len(back))
	for _, a := range back {
		parts = append(parts, a.group+" on host "+g.nodeName(a.node))
	}
	sort.Strings(parts)
	return "waiting until the former epoch has let go: " + strings.Join(parts, ", ")
}

// workflowOf is the workflow's part of a job id.
func workflowOf(jobID string) string {
	workflow, _, _ := strings.Cut(jobID, "~")
	return workflow
}
