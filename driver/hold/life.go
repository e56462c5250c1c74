package hold

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// maxRollbacks is how often one member may make a gang go back to the queue
// before the gang is given up.
const maxRollbacks = 3

// askPatience is how long the hold leaves it to the members to ask for the go:
// they see each other as soon as the hold does.
const askPatience = 250 * time.Millisecond

// unreachablePatience is how long a member may take to end its command once it
// was told to: the grace, and as much again to say so.
const unreachablePatience = 2 * endGrace

// decide derives from the state what the gang is in and what is to be done.
func decide(s state) *plan {
	p := newPlan(s)
	if h := s.view.Hold; h != nil && h.AllocCreateIndex > s.self.CreateIndex {
		p.superseded(h)
		return p
	}
	switch {
	case p.rec.Outcome != nil:
		p.conclude()
	case s.stop == stopCanceled:
		p.cancel()
	case p.epoch == nil:
		p.atRest()
	case p.epoch.Phase == rendezvous.Releasing:
		p.releasing()
	case s.view.Verdict == nil:
		p.gathering()
	case !s.view.Verdict.Go:
		p.rollingBack()
	case s.view.End != nil || p.rec.Ending != nil:
		p.ending()
	default:
		p.running()
	}
	return p
}

// superseded: a younger hold owns the gang.
func (p *plan) superseded(h *rendezvous.Hold) {
	text := fmt.Sprintf("allocation %s on %s holds this gang now: stepping down", h.AllocID, h.NodeName)
	p.over = []effect{say{text}, exit{1, nil}}
}

// conclude: the outcome is recorded. A canceled gang's hold stays while its
// members end, so that the status tells how.
func (p *plan) conclude() {
	if p.s.stop == stopCanceled && p.epoch != nil && p.s.view.Verdict != nil && p.s.view.Verdict.Go && !p.allOver() {
		return
	}
	o := *p.rec.Outcome
	p.flush = p.s.stop == stopCanceled && p.s.shown != nil
	p.over = []effect{leave{o}, say{o.Sentence}, exit{exitCode(o), &o}}
}

// exitCode is the hold's: only a gang that COMPLETED is a success.
func exitCode(o rendezvous.Outcome) int {
	if o.State == rendezvous.Completed {
		return 0
	}
	return 1
}

// cancel: the job was stopped. A gang that was about to end otherwise ends so.
func (p *plan) cancel() {
	v := p.s.view
	switch {
	case p.epoch == nil:
	case v.Verdict == nil:
		p.abort("the job was stopped")
	case v.Verdict.Go:
		p.endAll("the job was stopped")
	}
	if p.rec.Ending != nil {
		p.finish(*p.rec.Ending)
		return
	}
	p.finish(outcome(rendezvous.FailedCanceled, "the job was stopped"))
}

// atRest: no epoch is live. WAITING until all needs are met, then SCHEDULING.
func (p *plan) atRest() {
	p.closeEpoch()
	if p.rec.Ending != nil {
		p.finish(*p.rec.Ending)
		return
	}
	if p.s.job.Trouble != "" {
		o := outcome(rendezvous.FailedServerError, p.s.job.Trouble)
		o.Code = rendezvous.CodeServer
		p.finish(o)
		return
	}
	open, failed := p.needs()
	switch {
	case failed != "":
		o := outcome(rendezvous.FailedUpstream, "gang "+failed+" failed")
		o.Code = rendezvous.CodeUpstream
		p.finish(o)
	case len(open) > 0:
		p.rec.Want = rendezvous.WantNothing
		p.enter(rendezvous.Waiting)
		p.reason(p.needsReason(open))
	default:
		p.queue()
	}
}

// closeEpoch notes that all epochs so far are over. One that ran and has no
// outcome was ended because the user registered the job again: a new life.
func (p *plan) closeEpoch() {
	v := p.s.view
	if v.Epoch == nil || v.Epoch.Epoch <= p.rec.WantEpoch && p.rec.State == rendezvous.Scheduling {
		return
	}
	if v.Verdict != nil && v.Verdict.Go && p.rec.Ending == nil {
		p.rec.Rollbacks, p.elapsed.queued = nil, 0
	}
	p.rec.WantEpoch = max(p.rec.WantEpoch, v.Epoch.Epoch)
}

// queue: SCHEDULING, until the admitter places the gang.
func (p *plan) queue() {
	p.rec.Want = rendezvous.WantRelease
	p.enter(rendezvous.Scheduling)
	limit := p.s.job.Spec.QueueTimeout
	if p.expired(p.elapsed.queued, limit) {
		why := fmt.Sprintf("the gang stayed in the queue longer than %s", limit)
		if q := p.s.view.Queue; q != nil && q.Reason != "" {
			why += ": " + q.Reason
		}
		p.finish(outcome(rendezvous.FailedQueueTimeout, why))
		return
	}
	p.progress(p.queueReason())
}

// releasing: the admitter has decided and Nomad is at it.
func (p *plan) releasing() {
	p.enter(rendezvous.Scheduling)
	p.reason("being placed: " + p.places())
}

// gathering: INITIALIZING. All members have a place; they arrive, and then the
// go is asked for, or one of them cannot and the gang goes back.
func (p *plan) gathering() {
	p.rec.Want = rendezvous.WantNothing
	p.enter(rendezvous.Initializing)
	p.say("placed", "placed: %s", p.places())
	if p.reregistered() {
		p.goBack(nil, "the job was registered again")
		return
	}
	if i := slices.IndexFunc(p.members, func(m member) bool { return m.over() }); i >= 0 {
		p.fallBack(p.members[i])
		return
	}
	spec := p.s.job.Spec
	late, limit := p.expired(p.elapsed.starting, spec.StartTimeout), spec.StartTimeout
	if p.expired(p.elapsed.barrier, spec.BarrierTimeout) && !late {
		late, limit = true, spec.BarrierTimeout
	}
	if m, missing := p.missing(); missing && late {
		m.why = fmt.Sprintf("did not arrive within %s: %s", limit, m.doing())
		p.fallBack(m)
		return
	}
	p.askForGo()
	p.progress(p.barrierReason())
}

// missing is the first member that has not arrived.
func (p *plan) missing() (member, bool) {
	i := slices.IndexFunc(p.members, func(m member) bool { return m.fate != arrived })
	if i < 0 {
		return member{}, false
	}
	return p.members[i], true
}

// askForGo asks for the verdict once all have arrived; without a barrier nobody
// waits for anybody.
func (p *plan) askForGo() {
	sessions := map[string]string{}
	if p.s.job.Spec.Barrier {
		if _, missing := p.missing(); missing {
			return
		}
		if since := p.s.since["ready"]; p.s.now-since < askPatience {
			p.wake(askPatience - (p.s.now - since))
			return
		}
		for name, r := range p.s.view.Ready {
			sessions[name] = r.Session
		}
	}
	p.ask = &askGo{
		gang: p.s.gang, epoch: p.epoch.Epoch, epochIndex: p.s.view.EpochIndex,
		sessions: sessions, verdict: *p.verdict(true, "all members are ready"),
	}
}

// fallBack: a member makes the start impossible. The gang goes back to the
// queue, unless trying again is of no use.
func (p *plan) fallBack(m member) {
	why := m.on() + " " + m.why
	refused := m.alloc != nil && m.alloc.Tasks[m.name].Refused && m.state == rendezvous.FailedImagePull
	if p.rec.Rollbacks == nil {
		p.rec.Rollbacks = map[string]int{}
	}
	p.rec.Rollbacks[m.name]++
	n := p.rec.Rollbacks[m.name]
	if !refused && n < maxRollbacks {
		p.goBack(nil, why)
		return
	}
	o := outcome(rendezvous.FailedStartTimeout, fmt.Sprintf("%s (attempt %d of %d)", why, n, maxRollbacks))
	o.Code = rendezvous.CodeStartTimeout
	if m.state == rendezvous.FailedImagePull {
		o = outcome(rendezvous.FailedImagePull, why)
		o.Code = m.code
	}
	o.Member, o.Node = m.name, m.node
	p.goBack(&o, why)
}

// goBack decides against the start, if nobody decided for it first, and asks
// for the members to be taken back.
func (p *plan) goBack(ending *rendezvous.Outcome, why string) {
	p.abort(why)
	p.rec.Ending, p.rec.Want, p.rec.WantEpoch = ending, rendezvous.WantRollback, p.epoch.Epoch
	p.rec.Reason = "taking the members back: " + why
}

// rollingBack: the verdict is abort; the admitter takes the members back.
func (p *plan) rollingBack() {
	p.enter(rendezvous.Initializing)
	p.rec.Want, p.rec.WantEpoch = rendezvous.WantRollback, p.epoch.Epoch
	p.reason("taking the members back: " + p.s.view.Verdict.Why)
}

// running: RUNNING, until OSMO's rules, the timeout or the user say otherwise.
func (p *plan) running() {
	p.rec.Want = rendezvous.WantNothing
	p.enter(rendezvous.Running)
	p.measure()
	spec := p.s.job.Spec
	if p.reregistered() {
		p.endAll("the job was registered again")
		p.rec.Want, p.rec.WantEpoch = rendezvous.WantEnd, p.epoch.Epoch
		p.rec.Reason = "the job was registered again: ending this run"
		return
	}
	if o, why := judge(spec, p.members); o != nil {
		p.endWith(*o, why)
		return
	}
	if p.expired(p.elapsed.running, spec.ExecTimeout) {
		why := fmt.Sprintf("the gang ran longer than %s", spec.ExecTimeout)
		p.endWith(outcome(rendezvous.FailedExecTimeout, why), why)
		return
	}
	if !slices.ContainsFunc(p.members, func(m member) bool { return m.fate == uncertain }) {
		p.progress(p.runReason()) // else it changes in a moment
	}
}

// endWith ends the members; the outcome is decided from here on.
func (p *plan) endWith(o rendezvous.Outcome, why string) {
	p.endAll(why)
	p.rec.Ending = &o
	p.rec.Reason = "ending: " + why
}

// ending: the members were told to end. When all have, the gang has its
// outcome; where some cannot be reached or were replaced, or the gang is to
// start anew, the admitter takes the places back first.
func (p *plan) ending() {
	p.enter(rendezvous.Running)
	p.endAll(p.endWhy()) // a record that was removed by hand
	slow := p.expired(p.s.now-p.s.sinceOr("end"), unreachablePatience)
	again := p.rec.Ending == nil
	if !again && p.allClean() && !p.s.strangers() {
		p.finish(*p.rec.Ending)
		return
	}
	if again || slow || p.allOver() && (!p.allClean() || p.s.strangers()) {
		p.rec.Want, p.rec.WantEpoch = rendezvous.WantEnd, p.epoch.Epoch
	}
	p.reason(p.endReason())
}

func (p *plan) endWhy() string {
	if p.s.view.End != nil {
		return p.s.view.End.Why
	}
	return p.rec.Ending.Sentence
}

// sinceOr is when the thing was first seen, now if it was not.
func (s state) sinceOr(thing string) time.Duration {
	if t, ok := s.since[thing]; ok {
		return t
	}
	return s.now
}

// reregistered says that the user wrote the job while this epoch was running:
// a newer version than the release, in which no member is pinned.
func (p *plan) reregistered() bool {
	e := p.epoch
	return e.JobVersion != 0 && p.s.job.Version > e.JobVersion && len(p.s.job.Pins) == 0
}

// allOver says that no member runs any more, as far as anybody can know.
func (p *plan) allOver() bool {
	return !slices.ContainsFunc(p.members, func(m member) bool { return !m.over() })
}

// allClean says that every member has ended by itself, so that Nomad has
// nothing to replace.
func (p *plan) allClean() bool {
	return !slices.ContainsFunc(p.members, func(m member) bool { return m.fate != ended })
}

// needs is the upstream gangs that are still to complete, and the first that failed.
func (p *plan) needs() (open []string, failed string) {
	for _, need := range p.s.job.Spec.Needs {
		if slices.Contains(p.rec.NeedsMet, need) {
			continue
		}
		switch up := p.s.upstream[need]; {
		case up.State == rendezvous.Completed:
			p.rec.NeedsMet = append(p.rec.NeedsMet, need)
		case up.State.Finished():
			return nil, need
		default:
			open = append(open, need)
		}
	}
	return open, ""
}

// measure finds the spread of the members' starts once all have started.
func (p *plan) measure() {
	var first, last int64
	hosts := map[string]bool{}
	for i, m := range p.members {
		if m.started == nil {
			return
		}
		at := m.started.Start.UnixNanos
		if i == 0 || at < first {
			first = at
		}
		last = max(last, at)
		hosts[m.started.Node] = true
	}
	p.rec.SkewNanos = last - first
	p.say("started", "%s", startedLine(len(p.members), len(hosts), time.Duration(last-first)))
}

// outcome makes an outcome with the sentence that the UI shows.
func outcome(state rendezvous.State, why string) rendezvous.Outcome {
	return rendezvous.Outcome{State: state, Sentence: string(state) + ": " + strings.TrimSuffix(why, ".")}
}
