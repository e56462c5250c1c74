package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"", 3, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301te\u0301", 3, "e\u0301te\u0301"}, // accents take no cell
		{"a\x1b[2Jb\n", 20, "a [2Jb "},
	} {
		got := clip(c.in, c.width)
		if got != c.want || displayWidth(got) > c.width {
			t.Errorf("%q in %d cells: got %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	tab := &table{header: []string{"Task", "Node", "Status"}}
	tab.add("train", "日本", "RUNNING")
	tab.add("a", "-", "FAILED_IMAGE_PULL")
	aligned := []string{
		"Task   Node  Status",
		"train  日本  RUNNING",
		"a      -     FAILED_IMAGE_PULL",
	}
	if diff := cmp.Diff(aligned, tab.aligned()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Task\tNode\tStatus", "train\t日本\tRUNNING", "a\t-\tFAILED_IMAGE_PULL"}, tab.tabbed()); diff != "" {
		t.Error(diff)
	}
}

// TestPrintTable: colour on a terminal and only there, unless NO_COLOR is set.
func TestPrintTable(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		env      map[string]string
		want     string
	}{
		{false, nil, "Task\tStatus\na\tCOMPLETED\n"},
		{true, nil, "Task  Status\na     \x1b[32mCOMPLETED\x1b[0m\n"},
		{true, map[string]string{"NO_COLOR": "1"}, "Task  Status\na     COMPLETED\n"},
		{true, map[string]string{"TERM": "dumb"}, "Task  Status\na     COMPLETED\n"},
	} {
		var out bytes.Buffer
		a := &app{out: &out, outTerminal: c.terminal, getenv: func(k string) string { return c.env[k] }}
		tab := &table{header: []string{"Task", "Status"}}
		tab.add("a", "COMPLETED")
		a.printTable(tab)
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("terminal %v, %v: %s", c.terminal, c.env, diff)
		}
	}
}

func TestStateColours(t *testing.T) {
	got := colours{on: true}.states("a FAILED_IMAGE_PULL RUNNING WAITING RUNNINGS")
	if want := "a \x1b[31mFAILED_IMAGE_PULL\x1b[0m \x1b[36mRUNNING\x1b[0m \x1b[33mWAITING\x1b[0m RUNNINGS"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// life is a gang of two from its registration to its end.
func life() []*observe.Workflow {
	member := func(name string, m rendezvous.Member) observe.Member { return observe.Member{Name: name, Member: m} }
	gang := func(g observe.Gang) *observe.Workflow {
		g.Group = "lab"
		return &observe.Workflow{ID: "w-1", Status: "RUNNING", Gangs: []observe.Gang{g}}
	}
	placed := rendezvous.Member{State: rendezvous.Initializing, Node: "train", Platform: "ovx-a40"}
	edge := rendezvous.Member{State: rendezvous.Initializing, Node: "edge"}
	ran := rendezvous.Member{State: rendezvous.Failed, Node: "train", Platform: "ovx-a40", Exit: &wire.Exit{Code: 3, ElapsedNanos: int64(2 * time.Second)}}
	ended := rendezvous.Member{State: rendezvous.Failed, Node: "edge", Exit: &wire.Exit{Ended: true, ElapsedNanos: int64(2100 * time.Millisecond)}}
	return []*observe.Workflow{
		gang(observe.Gang{State: rendezvous.Waiting, Members: []observe.Member{member("t", rendezvous.Member{}), member("r", rendezvous.Member{})}}),
		gang(observe.Gang{State: rendezvous.Scheduling, Reason: "1 of 2 placeable", Members: []observe.Member{member("t", rendezvous.Member{}), member("r", rendezvous.Member{})}}),
		gang(observe.Gang{State: rendezvous.Initializing, Reason: "waiting for r", Members: []observe.Member{member("t", placed), member("r", edge)}}),
		gang(observe.Gang{State: rendezvous.Running, Skew: 1234567, Members: []observe.Member{member("t", placed), member("r", edge)}}),
		gang(observe.Gang{
			State: rendezvous.Failed, Skew: 1234567, Members: []observe.Member{member("t", ran), member("r", ended)},
			Outcome: &rendezvous.Outcome{State: rendezvous.Failed, Sentence: "FAILED: t exited with code 3"},
		}),
	}
}

// TestChangeLog: in a pipe each piece of news is one line, once.
func TestChangeLog(t *testing.T) {
	var out bytes.Buffer
	log := &changeLog{out: &out, now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
	for _, w := range life() {
		log.see(w)
		log.see(w) // nothing new
	}
	want := strings.TrimLeft(`
03:04:05 lab WAITING
03:04:05 lab SCHEDULING: 1 of 2 placeable
03:04:05 lab INITIALIZING: waiting for r
03:04:05 lab/t on train (ovx-a40)
03:04:05 lab/r on edge
03:04:05 lab RUNNING
03:04:05 lab started together, skew 1.23ms
03:04:05 lab/t exited with code 3 after 2s
03:04:05 lab/r was ended after 2.1s
03:04:05 lab FAILED: t exited with code 3
`, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestLiveView redraws exactly the lines it has drawn, and never more than fit.
func TestLiveView(t *testing.T) {
	var out bytes.Buffer
	view := &liveView{out: &out, size: func() (int, int) { return 40, 5 }}
	for _, w := range life()[:2] {
		view.see(w)
	}
	want := strings.TrimLeft(`
w-1  RUNNING
  lab  WAITING
  Task Name  Start Time  Status  Node …
… 2 more lines: osmo-nomad status w-1
`, "\n") + "\x1b[4F\x1b[J" + strings.TrimLeft(`
w-1  RUNNING
  lab  SCHEDULING  1 of 2 placeable
  Task Name  Start Time  Status  Node …
… 2 more lines: osmo-nomad status w-1
`, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
