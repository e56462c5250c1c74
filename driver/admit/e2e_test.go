package admit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// plain is the real Nomad without our driver: the test plays hold and members
// with raw_exec, so nobody is sick for the lack of it.
type plain struct{ live }

func (p plain) Snapshot() *cluster.Snapshot {
	s := p.live.Snapshot()
	if s == nil {
		return nil
	}
	well := *s
	well.NodeStates = maps.Clone(s.NodeStates)
	for id, n := range well.NodeStates {
		n.Sick = ""
		well.NodeStates[id] = n
	}
	return &well
}

// stage is a gang of two on a real Nomad and Consul.
type stage struct {
	*testing.T
	nomad *nomadapi.Client
	store *rendezvous.Consul
	gang  rendezvous.Gang
}

// candidate stands for election until the returned function is called.
func (s *stage) candidate(node string, pause func(string)) (quit func()) {
	log := hclog.New(&hclog.LoggerOptions{Name: node, Level: hclog.Debug, Output: testOutput{s.T}})
	a := New(Config{Node: node, Plugin: "test", Nomad: s.nomad, Store: s.store, Log: log, Pause: pause})
	a.nomad = func(context.Context) nomad { return plain{live{cluster.New(s.nomad, log)}} }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := a.Run(ctx); err != nil {
			s.Error(err)
		}
	}()
	return func() { cancel(); <-ended }
}

type testOutput struct{ *testing.T }

func (o testOutput) Write(p []byte) (int, error) { o.Logf("%s", p); return len(p), nil }

var _ io.Writer = testOutput{}

func task(name, command string) *nomadapi.Task {
	cpu, memory, files, size := 20, 10, 1, 1
	return &nomadapi.Task{
		Name: name, Driver: "raw_exec", Config: map[string]any{"command": "/bin/sh", "args": []string{"-c", command}},
		Resources: &nomadapi.Resources{CPU: &cpu, MemoryMB: &memory},
		LogConfig: &nomadapi.LogConfig{MaxFiles: &files, MaxFileSizeMB: &size},
	}
}

func taskGroup(name string, count int, t *nomadapi.Task) *nomadapi.TaskGroup {
	no, zero := false, 0
	g := nomadapi.NewTaskGroup(name, count).AddTask(t)
	g.ReschedulePolicy = &nomadapi.ReschedulePolicy{Attempts: &zero, Unlimited: &no}
	disk := 20
	g.EphemeralDisk = &nomadapi.EphemeralDisk{SizeMB: &disk}
	return g
}

// submit registers the gang as its user does.
func (s *stage) submit() {
	s.Helper()
	spec := meta.Gang{Workflow: "w-1", Group: "g", Lead: "a", Members: []string{"a", "b"}, Barrier: true}
	j := nomadapi.NewBatchJob("w-1~g", "w-1~g", "global", 50)
	j.Meta = spec.Write()
	j.Datacenters = []string{"*"}
	hold := taskGroup("g", 1, task("hold", "exec sleep 600"))
	forever, none, wait, constant := true, 0, 30*time.Second, "constant"
	hold.ReschedulePolicy = &nomadapi.ReschedulePolicy{Attempts: &none, Unlimited: &forever, Delay: &wait, DelayFunction: &constant}
	a, b := taskGroup("a", 0, task("a", "exec sleep 600")), taskGroup("b", 0, task("b", "exec sleep 600"))
	for _, g := range []*nomadapi.TaskGroup{a, b} {
		g.Meta = map[string]string{meta.Member: *g.Name, meta.Name: *g.Name + ".service.consul"}
	}
	j.TaskGroups = []*nomadapi.TaskGroup{hold, a, b}
	if _, _, err := s.nomad.Jobs().Register(j, nil); err != nil {
		s.Fatal(err)
	}
	s.gang = rendezvous.Gang{Namespace: "default", Job: "w-1~g", CreateIndex: *s.job().CreateIndex}
}

func (s *stage) job() *nomadapi.Job {
	s.Helper()
	j, _, err := s.nomad.Jobs().Info("w-1~g", nil)
	if err != nil {
		s.Fatal(err)
	}
	return j
}

func (s *stage) view() rendezvous.View {
	s.Helper()
	entries, _, err := s.store.Watch(s.Context(), s.gang.Prefix(), 0)
	if err != nil {
		s.Fatal(err)
	}
	return rendezvous.ReadView(s.gang, entries)
}

func (s *stage) put(key string, record any) {
	s.Helper()
	if ok, err := s.store.Commit(s.Context(), rendezvous.Put(key, rendezvous.Encode(record))); !ok || err != nil {
		s.Fatal(ok, err)
	}
}

// running are the allocations that Nomad wants and whose client runs them, by group.
func (s *stage) running() map[string]string {
	s.Helper()
	stubs, _, err := s.nomad.Jobs().Allocations("w-1~g", true, nil)
	if err != nil {
		s.Fatal(err)
	}
	out := map[string]string{}
	for _, a := range stubs {
		if a.DesiredStatus == "run" && a.ClientStatus == "running" {
			out[a.TaskGroup] = a.ID
		}
	}
	return out
}

// wants plays the hold's wish, in the name of the hold that runs.
func (s *stage) wants(want rendezvous.Want, epoch int) {
	s.Helper()
	var hold string
	agents.Await(s.T, time.Minute, "hold", func() error {
		if hold = s.running()["g"]; hold == "" {
			return errors.New("no hold runs")
		}
		return nil
	})
	s.put(s.gang.HoldKey(), rendezvous.Hold{
		Version: rendezvous.RecordVersion, AllocID: hold, State: rendezvous.Scheduling, Want: want, WantEpoch: epoch,
	})
}

// awaitPhase waits until the epoch has come so far.
func (s *stage) awaitPhase(epoch int, phase rendezvous.Phase) rendezvous.Epoch {
	s.Helper()
	var got rendezvous.Epoch
	agents.Await(s.T, time.Minute, fmt.Sprintf("epoch %d that is %s", epoch, phase), func() error {
		v := s.view()
		if v.Epoch == nil || v.Epoch.Epoch != epoch || v.Epoch.Phase != phase {
			return fmt.Errorf("epoch %+v, queue %+v", v.Epoch, v.Queue)
		}
		got = *v.Epoch
		return nil
	})
	return got
}

// awaitMembers waits until exactly the members of the record run.
func (s *stage) awaitMembers(e rendezvous.Epoch) {
	s.Helper()
	agents.Await(s.T, time.Minute, "members as recorded", func() error {
		running := s.running()
		delete(running, "g")
		if !maps.Equal(running, e.Allocs) {
			return fmt.Errorf("running are %v, the record lists %v", running, e.Allocs)
		}
		return nil
	})
}

// TestE2E is a gang's life between a real Nomad and a real Consul: released by
// one admitter, rolled back, released again while that admitter dies between
// register and record, adopted by the next, its hold lost and replaced, its job
// stopped and purged.
func TestE2E(t *testing.T) {
	client, _ := agents.Consul(t)
	s := &stage{T: t, store: rendezvous.NewConsul(client), nomad: agents.Nomad(t)}
	died := make(chan struct{})
	killed := make(chan struct{})
	var second atomic.Bool
	quit := s.candidate("first", func(point string) {
		if second.Load() && point == PointEvaluated {
			close(died)
			<-killed
		}
	})
	s.awaitAdmitter("first")
	defer s.candidate("second", nil)()
	s.submit()

	s.wants(rendezvous.WantRelease, 0)
	e := s.awaitPhase(1, rendezvous.Placed)
	s.awaitMembers(e)
	if j := s.job(); *j.TaskGroups[1].Count != 1 || e.JobVersion != *j.Version || e.Names["a"] != "a.service.consul" || e.Addresses["a"] == "" {
		t.Fatalf("job version %d, record %+v", *j.Version, e)
	}

	s.put(s.gang.VerdictKey(1), rendezvous.Verdict{Version: rendezvous.RecordVersion, Why: "b is late"})
	s.wants(rendezvous.WantRollback, 1)
	if e := s.awaitPhase(1, rendezvous.Ended); e.Why != "aborted: b is late" {
		t.Fatalf("ended because %q", e.Why)
	}
	s.awaitMembers(rendezvous.Epoch{})

	second.Store(true)
	s.wants(rendezvous.WantRelease, 1)
	<-died
	if v := s.view(); v.Epoch.Phase != rendezvous.Releasing {
		t.Fatalf("the record is %+v", v.Epoch)
	}
	released := *s.job().Version
	ended := make(chan struct{})
	go func() { defer close(ended); quit() }()
	s.endTerm()
	s.awaitAdmitter("second")
	e = s.awaitPhase(2, rendezvous.Placed)
	if e.JobVersion != released {
		t.Errorf("placed at version %d, released at %d: it was not adopted", e.JobVersion, released)
	}
	close(killed)
	<-ended
	s.awaitMembers(e)

	s.put(s.gang.VerdictKey(2), rendezvous.Verdict{Version: rendezvous.RecordVersion, Go: true})
	s.loseHold()
	s.awaitMembers(e)
	s.finish()
}

// endTerm ends the session of the admitter, as its expiry does.
func (s *stage) endTerm() {
	s.Helper()
	e, err := s.store.Get(s.Context(), rendezvous.AdmitterKey)
	if err != nil {
		s.Fatal(err)
	}
	if err := s.store.CloseSession(s.Context(), e.Session); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) awaitAdmitter(node string) {
	s.Helper()
	agents.Await(s.T, 30*time.Second, "admitter "+node, func() error {
		e, err := s.store.Get(s.Context(), rendezvous.AdmitterKey)
		if err != nil || e == nil || e.Session == "" {
			return fmt.Errorf("nobody: %w", err)
		}
		var l Lock
		if err := json.Unmarshal(e.Value, &l); err != nil || l.Node != node {
			return fmt.Errorf("%+v: %w", l, err)
		}
		return nil
	})
}

// loseHold stops the hold's allocation: another hold takes its place.
func (s *stage) loseHold() {
	s.Helper()
	old := s.running()["g"]
	if old == "" {
		s.Fatal("no hold runs")
	}
	if _, err := s.nomad.Allocations().Stop(&nomadapi.Allocation{ID: old}, nil); err != nil {
		s.Fatal(err)
	}
	agents.Await(s.T, time.Minute, "other hold", func() error {
		if now := s.running()["g"]; now == "" || now == old {
			return errors.New("no other hold")
		}
		return nil
	})
}

// finish stops the job, which gets its last status, and purges it, after which
// its records go.
func (s *stage) finish() {
	s.Helper()
	if _, _, err := s.nomad.Jobs().Deregister("w-1~g", false, nil); err != nil {
		s.Fatal(err)
	}
	key := rendezvous.StatusKey("default", "w-1", "g")
	agents.Await(s.T, time.Minute, "last status", func() error {
		e, err := s.store.Get(s.Context(), key)
		if err != nil || e == nil {
			return fmt.Errorf("no status: %w", err)
		}
		var status rendezvous.Status
		if err := rendezvous.Decode(e.Value, &status); err != nil || status.State != rendezvous.FailedCanceled {
			return fmt.Errorf("%+v: %w", status, err)
		}
		return nil
	})
	if _, _, err := s.nomad.Jobs().Deregister("w-1~g", true, nil); err != nil {
		s.Fatal(err)
	}
	agents.Await(s.T, 90*time.Second, "end of the records", func() error {
		entries, _, err := s.store.Watch(s.Context(), s.gang.Prefix(), 0)
		if err != nil || len(entries) > 0 {
			keys := slices.Collect(func(yield func(string) bool) {
				for _, e := range entries {
					if !yield(e.Key) {
						return
					}
				}
			})
			return fmt.Errorf("left are %v: %w", keys, err)
		}
		return nil
	})
}
