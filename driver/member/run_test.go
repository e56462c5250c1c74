package member

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"
	"go.uber.org/goleak"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	memstore "github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// soon bounds every wait of these tests; nothing in them takes a second.
const soon = 20 * time.Second

// gang is three members on one host, with everything around them but the gates
// in place: a store, a Nomad that knows the allocations, directories.
type gang struct {
	t     *testing.T
	id    rendezvous.Gang
	meta  meta.Gang
	store rendezvous.Store
	nomad *nomadapi.Client
	names *Resolver
	dirs  map[string]string // member -> allocation directory
}

func newGang(t *testing.T, store rendezvous.Store) *gang {
	t.Helper()
	g := &gang{
		t: t, id: testSelf().Gang, meta: testSelf().Meta, store: store, dirs: map[string]string{}, names: NewResolver(nil),
	}
	// A path that no socket address can hold.
	base := filepath.Join(t.TempDir(), strings.Repeat("long-data-dir/", 8))
	for _, m := range g.meta.Members {
		g.dirs[m] = filepath.Join(base, m)
		for _, dir := range []string{"alloc/logs", "arrive/local"} {
			if err := os.MkdirAll(filepath.Join(g.dirs[m], dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	g.nomad = g.serveNomad()
	return g
}

func allocOf(member string) string { return member + "-alloc" }

// serveNomad answers the one question that a member has.
func (g *gang) serveNomad() *nomadapi.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		member := strings.TrimSuffix(filepath.Base(r.URL.Path), "-alloc")
		task := nomadapi.NewTask(member, "raw_exec")
		arrive := nomadapi.NewTask("arrive", meta.DriverName)
		arrive.Lifecycle = &nomadapi.TaskLifecycle{Hook: "prestart", Sidecar: true}
		job := nomadapi.NewBatchJob(g.id.Job, g.id.Job, "global", 50)
		job.CreateIndex, job.Meta = &g.id.CreateIndex, g.meta.Write()
		job.AddTaskGroup(nomadapi.NewTaskGroup(member, 1).AddTask(arrive).AddTask(task))
		if err := json.NewEncoder(w).Encode(nomadapi.Allocation{ID: allocOf(member), Job: job}); err != nil {
			g.t.Error(err)
		}
	}))
	g.t.Cleanup(server.Close)
	client, err := nomadapi.NewClient(&nomadapi.Config{Address: server.URL})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(client.Close)
	return client
}

// place writes the epoch record as the admitter would.
func (g *gang) place(names, addresses map[string]string) {
	g.t.Helper()
	e := rendezvous.Epoch{Version: rendezvous.RecordVersion, Epoch: 1, Phase: rendezvous.Placed, Allocs: map[string]string{}, Names: names, Addresses: addresses}
	for _, m := range g.meta.Members {
		e.Allocs[m] = allocOf(m)
	}
	g.put(g.id.EpochKey(), e)
}

func (g *gang) put(key string, record any) {
	g.t.Helper()
	if ok, err := g.store.Commit(g.t.Context(), rendezvous.Put(key, rendezvous.Encode(record))); !ok || err != nil {
		g.t.Fatalf("writing %s: %v, %v", key, ok, err)
	}
}

// awaitView waits until the records are as wanted; want says what is missing.
func (g *gang) awaitView(want func(rendezvous.View) string) rendezvous.View {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), soon)
	defer cancel()
	var index uint64
	last := "nothing was read"
	for {
		entries, next, err := g.store.Watch(ctx, g.id.Prefix(), index)
		if err != nil {
			g.t.Fatalf("%s: %v", last, err)
		}
		v := rendezvous.ReadView(g.id, entries)
		if last = want(v); last == "" {
			return v
		}
		index = next
	}
}

// plugin is one life of the node's plugin.
type plugin struct {
	*gang
	sessions *Sessions
	end      context.CancelFunc
	life     context.Context
	running  sync.WaitGroup
	members  map[string]*Member
	log      bytes.Buffer
	mu       sync.Mutex
}

func (p *plugin) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (g *gang) startPlugin() *plugin {
	life, end := context.WithCancel(context.Background())
	p := &plugin{gang: g, life: life, end: end, members: map[string]*Member{}}
	p.sessions = NewSessions(life, g.store, hclog.NewNullLogger())
	g.t.Cleanup(p.kill)
	return p
}

func (p *plugin) start(member string) {
	p.t.Helper()
	m, err := New(Config{
		Namespace: p.id.Namespace, JobID: p.id.Job, AllocID: allocOf(member), Group: member, Member: member,
		NodeID: "n1", NodeName: "edge", SharedDir: filepath.Join(p.dirs[member], "alloc"), LocalDir: filepath.Join(p.dirs[member], "arrive/local"),
		Gate: []byte("gate"), Nomad: p.nomad, Store: p.store, Sessions: p.sessions, Resolver: p.names, DNS: []string{"10.0.0.53"},
		Emit: func(string) {}, Out: p, Log: hclog.NewNullLogger(),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.members[member] = m
	p.running.Go(func() { m.Run(p.life) })
}

// kill is a kill -9, as far as others can see it.
func (p *plugin) kill() {
	p.end()
	p.running.Wait()
}

func (p *plugin) stop(member string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), soon)
	defer cancel()
	p.members[member].Stop(ctx)
	if ctx.Err() != nil {
		p.t.Errorf("%s did not end:\n%s", member, p.log.String())
	}
}

// testGate is a gate as a member sees it.
type testGate struct {
	t      *testing.T
	member string
	conn   net.Conn
	lines  *bufio.Scanner
}

func (g *gang) dial(member string, hello wire.Message) *testGate {
	g.t.Helper()
	conn := g.connect(member)
	gate := &testGate{g.t, member, conn, bufio.NewScanner(conn)}
	hello.Kind, hello.Version, hello.Member = wire.Hello, wire.Version, member
	gate.say(hello)
	if w := gate.await(wire.Welcome); len(w.DNS) != 1 || w.DNS[0] != "10.0.0.53" {
		g.t.Errorf("welcome carries the resolvers %v", w.DNS)
	}
	return gate
}

func (g *testGate) say(m wire.Message) {
	g.t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.conn.Write(append(b, '\n')); err != nil {
		g.t.Fatalf("%s's gate: %v", g.member, err)
	}
}

// await returns the next message that is no beat; it must be of this kind.
func (g *testGate) await(kind wire.Kind) wire.Message {
	g.t.Helper()
	if err := g.conn.SetReadDeadline(time.Now().Add(soon)); err != nil {
		g.t.Fatal(err)
	}
	for g.lines.Scan() {
		var m wire.Message
		if err := json.Unmarshal(g.lines.Bytes(), &m); err != nil {
			g.t.Fatal(err)
		}
		if m.Kind == kind {
			return m
		}
		if m.Kind != wire.Beat {
			g.t.Fatalf("%s's gate got %+v, expected %s", g.member, m, kind)
		}
	}
	g.t.Fatalf("%s's gate got no %s: %v", g.member, kind, g.lines.Err())
	return wire.Message{}
}

func ready(n int) func(rendezvous.View) string {
	return func(v rendezvous.View) string {
		if len(v.Ready) == n {
			return ""
		}
		return fmt.Sprintf("%d are ready, expected %d", len(v.Ready), n)
	}
}

// TestLifeOfAGang: arrival, go, a plugin killed on the way and another one
// while commands run, the lead's end, everybody's end.
func TestLifeOfAGang(t *testing.T) {
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, others) }) // runs last
	runGang(t, newGang(t, memstore.New()), nil, nil)
}

func runGang(t *testing.T, g *gang, names, addresses map[string]string) {
	p := g.startPlugin()
	for _, m := range g.meta.Members {
		p.start(m)
	}
	for _, m := range g.meta.Members[1:] {
		g.dial(m, wire.Message{}).say(wire.Message{Kind: wire.Ready})
	}
	g.place(names, addresses)
	g.awaitView(ready(2))

	// The plugin is killed at the barrier; the session goes on.
	p.kill()
	before := g.awaitView(ready(2))
	p = g.startPlugin()
	for _, m := range g.meta.Members {
		p.start(m)
	}
	gates := map[string]*testGate{}
	for _, m := range g.meta.Members {
		gates[m] = g.dial(m, wire.Message{IsReady: true})
	}
	v := g.awaitView(func(v rendezvous.View) string {
		if v.Verdict == nil {
			return "no verdict"
		}
		return ""
	})
	if !v.Verdict.Go || v.Ready["robot"].Session != before.Ready["robot"].Session {
		t.Errorf("verdict %+v; robot's session was %q, is %q", v.Verdict, before.Ready["robot"].Session, v.Ready["robot"].Session)
	}
	for _, m := range g.meta.Members {
		if msg := gates[m].await(wire.Go); msg.Epoch != 1 {
			t.Errorf("%s is told to go in epoch %d", m, msg.Epoch)
		}
		gates[m].say(wire.Message{Kind: wire.Started, StartedAt: &wire.Start{Epoch: 1, UnixNanos: 5}})
	}
	g.awaitView(func(v rendezvous.View) string {
		if len(v.Started) == 3 {
			return ""
		}
		return fmt.Sprintf("%d have started", len(v.Started))
	})

	// The plugin is killed while commands run, and sim ends meanwhile.
	p.kill()
	writeExit(t, g, "sim", wire.Exit{Code: 7, Started: &wire.Start{Epoch: 1, UnixNanos: 5}})
	write(t, filepath.Join(g.dirs["sim"], "alloc/logs/sim.stderr.0"), "no display\n")
	p = g.startPlugin()
	for _, m := range g.meta.Members {
		p.start(m)
	}
	trainer := g.dial("trainer", wire.Message{IsReady: true, StartedAt: &wire.Start{Epoch: 1, UnixNanos: 5}})
	robot := g.dial("robot", wire.Message{IsReady: true, StartedAt: &wire.Start{Epoch: 1, UnixNanos: 5}})
	trainer.say(wire.Message{Kind: wire.Exited, Exit: &wire.Exit{Code: 0, Started: &wire.Start{Epoch: 1, UnixNanos: 5}}})
	v = g.awaitView(func(v rendezvous.View) string {
		if len(v.Exits) == 2 {
			return ""
		}
		return fmt.Sprintf("exits %v", v.Exits)
	})
	if e := v.Exits["sim"]; e.Exit.Code != 7 || len(e.LastLines) != 1 || e.LastLines[0] != "no display" {
		t.Errorf("sim's exit: %+v", e)
	}
	g.put(g.id.EndKey(1), rendezvous.End{Version: rendezvous.RecordVersion, Why: "trainer is done", Grace: 3 * time.Second})
	if msg := robot.await(wire.End); msg.Reason != "trainer is done" || msg.GraceMS != 3000 {
		t.Errorf("robot is told %+v", msg)
	}
	ended := wire.Exit{Code: 143, Signal: 15, Ended: true, Started: &wire.Start{Epoch: 1, UnixNanos: 5}}
	writeExit(t, g, "robot", ended)
	robot.say(wire.Message{Kind: wire.Exited, Exit: &ended})
	for _, m := range g.meta.Members {
		p.stop(m)
	}
	v = g.awaitView(func(rendezvous.View) string { return "" })
	if len(v.Exits) != 3 || !v.Exits["robot"].Exit.Ended {
		t.Errorf("exits at the end: %+v", v.Exits)
	}
	p.kill()
}

func writeExit(t *testing.T, g *gang, member string, e wire.Exit) {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(g.dirs[member], "alloc", wire.ExitFile(member)), string(b))
}

// TestSessionLostAtTheBarrier: the records go with the session and come back
// under another one, and the go waits for that.
func TestSessionLostAtTheBarrier(t *testing.T) {
	store := memstore.New()
	g := newGang(t, store)
	p := g.startPlugin()
	for _, m := range g.meta.Members {
		p.start(m)
	}
	g.place(nil, nil)
	g.dial("trainer", wire.Message{IsReady: true})
	g.dial("sim", wire.Message{IsReady: true})
	g.awaitView(ready(2))
	store.Expire("s1")
	v := g.awaitView(func(v rendezvous.View) string {
		if v.Ready["sim"].Session == "s2" && v.Ready["trainer"].Session == "s2" {
			return ""
		}
		return fmt.Sprintf("ready: %+v", v.Ready)
	})
	if v.Verdict != nil {
		t.Errorf("verdict %+v without robot", v.Verdict)
	}
	robot := g.dial("robot", wire.Message{IsReady: true})
	robot.await(wire.Go)
}

// TestStopWithoutConsul: a stop is answered in the time that it has, whoever
// is away.
func TestStopWithoutConsul(t *testing.T) {
	store := memstore.New()
	store.SetAway(true)
	g := newGang(t, store)
	p := g.startPlugin()
	p.start("robot")
	gate := g.dial("robot", wire.Message{IsReady: true})
	gate.say(wire.Message{Kind: wire.Exited, Exit: &wire.Exit{Code: 1, Never: true}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	p.members["robot"].Stop(ctx)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

// TestStrangersOnTheSocket: what is no gate is hung up on, and does not keep
// the gate out.
func TestStrangersOnTheSocket(t *testing.T) {
	g := newGang(t, memstore.New())
	p := g.startPlugin()
	p.start("robot")
	for _, text := range []string{"GET / HTTP/1.1\n", `{"kind":"ready"}` + "\n", `{"kind":"hello","version":9,"member":"robot"}` + "\n", `{"kind":"hello","version":1,"member":"sim"}` + "\n"} {
		gate := g.connect("robot")
		if _, err := gate.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := gate.SetReadDeadline(time.Now().Add(soon)); err != nil {
			t.Fatal(err)
		}
		var answer bytes.Buffer
		if _, err := answer.ReadFrom(gate); err != nil {
			t.Errorf("%q: the connection stays open: %v", text, err)
		}
		if strings.Contains(text, "hello") != strings.Contains(answer.String(), `"refused"`) {
			t.Errorf("%q was answered with %q", text, answer.String())
		}
	}
	g.dial("robot", wire.Message{})
}

func (g *gang) connect(member string) net.Conn {
	g.t.Helper()
	dir, err := os.Open(filepath.Join(g.dirs[member], "alloc", wire.Dir))
	if err != nil {
		g.t.Fatal(err)
	}
	defer dir.Close()
	conn, err := net.Dial("unix", fmt.Sprintf("/proc/self/fd/%d/gate.sock", dir.Fd()))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close() })
	return conn
}
