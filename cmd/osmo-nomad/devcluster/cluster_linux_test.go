package devcluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	nomadapi "github.com/hashicorp/nomad/api"
	"golang.org/x/sys/unix"
)

// testRoot is away from the clusters that somebody may be using.
const testRoot = "/var/lib/osmo-test"

// real says whether the tests that start real clusters are wanted; then they fail where they cannot run.
func real(t *testing.T) {
	t.Helper()
	if os.Getenv("OSMO_E2E") != "1" {
		t.Skip("starts a real cluster: needs OSMO_E2E=1, and root")
	}
}

// traces are what a machine shows of the clusters below testRoot.
func traces(t *testing.T) []string {
	t.Helper()
	var found []string
	add := func(kind string, names []string) {
		for _, n := range names {
			if strings.Contains(n, "osmo-test") || strings.Contains(n, "osmo.test") {
				found = append(found, kind+" "+n)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		add("interface", []string{l.Name})
	}
	add("mount", strings.Split(string(mounts), "\n"))
	for kind, dir := range map[string]string{"namespace": netnsDir, "folder": filepath.Dir(testRoot)} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			add(kind, []string{e.Name()})
		}
	}
	pids, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pids {
		cmdline, _ := os.ReadFile(filepath.Join(p, "cmdline")) // it may have ended
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		add("process", []string{strings.ReplaceAll(string(cmdline), "\x00", " ") + " in " + cwd})
	}
	return found
}

func options(t *testing.T, name string) Options {
	return Options{Name: name, Root: testRoot, WithoutPlugin: true, Timeout: time.Minute, Progress: testWriter{t}}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}

func mustDown(t *testing.T, o Options) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := Down(ctx, o); err != nil {
		t.Error(err)
	}
}

// pids are those of all agents, of every node.
func pids(c *Cluster) map[string]int {
	m := map[string]int{}
	for _, a := range c.rec.Agents {
		m[a.Host+"/"+string(a.Kind)] = a.PID
	}
	return m
}

func TestUpDownLeavesNothing(t *testing.T) {
	real(t)
	o := options(t, "test1")
	mustDown(t, o)
	before := systemState(t)
	c, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustDown(t, o) })
	checkNames(t, c)
	runOnEveryHost(t, c)

	// A second up finds the same cluster; with other hosts it refuses.
	again, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pids(c), pids(again)); diff != "" {
		t.Errorf("the second up started agents:\n%s", diff)
	}
	other := o
	other.Hosts = DefaultHosts()[:1]
	if _, err := Up(t.Context(), other); err == nil || !strings.Contains(err.Error(), "up with other hosts (train=ovx-a40:gpu=1:cpu=4:memory=16Gi sim=") {
		t.Errorf("up with other hosts: %v", err)
	}

	// An agent that was killed is started again, alone.
	if err := c.KillAgent(t.Context(), "edge", Nomad); err != nil {
		t.Fatal(err)
	}
	repaired, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	old, now := pids(c), pids(repaired)
	if old["edge/nomad"] == now["edge/nomad"] {
		t.Error("the killed agent was not started again")
	}
	delete(old, "edge/nomad")
	delete(now, "edge/nomad")
	if diff := cmp.Diff(old, now); diff != "" {
		t.Errorf("the repair touched other agents:\n%s", diff)
	}

	// Everything is killed at once: up removes the rest, and a new cluster is there.
	killEverything(t, repaired)
	fresh, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if jobs := nomadJobs(t, fresh); len(jobs) != 0 {
		t.Errorf("the new cluster has the old one's jobs: %v", jobs)
	}
	runOnEveryHost(t, fresh)
	for _, kind := range []AgentKind{Consul, Nomad} { // the tasks, their mounts and their executors stay
		if err := fresh.KillAgent(t.Context(), "train", kind); err != nil {
			t.Fatal(err)
		}
	}
	mustDown(t, o)
	mustDown(t, o)
	if left := traces(t); len(left) > 0 {
		t.Errorf("after down there is still\n%s", strings.Join(left, "\n"))
	}
	if diff := cmp.Diff(before, systemState(t)); diff != "" {
		t.Errorf("the system's folders (-before +after):\n%s", diff)
	}
	r, err := Status(t.Context(), o)
	if diff := cmp.Diff(&Report{Name: "test1"}, r); err != nil || diff != "" {
		t.Errorf("status after down: %v\n%s", err, diff)
	}
}

// systemState is what of the system's own folders exists. A Nomad of somebody else may come and go meanwhile: with one
// running there is nothing to compare.
func systemState(t *testing.T) []string {
	t.Helper()
	if nomadRuns() {
		return nil
	}
	var there []string
	for _, p := range append(systemPaths(), systemDir, testRoot) {
		if _, err := os.Stat(p); err == nil {
			there = append(there, p)
		}
	}
	return there
}

func TestTwoClustersAtOnce(t *testing.T) {
	real(t)
	type result struct {
		c   *Cluster
		err error
	}
	results := make(chan result)
	for _, name := range []string{"test2", "test3"} {
		o := options(t, name)
		o.Hosts = []Host{{Name: "one", Platform: "ovx-a40", CPUs: 1, MemoryMB: 512}}
		mustDown(t, o)
		t.Cleanup(func() { mustDown(t, o) })
		go func() {
			c, err := Up(t.Context(), o)
			results <- result{c, err}
		}()
	}
	a, b := <-results, <-results
	if err := errors.Join(a.err, b.err); err != nil {
		t.Fatal(err)
	}
	if a.c.NomadAddr == b.c.NomadAddr {
		t.Errorf("both clusters are at %s", a.c.NomadAddr)
	}
	mustDown(t, Options{Name: a.c.Name, Root: testRoot})
	if err := b.c.WaitReady(t.Context()); err != nil {
		t.Errorf("one cluster's down hurt the other: %v", err)
	}
	runOnEveryHost(t, b.c)
}

func TestStatusAndOpen(t *testing.T) {
	real(t)
	o := options(t, "test4")
	o.Hosts = []Host{{Name: "one", Platform: "ovx-a40", CPUs: 2, MemoryMB: 1024}}
	mustDown(t, o)
	if _, err := Open(o); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open before up: %v", err)
	}
	if _, err := Up(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustDown(t, o) })
	c, err := Open(Options{Name: o.Name, Root: o.Root})
	if err != nil {
		t.Fatal(err)
	}
	state := func() string {
		r, err := Status(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprint("up ", r.Up)
		for _, n := range append([]NodeReport{*r.Server}, r.Hosts...) {
			for _, a := range n.Agents {
				s += fmt.Sprintf(", %s %s %v", n.Name, a.Kind, a.Running)
			}
		}
		return s
	}
	if got, want := state(), "up true, server nomad true, server consul true, one consul true, one nomad true"; got != want {
		t.Errorf("status is %s, want %s", got, want)
	}
	if err := c.KillAgent(t.Context(), "one", Consul); err != nil {
		t.Fatal(err)
	}
	if got, want := state(), "up false, server nomad true, server consul true, one consul false, one nomad true"; got != want {
		t.Errorf("status is %s, want %s", got, want)
	}
}

// A host that is cut off still runs its processes, and comes back.
func TestSetLink(t *testing.T) {
	real(t)
	o := options(t, "test5")
	o.Hosts = []Host{{Name: "one", Platform: "p", CPUs: 1, MemoryMB: 512}, {Name: "two", Platform: "p", CPUs: 1, MemoryMB: 512}}
	mustDown(t, o)
	c, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustDown(t, o) })
	reach := func(n Node) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.Address+":8500")
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	if err := c.SetLink(t.Context(), "one", false); err != nil {
		t.Fatal(err)
	}
	if err := reach(c.Hosts[0]); err == nil {
		t.Error("a host that is cut off answers")
	}
	if err := reach(c.Hosts[1]); err != nil {
		t.Errorf("the other host: %v", err)
	}
	if ps, err := c.Processes("one"); err != nil || len(ps) < 2 {
		t.Errorf("the host that is cut off has %d processes, %v", len(ps), err)
	}
	if err := c.SetLink(t.Context(), "one", true); err != nil {
		t.Fatal(err)
	}
	if err := c.await(t.Context(), func(context.Context) error { return reach(c.Hosts[0]) }); err != nil {
		t.Error(err)
	}
	if err := c.SetLink(t.Context(), "none", true); err == nil {
		t.Error("a host that is not there was joined")
	}
}

// checkNames asks every host's own resolver for every other host.
func checkNames(t *testing.T, c *Cluster) {
	t.Helper()
	for _, at := range c.Hosts {
		r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, at.Address+":53")
		}}
		for _, n := range c.Hosts {
			got, err := r.LookupHost(t.Context(), n.Name+".node.consul.")
			if err != nil || !slices.Equal(got, []string{n.Address}) {
				t.Errorf("on %s, %s.node.consul is %v, %v; want %s", at.Name, n.Name, got, err, n.Address)
			}
		}
	}
}

// runOnEveryHost runs a task on each host that starts a child of its own, and returns when all of them say their
// host's address: so each is in its host's namespace.
func runOnEveryHost(t *testing.T, c *Cluster) {
	t.Helper()
	job := nomadapi.NewBatchJob("where", "where", "global", 50)
	for _, n := range c.Hosts {
		task := nomadapi.NewTask("say", "raw_exec")
		task.Config = map[string]any{"command": "bash", "args": []string{"-c", "hostname -I | tr -d ' \\n' > address; mv address ../alloc/address; sleep 1000 & wait"}}
		cpu, memory := 100, 64
		task.Require(&nomadapi.Resources{CPU: &cpu, MemoryMB: &memory})
		group := nomadapi.NewTaskGroup(n.Name, 1).Constrain(nomadapi.NewConstraint("${node.unique.name}", "=", n.Name)).AddTask(task)
		job.AddTaskGroup(group)
	}
	register(t, c, job)
	for _, n := range c.Hosts {
		awaitAddress(t, c, n)
	}
}

func register(t *testing.T, c *Cluster, job *nomadapi.Job) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"Job": job})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := newClient().Post(c.NomadAddr+"/v1/jobs", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("registering a job: %s %s, %v", resp.Status, answer, err)
	}
}

func nomadJobs(t *testing.T, c *Cluster) []string {
	t.Helper()
	var jobs []struct{ ID string }
	if err := getJSON(t.Context(), newClient(), c.NomadAddr+"/v1/jobs", &jobs); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids
}

// killEverything is a kill -9 of every process of every host.
func killEverything(t *testing.T, c *Cluster) {
	t.Helper()
	killed := 0
	in := c.l.namespaceIDs(c.rec)
	for _, n := range c.nodes() {
		ps, err := c.Processes(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			if err := unix.Kill(p.PID, unix.SIGKILL); err == nil {
				killed++
			}
		}
	}
	if killed < 2*len(c.nodes()) {
		t.Fatalf("only %d processes were there to kill", killed)
	}
	if err := killAll(t.Context(), in); err != nil { // it returns when they are gone
		t.Fatal(err)
	}
}

// The main thread's namespace is what the rest of the machine takes for the program's.
func TestOnSpareThreadIsNeverTheMainOne(t *testing.T) {
	const n = 200
	tids := make(chan int, n)
	for range n {
		go onSpareThread(func() { tids <- unix.Gettid() })
	}
	for range n {
		if tid := <-tids; tid == os.Getpid() {
			t.Error("called on the main thread")
		}
	}
}

// A process that merely has a recorded agent's number is not touched.
func TestAnotherProcessIsNotTheAgent(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	p, ok := readProcess(cmd.Process.Pid)
	if !ok || !p.running() || p.Parent != os.Getpid() {
		t.Fatalf("readProcess = %+v, %v", p, ok)
	}
	same := agentRecord{Host: "h", Kind: Nomad, PID: p.PID, Start: p.start}
	stranger := same
	stranger.Start--
	if !same.alive() || stranger.alive() {
		t.Errorf("alive: the agent %v, a stranger %v", same.alive(), stranger.alive())
	}
	if err := stranger.signal(unix.SIGKILL); err == nil || err.Error() != "nomad on h does not run" {
		t.Errorf("signalling a stranger: %v", err)
	}
	if !same.alive() {
		t.Error("the stranger was killed")
	}
	// The cleaner never takes the machine's own namespace for a cluster's.
	l := layout{name: "none", root: testRoot}
	if ids := l.namespaceIDs(&record{Agents: []agentRecord{same}}); len(ids) > 0 {
		t.Errorf("the machine's own namespace is to be cleaned: %v", ids)
	}
}
