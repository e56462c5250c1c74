package submit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// server is as much of Nomad and Consul as registering needs: jobs that can be
// created once, and one counter.
type server struct {
	jobs    map[string]*nomad.Job
	counter string
	index   uint64
	// lose and refuse are ids of jobs: the reply to a register is lost, or it is
	// refused. race is called before each counter transaction.
	lose, refuse string
	race         func(*server)
	calls        []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutPrefix(r.URL.Path, "/v1/job/")
	switch {
	case r.URL.Path == "/v1/jobs":
		s.register(w, r)
	case r.URL.Path == "/v1/txn":
		s.transact(w, r)
	case strings.HasPrefix(r.URL.Path, "/v1/kv/"):
		s.read(w, strings.TrimPrefix(r.URL.Path, "/v1/kv/"))
	case r.Method == http.MethodDelete:
		s.calls = append(s.calls, "purge "+id)
		delete(s.jobs, id)
		reply(w, map[string]any{})
	case s.jobs[id] != nil:
		reply(w, s.jobs[id])
	default:
		http.Error(w, "job not found", http.StatusNotFound)
	}
}

func (s *server) register(w http.ResponseWriter, r *http.Request) {
	var req nomad.JobRegisterRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		panic(err)
	}
	id := *req.Job.ID
	s.calls = append(s.calls, "register "+id)
	switch {
	case !req.EnforceIndex || req.JobModifyIndex != 0:
		http.Error(w, "not create-only", http.StatusBadRequest)
	case s.jobs[id] != nil:
		http.Error(w, nomad.RegisterEnforceIndexErrPrefix+" 0: job exists with conflicting job modify index: 7", http.StatusInternalServerError)
	case id == s.refuse:
		http.Error(w, "Permission denied", http.StatusForbidden)
	case id == s.lose:
		s.jobs[id] = req.Job
		panic(http.ErrAbortHandler) // the connection breaks
	default:
		s.jobs[id] = req.Job
		reply(w, nomad.JobRegisterResponse{})
	}
}

func (s *server) read(w http.ResponseWriter, key string) {
	if s.counter == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	reply(w, []map[string]any{{"Key": key, "Value": base64.StdEncoding.EncodeToString([]byte(s.counter)), "ModifyIndex": s.index}})
}

func (s *server) transact(w http.ResponseWriter, r *http.Request) {
	if s.race != nil {
		s.race(s)
	}
	var ops []struct {
		KV struct {
			Verb, Key, Value string
			Index            uint64
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(body, &ops); err != nil || len(ops) == 0 {
		panic(err)
	}
	if ops[0].KV.Index != s.index {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"Errors": [{"OpIndex": 0, "What": "index is stale"}]}`)
		return
	}
	value, err := base64.StdEncoding.DecodeString(ops[0].KV.Value)
	if err != nil {
		panic(err)
	}
	s.counter = string(value)
	s.index++
	reply(w, map[string]any{"Results": []any{}})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (s *server) target(t *testing.T) Target {
	t.Helper()
	s.jobs = map[string]*nomad.Job{}
	http := httptest.NewServer(s)
	t.Cleanup(http.Close)
	n, err := nomad.NewClient(&nomad.Config{Address: http.URL})
	if err != nil {
		t.Fatal(err)
	}
	c, err := consul.NewClient(&consul.Config{Address: http.URL})
	if err != nil {
		t.Fatal(err)
	}
	return Target{Nomad: n, Store: rendezvous.NewConsul(c), Now: func() time.Time { return time.Unix(1e9, 0) }}
}

// plan is a workflow of two gangs, a and b.
func plan(id string) (*translator.Plan, error) {
	p := &translator.Plan{ID: id}
	for _, g := range []string{"a", "b"} {
		jobID := id + "~" + g
		p.Jobs = append(p.Jobs, &nomad.Job{ID: &jobID, Meta: map[string]string{}})
	}
	return p, nil
}

func ids(s *server) []string {
	var out []string
	for id := range s.jobs {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// TestNumbers: each submission takes the next number and notes its instant; a
// counter in Consul outlives the jobs, so that no number comes twice.
func TestNumbers(t *testing.T) {
	s := &server{}
	target := s.target(t)
	for _, want := range []string{"w-1", "w-2"} {
		p, err := Register(t.Context(), target, "w", plan)
		if err != nil || p.ID != want {
			t.Fatalf("got %+v, %v, want %s", p, err, want)
		}
	}
	if diff := cmp.Diff([]string{"w-1~a", "w-1~b", "w-2~a", "w-2~b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
	if got := s.jobs["w-1~a"].Meta[meta.Submitted]; got != "2001-09-09T01:46:40Z" {
		t.Errorf("submitted %q", got)
	}
}

// TestTwoSubmitters: another one takes the number between read and write.
func TestTwoSubmitters(t *testing.T) {
	s := &server{}
	s.race = func(s *server) { s.counter, s.index, s.race = "5", s.index+1, nil }
	p, err := Register(t.Context(), s.target(t), "w", plan)
	if err != nil || p.ID != "w-6" {
		t.Errorf("got %+v, %v, want w-6", p, err)
	}
}

// TestTakenID: somebody registered w-1~b by hand. Nothing of theirs is touched,
// nothing of ours stays under that id.
func TestTakenID(t *testing.T) {
	s := &server{}
	target := s.target(t)
	byHand := "w-1~b"
	s.jobs[byHand] = &nomad.Job{ID: &byHand, Meta: map[string]string{}}
	p, err := Register(t.Context(), target, "w", plan)
	if err != nil || p.ID != "w-2" {
		t.Fatalf("got %+v, %v, want w-2", p, err)
	}
	if diff := cmp.Diff([]string{"w-1~b", "w-2~a", "w-2~b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(s.calls, "purge w-1~b") {
		t.Errorf("the other's job was purged: %v", s.calls)
	}
}

// TestWholeOrNotAtAll: a job that is refused, or whose reply is lost, takes the
// jobs before it along.
func TestWholeOrNotAtAll(t *testing.T) {
	for _, s := range []*server{{refuse: "w-1~b"}, {lose: "w-1~b"}, {lose: "w-1~a"}} {
		if p, err := Register(t.Context(), s.target(t), "w", plan); err == nil {
			t.Errorf("registered %s", p.ID)
		}
		if len(s.jobs) > 0 {
			t.Errorf("lose %q, refuse %q: left %v", s.lose, s.refuse, ids(s))
		}
	}
}

// TestInterrupted: a Ctrl-C between two jobs leaves none of them.
func TestInterrupted(t *testing.T) {
	s := &server{}
	ctx, cancel := context.WithCancel(t.Context())
	target := s.target(t)
	target.Now = func() time.Time { // asked before each register
		if len(s.jobs) == 1 {
			cancel()
		}
		return time.Unix(1e9, 0)
	}
	_, err := Register(ctx, target, "w", plan)
	if !errors.Is(err, context.Canceled) || len(s.jobs) > 0 {
		t.Errorf("got %v, left %v", err, ids(s))
	}
}

// TestStrangeCounter: somebody wrote something else there.
func TestStrangeCounter(t *testing.T) {
	s := &server{counter: "seven", index: 3}
	_, err := Register(t.Context(), s.target(t), "w", plan)
	if want := `the counter osmo/v1/workflows/w in Consul holds "seven", not a number: correct or delete it`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestManyTaken gives up in the end.
func TestManyTaken(t *testing.T) {
	s := &server{}
	target := s.target(t)
	for n := range maxTaken {
		id := fmt.Sprintf("w-%d~a", n+1)
		s.jobs[id] = &nomad.Job{ID: &id}
	}
	if p, err := Register(t.Context(), target, "w", plan); err == nil || !strings.Contains(err.Error(), "are taken") {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestNamespace(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/namespace/labs":
			reply(w, nomad.Namespace{Name: "labs"})
		case "/v1/namespace/secret":
			http.Error(w, "Permission denied", http.StatusForbidden)
		default:
			http.Error(w, "Namespace not found", http.StatusNotFound)
		}
	}))
	defer server.Close()
	client, err := nomad.NewClient(&nomad.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"labs": "", "secret": "", // what the token may not read may still be there
		"nope": "Nomad has no namespace \"nope\": an operator makes it with `nomad namespace apply nope`",
	} {
		err := Namespace(t.Context(), client, name)
		if got := fmt.Sprint(err); (want == "") != (err == nil) || err != nil && got != want {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}
