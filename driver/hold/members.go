package hold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// How long something that may still explain itself is waited for.
const (
	// missingPatience: an allocation that the record lists and Nomad does not.
	missingPatience = 30 * time.Second
	// reportPatience: the exit record of a member whose sidecar lives and publishes it.
	reportPatience = 20 * time.Second
	// latePatience: the exit record of a member of which nothing lives.
	latePatience = 2 * time.Second
	// confirmPatience: Nomad's word on whether a member that exited was told to.
	confirmPatience = 5 * time.Second
	// ownStopPatience: Nomad's client tells this task to stop after the servers
	// have written it down.
	ownStopPatience = 30 * time.Second
	// dyingPatience: a command that Nomad is ending.
	dyingPatience = time.Minute
)

// codeImagePull is OSMO's code for an image that could not be had
// (ErrImagePull; OSMO exit_codes.rst).
const codeImagePull = 302

// fate is what became of a member, as far as it is certain.
type fate int

const (
	arriving  fate = iota // on its way to the barrier
	arrived               // ready at the barrier
	running               // its command may run
	uncertain             // it ends or has ended; how, is not known yet
	ended                 // it has ended by itself, or because we said so
	lost                  // it was taken away, or nobody can reach it
)

// member is one member of the live epoch, seen from all sides.
type member struct {
	name, node, allocID string
	alloc               *alloc
	started             *rendezvous.Started
	exit                *rendezvous.Exit

	fate fate
	// code, state and why describe an end or a loss; why follows the member's name.
	code  int
	state rendezvous.State
	why   string
	// until is when an uncertain member is settled without further word.
	until time.Duration
}

// on names the member and where it is.
func (m member) on() string {
	if m.node == "" {
		return m.name
	}
	return m.name + " on " + m.node
}

// over says that nothing of the member runs any more, as far as anybody can know.
func (m member) over() bool { return m.fate == ended || m.fate == lost }

// failed says that the member's end is a failure.
func (m member) failed() bool {
	return m.fate == lost || m.fate == ended && m.state != rendezvous.Completed
}

// end settles the member.
func (m *member) end(f fate, state rendezvous.State, code int, why string) {
	m.fate, m.state, m.code, m.why = f, state, code, why
}

func (m *member) lose(why string) { m.end(lost, rendezvous.Failed, rendezvous.CodeLost, why) }

// memberNames lists the live epoch's members, in the order of the workflow file.
func (s state) memberNames() []string {
	epoch := s.view.Epoch
	names := make([]string, 0, len(epoch.Assignment))
	for _, name := range s.job.Spec.Members {
		if _, ok := epoch.Assignment[name]; ok {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(epoch.Assignment)) {
		if !slices.Contains(names, name) { // of a version that the user has replaced
			names = append(names, name)
		}
	}
	return names
}

// members sees what became of each member of the live epoch.
func (s state) members() []member {
	var ms []member
	for _, name := range s.memberNames() {
		ms = append(ms, s.member(name))
	}
	return ms
}

func (s state) member(name string) member {
	m := s.identify(name)
	switch a := m.alloc; {
	case m.allocID == "":
	case s.view.End == nil && s.selfStopped() && s.stop == stopNot && a != nil && a.Stop:
		// One stroke takes hold and member away: a stopped job, or a drained node.
		// Which of them, this task is told in a moment.
		s.waitOr(&m, "own stop", ownStopPatience, func() { m.lose("was taken away" + because(a.Why)) })
	case m.exit != nil:
		s.byExit(&m)
	case a == nil && !s.confirmed(m.allocID): // our list may be old, or Nomad away
	case a == nil:
		s.waitOr(&m, "gone:"+name, missingPatience, func() { m.lose("was lost: Nomad no longer knows its allocation") })
	case a.silent():
		m.lose("was lost: its node does not answer Nomad (allocation " + a.Client + ")")
	case a.terminal() || a.Tasks[name].Dead:
		s.byTasks(&m)
	case a.Stop && s.view.End == nil:
		s.stopped(&m)
	}
	return m
}

// identify gathers what is recorded about a member's allocation, and its fate
// if nothing has happened to it.
func (s state) identify(name string) member {
	epoch := s.view.Epoch
	m := member{name: name, allocID: epoch.Allocs[name], node: epoch.Nodes[epoch.Assignment[name]]}
	if m.allocID == "" {
		return m
	}
	if i := slices.IndexFunc(s.allocs, func(a alloc) bool { return a.ID == m.allocID }); i >= 0 {
		m.alloc = &s.allocs[i]
		m.node = cmp.Or(m.alloc.Node, m.node)
	}
	if r, ok := s.view.Started[name]; ok && r.AllocID == m.allocID {
		m.started = &r
	}
	if r, ok := s.view.Exits[name]; ok && r.AllocID == m.allocID {
		m.exit = &r
		m.node = cmp.Or(m.node, r.Node)
	}
	switch r, ok := s.view.Ready[name]; {
	case m.started != nil || s.view.Verdict != nil && s.view.Verdict.Go:
		m.fate = running
	case ok && r.AllocID == m.allocID:
		m.fate = arrived
	}
	return m
}

// waitOr leaves the member uncertain for a while, counted from when the named
// thing was first seen, and settles it then.
func (s state) waitOr(m *member, thing string, patience time.Duration, settle func()) {
	since, ok := s.since[thing]
	if !ok {
		since = s.now
	}
	if s.now-since >= patience {
		settle()
		return
	}
	m.fate, m.until = uncertain, since+patience
}

// byExit judges a member by the report of its own gate. Whether it exited by
// itself or was told to by Nomad (a drain) only Nomad knows, so Nomad is asked
// first, unless the gang is ending anyway.
func (s state) byExit(m *member) {
	var user task
	stop := false
	if m.alloc != nil {
		user, stop = m.alloc.Tasks[m.name], m.alloc.Stop
	}
	settle := func() { s.judgeExit(m, user, stop) }
	switch {
	case s.view.End != nil, user.Killed, m.alloc == nil && s.confirmed(m.allocID):
		settle()
	case !s.confirmed(m.allocID) || stop && !user.Dead:
		s.waitOr(m, "exit:"+m.allocID, confirmPatience, settle)
	default:
		settle()
	}
}

// confirmed says that Nomad's allocations were read after the exit was seen.
func (s state) confirmed(allocID string) bool {
	n, ok := s.askedFor[allocID]
	return ok && s.answered >= n
}

func (s state) judgeExit(m *member, user task, stop bool) {
	e := m.exit.Exit
	open := s.view.End == nil
	switch {
	case open && (user.Killed || stop && !user.Dead):
		m.lose("was stopped from outside" + because(m.alloc.Why))
	case open && e.Ended:
		m.lose("was ended by its node's plugin" + because(e.Message))
	case e.Never && !open:
		m.end(ended, rendezvous.Completed, e.Code, "never had to start its command")
	case e.Never:
		code := cmp.Or(e.Code, rendezvous.CodeUnknown)
		m.end(ended, rendezvous.Failed, code, "never started its command"+because(e.Message))
	case e.Code == 0 || e.Ended:
		m.end(ended, rendezvous.Completed, e.Code, "exited with code 0")
	case e.Signal != 0:
		m.end(ended, rendezvous.Failed, e.Code, fmt.Sprintf("was ended by signal %d (code %d)", e.Signal, e.Code)+because(e.Message))
	default:
		m.end(ended, rendezvous.Failed, e.Code, fmt.Sprintf("exited with code %d", e.Code)+because(e.Message))
	}
}

// byTasks judges a member that Nomad calls ended and that has left no report,
// after the time that a report may take.
func (s state) byTasks(m *member) {
	user, patience := m.alloc.Tasks[m.name], reportPatience
	if m.alloc.allDead() {
		patience = latePatience
	}
	switch {
	case user.Pull && !user.Ran:
		m.end(ended, rendezvous.FailedImagePull, codeImagePull, "could not get its image"+because(user.Trouble))
	case !user.Dead && s.view.Verdict == nil:
		m.lose("was lost: " + s.sidecarTrouble(*m))
	case !user.Dead:
		s.waitOr(m, "dead:"+m.name, dyingPatience, func() { m.lose("was lost: " + s.sidecarTrouble(*m)) })
	case user.Killed && s.view.End == nil:
		m.lose("was lost: " + s.sidecarTrouble(*m))
	default:
		s.waitOr(m, "dead:"+m.name, patience, func() { m.byEvents(user) })
	}
}

// byEvents reads a member's end out of its task's events.
func (m *member) byEvents(user task) {
	switch {
	case user.OOM:
		m.end(ended, rendezvous.Failed, rendezvous.CodeLost, "ran out of memory and was killed")
	case !user.Ran:
		m.end(ended, rendezvous.Failed, rendezvous.CodeUnknown, "could not be started"+because(cmp.Or(user.Trouble, user.Last)))
	case user.Code == 0 && !user.Failed:
		m.end(ended, rendezvous.Completed, 0, "exited with code 0")
	case user.Signal != 0:
		m.end(ended, rendezvous.Failed, cmp.Or(user.Code, 128+user.Signal), fmt.Sprintf("was ended by signal %d", user.Signal))
	default:
		m.end(ended, rendezvous.Failed, cmp.Or(user.Code, rendezvous.CodeUnknown), fmt.Sprintf("exited with code %d", user.Code))
	}
}

// sidecarTrouble says what ended a member whose command did not end by itself.
func (s state) sidecarTrouble(m member) string {
	sidecar := m.alloc.Tasks[s.arriveTask(m.name)]
	if sidecar.Failed {
		return "its sidecar failed" + because(cmp.Or(sidecar.Trouble, sidecar.Last))
	}
	return "it was stopped from outside" + because(cmp.Or(m.alloc.Why, m.alloc.latest()))
}

// stopped is a member that Nomad is taking away without having been asked: a
// drain or `alloc stop`, unless the user has registered the job again.
func (s state) stopped(m *member) {
	settle := func() { m.lose("was taken away" + because(m.alloc.Why)) }
	if s.jobStale() {
		s.waitOr(m, "job", confirmPatience, settle)
		return
	}
	settle()
}

// selfStopped says that Nomad wants this very hold gone.
func (s state) selfStopped() bool {
	return slices.ContainsFunc(s.allocs, func(a alloc) bool { return a.ID == s.self.AllocID && a.Stop })
}

// jobStale says that the job has a newer version than the one we read.
func (s state) jobStale() bool { return s.ownJobVersion() > s.job.Version }

// ownJobVersion is the version of the job that our own allocation runs: Nomad
// updates it in place with each register, in the same instant as the members.
func (s state) ownJobVersion() uint64 {
	for _, a := range s.allocs {
		if a.ID == s.self.AllocID {
			return a.JobVersion
		}
	}
	return 0
}

// strangers says that some member's group has a living allocation that the
// epoch does not list: Nomad has replaced one, and only the admitter undoes that.
func (s state) strangers() bool {
	for _, a := range s.allocs {
		listed, isMember := s.view.Epoch.Allocs[a.Group]
		if isMember && a.ID != s.self.AllocID && a.ID != listed && !a.Stop && !a.terminal() && a.Client != "lost" {
			return true
		}
	}
	return false
}

// watchClosely notes when passing things were first seen, and asks Nomad about
// what only it knows.
func (s state) watchClosely() (state, []effect) {
	var effects []effect
	since := map[string]time.Duration{}
	for _, thing := range s.passing() {
		since[thing] = s.now
		if t, ok := s.since[thing]; ok {
			since[thing] = t
		}
	}
	s.since = since
	if v := s.ownJobVersion(); v > max(s.job.Version, s.jobAsked) {
		s.jobAsked = v
		effects = append(effects, readJob{})
	}
	return s.inquire(effects)
}

// inquire has the allocations read once after each new exit record, and for
// each listed allocation that the list we have does not know.
func (s state) inquire(effects []effect) (state, []effect) {
	asked := maps.Clone(s.askedFor)
	if asked == nil {
		asked = map[string]int{}
	}
	for _, id := range s.puzzling() {
		if _, ok := asked[id]; !ok {
			asked[id] = s.asked + 1
		}
	}
	if len(asked) > len(s.askedFor) {
		s.askedFor, s.asked = asked, s.asked+1
		effects = append(effects, readAllocs{s.asked})
	}
	return s, effects
}

// puzzling is the allocations about which only a fresh list can tell.
func (s state) puzzling() []string {
	var ids []string
	for _, e := range s.view.Exits {
		ids = append(ids, e.AllocID)
	}
	if s.view.Epoch == nil {
		return ids
	}
	for name, id := range s.view.Epoch.Allocs {
		if s.identify(name).alloc == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// passing names what is the case now and whose duration matters.
func (s state) passing() []string {
	var things []string
	if s.jobStale() {
		things = append(things, "job")
	}
	if s.view.End != nil {
		things = append(things, "end")
	}
	if s.view.Epoch == nil {
		return things
	}
	ready := len(s.view.Epoch.Allocs) > 0
	for name, id := range s.view.Epoch.Allocs {
		m := s.identify(name)
		ready = ready && m.fate == arrived
		switch {
		case m.exit != nil:
			things = append(things, "exit:"+id)
		case m.alloc == nil:
			if s.confirmed(id) {
				things = append(things, "gone:"+name)
			}
		case m.alloc.terminal() || m.alloc.Tasks[name].Dead:
			things = append(things, "dead:"+name)
		}
	}
	if ready {
		things = append(things, "ready")
	}
	return things
}
