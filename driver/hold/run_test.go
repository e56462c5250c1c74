package hold

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// waitLimit bounds every wait of these tests.
const waitLimit = 20 * time.Second

// stage is a hold on a store and a fake Nomad, with the test as everybody else.
type stage struct {
	t      *testing.T
	ctx    context.Context
	store  rendezvous.Store
	nomad  *fakeNomad
	gang   rendezvous.Gang
	spec   meta.Gang
	dir    string
	hold   *Hold
	result chan Result

	mu   sync.Mutex
	said []string
}

func newStage(t *testing.T, store rendezvous.Store) *stage {
	t.Helper()
	spec := meta.Gang{
		Workflow: "wf-1", Group: "gang", Lead: "train", Members: []string{"train", "sim"}, Barrier: true,
		IgnoreNonleadStatus: true, StartTimeout: time.Minute, BarrierTimeout: time.Minute,
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	t.Cleanup(cancel)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return &stage{
		t: t, ctx: ctx, store: store, nomad: newFakeNomad(t, spec), spec: spec, dir: t.TempDir(),
		gang: rendezvous.Gang{Namespace: "default", Job: "wf-1~gang", CreateIndex: 7},
	}
}

// start runs a hold in a new allocation.
func (st *stage) start(allocID string, createIndex uint64) {
	st.nomad.place(allocID, "gang", "n1", createIndex)
	st.hold = New(Config{
		Namespace: "default", JobID: st.gang.Job, AllocID: allocID, AllocSharedDir: st.dir, NodeName: "n1",
		Nomad: st.nomad.client(st.t), Store: st.store, Emit: st.hear,
	})
	st.result = make(chan Result, 1)
	h, result := st.hold, st.result
	go func() { result <- h.Run(st.ctx) }()
}

func (st *stage) hear(text string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.said = append(st.said, text)
}

// heard says whether a line was said that contains the text.
func (st *stage) heard(text string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return strings.Contains(strings.Join(st.said, "\n"), text)
}

// until waits until the gang's records are as wanted.
func (st *stage) until(what string, want func(rendezvous.View) bool) {
	st.t.Helper()
	var index uint64
	for {
		entries, next, err := st.store.Watch(st.ctx, st.gang.Prefix(), index)
		if st.ctx.Err() != nil || err != nil {
			st.t.Fatalf("waiting for %s: %v; last seen: %+v; said: %q", what, err, rendezvous.ReadView(st.gang, entries).Hold, st.said)
		}
		if want(rendezvous.ReadView(st.gang, entries)) {
			return
		}
		index = next
	}
}

func (st *stage) write(ops ...rendezvous.Op) {
	st.t.Helper()
	if ok, err := st.store.Commit(st.ctx, ops...); err != nil || !ok {
		st.t.Fatalf("writing %s: %v, %v", ops[0].Key, ok, err)
	}
}

// release is the admitter placing the gang in this epoch.
func (st *stage) release(n int) {
	epoch := rendezvous.Epoch{
		Version: 1, Epoch: n, Phase: rendezvous.Placed, Nodes: map[string]string{"id-train": "a", "id-sim": "b"},
		Assignment: map[string]string{"train": "id-train", "sim": "id-sim"}, Allocs: map[string]string{},
	}
	for i, m := range st.spec.Members {
		epoch.Allocs[m] = fmt.Sprintf("%s.%d", m, n)
		st.nomad.place(epoch.Allocs[m], m, string(rune('a'+i)), uint64(100*n))
	}
	st.write(rendezvous.Put(st.gang.EpochKey(), rendezvous.Encode(epoch)))
}

// arrive is the members reaching the barrier, each under a session of its own.
func (st *stage) arrive(n int) {
	st.t.Helper()
	for _, m := range st.spec.Members {
		ready := rendezvous.Encode(rendezvous.Ready{Version: 1, AllocID: fmt.Sprintf("%s.%d", m, n), Node: m + "-node"})
		st.write(rendezvous.Acquire(st.gang.ReadyKey(n, m), ready, st.session(m)))
	}
}

func (st *stage) exits(n int, member string, e wire.Exit) {
	id := fmt.Sprintf("%s.%d", member, n)
	st.write(rendezvous.Put(st.gang.ExitKey(n, member), rendezvous.Encode(rendezvous.Exit{Version: 1, AllocID: id, Node: "a", Exit: e})))
}

func (st *stage) finished() Result {
	st.t.Helper()
	select {
	case r := <-st.result:
		return r
	case <-st.ctx.Done():
		st.t.Fatalf("the hold has not ended; said: %q", st.said)
		return Result{}
	}
}

// session opens a session for a member.
func (st *stage) session(member string) string {
	st.t.Helper()
	id, err := st.store.OpenSession(st.ctx, "member "+member, false)
	if err != nil {
		st.t.Fatal(err)
	}
	return id
}

func wants(w rendezvous.Want) func(rendezvous.View) bool {
	return func(v rendezvous.View) bool { return v.Hold != nil && v.Hold.Want == w }
}

func isGo(v rendezvous.View) bool { return v.Verdict != nil && v.Verdict.Go }

func hasEnd(v rendezvous.View) bool { return v.End != nil }

// throughLife plays a gang that is released, starts, and completes.
func throughLife(st *stage) {
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	st.release(1)
	st.until("INITIALIZING", func(v rendezvous.View) bool { return v.Hold.State == rendezvous.Initializing })
	st.arrive(1)
	st.until("go", isGo)
	st.until("RUNNING", func(v rendezvous.View) bool { return v.Hold.State == rendezvous.Running })
	st.exits(1, "train", wire.Exit{Code: 0, ElapsedNanos: int64(12300 * time.Millisecond)})
	st.until("end", hasEnd)
	st.exits(1, "sim", wire.Exit{Code: 143, Ended: true})
}

// checkCompleted checks everything that a completed gang leaves behind.
func checkCompleted(st *stage) {
	st.t.Helper()
	got := st.finished()
	const sentence = "COMPLETED: train (lead) exited with code 0 after 12.3s"
	want := &rendezvous.Outcome{State: rendezvous.Completed, Sentence: sentence, Member: "train", Node: "a"}
	if diff := cmp.Diff(Result{0, want}, got); diff != "" {
		st.t.Errorf("result (-want +got):\n%s", diff)
	}
	left, err := LeftOutcome(st.dir)
	if err != nil || cmp.Diff(want, left) != "" {
		st.t.Errorf("left outcome: %v, %v", left, err)
	}
	status, err := st.store.Get(st.ctx, rendezvous.StatusKey("default", "wf-1", "gang"))
	if err != nil || status == nil || !strings.Contains(string(status.Value), sentence) {
		st.t.Errorf("status: %v, %v", status, err)
	}
	if !st.heard(sentence) {
		st.t.Errorf("the outcome was not said: %q", st.said)
	}
}

func TestRunCompletes(t *testing.T) {
	st := newStage(t, memory.New())
	throughLife(st)
	checkCompleted(st)
}

func TestRunOutlivesConsulAndNomad(t *testing.T) {
	store := memory.New()
	st := newStage(t, store)
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	st.release(1)
	st.until("INITIALIZING", func(v rendezvous.View) bool { return v.Hold.State == rendezvous.Initializing })
	store.SetAway(true)
	st.nomad.change(func(f *fakeNomad) { f.away = true })
	st.waitSaid("watching the gang's records in Consul: " + memory.ErrAway.Error())
	store.SetAway(false)
	st.arrive(1)
	st.until("go", isGo)
	st.exits(1, "train", wire.Exit{Code: 0, ElapsedNanos: int64(12300 * time.Millisecond)})
	st.nomad.change(func(f *fakeNomad) { f.away = false })
	st.until("end", hasEnd)
	st.exits(1, "sim", wire.Exit{Code: 143, Ended: true})
	checkCompleted(st)
}

// waitSaid waits until a line with the text was said.
func (st *stage) waitSaid(text string) {
	st.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !st.heard(text) {
		select {
		case <-tick.C:
		case <-st.ctx.Done():
			st.t.Fatalf("%q was never said, but %q", text, st.said)
		}
	}
}

func TestStop(t *testing.T) {
	yes := true
	tests := map[string]struct {
		change func(*fakeNomad)
		want   rendezvous.State // empty: no outcome
		events string
	}{
		"job stopped":    {func(f *fakeNomad) { f.job.Stop = &yes }, rendezvous.FailedCanceled, "FAILED_CANCELED: the job was stopped"},
		"job purged":     {func(f *fakeNomad) { f.job = nil }, rendezvous.FailedCanceled, "FAILED_CANCELED: the job was stopped"},
		"only this task": {func(*fakeNomad) {}, "", "another hold takes over"},
		"nomad away":     {func(f *fakeNomad) { f.away = true }, "", "another hold takes over"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, memory.New())
			st.start("h1", 10)
			st.until("want release", wants(rendezvous.WantRelease))
			st.nomad.change(test.change)
			st.hold.Stop(st.ctx)
			got := st.finished()
			if got.ExitCode != 1 || (got.Outcome == nil) != (test.want == "") {
				t.Fatalf("result %+v, want state %q", got, test.want)
			}
			if got.Outcome != nil && got.Outcome.State != test.want {
				t.Errorf("outcome %s, want %s", got.Outcome.State, test.want)
			}
			if !st.heard(test.events) {
				t.Errorf("said %q, want %q", st.said, test.events)
			}
		})
	}
}

func TestStopCanceledWaitsForMembers(t *testing.T) {
	yes := true
	st := newStage(t, memory.New())
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	st.release(1)
	st.arrive(1)
	st.until("go", isGo)
	st.nomad.change(func(f *fakeNomad) { f.job.Stop = &yes })
	stopped := make(chan struct{})
	go func() { defer close(stopped); st.hold.Stop(st.ctx) }()
	st.until("end", hasEnd)
	st.exits(1, "train", wire.Exit{Code: 143, Ended: true})
	st.exits(1, "sim", wire.Exit{Code: 143, Ended: true})
	got := st.finished()
	<-stopped
	if got.Outcome == nil || got.Outcome.State != rendezvous.FailedCanceled {
		t.Errorf("result %+v", got)
	}
	e, err := st.store.Get(st.ctx, rendezvous.StatusKey("default", "wf-1", "gang"))
	if err != nil || strings.Count(string(e.Value), `"ended":true`) != 2 {
		t.Errorf("the last status does not tell how the members ended: %s, %v", e.Value, err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	st := newStage(t, memory.New())
	ctx, cancel := context.WithCancel(st.ctx)
	st.ctx = ctx
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	cancel()
	if got := <-st.result; got.Outcome != nil || got.ExitCode != 1 {
		t.Errorf("result %+v", got)
	}
	if left, err := LeftOutcome(st.dir); left != nil || err != nil {
		t.Errorf("left outcome %v, %v", left, err)
	}
}

func TestRunOfAnUnknownJob(t *testing.T) {
	st := newStage(t, memory.New())
	st.nomad.change(func(f *fakeNomad) { f.job = nil })
	st.hold = New(Config{Namespace: "default", JobID: "wf-9~gone", AllocID: "h1", Nomad: st.nomad.client(t), Store: st.store, Emit: st.hear})
	if got := st.hold.Run(st.ctx); got.Outcome != nil || got.ExitCode != 1 || !st.heard("wf-9~gone is not known") {
		t.Errorf("result %+v, said %q", got, st.said)
	}
}

func TestYoungerHoldTakesOver(t *testing.T) {
	st := newStage(t, memory.New())
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	old := st.result
	st.start("h2", 20)
	st.until("h2 owns the gang", func(v rendezvous.View) bool { return v.Hold.AllocID == "h2" })
	if got := <-old; got.Outcome != nil || !st.heard("allocation h2 on n1 holds this gang now") {
		t.Errorf("the older hold: %+v, said %q", got, st.said)
	}
	st.hold.Stop(st.ctx)
	st.finished()
}

func TestUpstreamOfAFormerLife(t *testing.T) {
	st := newStage(t, memory.New())
	st.spec.Needs = []string{"wf-1~prep"} // the fake Nomad answers for any job: CreateIndex 7
	st.nomad.change(func(f *fakeNomad) { f.job.Meta = st.spec.Write() })
	old := rendezvous.Status{Version: 1, Job: "wf-1~prep", JobCreateIndex: 3, State: rendezvous.Completed}
	key := rendezvous.StatusPrefix("default", "wf-1") + "prep"
	st.write(rendezvous.Put(key, rendezvous.Encode(old)))
	st.start("h1", 10)
	st.until("WAITING", func(v rendezvous.View) bool { return v.Hold != nil && v.Hold.State == rendezvous.Waiting })
	old.JobCreateIndex = 7
	st.write(rendezvous.Put(key, rendezvous.Encode(old)))
	st.until("SCHEDULING", func(v rendezvous.View) bool { return v.Hold.State == rendezvous.Scheduling })
	st.hold.Stop(st.ctx)
	st.finished()
}

func TestLeftOutcomeUnreadable(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/osmo", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+OutcomeFile, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if o, err := LeftOutcome(dir); err == nil {
		t.Errorf("a torn file was read as %v", o)
	}
}
