package hold

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// How long changes that only people read are collected before they are
// written, and how old the written timers may become.
const (
	quietPeriod   = 400 * time.Millisecond
	reasonPeriod  = time.Second
	timersPersist = 15 * time.Second
)

// step is the hold: what it knows and what happened, to what it knows then and
// what is to be done. It has no clock, no I/O and no memory but the state.
func step(s state, ev event) (state, []effect) {
	if s.done {
		return s, nil
	}
	s = s.pass(ev.now).absorb(ev.what)
	if s.stop == stopAside || s.stop == stopNow {
		return s.depart()
	}
	if !s.viewSeen || s.self.CreateIndex == 0 || s.unreadable() {
		return s, nil // not enough is known to do anything
	}
	s, effects := s.watchClosely()
	p := decide(s)
	return s.settle(p, effects)
}

// pass lets time go by: it counts for what the gang was in until now.
func (s state) pass(now time.Duration) state {
	d := max(now-s.now, 0)
	s.now = now
	switch s.phase {
	case rendezvous.Scheduling:
		s.elapsed.queued += d
	case rendezvous.Initializing:
		s.elapsed.starting += d
		if len(s.view.Ready) > 0 {
			s.elapsed.barrier += d
		}
	case rendezvous.Running:
		s.elapsed.running += d
	}
	return s
}

// absorb takes an observation in.
func (s state) absorb(what any) state {
	switch e := what.(type) {
	case seen:
		if e.index >= s.viewIndex || e.reset {
			s = s.look(e.view, e.index)
		}
	case committed:
		s.busy = false
		if e.ok {
			s.shown = s.sent
		}
		if e.index >= s.viewIndex {
			s = s.look(e.view, e.index)
		}
	case allocsSeen:
		s = s.list(e)
	case jobSeen:
		s.job = e.job
	case upstreamSeen:
		s.upstream = e.upstream
	case stopAsked:
		s.stop = max(s.stop, e.stop)
	}
	return s
}

// look takes the gang's records in. The timers of another hold's record are
// taken over; our own are counted on from what this run knows.
func (s state) look(v rendezvous.View, index uint64) state {
	if h := v.Hold; h != nil && (!s.viewSeen || h.AllocID != s.self.AllocID) {
		s.elapsed = elapsed{queued: ms(h.QueuedMS), starting: ms(h.StartMS), barrier: ms(h.BarrierMS), running: ms(h.RunMS)}
	}
	s.viewSeen, s.view, s.viewIndex = true, v, index
	return s
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func (s state) list(e allocsSeen) state {
	if e.answers != 0 && e.answers <= s.answered {
		return s
	}
	s.answered = max(s.answered, e.answers)
	s.allocSeen, s.allocs = true, e.allocs
	for _, a := range e.allocs {
		if a.ID == s.self.AllocID {
			s.self.CreateIndex = a.CreateIndex
		}
	}
	return s
}

// depart leaves the gang to its next hold, or to the admitter.
func (s state) depart() (state, []effect) {
	s.done = true
	if h := s.view.Hold; s.stop == stopNow && h != nil && h.Outcome != nil {
		return s, []effect{leave{*h.Outcome}, exit{exitCode(*h.Outcome), h.Outcome}}
	}
	text := "told to stop while the job goes on (a drain, or this allocation was stopped): another hold takes over"
	if s.stop == stopNow {
		text = "the job was stopped, and there was no time to record it: the admitter does"
	}
	return s, []effect{say{text}, exit{1, nil}}
}

// unreadable says that a record that decides about the gang is there and was
// not believed (tampered with, or of another version of the plugin). Nothing
// is done about the gang until somebody has put that right: the runner says so.
func (s state) unreadable() bool {
	return slices.ContainsFunc(s.view.Bad, func(bad string) bool {
		key, _, _ := strings.Cut(bad, ": ")
		switch path.Base(key) {
		case "hold", "epoch", "verdict", "end":
			return true
		}
		return false
	})
}

// settle turns a plan into effects, leaving out what is done already.
func (s state) settle(p *plan, effects []effect) (state, []effect) {
	s.phase, s.elapsed = p.rec.State, p.elapsed
	for _, l := range p.lines {
		var ok bool
		if s, ok = s.sayOnce(p, l); ok {
			effects = append(effects, say{l.text})
		}
	}
	var write effect
	switch {
	case p.over == nil:
		s, write = s.write(p)
	case p.flush && !s.busy:
		s, write = s.flush(p)
	}
	if write != nil {
		effects = append(effects, write)
	}
	if p.over != nil && !s.busy {
		s.done = true
		return s, append(effects, p.over...)
	}
	if p.wakeAt > 0 {
		effects = append(effects, wake{p.wakeAt})
	}
	return s, effects
}

// sayOnce says whether the line is to be said: when it is new on its topic and,
// for one that follows others of its kind closely, a little later.
func (s state) sayOnce(p *plan, l line) (state, bool) {
	last, known := s.said[l.topic]
	if known && last.text == l.text {
		return s, false
	}
	if soon := last.at + reasonPeriod; known && l.soft && last.phase == s.phase && s.now < soon {
		p.wake(soon - s.now)
		return s, false
	}
	said := map[string]saying{}
	maps.Copy(said, s.said)
	said[l.topic] = saying{l.text, s.phase, s.now}
	s.said = said
	return s, true
}

// write is the one write that the plan needs now, if any, and if none is under
// way already.
func (s state) write(p *plan) (state, effect) {
	if s.busy {
		return s, nil
	}
	c, urgent := p.pending()
	quiet := s.commit == 0 || s.now >= s.commit+quietPeriod
	switch {
	case c != nil && (urgent || quiet):
		s.busy, s.sent, s.commit = true, c.status, s.now
		if s.sent == nil {
			s.sent = s.shown
		}
		return s, *c
	case p.ask != nil:
		s.busy, s.sent = true, s.shown
		return s, *p.ask
	case c != nil:
		p.wake(s.commit + quietPeriod - s.now)
	}
	return s, nil
}

// flush writes a last status, without waiting.
func (s state) flush(p *plan) (state, effect) {
	st := p.status()
	if reflect.DeepEqual(*s.shown, st) {
		return s, nil
	}
	p.commit.status = &st
	s.busy, s.sent = true, &st
	return s, p.commit
}

// pending is the commit that makes the records say what the plan says; nil
// where they do. Urgent is one that others act upon, or that changes the state.
func (p *plan) pending() (c *commit, urgent bool) {
	c = &p.commit
	urgent = c.verdict != nil || c.end != nil || c.outcome
	old := p.s.view.Hold
	switch {
	case old == nil || urgent || !sameRecord(*old, p.rec):
		c.hold, urgent = &p.rec, true
	case old.Reason != p.rec.Reason || p.timersStale(*old):
		c.hold = &p.rec
	}
	if st := p.status(); p.s.shown == nil || !reflect.DeepEqual(*p.s.shown, st) {
		c.status = &st
	}
	if c.hold == nil && c.status == nil {
		return nil, false
	}
	return c, urgent
}

// sameRecord compares what others act upon.
func sameRecord(a, b rendezvous.Hold) bool {
	for _, h := range []*rendezvous.Hold{&a, &b} {
		h.Reason, h.QueuedMS, h.StartMS, h.BarrierMS, h.RunMS = "", 0, 0, 0, 0
		if len(h.Rollbacks) == 0 {
			h.Rollbacks = nil
		}
		if len(h.NeedsMet) == 0 {
			h.NeedsMet = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

// timersStale asks for a write of timers that count and were last written long
// ago, so that a successor loses little of them.
func (p *plan) timersStale(old rendezvous.Hold) bool {
	var drift int64
	switch spec := p.s.job.Spec; {
	case p.rec.State == rendezvous.Scheduling && spec.QueueTimeout > 0:
		drift = p.rec.QueuedMS - old.QueuedMS
	case p.rec.State == rendezvous.Initializing:
		drift = p.rec.StartMS - old.StartMS
	case p.rec.State == rendezvous.Running && spec.ExecTimeout > 0:
		drift = p.rec.RunMS - old.RunMS
	default:
		return false
	}
	if ms(drift) < timersPersist {
		p.wake(timersPersist - ms(drift))
		return false
	}
	return true
}
