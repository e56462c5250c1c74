package admit

import (
	"context"
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func gangMeta(id, group string, members map[string]fakeGroup) map[string]string {
	names := sortedKeys(members)
	workflow, _, _ := strings.Cut(id, "~")
	return meta.Gang{Workflow: workflow, Group: group, Lead: names[0], Members: names, Barrier: true}.Write()
}

// actors plays the holds and members of all gangs: simplified, but with the
// same records and the same rights to them as the real ones.
type actors struct {
	nomad *fakeNomad
	store *memory.Store
	// fail is called when something happens that must never happen.
	fail func(format string, args ...any)
	// failing makes a running member fail now and then.
	failing bool
}

func (p *actors) view(g rendezvous.Gang) rendezvous.View {
	entries, _, _ := p.store.Watch(context.Background(), g.Prefix(), 0)
	return rendezvous.ReadView(g, entries)
}

func (p *actors) commit(ops ...rendezvous.Op) bool {
	ok, err := p.store.Commit(context.Background(), ops...)
	if err != nil {
		p.fail("commit: %v", err)
	}
	return ok
}

func (j *fakeJob) gang() rendezvous.Gang {
	return rendezvous.Gang{Namespace: "default", Job: j.id, CreateIndex: j.create}
}

// act lets every hold and member take a step.
func (p *actors) act() {
	for _, id := range sortedKeys(p.nomad.jobs) {
		j := p.nomad.jobs[id]
		for _, a := range p.nomad.allocsOf(id) {
			n := p.nomad.node(a.node)
			if n.sick && !a.started {
				a.epoch = 0 // a plugin that died has only the gate's word to go on from
			}
			if a.client != "running" || !n.up || n.sick {
				continue
			}
			if a.group == j.hold {
				p.hold(j, a)
			} else {
				p.member(j, a)
			}
		}
	}
}

// member arrives if it is listed, starts on go, and ends in its own time or
// when its records tell it to, started or not.
func (p *actors) member(j *fakeJob, a *fakeAlloc) {
	g := j.gang()
	v := p.view(g)
	listed := v.Epoch != nil && v.Epoch.Phase == rendezvous.Placed && v.Epoch.Allocs[a.group] == a.id
	if listed && !a.started {
		p.list(a, v.Epoch.Epoch)
	}
	switch {
	case a.mustEnd(v):
		p.end(a, "complete")
	case a.started:
		p.run(a)
	case !listed:
	case v.Verdict != nil:
		p.start(j, a)
	case !a.ready:
		ready := rendezvous.Ready{Version: rendezvous.RecordVersion, AllocID: a.id, NodeID: a.node}
		a.ready = p.commit(
			rendezvous.CheckIndex(g.EpochKey(), v.EpochIndex),
			rendezvous.Put(g.ReadyKey(v.Epoch.Epoch, a.group), rendezvous.Encode(ready)))
	}
}

// list: an epoch counts on the allocation, for its whole life. The abort of an
// epoch is to keep its allocations from ever starting.
func (p *actors) list(a *fakeAlloc, epoch int) {
	if a.listed != 0 && a.listed != epoch {
		p.fail("%s of epoch %d is listed in epoch %d", a.id, a.listed, epoch)
	}
	a.listed, a.epoch = epoch, epoch
}

// mustEnd is what a member's plugin tells its gate: to end the command, or never
// to start it. Either way the gate exits with 0 (driver/member endOf, osmo-gate
// life.onEnd).
func (a *fakeAlloc) mustEnd(v rendezvous.View) bool {
	e := v.Epoch
	switch {
	case e == nil, a.epoch == 0, e.Epoch < a.epoch:
		return false
	case e.Epoch > a.epoch, e.Phase == rendezvous.Ended, v.End != nil:
		return true
	case e.Phase == rendezvous.Placed && e.Allocs[a.group] != a.id:
		return true
	}
	return v.Verdict != nil && !v.Verdict.Go
}

// start is the command's start: never of two copies at a time.
func (p *actors) start(j *fakeJob, a *fakeAlloc) {
	for _, o := range p.nomad.allocsOf(j.id) {
		if o != a && o.group == a.group && o.started && !o.terminal() {
			p.fail("two copies of %s run: %s (%s on %s) and %s", a.group, o.id, o.client, o.node, a.id)
		}
	}
	if h := p.view(j.gang()).Hold; h != nil && h.Outcome != nil && h.Outcome.JobVersion >= j.version {
		p.fail("%s starts after the gang has ended with %v", a.id, h.Outcome)
	}
	a.started = true
}

// run lets a command end in its own time.
func (p *actors) run(a *fakeAlloc) {
	switch {
	case p.nomad.rng.Intn(6) == 0:
		p.end(a, "complete")
	case p.failing && p.nomad.rng.Intn(40) == 0:
		p.end(a, "failed")
	}
}

// end is a member's end, as its client tells it.
func (p *actors) end(a *fakeAlloc, client string) {
	a.client = client
	p.nomad.next()
}

// hold is one step of a hold.
func (p *actors) hold(j *fakeJob, a *fakeAlloc) {
	if !a.wanted || j.stop {
		return
	}
	g := j.gang()
	v := p.view(g)
	rec := rendezvous.Hold{Version: rendezvous.RecordVersion, AllocID: a.id, AllocCreateIndex: a.create}
	if v.Hold != nil {
		if v.Hold.AllocCreateIndex > a.create {
			a.client = "complete"
			return
		}
		rec = *v.Hold
		rec.AllocID, rec.AllocCreateIndex = a.id, a.create
	}
	if rec.Outcome != nil && rec.Outcome.JobVersion >= j.version {
		a.client = "complete"
		if rec.Outcome.State != rendezvous.Completed {
			a.client = "failed"
		}
		p.nomad.next()
		return
	}
	rec.Outcome = nil
	var also []rendezvous.Op
	rec, also = p.decideHold(j, v, rec)
	if v.Hold == nil || string(rendezvous.Encode(rec)) != string(rendezvous.Encode(*v.Hold)) || len(also) > 0 {
		p.commit(append(also, rendezvous.Swap(g.HoldKey(), rendezvous.Encode(rec), v.HoldIndex))...)
	}
}

// decideHold is the hold's rules, reduced to what the admitter can see of them.
func (p *actors) decideHold(j *fakeJob, v rendezvous.View, rec rendezvous.Hold) (rendezvous.Hold, []rendezvous.Op) {
	e := v.Epoch
	switch {
	case e == nil || e.Phase == rendezvous.Ended:
		if rec.Ending != nil {
			o := *rec.Ending
			o.JobVersion = j.version
			rec.Ending, rec.Outcome, rec.Want = nil, &o, rendezvous.WantNothing
			return rec, nil
		}
		rec.Want, rec.WantEpoch = rendezvous.WantRelease, 0
		if e != nil {
			rec.WantEpoch = e.Epoch
		}
	case e.Phase == rendezvous.Releasing:
	case v.Verdict == nil:
		return p.gather(j, v, rec)
	case !v.Verdict.Go:
		rec.Want, rec.WantEpoch = rendezvous.WantRollback, e.Epoch
	default:
		return p.supervise(j, v, rec)
	}
	return rec, nil
}

// gather: all arrive and the gang goes, or it goes back.
func (p *actors) gather(j *fakeJob, v rendezvous.View, rec rendezvous.Hold) (rendezvous.Hold, []rendezvous.Op) {
	e, g := v.Epoch, j.gang()
	rec.Want = rendezvous.WantNothing
	var lost string
	for _, m := range sortedKeys(e.Allocs) {
		if a := p.alloc(e.Allocs[m]); a == nil || a.terminal() || a.client == "unknown" || !a.wanted {
			lost = m
		}
	}
	verdict := rendezvous.Verdict{Version: rendezvous.RecordVersion, By: "hold"}
	guard := rendezvous.CheckIndex(g.EpochKey(), v.EpochIndex)
	switch {
	case lost != "":
		verdict.Why = lost + " is lost"
		rec.Want, rec.WantEpoch = rendezvous.WantRollback, e.Epoch
		return rec, []rendezvous.Op{guard, rendezvous.Create(g.VerdictKey(e.Epoch), rendezvous.Encode(verdict))}
	case len(v.Ready) == len(e.Allocs):
		verdict.Go = true
		return rec, []rendezvous.Op{guard, rendezvous.Create(g.VerdictKey(e.Epoch), rendezvous.Encode(verdict))}
	}
	return rec, nil
}

// supervise: the gang runs; the lead's end ends it, a loss fails it.
func (p *actors) supervise(j *fakeJob, v rendezvous.View, rec rendezvous.Hold) (rendezvous.Hold, []rendezvous.Op) {
	e, g := v.Epoch, j.gang()
	rec.Want = rendezvous.WantNothing
	spec, _ := meta.Parse(j.meta)
	over, unreachable, rewritten := true, false, j.groups[spec.Lead].pin == ""
	end := rendezvous.Put(g.EndKey(e.Epoch), rendezvous.Encode(rendezvous.End{Version: rendezvous.RecordVersion, Why: "x"}))
	for _, m := range sortedKeys(e.Allocs) {
		a := p.alloc(e.Allocs[m])
		switch {
		case a == nil || a.client == "failed" || a.client == "lost" || a.client == "unknown" || !a.wanted:
			if rec.Ending == nil && !rewritten {
				rec.Ending = &rendezvous.Outcome{State: rendezvous.Failed, Sentence: m + " is lost"}
			}
			unreachable = unreachable || a != nil && !a.terminal()
		case a.client == "complete" && m == spec.Lead && rec.Ending == nil:
			rec.Ending = &rendezvous.Outcome{State: rendezvous.Completed}
		case !a.terminal():
			over = false
		}
	}
	if rewritten {
		rec.Ending, rec.Want, rec.WantEpoch = nil, rendezvous.WantEnd, e.Epoch
		return rec, []rendezvous.Op{end}
	}
	if rec.Ending == nil {
		return rec, nil
	}
	if over && !unreachable {
		o := *rec.Ending
		o.JobVersion = j.version
		rec.Ending, rec.Outcome = nil, &o
		return rec, nil
	}
	if over {
		rec.Want, rec.WantEpoch = rendezvous.WantEnd, e.Epoch
	}
	if v.End == nil {
		return rec, []rendezvous.Op{end}
	}
	return rec, nil
}

func (p *actors) alloc(id string) *fakeAlloc {
	for _, a := range p.nomad.allocs {
		if a.id == id {
			return a
		}
	}
	return nil
}

// outcomes says how each gang stands, for failures of tests.
func (p *actors) outcomes() string {
	var b strings.Builder
	for _, id := range sortedKeys(p.nomad.jobs) {
		j := p.nomad.jobs[id]
		v := p.view(j.gang())
		fmt.Fprintf(&b, "%s v%d stop=%v", id, j.version, j.stop)
		for _, name := range sortedKeys(j.groups) {
			fmt.Fprintf(&b, " %s=%d@%s", name, j.groups[name].count, j.groups[name].pin)
		}
		b.WriteByte('\n')
		if v.Hold != nil {
			fmt.Fprintf(&b, "  hold %s want %q %d outcome %v ending %v\n", v.Hold.AllocID, v.Hold.Want, v.Hold.WantEpoch, v.Hold.Outcome, v.Hold.Ending)
		}
		if v.Epoch != nil {
			fmt.Fprintf(&b, "  epoch %d %s v%d %v %q verdict %+v\n", v.Epoch.Epoch, v.Epoch.Phase, v.Epoch.JobVersion, v.Epoch.Allocs, v.Epoch.Why, v.Verdict)
		}
		if v.Queue != nil {
			fmt.Fprintf(&b, "  queue %+v\n", *v.Queue)
		}
		for _, a := range p.nomad.allocsOf(id) {
			if !a.terminal() || a.wanted {
				fmt.Fprintf(&b, "  alloc %s on %s wanted=%v %s v%d started=%v\n", a.id, a.node, a.wanted, a.client, a.version, a.started)
			}
		}
	}
	return b.String()
}
