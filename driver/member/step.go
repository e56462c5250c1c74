package member

import (
	"fmt"
	"maps"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

const (
	// retryAfter is the pause after a write that failed or whose check did not hold.
	retryAfter = time.Second
	// namesRetry is the pause between two look-ups of names that do not answer
	// right: short at first, because a gang's names answer as soon as its last
	// member is on its host, then namesRetryLater, because an image takes minutes.
	namesRetry      = 40 * time.Millisecond
	namesRetryLater = 250 * time.Millisecond
	namesSoon       = 100 // look-ups
)

// step takes one event in and says what is to be done now.
func step(s state, e event) (state, []effect) {
	s.busy, s.later = maps.Clone(s.busy), maps.Clone(s.later)
	d := &doer{state: s}
	d.absorb(e)
	d.decide()
	return d.state, d.effects
}

// doer collects the effects of one step.
type doer struct {
	state
	effects []effect
}

func (d *doer) do(e effect) { d.effects = append(d.effects, e) }

// free says that no errand of this kind is under way or waits for a retry.
func (d *doer) free(what errand) bool { return !d.busy[what] && !d.later[what] }

func (d *doer) begin(what errand, e effect) {
	set(&d.busy, what, true)
	d.do(e)
}

// pause keeps an errand from being begun again for a while.
func (d *doer) pause(what errand, after time.Duration) {
	set(&d.later, what, true)
	d.do(wait{what, after})
}

func set(m *map[errand]bool, what errand, to bool) {
	if *m == nil {
		*m = map[errand]bool{}
	}
	(*m)[what] = to
}

// absorb takes the event's facts into the state.
func (d *doer) absorb(e event) {
	switch e := e.(type) {
	case identified:
		d.self, d.known, d.trouble = e.self, true, ""
	case records:
		d.absorbRecords(e.view)
	case unreachable:
		d.trouble = e.why
	case sessionIs:
		d.session = e.id
	case gateSaid:
		d.absorbGate(e.conn, e.msg)
	case gateGone:
		d.absorbGone(e.conn)
	case gateAway:
		d.absorbAway()
	case namesAre:
		d.absorbNames(e)
	case wrote:
		d.absorbWrote(e)
	case fileIs:
		d.busy[errandFile], d.fileRead = false, true
		d.exited(e.exit)
	case due:
		d.later[e.what] = false
		d.goDue = d.goDue || e.what == errandGo
	case stopAsked:
		d.stopping, d.fileRead = true, false
	}
}

func (d *doer) absorbRecords(v rendezvous.View) {
	d.view, d.trouble = &v, ""
	if e := d.current(); e != nil && e.Epoch != d.epoch {
		d.epoch, d.arrived, d.namesTries = e.Epoch, "", 0
	}
	if r := v.Ready[d.self.Member]; r.AllocID == d.self.AllocID && r.Session == d.arrived {
		d.arrived = "" // the view has caught up with the write, and is the truth again
	}
}

func (d *doer) absorbGate(conn int, msg wire.Message) {
	if msg.Kind == wire.Hello {
		d.absorbHello(conn, msg)
		return
	}
	if conn != d.gate.conn {
		return // a connection that was replaced
	}
	switch msg.Kind {
	case wire.Ready:
		d.gate.ready = true
		set(&d.later, errandNames, false) // nothing else is missing now
	case wire.Started:
		d.started(msg.StartedAt)
	case wire.Exited:
		d.exited(msg.Exit)
	default: // a beat, or a kind of a later version: nothing to know
	}
}

func (d *doer) absorbHello(conn int, msg wire.Message) {
	if why := refusal(d.state, msg); why != "" {
		d.do(send{conn, wire.Message{Kind: wire.Refused, Version: wire.Version, Reason: why}})
		d.do(hangUp{conn})
		return
	}
	if d.gate.conn != 0 && d.gate.conn != conn {
		d.do(hangUp{d.gate.conn})
	}
	d.gate.conn, d.gate.away, d.gate.toldGo, d.gate.toldEnd = conn, false, false, false
	d.gate.ready = msg.IsReady
	d.started(msg.StartedAt)
	d.exited(msg.Exit)
	d.do(send{conn, wire.Message{Kind: wire.Welcome, Version: wire.Version}}) // the runner adds the node's resolvers
}

func refusal(s state, hello wire.Message) string {
	if hello.Version != wire.Version {
		return fmt.Sprintf("the gate speaks version %d, the plugin on this node speaks %d: the plugin was exchanged while the allocation ran; run the workflow again", hello.Version, wire.Version)
	}
	if hello.Member != s.self.Member {
		return fmt.Sprintf("the gate says it is member %q, this allocation is member %q's", hello.Member, s.self.Member)
	}
	return ""
}

func (d *doer) started(at *wire.Start) {
	if at != nil {
		d.gate.started = at
	}
}

func (d *doer) exited(exit *wire.Exit) {
	if exit == nil {
		return
	}
	d.gate.exit = exit
	d.started(exit.Started)
}

func (d *doer) absorbGone(conn int) {
	if conn == d.gate.conn {
		d.gate.conn = 0
		d.fileRead = false
		d.do(awaitGate{})
	}
}

// absorbAway has the exit file read once more: a gate that was cut off may have
// written it since.
func (d *doer) absorbAway() {
	d.gate.away = d.gate.conn == 0
	if d.gate.away {
		d.fileRead = false
	}
}

func (d *doer) absorbNames(e namesAre) {
	d.busy[errandNames] = false
	d.namesWhy = e.why
	if e.why == "" {
		d.namesFor = e.epoch
		return
	}
	d.namesTries++
	if d.namesTries > namesSoon {
		d.pause(errandNames, namesRetryLater)
		return
	}
	d.pause(errandNames, namesRetry)
}

func (d *doer) absorbWrote(e wrote) {
	d.busy[e.what] = false
	if e.err != nil {
		d.trouble = e.err.Error()
	}
	if !e.ok {
		d.pause(e.what, retryAfter)
		return
	}
	switch e.what {
	case errandReady:
		d.arrived, d.goDue = d.session, true
	case errandWithdraw:
		d.forgetReady()
	case errandStarted:
		d.saidStart = true
	case errandExit:
		d.saidExit = true
	default: // the go: the records will say it soon
		d.pause(errandGo, retryAfter)
	}
}

// forgetReady: the record is gone, though the view does not know it yet.
func (d *doer) forgetReady() {
	d.arrived = ""
	if d.view != nil {
		v := *d.view
		v.Ready = maps.Clone(v.Ready)
		delete(v.Ready, d.self.Member)
		d.view = &v
	}
}

// decide does what the facts call for.
func (d *doer) decide() {
	d.orderGate()
	d.lookUpNames()
	d.arrive()
	d.askForGo()
	d.publishStarted()
	d.publishExit()
	d.readLeftFile()
	d.tell()
	d.end()
}

// orderGate tells the gate to go or to end, once per connection.
func (d *doer) orderGate() {
	if d.gate.conn == 0 || d.gate.exit != nil {
		return
	}
	if why, grace := endOf(d.state); why != "" {
		if !d.gate.toldEnd {
			d.gate.toldEnd = true
			d.do(send{d.gate.conn, wire.Message{Kind: wire.End, Reason: why, GraceMS: grace.Milliseconds()}})
		}
		return
	}
	if d.mayGo() && !d.gate.toldGo {
		d.gate.toldGo = true
		d.do(send{d.gate.conn, wire.Message{Kind: wire.Go, Epoch: d.epoch}})
	}
}

// current returns the epoch record if it is placed and lists this allocation.
func (s state) current() *rendezvous.Epoch {
	if s.view == nil || s.view.Epoch == nil {
		return nil
	}
	e := s.view.Epoch
	if e.Phase != rendezvous.Placed || e.Allocs[s.self.Member] != s.self.AllocID {
		return nil
	}
	return e
}

// mayGo: this epoch's verdict is go and the gate waits for it. Without a
// barrier the go came before this member arrived: its names must answer first.
func (d *doer) mayGo() bool {
	e := d.current()
	return e != nil && d.view.Verdict != nil && d.view.Verdict.Go && d.gate.ready && d.gate.started == nil &&
		(d.self.Meta.Barrier || d.namesFor == e.Epoch)
}

// mine is the epoch that this allocation belongs to: the one its command was
// started in, else the one that listed it; 0 if none did.
func (s state) mine() int {
	if s.gate.started != nil {
		return s.gate.started.Epoch
	}
	return s.epoch
}

// endOf says why the command must end, or never start; "" if it need not.
func endOf(s state) (why string, grace time.Duration) {
	if s.view == nil || s.view.Epoch == nil || s.mine() == 0 {
		return "", 0
	}
	v, e := s.view, s.view.Epoch
	switch {
	case e.Epoch > s.mine():
		return fmt.Sprintf("epoch %d of the gang has replaced epoch %d", e.Epoch, s.mine()), 0
	case e.Epoch < s.mine():
		return "", 0 // records older than what happened: someone restored a backup
	case e.Phase == rendezvous.Ended:
		return or(e.Why, "the epoch was ended"), 0
	case e.Phase == rendezvous.Placed && e.Allocs[s.self.Member] != s.self.AllocID:
		return "another allocation took this member's place", 0
	case v.End != nil:
		return or(v.End.Why, "the gang ends"), v.End.Grace
	case v.Verdict != nil && !v.Verdict.Go:
		return "the gang goes back to the queue: " + or(v.Verdict.Why, "its members did not all arrive"), 0
	}
	return "", 0
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// lookUpNames keeps looking until the names of the current epoch all answer.
func (d *doer) lookUpNames() {
	e := d.current()
	if e == nil || d.namesFor == e.Epoch || d.stopping || d.gate.started != nil || d.gate.exit != nil || !d.free(errandNames) {
		return
	}
	late := d.view.Verdict != nil && d.view.Verdict.Go && !d.self.Meta.Barrier
	if !d.open() && !late {
		return
	}
	d.begin(errandNames, lookUp{e.Epoch, namesOf(e)})
}

func namesOf(e *rendezvous.Epoch) map[string]string {
	names := make(map[string]string, len(e.Names))
	for member, name := range e.Names {
		names[name] = e.Addresses[member]
	}
	return names
}

// open: the epoch is placed, lists this allocation, and nothing is decided.
func (s state) open() bool {
	return s.current() != nil && s.view.Verdict == nil && s.view.End == nil
}

// arrive writes the Ready record, and takes it back if the gate went away
// before the verdict: a go must not count on a member that is not there.
func (d *doer) arrive() {
	if !d.open() {
		return
	}
	e, key := d.current(), d.self.Gang.ReadyKey(d.epoch, d.self.Member)
	there := d.gate.exit == nil && !d.gate.away && !d.stopping
	switch {
	case there && d.gate.ready && d.namesFor == e.Epoch && d.session != "" && !d.isReady() && d.free(errandReady) && !d.busy[errandWithdraw]:
		record := rendezvous.Ready{
			Version: rendezvous.RecordVersion, AllocID: d.self.AllocID, NodeID: d.self.NodeID, Node: d.self.Node,
			Address: e.Addresses[d.self.Member],
		}
		d.begin(errandReady, commit{errandReady, []rendezvous.Op{
			d.checkEpoch(), rendezvous.CheckAbsent(d.self.Gang.VerdictKey(d.epoch)),
			rendezvous.Acquire(key, rendezvous.Encode(record), d.session),
		}})
	case !there && d.isReady() && d.free(errandWithdraw) && !d.busy[errandReady]:
		d.begin(errandWithdraw, commit{errandWithdraw, []rendezvous.Op{
			rendezvous.CheckAbsent(d.self.Gang.VerdictKey(d.epoch)), rendezvous.CheckSession(key, d.session),
			rendezvous.Delete(key),
		}})
	}
}

// isReady: this allocation's Ready record stands, under the session of now.
func (s state) isReady() bool {
	if s.session == "" || s.view == nil {
		return false
	}
	r, ok := s.view.Ready[s.self.Member]
	return s.arrived == s.session || ok && r.AllocID == s.self.AllocID && r.Session == s.session
}

func (s state) checkEpoch() rendezvous.Op {
	return rendezvous.CheckIndex(s.self.Gang.EpochKey(), s.view.EpochIndex)
}

// publishable: the records' epoch is the command's own and lists this
// allocation. Records of a past epoch would be read by nobody.
func (s state) publishable() bool {
	e := s.current()
	return e != nil && e.Epoch == s.mine()
}

func (d *doer) publishStarted() {
	if d.gate.started == nil || d.saidStart || !d.publishable() || !d.free(errandStarted) {
		return
	}
	if r, ok := d.view.Started[d.self.Member]; ok && r.AllocID == d.self.AllocID {
		d.saidStart = true
		return
	}
	record := rendezvous.Started{Version: rendezvous.RecordVersion, AllocID: d.self.AllocID, Node: d.self.Node, Start: *d.gate.started}
	d.begin(errandStarted, commit{errandStarted, []rendezvous.Op{
		d.checkEpoch(), rendezvous.Put(d.self.Gang.StartedKey(d.mine(), d.self.Member), rendezvous.Encode(record)),
	}})
}

func (d *doer) publishExit() {
	if d.gate.exit == nil || d.saidExit || !d.publishable() || !d.free(errandExit) {
		return
	}
	if r, ok := d.view.Exits[d.self.Member]; ok && r.AllocID == d.self.AllocID {
		d.saidExit = true
		return
	}
	d.begin(errandExit, publishExit{
		task: d.self.Task, check: d.checkEpoch(), key: d.self.Gang.ExitKey(d.mine(), d.self.Member),
		record: rendezvous.Exit{Version: rendezvous.RecordVersion, AllocID: d.self.AllocID, Node: d.self.Node, Exit: *d.gate.exit},
	})
}

// readLeftFile reads the exit file when the gate cannot say it any more.
func (d *doer) readLeftFile() {
	if d.gate.exit == nil && !d.fileRead && (d.gate.conn == 0 || d.stopping) && d.free(errandFile) {
		d.begin(errandFile, readFile{})
	}
}

// end finishes the task once Nomad wants it to end and everything was said.
func (d *doer) end() {
	if !d.stopping || d.busy[errandFile] {
		return
	}
	unsaid := d.publishable() && (d.gate.exit != nil && !d.saidExit || d.gate.started != nil && !d.saidStart)
	ready := d.open() && d.isReady()
	if unreadable := d.known && d.view == nil; !unsaid && !ready && !unreadable {
		d.do(finish{})
	}
}
