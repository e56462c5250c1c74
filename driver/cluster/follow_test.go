package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	nomad "github.com/hashicorp/nomad/api"
)

// recorded answers as Nomad does, with one node; what it counts and when its
// streams end is the test's.
type recorded struct {
	mu      sync.Mutex
	node    string // the node's JSON
	stub    string
	reads   int
	streams chan chan string // each stream's lines; closed means that it breaks
	evals   []func(http.ResponseWriter)
}

const nodeJSON = `{"ID":"n1","Name":"edge","Status":%q,"SchedulingEligibility":"eligible","ModifyIndex":%d,"NodeResources":{"Memory":{"MemoryMB":100}}}`

func (r *recorded) set(status string, index int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.node = fmt.Sprintf(nodeJSON, status, index)
	r.stub = "[" + r.node + "]"
}

func (r *recorded) nodeReads() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("X-Nomad-Index", "9")
	w.Header().Set("X-Nomad-LastContact", "0")
	w.Header().Set("X-Nomad-KnownLeader", "true")
	switch q.URL.Path {
	case "/v1/event/stream":
		r.stream(w, q)
	case "/v1/namespaces":
		if q.URL.Query().Get("index") != "" {
			<-q.Context().Done() // nothing changes
			return
		}
		fmt.Fprint(w, `[{"Name":"default"}]`)
	case "/v1/nodes", "/v1/node/n1":
		r.mu.Lock()
		defer r.mu.Unlock()
		if q.URL.Path == "/v1/nodes" {
			fmt.Fprint(w, r.stub)
			return
		}
		r.reads++
		fmt.Fprint(w, r.node)
	case "/v1/evaluation/e1":
		r.mu.Lock()
		next := r.evals[0]
		r.evals = r.evals[1:]
		r.mu.Unlock()
		next(w)
	default:
		fmt.Fprint(w, `[]`)
	}
}

func (r *recorded) stream(w http.ResponseWriter, q *http.Request) {
	lines := make(chan string)
	w.WriteHeader(http.StatusOK)
	fmt.Fprintln(w, `{}`)
	w.(http.Flusher).Flush()
	select {
	case r.streams <- lines:
	case <-q.Context().Done():
		return
	}
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			fmt.Fprintln(w, line)
			w.(http.Flusher).Flush()
		case <-q.Context().Done():
			return
		}
	}
}

func newRecorded(t *testing.T) (context.Context, *recorded, *Cluster) {
	t.Helper()
	r := &recorded{streams: make(chan chan string)}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	client, err := nomad.NewClient(&nomad.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx, r, New(client, hclog.NewNullLogger())
}

// TestFollow: events change the picture, and after a broken stream the list
// shows what nobody told.
func TestFollow(t *testing.T) {
	ctx, r, c := newRecorded(t)
	r.set("ready", 5)
	end := follow(ctx, t, c)
	first := <-r.streams
	until(ctx, t, c, "the first list", func(s *Snapshot) bool {
		return len(s.Nodes) == 1 && s.Nodes[0].NotReady == "" && s.Seen == 9
	})
	first <- `{"Index":10,"Events":[{"Topic":"Node","Type":"NodeEvent","Key":"n1","Index":10,"Payload":{"Node":` + fmt.Sprintf(nodeJSON, "down", 10) + `}}]}`
	until(ctx, t, c, "the event", func(s *Snapshot) bool { return s.Nodes[0].NotReady == "is down" && s.Seen == 10 })
	if err := c.AwaitIndex(ctx, 10); err != nil {
		t.Error(err)
	}
	r.set("ready", 11)
	close(first)
	second := <-r.streams
	until(ctx, t, c, "the list after the break", func(s *Snapshot) bool { return s.Nodes[0].NotReady == "" })
	reads := r.nodeReads()
	close(second)
	third := <-r.streams
	third <- `{"Index":12,"Events":[{"Topic":"Evaluation","Key":"e","Index":12}]}`
	if err := c.AwaitIndex(ctx, 12); err != nil { // the list comes before the event
		t.Error(err)
	}
	if again := r.nodeReads(); again != reads || reads != 2 {
		t.Errorf("the node was read %d times and then %d times, want 2: it changed once", reads, again)
	}
	impatient, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.AwaitIndex(impatient, 99); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for an index that never comes: %v", err)
	}
	end()
}

// TestAwaitEvaluation: a Nomad without a leader is waited out.
func TestAwaitEvaluation(t *testing.T) {
	ctx, r, c := newRecorded(t)
	say := func(text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { fmt.Fprint(w, text) }
	}
	r.evals = []func(http.ResponseWriter){
		func(w http.ResponseWriter) { http.Error(w, "No cluster leader", http.StatusInternalServerError) },
		say(`{"ID":"e1","Status":"pending"}`),
		say(`{"ID":"e1","Status":"complete","ModifyIndex":8,"BlockedEval":"b1","FailedTGAllocs":{"m":{"NodesEvaluated":3}}}`),
		func(w http.ResponseWriter) { http.Error(w, "Permission denied", http.StatusForbidden) },
		func(w http.ResponseWriter) { http.Error(w, "eval not found", http.StatusNotFound) },
	}
	e, err := c.AwaitEvaluation(ctx, "e1")
	if err != nil || e.Status != "complete" || e.Index != 8 || e.Blocked != "b1" || e.FailedGroups["m"].NodesEvaluated != 3 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := c.AwaitEvaluation(ctx, "e1"); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("without permission: %v", err)
	}
	if _, err := c.AwaitEvaluation(ctx, "e1"); !errors.Is(err, ErrGone) {
		t.Errorf("a forgotten evaluation: %v", err)
	}
}
