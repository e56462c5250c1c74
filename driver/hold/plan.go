package hold

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// plan is what a step found to be the case and wants to be done about it. It
// is made anew in each step, from the state alone.
type plan struct {
	s state
	// rec is what the hold record is to say.
	rec     rendezvous.Hold
	elapsed elapsed
	// epoch is the live epoch, nil where the gang waits; members are its members.
	epoch   *rendezvous.Epoch
	members []member

	commit commit
	ask    *askGo
	lines  []line
	wakeAt time.Duration
	over   []effect
	// flush: the last status is written before it is over.
	flush bool
}

// line is something to say, once, on its topic. Soft ones may follow each other
// quickly, and then some are left out.
type line struct {
	topic, text string
	soft        bool
}

// reasonTopic is the topic of the gang's reasons.
const reasonTopic = "reason"

// newPlan starts from the record as it stands, as our own.
func newPlan(s state) *plan {
	p := &plan{s: s, elapsed: s.elapsed}
	v := s.view
	if v.Hold != nil {
		p.rec = *v.Hold
		p.rec.Rollbacks = maps.Clone(v.Hold.Rollbacks)
		p.rec.NeedsMet = slices.Clone(v.Hold.NeedsMet)
	}
	if s.startsAnew() {
		p.rec = rendezvous.Hold{State: rendezvous.Waiting}
		p.elapsed = elapsed{}
		if v.Epoch != nil {
			p.rec.WantEpoch = v.Epoch.Epoch
		}
	}
	p.rec.Version = rendezvous.RecordVersion
	p.rec.AllocID, p.rec.AllocCreateIndex, p.rec.NodeName = s.self.AllocID, s.self.CreateIndex, s.self.Node
	p.commit = commit{gang: s.gang, holdIndex: v.HoldIndex}
	live := s.isLive(p.rec)
	if live {
		p.epoch = v.Epoch
		p.commit.epoch = v.Epoch.Epoch
	}
	if live || s.hasRun(p.rec) {
		p.members = s.members()
		for _, m := range p.members {
			if m.fate == uncertain {
				p.wake(m.until - s.now)
			}
		}
	}
	p.stamp()
	return p
}

// startsAnew says that the recorded outcome is that of an older version of the
// job, and that the version there is now is the user's.
func (s state) startsAnew() bool {
	h := s.view.Hold
	return h != nil && h.Outcome != nil && s.job.Version > h.Outcome.JobVersion && len(s.job.Pins) == 0
}

// isLive says that the epoch in the records is one that the gang is in. A gang
// that waits has done with all up to WantEpoch.
func (s state) isLive(rec rendezvous.Hold) bool {
	e := s.view.Epoch
	if e == nil || e.Phase == rendezvous.Ended {
		return false
	}
	waits := rec.State == rendezvous.Waiting || rec.State == rendezvous.Scheduling
	return !waits || e.Epoch > rec.WantEpoch
}

// hasRun says that the epoch in the records has run, is over, and is the one
// whose outcome the gang has or will have: the status still shows its members.
func (s state) hasRun(rec rendezvous.Hold) bool {
	v := s.view
	return v.Epoch != nil && v.Epoch.Epoch == rec.Epoch && v.Verdict != nil && v.Verdict.Go &&
		(rec.Ending != nil || rec.Outcome != nil)
}

// stamp writes the timers into the record.
func (p *plan) stamp() {
	p.rec.QueuedMS = p.elapsed.queued.Milliseconds()
	p.rec.StartMS = p.elapsed.starting.Milliseconds()
	p.rec.BarrierMS = p.elapsed.barrier.Milliseconds()
	p.rec.RunMS = p.elapsed.running.Milliseconds()
}

// enter puts the gang into a state; the timers of an epoch start with it.
func (p *plan) enter(state rendezvous.State) {
	p.rec.State = state
	if p.epoch != nil && p.rec.Epoch != p.epoch.Epoch && state != rendezvous.Scheduling {
		p.rec.Epoch, p.rec.SkewNanos = p.epoch.Epoch, 0
		p.elapsed = elapsed{queued: p.elapsed.queued}
	}
	p.stamp()
}

// wake asks for a tick after d at the latest.
func (p *plan) wake(d time.Duration) {
	at := p.s.now + max(d, 0)
	if p.wakeAt == 0 || at < p.wakeAt {
		p.wakeAt = at
	}
}

// expired says that a timer has run out; if not, the plan wakes up when it does.
func (p *plan) expired(spent, limit time.Duration) bool {
	if limit <= 0 {
		return false
	}
	if spent < limit {
		p.wake(limit - spent)
	}
	return spent >= limit
}

func (p *plan) say(topic, format string, args ...any) {
	p.lines = append(p.lines, line{topic: topic, text: fmt.Sprintf(format, args...)})
}

// reason puts the one line that explains the gang's state into the record, and
// says it.
func (p *plan) reason(text string) {
	p.rec.Reason = text
	p.say(reasonTopic, "%s: %s", p.rec.State, text)
}

// progress is a reason that changes often.
func (p *plan) progress(text string) {
	p.reason(text)
	p.lines[len(p.lines)-1].soft = true
}

// abort decides the epoch against a start, so that its members can be taken back.
func (p *plan) abort(why string) {
	p.commit.verdict = p.verdict(false, why)
}

func (p *plan) verdict(isGo bool, why string) *rendezvous.Verdict {
	return &rendezvous.Verdict{Version: rendezvous.RecordVersion, Go: isGo, By: "the hold on " + p.s.self.Node, Why: why}
}

// endGrace is what a member's command has between SIGTERM and SIGKILL: the
// default of Kubernetes, on which OSMO runs, and Nomad's own limit.
const endGrace = 30 * time.Second

// endAll tells the members to end their commands.
func (p *plan) endAll(why string) {
	if p.s.view.End == nil {
		p.commit.end = &rendezvous.End{Version: rendezvous.RecordVersion, Why: why, Grace: endGrace}
	}
}

// finish records the outcome; the step that sees it recorded ends the hold.
// The epoch record must not change meanwhile: the admitter may be releasing.
func (p *plan) finish(o rendezvous.Outcome) {
	o.JobVersion = p.s.job.Version
	p.rec.State, p.rec.Reason, p.rec.Want = o.State, o.Sentence, rendezvous.WantNothing
	p.rec.Outcome, p.rec.Ending = &o, nil
	p.commit.outcome, p.commit.fenced, p.commit.epochIndex = true, true, p.s.view.EpochIndex
}
