package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// logServer is as much of Nomad as reading logs needs: one task's stdout, which
// grows while it is followed.
type logServer struct {
	mu    sync.Mutex
	text  string
	grown chan struct{} // closed and renewed when text grows
	// late is written when the allocation is asked for, before it is dead.
	late string
}

func (s *logServer) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += text
	close(s.grown)
	s.grown = make(chan struct{})
}

func (s *logServer) from(offset int) (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text[offset:], s.grown
}

func (s *logServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	offset, _ := strconv.Atoi(q.Get("offset"))
	switch {
	case r.URL.Path == "/v1/allocation/alloc-1":
		s.describe(w)
		return
	case !strings.HasPrefix(r.URL.Path, "/v1/client/fs/logs/"), q.Get("type") == "stderr":
		http.NotFound(w, r)
		return
	case r.URL.Path != "/v1/client/fs/logs/alloc-1":
		http.Error(w, "Permission denied", http.StatusForbidden)
		return
	}
	for {
		data, grown := s.from(offset)
		offset += len(data)
		if err := json.NewEncoder(w).Encode(nomad.StreamFrame{Data: []byte(data)}); err != nil {
			return
		}
		if q.Get("follow") != "true" {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-grown:
		case <-r.Context().Done():
			return
		}
	}
}

// describe says that the task is dead, and the first time that it runs: its log
// collector has not written all.
func (s *logServer) describe(w http.ResponseWriter) {
	state := "dead"
	if late := s.takeLate(); late != "" {
		s.write(late)
		state = "running"
	}
	_ = json.NewEncoder(w).Encode(nomad.Allocation{TaskStates: map[string]*nomad.TaskState{"say": {State: state}}})
}

func (s *logServer) takeLate() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := s.late
	s.late = ""
	return late
}

// safeBuffer can be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
	// lines says of each write.
	lines chan string
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines != nil {
		s.lines <- string(p)
	}
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func printer(t *testing.T, s *logServer) (*logPrinter, *safeBuffer, *safeBuffer) {
	t.Helper()
	s.grown = make(chan struct{})
	a, _, _ := against(t, s.ServeHTTP)
	c, err := a.cluster()
	if err != nil {
		t.Fatal(err)
	}
	out, talk := &safeBuffer{}, &safeBuffer{}
	return &logPrinter{cluster: c, namespace: "default", out: &lineWriter{w: out}, talk: &lineWriter{w: talk}}, out, talk
}

func member(alloc string, lastLines ...string) observe.Member {
	return observe.Member{Name: "say", Member: rendezvous.Member{AllocID: alloc, Node: "edge", LastLines: lastLines}}
}

func workflowOf(m observe.Member) *observe.Workflow {
	return &observe.Workflow{ID: "w-1", Gangs: []observe.Gang{{Group: "g", Members: []observe.Member{m}}}}
}

// TestFollowReader: what is written while the member runs is printed at once,
// what it wrote last is not lost, nothing comes twice.
func TestFollowReader(t *testing.T) {
	s := &logServer{text: "one\ntwo\nhal", late: "\nlate"}
	p, out, _ := printer(t, s)
	out.lines = make(chan string, 10)
	r := p.start(t.Context(), member("alloc-1"))
	for _, want := range []string{"[say] one\n", "[say] two\n"} {
		if got := <-out.lines; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	s.write("f\nthree\nno end")
	for _, want := range []string{"[say] half\n", "[say] three\n"} {
		if got := <-out.lines; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	r.end()
	if err := r.wait(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[say] no end\n", "[say] late\n"} {
		if got := <-out.lines; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if want := "[say] one\n[say] two\n[say] half\n[say] three\n[say] no end\n[say] late\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestPrintAll: what is there, what is left, and what never was.
func TestPrintAll(t *testing.T) {
	p, out, talk := printer(t, &logServer{text: "one\r\ntwo\n"})
	p.out.asJSON = true
	if err := p.printAll(t.Context(), workflowOf(member("alloc-1")), ""); err != nil {
		t.Fatal(err)
	}
	if want := `{"stream":"stdout","task":"say","text":"one"}` + "\n" + `{"stream":"stdout","task":"say","text":"two"}` + "\n"; out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if err := p.printAll(t.Context(), workflowOf(member("")), "say"); err != nil || talk.String() != "say has not been placed\n" {
		t.Errorf("got %v, %q", err, talk)
	}
	var usage usageError
	if err := p.printAll(t.Context(), workflowOf(member("")), "sing"); !errors.As(err, &usage) || err.Error() != `workflow w-1 has no task "sing", its tasks are [say]` {
		t.Errorf("got %v", err)
	}
	err := p.printAll(t.Context(), workflowOf(member("alloc-2")), "")
	if err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Errorf("got %v", err)
	}
}

// TestLogIsGone: Nomad has garbage-collected the allocation.
func TestLogIsGone(t *testing.T) {
	a, _, _ := against(t, http.NotFound)
	c, err := a.cluster()
	if err != nil {
		t.Fatal(err)
	}
	var out, talk safeBuffer
	p := &logPrinter{cluster: c, out: &lineWriter{w: &out}, talk: &lineWriter{w: &talk}}
	if err := p.printAll(t.Context(), workflowOf(member("alloc-1", "good", "bye")), ""); err != nil {
		t.Fatal(err)
	}
	if out.String() != "[say] good\n[say] bye\n" || talk.String() != "Nomad has the log of say no more, these were its last lines:\n" {
		t.Errorf("got %q, %q", out.String(), talk.String())
	}
	if err := p.printAll(t.Context(), workflowOf(member("alloc-1")), ""); err != nil || !strings.HasSuffix(talk.String(), "say has no log on edge\n") {
		t.Errorf("got %v, %q", err, talk.String())
	}
}

// TestLongLine is printed in pieces: memory is bounded.
func TestLongLine(t *testing.T) {
	var out bytes.Buffer
	tl := (&logPrinter{out: &lineWriter{w: &out}}).tail(member("alloc-1"), "stdout")
	tl.take(bytes.Repeat([]byte("x"), maxLogLine))
	tl.take([]byte("y\n"))
	if want := fmt.Sprintf("[say] %s\n[say] y\n", strings.Repeat("x", maxLogLine)); out.String() != want {
		t.Errorf("got %d bytes", out.Len())
	}
}
