package hold

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
)

// Transcripts are stories: lines that begin with `>` are what happens in the
// cluster, the lines below each are what the hold does about it. `go test
// -update` writes them anew; review the diff.
var update = flag.Bool("update", false, "rewrite the transcripts")

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("the hold did something else (-want +got):\n%s", diff)
			}
		})
	}
}

// play runs the story's lines and returns the story with what the hold did.
func play(t *testing.T, text string) string {
	t.Helper()
	w := newWorld(t)
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		directive, ok := strings.CutPrefix(line, "> ")
		switch {
		case ok:
			fmt.Fprintln(&w.out, line)
			w.do(directive)
		case strings.HasPrefix(line, "#") || line == "":
			fmt.Fprintln(&w.out, line)
		}
	}
	return w.out.String()
}

// world is a cluster that does what the story says.
type world struct {
	t     *testing.T
	out   strings.Builder
	store *memory.Store
	gang  rendezvous.Gang
	job   job
	epoch rendezvous.Epoch
	nomad []alloc
	up    map[string]upstream
	// sessions are the nodes' open ones.
	sessions map[string]string

	now    time.Duration
	s      state
	wakeAt time.Duration
	// before runs before the next commit: somebody else was faster.
	before func()
	// deaf: Nomad does not answer.
	deaf bool
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, store: memory.New(), up: map[string]upstream{}, sessions: map[string]string{},
		gang: rendezvous.Gang{Namespace: "default", Job: "wf-1~gang", CreateIndex: 7},
	}
}

// words splits a directive: positional words, and key=value pairs; a value
// may be quoted.
func words(s string) (args []string, kv map[string]string) {
	kv = map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end, quoted := 0, false
		for end < len(s) && (quoted || s[end] != ' ') {
			if s[end] == '"' {
				quoted = !quoted
			}
			end++
		}
		word := strings.ReplaceAll(s[:end], `"`, "")
		if k, v, ok := strings.Cut(word, "="); ok {
			kv[k] = v
		} else {
			args = append(args, word)
		}
		s = s[end:]
	}
	return args, kv
}

func (w *world) do(directive string) {
	w.t.Helper()
	verb, rest, _ := strings.Cut(directive, " ")
	args, kv := words(rest)
	switch verb {
	case "gang":
		w.register(kv)
	case "hold":
		w.startHold(args[0], kv)
	case "releasing", "placed", "ended":
		w.place(verb, args, kv)
	case "queue":
		w.put(w.gang.QueueKey(), rendezvous.Queue{Version: 1, Reason: args[0]})
	case "ready", "started", "exit", "verdict", "unready":
		w.record(verb, args, kv)
	case "alloc":
		w.changeAlloc(args, kv)
	case "stranger":
		w.nomad = append(w.nomad, alloc{ID: "stranger", Group: args[0], Client: "pending", CreateIndex: 99})
		w.listAllocs(0)
	case "upstream":
		w.up[args[0]] = upstream{State: rendezvous.State(args[1])}
		w.send(upstreamSeen{w.up})
	case "stop":
		w.send(stopAsked{map[string]stop{"alloc": stopAside, "job": stopCanceled, "now": stopNow}[args[0]]})
	case "race":
		w.before = w.racer(args[0])
	case "nomad":
		w.deaf = args[0] == "away"
		w.listAllocs(w.s.asked)
	case "again":
		w.registerAgain(kv)
	case "tamper":
		w.tamper(args[0])
	case "mend":
		w.mend(args[0])
	case "pass":
		w.pass(w.duration(args[0]))
	case "show":
		w.show()
	default:
		w.t.Fatalf("unknown directive %q", directive)
	}
}

func (w *world) duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// show prints the status as the CLI would find it.
func (w *world) show() {
	e, _ := w.store.Get(context.Background(), rendezvous.StatusKey("default", "wf-1", "gang"))
	if e == nil {
		w.t.Fatal("no status")
	}
	var st rendezvous.Status
	if err := rendezvous.Decode(e.Value, &st); err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(&w.out, "    %s epoch %d: %s\n", st.State, st.Epoch, st.Reason)
	for _, name := range w.job.Spec.Members {
		m := st.Members[name]
		fmt.Fprintf(&w.out, "    %s: %s node=%s message=%q", name, m.State, m.Node, m.Message)
		if m.Exit != nil {
			fmt.Fprintf(&w.out, " code=%d lines=%q", m.Exit.Code, m.LastLines)
		}
		fmt.Fprintln(&w.out)
	}
}

// TestRecovery plays each story of one hold again and again, and has the hold
// replaced after each of its lines by one that knows nothing but the records:
// the gang must end as if nothing had happened.
func TestRecovery(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		story := directives(string(b))
		if want := ending(t, story); want != "" && forRecovery(string(b)) {
			played++
			for i := 2; i < len(story); i++ {
				replaced := slices.Insert(slices.Clone(story), i, "hold h9 index=90 node=n9")
				if got := ending(t, replaced); got != want {
					t.Errorf("%s, the hold replaced before %q: %s, want %s", file, story[i], got, want)
				}
			}
		}
	}
	if played < 15 {
		t.Errorf("only %d stories were played", played)
	}
}

// forRecovery leaves out stories that replace the hold themselves, that race it
// for one particular write, that count seconds (a replaced hold loses a few), or
// that stop the hold's own allocation: nobody is placed after it.
func forRecovery(text string) bool {
	return !strings.Contains(text, "> alloc h1 stop") && strings.Count(text, "\n> hold ") == 1 && !strings.Contains(text, "> race") && !strings.Contains(text, "queue=")
}

func directives(text string) []string {
	var ds []string
	for line := range strings.SplitSeq(text, "\n") {
		if d, ok := strings.CutPrefix(line, "> "); ok && d != "show" {
			ds = append(ds, d)
		}
	}
	return ds
}

// ending plays a story and returns the outcome that stands in the hold record.
func ending(t *testing.T, story []string) string {
	t.Helper()
	w := newWorld(t)
	for _, d := range story {
		w.do(d)
	}
	if v, _ := w.view(); v.Hold != nil && v.Hold.Outcome != nil {
		return v.Hold.Outcome.Sentence
	}
	return ""
}
