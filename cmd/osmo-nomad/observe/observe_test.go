package observe

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// TestStatus follows OSMO's aggregation, workflow.py:1297.
func TestStatus(t *testing.T) {
	const (
		waiting  = rendezvous.Waiting
		running  = rendezvous.Running
		done     = rendezvous.Completed
		failed   = rendezvous.Failed
		upstream = rendezvous.FailedUpstream
		image    = rendezvous.FailedImagePull
		canceled = rendezvous.FailedCanceled
		server   = rendezvous.FailedServerError
		exec     = rendezvous.FailedExecTimeout
		queue    = rendezvous.FailedQueueTimeout
	)
	for _, c := range []struct {
		gangs []rendezvous.State
		want  string
	}{
		{nil, "PENDING"},
		{[]rendezvous.State{waiting}, "PENDING"},
		{[]rendezvous.State{rendezvous.Scheduling}, "PENDING"},
		{[]rendezvous.State{rendezvous.Initializing}, "PENDING"},
		{[]rendezvous.State{running, waiting}, "RUNNING"},
		{[]rendezvous.State{done, waiting}, "PENDING"}, // between gangs
		{[]rendezvous.State{failed, running}, "RUNNING"},
		{[]rendezvous.State{failed, canceled, waiting}, "PENDING"},
		{[]rendezvous.State{done, done}, "COMPLETED"},
		{[]rendezvous.State{done, failed}, "FAILED"},
		{[]rendezvous.State{image, done}, "FAILED_IMAGE_PULL"},
		{[]rendezvous.State{image, upstream}, "FAILED_IMAGE_PULL"},
		{[]rendezvous.State{upstream, upstream}, "FAILED_UPSTREAM"},
		{[]rendezvous.State{image, failed}, "FAILED"},
		{[]rendezvous.State{queue, exec}, "FAILED_EXEC_TIMEOUT"},
		{[]rendezvous.State{exec, server}, "FAILED_SERVER_ERROR"},
		{[]rendezvous.State{server, canceled, failed}, "FAILED_CANCELED"},
		{[]rendezvous.State{queue, failed}, "FAILED_QUEUE_TIMEOUT"},
	} {
		w := &Workflow{}
		for _, s := range c.gangs {
			w.Gangs = append(w.Gangs, Gang{State: s})
		}
		if got := w.status(); got != c.want {
			t.Errorf("gangs %v: got %s, want %s", c.gangs, got, c.want)
		}
	}
}

func TestPlacementFailure(t *testing.T) {
	for _, c := range []struct {
		metric nomad.AllocationMetric
		want   string
	}{
		{nomad.AllocationMetric{}, "no client is up in the job's datacenters and node pool"},
		{nomad.AllocationMetric{NodesEvaluated: 1}, "1 node looked at, none fits"},
		{
			nomad.AllocationMetric{NodesEvaluated: 3, ConstraintFiltered: map[string]int{"missing drivers": 2}, DimensionExhausted: map[string]int{"memory": 1}},
			"1 node: not enough memory; 2 nodes: missing drivers (is the plugin nomad-driver-gang installed there, with its plugin block?)",
		},
	} {
		if diff := cmp.Diff(c.want, placementFailure(&c.metric)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPriorityName(t *testing.T) {
	for n, want := range map[int]string{75: "HIGH", 50: "NORMAL", 25: "LOW", 51: "51"} {
		if got := priorityName(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

// recorded answers requests as a Nomad and a Consul would, from what a test
// says they hold.
type recorded struct {
	jobs     []*nomad.JobListStub
	evals    map[string][]*nomad.Evaluation
	allocs   map[string][]*nomad.AllocationListStub
	statuses map[string]rendezvous.Status // by key below osmo/v1/status/
	failures atomic.Int64                 // so many requests are answered by an error first
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := req.URL.Path
	switch {
	case r.failures.Add(-1) >= 0:
		http.Error(w, "No cluster leader", http.StatusInternalServerError)
	case path == "/v1/jobs":
		reply(w, r.listed(req.URL.Query()))
	case strings.HasSuffix(path, "/evaluations"):
		reply(w, r.evals[jobOf(path)])
	case strings.HasSuffix(path, "/allocations"):
		reply(w, r.allocs[jobOf(path)])
	case strings.HasPrefix(path, "/v1/kv/"):
		r.kv(w, strings.TrimPrefix(path, "/v1/kv/"))
	default:
		http.NotFound(w, req)
	}
}

func jobOf(path string) string { return strings.Split(path, "/")[3] }

func (r *recorded) listed(q url.Values) []*nomad.JobListStub {
	out := []*nomad.JobListStub{}
	for _, j := range r.jobs {
		if ns := q.Get("namespace"); strings.HasPrefix(j.ID, q.Get("prefix")) && (ns == "*" || ns == j.Namespace) {
			out = append(out, j)
		}
	}
	return out
}

func (r *recorded) kv(w http.ResponseWriter, prefix string) {
	pairs := []map[string]any{}
	for key, s := range r.statuses {
		if key = statusRoot + key; strings.HasPrefix(key, prefix) {
			pairs = append(pairs, map[string]any{"Key": key, "Value": rendezvous.Encode(s)})
		}
	}
	w.Header().Set("X-Consul-Index", "7")
	if len(pairs) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	reply(w, pairs)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (r *recorded) cluster(t *testing.T, namespace string) Cluster {
	t.Helper()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	n, err := nomad.NewClient(&nomad.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	c, err := consul.NewClient(&consul.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return Cluster{Nomad: n, Store: rendezvous.NewConsul(c), Namespace: namespace}
}

// stub is a gang's job as Nomad lists it.
func stub(id string, createIndex uint64, members ...string) *nomad.JobListStub {
	workflow, group, _ := strings.Cut(id, "~")
	g := meta.Gang{Workflow: workflow, Group: group, Lead: members[0], Members: members}
	return &nomad.JobListStub{
		ID: id, Namespace: "default", Status: "running", Priority: 50, CreateIndex: createIndex, Meta: g.Write(),
		SubmitTime: time.Unix(1000, 0).UnixNano(), JobSummary: &nomad.JobSummary{Summary: map[string]nomad.TaskGroupSummary{}},
	}
}

func status(id string, createIndex uint64, state rendezvous.State, members ...string) rendezvous.Status {
	workflow, group, _ := strings.Cut(id, "~")
	s := rendezvous.Status{
		Version: rendezvous.RecordVersion, Job: id, JobCreateIndex: createIndex, Workflow: workflow, Group: group,
		State: state, Reason: "because", Members: map[string]rendezvous.Member{},
	}
	for _, m := range members {
		s.Members[m] = rendezvous.Member{State: state, Node: "host-of-" + m}
	}
	return s
}

func names(g Gang) string {
	var all []string
	for _, m := range g.Members {
		all = append(all, m.Name+"="+string(m.State))
	}
	return strings.Join(all, " ")
}

// TestWorkflow joins two jobs with their holds' statuses: gangs come in the
// order in which they were registered, members in the order of the file.
func TestWorkflow(t *testing.T) {
	r := &recorded{
		jobs: []*nomad.JobListStub{stub("w-1~a", 20, "z", "b"), stub("w-1~z", 10, "solo"), stub("w-10~a", 30, "other")},
		statuses: map[string]rendezvous.Status{
			"default/w-1/a": status("w-1~a", 20, rendezvous.Running, "b", "z"),
			"default/w-1/z": status("w-1~z", 10, rendezvous.Completed, "solo"),
		},
	}
	r.jobs[0].Meta[meta.Submitted] = "2026-01-02T03:04:05Z"
	for _, j := range r.jobs { // a site that has other numbers
		j.Meta[meta.Priority], j.Priority = "LOW", 50
	}
	w, err := r.cluster(t, "*").Workflow(t.Context(), "w-1")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{w.ID, w.Namespace, w.Status, w.Priority, w.Gangs[0].Group, names(w.Gangs[0]), w.Gangs[1].Group, names(w.Gangs[1]), w.Gangs[1].Lead, w.Gangs[1].Reason}
	want := []string{"w-1", "default", "RUNNING", "LOW", "z", "solo=COMPLETED", "a", "z=RUNNING b=RUNNING", "z", "because"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := time.Unix(1000, 0); !w.Submitted.Equal(want) { // the earliest of its jobs
		t.Errorf("submitted %v, want %v", w.Submitted, want)
	}
	var gone NotFoundError
	if _, err := r.cluster(t, "*").Workflow(t.Context(), "w-2"); !errors.As(err, &gone) || gone.ID != "w-2" {
		t.Errorf("got %v, want a NotFoundError", err)
	}
	if _, err := r.cluster(t, "labs").Workflow(t.Context(), "w-1"); !errors.As(err, &gone) {
		t.Errorf("another namespace: got %v, want a NotFoundError", err)
	}
}

// TestOnlyAStatusIsLeft: Nomad has garbage-collected the job.
func TestOnlyAStatusIsLeft(t *testing.T) {
	r := &recorded{statuses: map[string]rendezvous.Status{"labs/w-1/a": status("w-1~a", 20, rendezvous.Completed, "b", "a")}}
	w, err := r.cluster(t, "*").Workflow(t.Context(), "w-1")
	if err != nil {
		t.Fatal(err)
	}
	if w.Namespace != "labs" || w.Status != "COMPLETED" || names(w.Gangs[0]) != "a=COMPLETED b=COMPLETED" {
		t.Errorf("got %+v", w)
	}
}

// TestWithoutHold: what is said of a gang whose hold does not speak.
func TestWithoutHold(t *testing.T) {
	queued := func(j *nomad.JobListStub) {
		j.JobSummary.Summary["a"] = nomad.TaskGroupSummary{Queued: 1}
	}
	failedEval := &nomad.Evaluation{ModifyIndex: 5, FailedTGAllocs: map[string]*nomad.AllocationMetric{
		"a": {NodesEvaluated: 2, ConstraintFiltered: map[string]int{"missing drivers": 2}},
	}}
	event := &nomad.AllocationListStub{
		TaskGroup: "a", NodeName: "edge", ClientStatus: "pending", CreateIndex: 9,
		TaskStates: map[string]*nomad.TaskState{meta.HoldTask: {Events: []*nomad.TaskEvent{{DisplayMessage: "older"}, {DisplayMessage: "driver is not configured"}}}},
	}
	for _, c := range []struct {
		name   string
		change func(*nomad.JobListStub)
		evals  []*nomad.Evaluation
		allocs []*nomad.AllocationListStub
		status *rendezvous.Status
		state  rendezvous.State
		reason string
	}{
		{name: "just registered", state: rendezvous.Waiting, reason: "Nomad has not placed the hold yet"},
		{name: "queued, not evaluated", change: queued, state: rendezvous.Waiting, reason: "Nomad has not placed the hold yet"},
		{
			name: "cannot be placed", change: queued, evals: []*nomad.Evaluation{{ModifyIndex: 4}, failedEval}, state: rendezvous.Waiting,
			reason: "Nomad cannot place the hold: 2 nodes: missing drivers (is the plugin nomad-driver-gang installed there, with its plugin block?)",
		},
		{
			name: "cannot start", allocs: []*nomad.AllocationListStub{{TaskGroup: "a", CreateIndex: 8, NodeName: "old"}, event, {TaskGroup: "m", CreateIndex: 10}},
			state: rendezvous.Waiting, reason: "the hold on edge (pending): driver is not configured",
		},
		{name: "stopped before it spoke", change: func(j *nomad.JobListStub) { j.Stop, j.Status = true, "dead" }, state: rendezvous.FailedCanceled, reason: "the job was stopped"},
		{
			name: "stopped, still ending", change: func(j *nomad.JobListStub) { j.Stop, j.Status = true, "dead" }, status: new(status("w-1~a", 20, rendezvous.Running, "m")),
			state: rendezvous.Running, reason: "the job was stopped, the gang is ending",
		},
		{name: "just placed", allocs: []*nomad.AllocationListStub{{TaskGroup: "a", NodeName: "edge"}}, state: rendezvous.Waiting, reason: "the hold starts on edge"},
		{
			name: "hold drained", change: func(j *nomad.JobListStub) { j.Status = "dead" }, status: new(status("w-1~a", 20, rendezvous.Scheduling, "m")),
			state: rendezvous.Scheduling, reason: "its hold has ended without an outcome, the admitter has another one placed",
		},
		{name: "hold speaks", status: new(status("w-1~a", 20, rendezvous.Scheduling, "m")), state: rendezvous.Scheduling, reason: "because"},
		{
			name: "a former life's status", status: new(status("w-1~a", 19, rendezvous.Completed, "m")),
			state: rendezvous.Waiting, reason: "Nomad has not placed the hold yet",
		},
		{
			name: "another version's job", change: func(j *nomad.JobListStub) { j.Meta[meta.Protocol] = "9" }, state: rendezvous.Waiting,
			reason: `meta osmo_protocol is "9", this plugin speaks "1": translate the workflow with an osmo-nomad of the plugin's version`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := stub("w-1~a", 20, "m")
			if c.change != nil {
				c.change(j)
			}
			r := &recorded{
				jobs: []*nomad.JobListStub{j}, statuses: map[string]rendezvous.Status{},
				evals: map[string][]*nomad.Evaluation{j.ID: c.evals}, allocs: map[string][]*nomad.AllocationListStub{j.ID: c.allocs},
			}
			if c.status != nil {
				r.statuses["default/w-1/a"] = *c.status
			}
			w, err := r.cluster(t, "default").Workflow(t.Context(), "w-1")
			if err != nil {
				t.Fatal(err)
			}
			g := w.Gangs[0]
			if g.State != c.state || g.Reason != c.reason {
				t.Errorf("got %s: %s\nwant %s: %s", g.State, g.Reason, c.state, c.reason)
			}
			if len(g.Members) > 0 && g.Members[0].State != c.state {
				t.Errorf("the member is %s, its gang %s", g.Members[0].State, c.state)
			}
		})
	}
}

// TestList: the oldest first, and what another program wrote is not shown.
func TestList(t *testing.T) {
	foreign := stub("b-1~a", 1, "m")
	foreign.Meta = nil
	late, early := stub("a-1~a", 2, "m"), stub("c-1~a", 3, "m")
	late.Meta[meta.Submitted] = "2026-01-02T03:04:05Z"
	early.Meta[meta.Submitted] = "2025-01-02T03:04:05Z"
	other := status("d-1~a", 4, rendezvous.Completed)
	other.Version = rendezvous.RecordVersion + 1
	r := &recorded{jobs: []*nomad.JobListStub{foreign, late, early}, statuses: map[string]rendezvous.Status{"default/d-1/a": other}}
	all, err := r.cluster(t, "*").List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	if diff := cmp.Diff([]string{"c-1", "a-1"}, ids); diff != "" {
		t.Error(diff)
	}
}

// TestFollow ends with the workflow, or says why it cannot go on.
func TestFollow(t *testing.T) {
	finished := map[string]rendezvous.Status{"default/w-1/a": status("w-1~a", 20, rendezvous.Completed, "m")}
	t.Run("finished", func(t *testing.T) {
		r := &recorded{jobs: []*nomad.JobListStub{stub("w-1~a", 20, "m")}, statuses: finished}
		seen := 0
		w, err := r.cluster(t, "*").Follow(t.Context(), "w-1", time.Minute, func(*Workflow) { seen++ })
		if err != nil || seen != 1 || w.Status != "COMPLETED" {
			t.Errorf("got %+v, %v after %d looks", w, err, seen)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		var gone NotFoundError
		if _, err := (&recorded{}).cluster(t, "*").Follow(t.Context(), "w-1", time.Minute, func(*Workflow) {}); !errors.As(err, &gone) {
			t.Errorf("got %v, want a NotFoundError", err)
		}
	})
	t.Run("leaderless for a moment", func(t *testing.T) {
		r := &recorded{jobs: []*nomad.JobListStub{stub("w-1~a", 20, "m")}, statuses: finished}
		r.failures.Store(1)
		c := r.cluster(t, "default")
		if w, err := c.Follow(t.Context(), "w-1", time.Minute, func(*Workflow) {}); err != nil || w.Status != "COMPLETED" {
			t.Errorf("got %+v, %v", w, err)
		}
	})
	t.Run("leaderless for too long", func(t *testing.T) {
		r := &recorded{}
		r.failures.Store(math.MaxInt64)
		_, err := r.cluster(t, "default").Follow(t.Context(), "w-1", time.Nanosecond, func(*Workflow) {})
		if err == nil || !strings.Contains(err.Error(), "No cluster leader") {
			t.Errorf("got %v", err)
		}
	})
}
