package member

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// The transcripts in testdata are a member's life as a dialogue: a line `> …`
// is an event, the indented lines below it are what step wants done. With
// REWRITE=1 the answers are recorded anew, to be read in the diff.

func rewriting() bool { return os.Getenv("REWRITE") == "1" }

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("transcripts: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if rewriting() {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("transcript (-recorded +now), REWRITE=1 records it anew:\n%s", d)
			}
		})
	}
}

// testSelf is robot, one of three.
func testSelf() self {
	return self{
		Gang: rendezvous.Gang{Namespace: "default", Job: "wf-1~hil", CreateIndex: 7},
		Meta: meta.Gang{
			Workflow: "wf-1", Group: "hil", Lead: "trainer", Members: []string{"trainer", "sim", "robot"}, Barrier: true,
		},
		Member: "robot", Task: "robot", AllocID: "R1", NodeID: "n3", Node: "edge",
	}
}

func play(t *testing.T, text string) string {
	t.Helper()
	who := testSelf()
	s := state{self: self{Member: who.Member, AllocID: who.AllocID, NodeID: who.NodeID, Node: who.Node}}
	var out strings.Builder
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, " ") {
			continue // an answer: written below
		}
		fmt.Fprintln(&out, line)
		command, ok := strings.CutPrefix(line, "> ")
		if !ok {
			continue
		}
		var effects []effect
		s, effects = step(s, parseEvent(t, command, who))
		for _, e := range effects {
			fmt.Fprintf(&out, "  %s\n", show(e, who.Gang))
		}
	}
	return out.String()
}

// args are `key=value` words and plain words; a value may be quoted by nothing
// and ends at a space, `_` stands for one.
type args map[string]string

func (a args) int(t *testing.T, key string) int {
	t.Helper()
	n, err := strconv.Atoi(a[key])
	if err != nil {
		t.Fatalf("%s=%q is no number", key, a[key])
	}
	return n
}

func (a args) pairs(key string) map[string]string {
	m := map[string]string{}
	for p := range strings.SplitSeq(a[key], ",") {
		if k, v, ok := strings.Cut(p, ":"); ok {
			m[k] = v
		}
	}
	return m
}

func parseArgs(words []string) args {
	a := args{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		a[k] = strings.ReplaceAll(v, "_", " ")
	}
	return a
}

func parseEvent(t *testing.T, command string, who self) event {
	t.Helper()
	words := strings.Fields(command)
	a := parseArgs(words[1:])
	switch words[0] {
	case "identified":
		if _, ok := a["nobarrier"]; ok {
			who.Meta.Barrier = false
		}
		return identified{who}
	case "session":
		return sessionIs{a["id"]}
	case "unreachable":
		return unreachable{a["why"]}
	case "records":
		return records{parseView(t, a)}
	case "hello", "ready", "started", "exited", "beat":
		return gateSaid{a.int(t, "conn"), parseMessage(t, wire.Kind(words[0]), a)}
	case "gone":
		return gateGone{a.int(t, "conn")}
	case "away":
		return gateAway{}
	case "names":
		return namesAre{a.int(t, "epoch"), a["why"]}
	case "wrote":
		_, ok := a["ok"]
		var err error
		if a["err"] != "" {
			err = errors.New(a["err"])
		}
		return wrote{errand(words[1]), ok, err}
	case "file":
		return fileIs{parseExit(t, a)}
	case "due":
		return due{errand(words[1])}
	case "stop":
		return stopAsked{}
	}
	t.Fatalf("no event %q", command)
	return nil
}

func parseMessage(t *testing.T, kind wire.Kind, a args) wire.Message {
	m := wire.Message{Kind: kind}
	if kind == wire.Hello {
		m.Version, m.Member = wire.Version, "robot"
		if a["version"] != "" {
			m.Version = a.int(t, "version")
		}
		if a["member"] != "" {
			m.Member = a["member"]
		}
		_, m.IsReady = a["ready"]
	}
	if a["started"] != "" {
		m.StartedAt = &wire.Start{Epoch: a.int(t, "started"), AfterGoNanos: 350_000, BootID: "b"}
	}
	m.Exit = parseExit(t, a)
	return m
}

func parseExit(t *testing.T, a args) *wire.Exit {
	if a["code"] == "" {
		return nil
	}
	e := &wire.Exit{Code: a.int(t, "code"), Message: a["message"]}
	_, e.Never = a["never"]
	_, e.Ended = a["ended"]
	if !e.Never {
		e.Started = &wire.Start{Epoch: 1, AfterGoNanos: 350_000, BootID: "b"}
	}
	return e
}

// parseView reads `epoch=1 phase=placed allocs=robot:R1,… ready=sim:s2,…
// verdict=go end=why grace=5s started=robot:R1 exits=robot:R1 index=12`.
func parseView(t *testing.T, a args) rendezvous.View {
	v := rendezvous.View{Ready: map[string]rendezvous.ReadyEntry{}, Started: map[string]rendezvous.Started{}, Exits: map[string]rendezvous.Exit{}}
	if a["epoch"] == "" {
		return v
	}
	v.EpochIndex = 12
	v.Epoch = &rendezvous.Epoch{
		Epoch: a.int(t, "epoch"), Phase: rendezvous.Phase(a["phase"]), Allocs: a.pairs("allocs"), Why: a["epochwhy"],
		Addresses: map[string]string{"trainer": "10.0.0.1", "sim": "10.0.0.2", "robot": "10.0.0.3"},
		Names:     map[string]string{"trainer": "trainer-wf-1.service.consul", "sim": "sim-wf-1.service.consul", "robot": "robot-wf-1.service.consul"},
	}
	for member, session := range a.pairs("ready") {
		session, order, _ := strings.Cut(session, "@")     // session@order of arrival, else robot's is the first
		session, alloc, other := strings.Cut(session, "/") // session/allocation
		if !other {
			alloc = v.Epoch.Allocs[member]
		}
		index, err := strconv.ParseUint(order, 10, 64)
		if err != nil && member != "robot" {
			index = 1
		}
		v.Ready[member] = rendezvous.ReadyEntry{Ready: rendezvous.Ready{AllocID: alloc}, Session: session, Index: index}
	}
	for member, alloc := range a.pairs("started") {
		v.Started[member] = rendezvous.Started{AllocID: alloc}
	}
	for member, alloc := range a.pairs("exits") {
		v.Exits[member] = rendezvous.Exit{AllocID: alloc}
	}
	if verdict := a["verdict"]; verdict != "" {
		v.Verdict = &rendezvous.Verdict{Go: verdict == "go", Why: a["why"]}
	}
	if end := a["end"]; end != "" {
		v.End = &rendezvous.End{Why: end}
		if g, err := time.ParseDuration(a["grace"]); err == nil {
			v.End.Grace = g
		}
	}
	return v
}

func show(e effect, g rendezvous.Gang) string {
	switch e := e.(type) {
	case send:
		return showMessage(e)
	case hangUp:
		return fmt.Sprintf("hang up %d", e.conn)
	case awaitGate:
		return "await the gate"
	case commit:
		return fmt.Sprintf("commit %s: %s", e.what, showOps(e.ops, g))
	case publishExit:
		return fmt.Sprintf("publish exit of %s, code %d: %s", e.task, e.record.Exit.Code, showOps([]rendezvous.Op{e.check, rendezvous.Put(e.key, nil)}, g))
	case lookUp:
		return fmt.Sprintf("look up epoch %d: %s", e.epoch, strings.Join(slices.Sorted(maps.Values(e.names)), " "))
	case readFile:
		return "read the exit file"
	case wait:
		return fmt.Sprintf("wait %s for %s", e.after, e.what)
	case say:
		if e.event {
			return "event: " + e.text
		}
		return "log: " + e.text
	case finish:
		return "finish"
	}
	return fmt.Sprintf("%#v", e)
}

func showMessage(s send) string {
	text := fmt.Sprintf("gate %d: %s", s.conn, s.msg.Kind)
	if s.msg.Epoch != 0 {
		text += fmt.Sprintf(" epoch=%d", s.msg.Epoch)
	}
	if s.msg.Reason != "" {
		text += fmt.Sprintf(" %q", s.msg.Reason)
	}
	if s.msg.GraceMS != 0 {
		text += fmt.Sprintf(" grace=%dms", s.msg.GraceMS)
	}
	return text
}

func showOps(ops []rendezvous.Op, g rendezvous.Gang) string {
	verbs := map[api.KVOp]string{
		api.KVCAS: "create", api.KVSet: "put", api.KVLock: "acquire", api.KVCheckIndex: "check", api.KVCheckSession: "session",
		api.KVCheckNotExists: "absent", api.KVDelete: "delete",
	}
	var texts []string
	for _, op := range ops {
		t := verbs[op.Verb] + " " + strings.TrimPrefix(op.Key, g.Prefix())
		if op.Index != 0 {
			t += fmt.Sprintf("@%d", op.Index)
		}
		if op.Session != "" {
			t += " " + op.Session
		}
		texts = append(texts, t)
	}
	return strings.Join(texts, ", ")
}
