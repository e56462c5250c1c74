package member

import (
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// goPatience is how long a member leaves the go to the one that arrived last,
// times its place in the gang, so that not all ask at once; goPatienceMax is
// the most.
const (
	goPatience    = 20 * time.Millisecond
	goPatienceMax = 500 * time.Millisecond
)

// askForGo asks for the verdict when everybody is ready: one transaction in
// which the epoch is unchanged and every member's session alive.
func (d *doer) askForGo() {
	if !d.open() || !d.isReady() || !d.free(errandGo) {
		return
	}
	ops, all := d.goOps()
	if !all {
		d.goDue = false
		return
	}
	if !d.goDue && !d.arrivedLast() {
		d.pause(errandGo, d.goPatience())
		return
	}
	d.goDue = false
	d.begin(errandGo, commit{errandGo, ops})
}

// arrivedLast: among members that are all ready, by the order of their records.
// A view that does not hold this member's yet is older than its arrival.
func (s state) arrivedLast() bool {
	mine, seen := s.view.Ready[s.self.Member]
	if !seen || mine.Session != s.session {
		return true
	}
	for _, r := range s.view.Ready {
		if r.Index > mine.Index {
			return false
		}
	}
	return true
}

func (d *doer) goPatience() time.Duration {
	place := slices.Index(d.self.Meta.Members, d.self.Member) + 1
	return min(time.Duration(place)*goPatience, goPatienceMax)
}

func (d *doer) goOps() (ops []rendezvous.Op, all bool) {
	ops = []rendezvous.Op{d.checkEpoch()}
	if d.self.Meta.Barrier {
		for _, m := range d.self.Meta.Members {
			session := d.sessionOf(m)
			if session == "" {
				return nil, false
			}
			ops = append(ops, rendezvous.CheckSession(d.self.Gang.ReadyKey(d.epoch, m), session))
		}
	}
	verdict := rendezvous.Verdict{Version: rendezvous.RecordVersion, Go: true, By: d.self.Member + " on " + d.self.Node}
	return append(ops, rendezvous.Create(d.self.Gang.VerdictKey(d.epoch), rendezvous.Encode(verdict))), true
}

// sessionOf is the session that vouches for a member's arrival, "" if it has
// not arrived. A record of an allocation that the epoch does not list is none.
func (s state) sessionOf(member string) string {
	if member == s.self.Member && s.arrived == s.session {
		return s.session
	}
	r, ok := s.view.Ready[member]
	if !ok || r.AllocID != s.view.Epoch.Allocs[member] {
		return ""
	}
	return r.Session
}
