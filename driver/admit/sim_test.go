package admit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
)

// errDead is what a killed admitter gets from everything it touches.
var errDead = errors.New("killed")

// fate lets an admitter do so many writes and then kills it, just before or
// just after the last one takes effect.
type fate struct {
	writes int
	killAt int // 0: never
	after  bool
	dead   bool
}

// write does the write, unless death is quicker.
func (f *fate) write(do func() error) error {
	if f.dead {
		return errDead
	}
	f.writes++
	if f.writes != f.killAt {
		return do()
	}
	f.dead = true
	if f.after {
		_ = do()
	}
	return errDead
}

type mortalStore struct {
	*memory.Store
	fate *fate
}

func (m mortalStore) Commit(ctx context.Context, ops ...rendezvous.Op) (ok bool, err error) {
	err = m.fate.write(func() error { ok, err = m.Store.Commit(ctx, ops...); return err })
	return ok && err == nil, err
}

type mortalNomad struct {
	*fakeNomad
	fate *fate
}

func (m mortalNomad) Register(ctx context.Context, g rendezvous.Gang, index uint64, e Edit) (r cluster.Registered, err error) {
	err = m.fate.write(func() error { r, err = m.fakeNomad.Register(ctx, g, index, e); return err })
	return r, err
}

func (m mortalNomad) Evaluate(ctx context.Context, ns, id string) (e string, err error) {
	err = m.fate.write(func() error { e, err = m.fakeNomad.Evaluate(ctx, ns, id); return err })
	return e, err
}

func (m mortalNomad) AwaitEvaluation(ctx context.Context, id string) (cluster.Evaluation, error) {
	if m.fate.dead {
		return cluster.Evaluation{}, errDead
	}
	return m.fakeNomad.AwaitEvaluation(ctx, id)
}

// sim is a cluster with its gangs and its admitter, one step at a time.
type sim struct {
	t      fatal
	nomad  *fakeNomad
	store  *memory.Store
	actors *actors
	clock  time.Time
	term   *term
	fate   *fate
	log    []string
}

type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newSim(t fatal, seed int64) *sim {
	s := &sim{t: t, nomad: newFakeNomad(seed), store: memory.New(), clock: time.Unix(1_000_000, 0)}
	s.actors = &actors{nomad: s.nomad, store: s.store, fail: s.fail}
	s.nomad.placing = func(a *fakeAlloc) { s.note("placed %s on %s", a.id, a.node) }
	return s
}

func (s *sim) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

func (s *sim) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s\n%s\n%s", fmt.Sprintf(format, args...), s.actors.outcomes(), tail(s.log, 60))
}

func tail(lines []string, n int) string {
	out := ""
	for _, l := range lines[max(0, len(lines)-n):] {
		out += l + "\n"
	}
	return out
}

// elect puts a fresh admitter into office; the former one loses its lock.
func (s *sim) elect(f *fate) {
	ctx := context.Background()
	if s.term != nil {
		_ = s.store.CloseSession(ctx, s.term.session)
	}
	session, _ := s.store.OpenSession(ctx, "admitter", true)
	if ok, _ := s.store.Commit(ctx, rendezvous.Acquire(rendezvous.AdmitterKey, []byte("{}"), session)); !ok {
		s.fail("the lock was not free")
	}
	s.fate = f
	cfg := Config{Node: "node", Store: mortalStore{s.store, f}, Log: hclog.NewNullLogger(), Pause: func(string) {}}
	s.nomad.shown = nil
	s.term = newTerm(cfg, mortalNomad{s.nomad, f}, session)
	s.term.now = func() time.Time { return s.clock }
	s.note("elected %s", session)
}

// step lets the admitter look once and the world move on a little.
func (s *sim) step() {
	s.govern()
	s.nomad.tick()
	s.actors.act()
	s.clock = s.clock.Add(500 * time.Millisecond)
}

// govern is one pass of the admitter, until it has nothing to do.
func (s *sim) govern() {
	ctx := context.Background()
	for range 50 {
		w, err := s.term.look(ctx)
		if err != nil || w == nil {
			return
		}
		actions, held := w.decide()
		s.term.memory.Held = held
		for _, a := range actions {
			s.note("%s", a)
		}
		acted := s.term.perform(ctx, *w, actions)
		if s.fate.dead {
			s.note("killed")
			s.elect(&fate{})
		} else if !acted {
			return
		}
	}
	s.fail("the admitter does not come to rest")
}

// done says whether the gang has an outcome and nothing of it is left, or was
// stopped.
func (s *sim) done(j *fakeJob) bool {
	v := s.actors.view(j.gang())
	for _, a := range s.nomad.allocsOf(j.id) {
		if !a.terminal() || a.group == j.hold && a.client == "failed" && a.version == j.version && j.groups[j.hold].count > 0 {
			return false // a failed hold that keeps its count is rescheduled
		}
	}
	return j.stop || v.Hold != nil && v.Hold.Outcome != nil
}

// finish steps until all gangs are done.
func (s *sim) finish(steps int) {
	s.t.Helper()
	for range steps {
		if s.allDone() {
			return
		}
		s.step()
	}
	s.fail("the gangs are not done after %d steps", steps)
}

func (s *sim) allDone() bool {
	for _, j := range s.nomad.jobs {
		if !s.done(j) {
			return false
		}
	}
	return true
}

func (s *sim) addNodes(platforms ...string) {
	for i, p := range platforms {
		s.nomad.nodes = append(s.nomad.nodes, &fakeNode{id: fmt.Sprintf("node-%d", i+1), memory: 100, platform: p, up: true})
	}
}

// robot is a gang of three: one anywhere on ovx twice, one on the only agx.
func robot() map[string]fakeGroup {
	return map[string]fakeGroup{
		"train": {memory: 60, platform: "ovx"}, "sim": {memory: 60, platform: "ovx"}, "robot-ctrl": {memory: 60, platform: "agx"},
	}
}

func TestTwoGangsRunOneAfterTheOther(t *testing.T) {
	s := newSim(t, 1)
	s.addNodes("ovx", "ovx", "agx")
	s.elect(&fate{})
	s.nomad.submit("a-1~g", "g", robot())
	s.nomad.submit("b-1~g", "g", robot())
	s.finish(400)
	for _, j := range s.nomad.jobs {
		v := s.actors.view(j.gang())
		if v.Hold.Outcome.State != rendezvous.Completed || v.Epoch.Epoch != 1 {
			s.fail("%s: %v in epoch %d", j.id, v.Hold.Outcome, v.Epoch.Epoch)
		}
	}
}

// TestKilledAtEachWrite kills the admitter before and after each of its writes
// in a run of two gangs, one of which is rolled back once.
func TestKilledAtEachWrite(t *testing.T) {
	run := func(f *fate, seed int64) {
		s := newSim(t, seed)
		s.addNodes("ovx", "ovx", "agx")
		s.elect(f)
		s.nomad.submit("a-1~g", "g", robot())
		s.nomad.submit("b-1~g", "g", robot())
		shot := false
		for range 400 {
			s.step()
			if !shot {
				shot = s.stopOneMember("b-1~g")
			}
			if shot && s.allDone() {
				return
			}
		}
		s.fail("not done: killed at write %d, after %v", f.killAt, f.after)
	}
	for seed := range int64(2) {
		whole := &fate{}
		run(whole, seed)
		if whole.writes < 10 {
			t.Fatalf("only %d writes in a whole run", whole.writes)
		}
		for k := 1; k <= whole.writes; k++ {
			run(&fate{killAt: k}, seed)
			run(&fate{killAt: k, after: true}, seed)
		}
	}
}

// stopOneMember is `nomad alloc stop` of a member that has not started.
func (s *sim) stopOneMember(job string) bool {
	for _, a := range s.nomad.allocsOf(job) {
		if a.group == "sim" && a.wanted && !a.started && a.client == "running" {
			a.wanted = false
			s.nomad.evaluate(job)
			return true
		}
	}
	return false
}

// TestLateRegister lets a successor take over, and finish its first look, while
// its predecessor stands between its record and its register.
func TestLateRegister(t *testing.T) {
	for seed := range int64(20) {
		s := newSim(t, seed)
		s.addNodes("ovx", "ovx", "agx")
		s.elect(&fate{})
		s.nomad.submit("a-1~g", "g", robot())
		stalled := false
		s.term.cfg.Pause = func(point string) {
			if point == PointReleasing && !stalled {
				stalled = true
				old, oldFate := s.term, s.fate
				s.elect(&fate{})
				for range s.nomad.rng.Intn(4) {
					s.step()
				}
				s.note("the late register arrives")
				_, _ = old, oldFate
			}
		}
		for range 400 {
			s.step()
			if stalled && s.allDone() {
				break
			}
		}
		if !stalled || !s.allDone() {
			s.fail("seed %d: not done", seed)
		}
	}
}

// TestEndBeforeStart: a member whose plugin is away from its arrival until the
// lead has ended finds the go and the end together. It never starts, and the
// gang completes all the same.
func TestEndBeforeStart(t *testing.T) {
	for seed := range int64(20) {
		s := newSim(t, seed)
		s.addNodes("ovx", "ovx", "agx")
		agx := s.nomad.nodes[2]
		agx.draining = true // so that the hold is elsewhere
		s.elect(&fate{})
		j := s.nomad.submit("a-1~g", "g", map[string]fakeGroup{"a": {memory: 60, platform: "ovx"}, "b": {memory: 60, platform: "agx"}})
		var late *fakeAlloc
		for range 200 {
			s.step()
			agx.draining = agx.draining && len(s.nomad.allocs) == 0
			for _, a := range s.nomad.allocsOf(j.id) {
				if a.group == "b" && a.ready {
					late = a
				}
			}
			ended := s.actors.view(j.gang()).End != nil
			if agx.sick = late != nil && !ended; ended {
				break
			}
		}
		s.finish(100)
		v := s.actors.view(j.gang())
		if late == nil || late.started || late.client != "complete" || v.Epoch.Epoch != 1 || v.Hold.Outcome.State != rendezvous.Completed {
			s.fail("seed %d: %+v, outcome %v of epoch %d", seed, late, v.Hold.Outcome, v.Epoch.Epoch)
		}
	}
}

// TestDrainedAfterTheFailure: a failed gang's hold is replaced before the
// admitter comes to set its count to 0, and drained before it can say anything.
func TestDrainedAfterTheFailure(t *testing.T) {
	s := newSim(t, 1)
	s.addNodes("ovx", "ovx", "agx")
	s.elect(&fate{})
	j := s.nomad.submit("a-1~g", "g", robot())
	for hold, drained := (*fakeAlloc)(nil), false; !drained; {
		if v := s.actors.view(j.gang()); v.Hold != nil && v.Hold.Outcome != nil {
			s.nomad.tick() // and no admitter
			s.actors.act()
		} else {
			s.step()
		}
		for _, a := range s.nomad.allocsOf(j.id) {
			switch {
			case a.group == "sim" && a.started && !a.terminal():
				s.actors.end(a, "failed")
			case a.group == "g" && hold == nil && a.client == "failed":
				hold = a
				s.nomad.evaluate(j.id)
			case a.group == "g" && hold != nil && a.client == "pending":
				a.wanted, drained = false, true
			}
		}
	}
	s.finish(100)
	if v := s.actors.view(j.gang()); v.Hold.Outcome.State != rendezvous.Failed || j.groups["g"].count != 0 {
		s.fail("count of the hold %d, outcome %v", j.groups["g"].count, v.Hold.Outcome)
	}
}

// TestRandomWorlds: whatever happens for a while (nodes die, plugins die,
// holds are drained, members stopped, jobs registered again or stopped,
// admitters killed), once it stops every gang gets its outcome, no member has
// run twice at a time and none after the end of its gang.
func TestRandomWorlds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSim(rt, rapid.Int64Range(0, 1<<40).Draw(rt, "seed"))
		s.addNodes([]string{"ovx", "ovx", "agx", "ovx", "agx"}[:rapid.IntRange(3, 5).Draw(rt, "nodes")]...)
		s.actors.failing = rapid.Bool().Draw(rt, "failing members")
		refusing := rapid.Bool().Draw(rt, "refusing scheduler")
		quiet := false
		s.nomad.refuse = func(string, string) bool { return refusing && !quiet && s.nomad.rng.Intn(8) == 0 }
		s.elect(&fate{})
		gangs := rapid.IntRange(1, 4).Draw(rt, "gangs")
		for i := range gangs {
			s.nomad.submit(fmt.Sprintf("w-%d~g", i), "g", s.randomGang())
		}
		trouble := rapid.IntRange(0, 10).Draw(rt, "trouble")
		for range 150 {
			if s.nomad.rng.Intn(20) < trouble {
				s.trouble()
			}
			s.heal(false)
			s.step()
		}
		quiet = true
		s.heal(true)
		s.finish(900)
	})
}

func (s *sim) randomGang() map[string]fakeGroup {
	r := s.nomad.rng
	members := map[string]fakeGroup{}
	for i := range 1 + r.Intn(3) {
		platform := []string{"", "ovx", "agx"}[r.Intn(3)]
		if i == 2 && platform == "agx" {
			platform = "ovx"
		}
		members[fmt.Sprintf("m%d", i)] = fakeGroup{memory: 10 + r.Intn(39), platform: platform}
	}
	return members
}

// trouble does one thing to the cluster.
func (s *sim) trouble() {
	r := s.nomad.rng
	n := s.nomad.nodes[r.Intn(len(s.nomad.nodes))]
	ids := sortedKeys(s.nomad.jobs)
	id := ids[r.Intn(len(ids))]
	switch r.Intn(10) {
	case 0:
		if n.up {
			s.note("%s dies", n.id)
			s.nomad.crash(n)
			n.upAgain = 3 + r.Intn(10)
		}
	case 1:
		s.note("%s is sick", n.id)
		n.sick, n.wellAgain = true, 2+r.Intn(4)
		s.nomad.next()
	case 2:
		n.foreign = r.Intn(60)
		s.nomad.next()
	case 3, 4:
		s.stopAlloc(id, r.Intn(2) == 0)
	case 5:
		if r.Intn(4) == 0 {
			s.note("%s is registered again", id)
			j := s.nomad.jobs[id]
			members := map[string]fakeGroup{}
			for name, g := range j.groups {
				if name != j.hold {
					members[name] = *g
				}
			}
			s.nomad.submit(id, "g", members)
		}
	case 6:
		if r.Intn(4) == 0 {
			s.note("%s is stopped", id)
			s.nomad.stopJob(id)
		}
	default:
		s.fate.killAt, s.fate.after = s.fate.writes+1+r.Intn(3), r.Intn(2) == 0
	}
}

// stopAlloc stops an allocation; a drain does not evaluate the job.
func (s *sim) stopAlloc(id string, drain bool) {
	all := slices.DeleteFunc(s.nomad.allocsOf(id), func(a *fakeAlloc) bool { return a.terminal() || !a.wanted })
	if len(all) == 0 {
		return
	}
	a := all[s.nomad.rng.Intn(len(all))]
	s.note("%s is stopped, drain %v", a.id, drain)
	a.wanted = false
	if !drain {
		s.nomad.evaluate(id)
	}
	s.nomad.next()
}

// heal brings nodes back whose time has come, or all.
func (s *sim) heal(all bool) {
	for _, n := range s.nomad.nodes {
		if n.upAgain--; !n.up && (all || n.upAgain <= 0) {
			n.up = true
			s.note("%s is back", n.id)
			s.nomad.next()
		}
		if n.wellAgain--; n.sick && (all || n.wellAgain <= 0) {
			n.sick = false
			s.nomad.next()
		}
		if all {
			n.foreign = 0
		}
	}
}
