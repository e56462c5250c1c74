//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

var built struct {
	once sync.Once
	path string
	err  error
}

// binary builds the gate once per run, as it is shipped; OSMO_GATE names another
// one to test, that of another architecture behind an emulator for instance.
func binary(t testing.TB) string {
	if given := os.Getenv("OSMO_GATE"); given != "" {
		return given
	}
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "osmo-gate-test") //nolint:usetesting // shared by all tests of the run
		if err != nil {
			built.err = err
			return
		}
		built.err = os.Chmod(dir, 0o755) // other users run it too
		built.path = filepath.Join(dir, "osmo-gate")
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", built.path, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

// allocation is one allocation's directories, and the gate's output in it.
type allocation struct {
	t                    testing.TB
	alloc, task, secrets string
	command              meta.Command
	files                int
	as                   *syscall.Credential // nil: the test's own user
}

func newAllocation(t testing.TB, argv ...string) *allocation {
	return newAllocationIn(t, t.TempDir(), argv...)
}

// newAllocationIn lays the directories out as Nomad does.
func newAllocationIn(t testing.TB, data string, argv ...string) *allocation {
	root := filepath.Join(data, "alloc", "0f5c")
	a := &allocation{t: t, alloc: filepath.Join(root, "alloc"), task: filepath.Join(root, "train", "local"), secrets: filepath.Join(root, "train", "secrets")}
	for _, d := range []string{filepath.Join(a.alloc, wire.MemberDir("train")), filepath.Join(a.task, "osmo", "files"), a.secrets} {
		must(t, os.MkdirAll(d, 0o777))
	}
	a.command = meta.Command{Version: meta.ProtocolVersion, Member: "train", Argv: argv}
	return a
}

// inject adds a file as Nomad's template would have rendered it.
func (a *allocation) inject(path, text string) {
	source := "osmo/files/" + strconv.Itoa(a.files)
	a.files++
	must(a.t, os.WriteFile(filepath.Join(a.task, source), []byte(text), 0o600))
	a.command.Files = append(a.command.Files, meta.File{Path: path, Source: source})
}

func (a *allocation) path(name string) string { return filepath.Join(a.alloc, name) }

// running is one run of the gate.
type running struct {
	t              testing.TB
	cmd            *exec.Cmd
	stdout, stderr lockedBuffer
	done           chan struct{}
	code           int
}

// start writes the command file and starts the gate.
func (a *allocation) start() *running {
	text, err := json.Marshal(a.command)
	must(a.t, err)
	must(a.t, os.WriteFile(filepath.Join(a.task, meta.CommandFile), text, 0o644))
	r := &running{t: a.t, cmd: exec.Command(binary(a.t)), done: make(chan struct{})}
	r.cmd.Dir = filepath.Dir(a.task)
	r.cmd.Env = append(os.Environ(), "NOMAD_ALLOC_DIR="+a.alloc, "NOMAD_TASK_DIR="+a.task, "NOMAD_SECRETS_DIR="+a.secrets)
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.as}
	r.cmd.WaitDelay = patience // what survived would hold the output open
	must(a.t, r.cmd.Start())
	go func() {
		defer close(r.done)
		_ = r.cmd.Wait()
		r.code = r.cmd.ProcessState.ExitCode()
	}()
	a.t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.done
		if a.t.Failed() {
			a.t.Logf("gate's output: %s\n%s", r.stdout.String(), r.stderr.String())
		}
	})
	return r
}

// awaitCode waits for the gate's end.
func (r *running) awaitCode(want int) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		r.t.Fatalf("the gate still runs after %s", patience)
	}
	if r.code != want {
		r.t.Fatalf("exit code %d, want %d; stderr: %s", r.code, want, r.stderr.String())
	}
}

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	must(r.t, r.cmd.Process.Signal(s))
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// peer is the plugin's side, as small as it can be.
type peer struct {
	t        testing.TB
	listener *net.UnixListener
}

func (a *allocation) listen() *peer {
	a.t.Helper()
	dir, err := os.Open(filepath.Dir(a.path(wire.SocketFile)))
	must(a.t, err)
	defer dir.Close()
	_ = os.Remove(a.path(wire.SocketFile))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(wire.SocketFile))})
	must(a.t, err)
	l.SetUnlinkOnClose(false)
	a.t.Cleanup(func() { _ = l.Close() })
	return &peer{a.t, l}
}

// session is one connection of a gate.
type session struct {
	t     testing.TB
	conn  *net.UnixConn
	lines *bufio.Reader
}

func (p *peer) accept() *session {
	p.t.Helper()
	must(p.t, p.listener.SetDeadline(time.Now().Add(patience)))
	c, err := p.listener.AcceptUnix()
	must(p.t, err)
	p.t.Cleanup(func() { _ = c.Close() })
	return &session{p.t, c, bufio.NewReader(c)}
}

func (s *session) send(batch ...wire.Message) {
	s.t.Helper()
	var text []byte
	for _, m := range batch {
		line, err := json.Marshal(m)
		must(s.t, err)
		text = append(append(text, line...), '\n')
	}
	_, err := s.conn.Write(text)
	must(s.t, err)
}

// await reads until a message of this kind comes; beats may come in between.
func (s *session) await(kind wire.Kind) wire.Message {
	s.t.Helper()
	must(s.t, s.conn.SetReadDeadline(time.Now().Add(patience)))
	for {
		line, err := s.lines.ReadBytes('\n')
		if err != nil {
			s.t.Fatalf("waiting for %q: %v", kind, err)
		}
		var m wire.Message
		must(s.t, json.Unmarshal(line, &m))
		if m.Kind == kind {
			return m
		}
		if m.Kind != wire.Beat {
			s.t.Fatalf("got %s, waiting for %q", line, kind)
		}
	}
}

// ready accepts a gate and brings it to the barrier.
func (p *peer) ready() *session {
	p.t.Helper()
	s := p.accept()
	if h := s.await(wire.Hello); h.Version != wire.Version || h.Member != "train" || h.BootID == "" || h.StartedAt != nil || h.IsReady {
		p.t.Fatalf("hello is %+v", h)
	}
	s.send(wire.Message{Kind: wire.Welcome, Version: wire.Version})
	s.await(wire.Ready)
	return s
}

func (s *session) goEpoch(epoch int) wire.Start {
	s.t.Helper()
	s.send(wire.Message{Kind: wire.Go, Epoch: epoch})
	m := s.await(wire.Started)
	if m.StartedAt == nil || m.StartedAt.Epoch != epoch {
		s.t.Fatalf("started says %+v, want epoch %d", m, epoch)
	}
	return *m.StartedAt
}

// exit reads the exit file.
func (a *allocation) exit() wire.Exit {
	a.t.Helper()
	var x wire.Exit
	must(a.t, readJSON(a.path(wire.ExitFile("train")), &x))
	return x
}

func (a *allocation) hasMarker(epoch int) bool {
	_, err := os.Stat(a.path(wire.StartedFile("train", epoch)))
	return err == nil
}

// eventually polls what no message announces: other processes' doings.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alive says whether some process of the host has this word in its arguments.
func alive(t testing.TB, word string) bool {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	must(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
