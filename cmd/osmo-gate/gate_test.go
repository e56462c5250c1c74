//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// both runs a test with the command as the gate's child and in a sandbox.
func both(t *testing.T, test func(t *testing.T, sandbox bool)) {
	for _, sandbox := range []bool{false, true} {
		name := "direct"
		if sandbox {
			name = "sandbox"
		}
		t.Run(name, func(t *testing.T) {
			if sandbox && os.Geteuid() != 0 {
				t.Skip("a sandbox needs root")
			}
			t.Parallel()
			test(t, sandbox)
		})
	}
}

func TestRunsTheCommandOnceAtTheGo(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sh", "-c", `echo "$WHO $(WHO)"; echo ran >> $NOMAD_ALLOC_DIR/ran; read x || echo no input; exit 7`)
		a.command.Sandbox = sandbox
		a.command.Environment = map[string]string{"WHO": "robot"}
		p := a.listen()
		r := a.start()
		s := p.ready()
		if exists(a.path("ran")) || a.hasMarker(3) {
			t.Fatal("something ran before the go")
		}
		start := s.goEpoch(3)
		if !a.hasMarker(3) {
			t.Error("started without a marker")
		}
		if late := time.Duration(start.AfterGoNanos); late < 0 || late > time.Second {
			t.Errorf("started %s after the go", late)
		}
		if age := time.Since(time.Unix(0, start.UnixNanos)); age < 0 || age > patience {
			t.Errorf("start instant is %s ago", age)
		}
		x := s.await(wire.Exited)
		r.awaitCode(7)
		if x.Exit == nil || x.Exit.Code != 7 || x.Exit.Started == nil || x.Exit.ElapsedNanos <= 0 || x.Exit.Ended || x.Exit.Never {
			t.Errorf("exited says %+v", x.Exit)
		}
		if m, err := openAndRead(a); err != nil || m.start == nil || *m.start != start {
			t.Errorf("marker says %+v %v, want %+v", m.start, err, start)
		}
		if f := a.exit(); f.Code != 7 || *f.Started != start {
			t.Errorf("exit file says %+v", f)
		}
		if got, want := r.stdout.String(), "robot robot\nno input\n"; got != want {
			t.Errorf("output %q, want %q", got, want)
		}
	})
}

func TestRepeatedGoStartsOnce(t *testing.T) {
	a := newAllocation(t, "sh", "-c", `echo ran >> $NOMAD_ALLOC_DIR/ran; read x < $NOMAD_ALLOC_DIR/gate`)
	must(t, syscall.Mkfifo(a.path("gate"), 0o600))
	p := a.listen()
	r := a.start()
	s := p.ready()
	var goes []wire.Message
	for range 100 {
		goes = append(goes, wire.Message{Kind: wire.Go, Epoch: 1}, wire.Message{Kind: wire.Go, Epoch: 2})
	}
	s.send(goes...)
	s.await(wire.Started)
	s.send(goes...)
	for range 200 {
		s.await(wire.Started)
	}
	must(t, os.WriteFile(a.path("gate"), []byte("end\n"), 0o600))
	r.awaitCode(0)
	ran, err := os.ReadFile(a.path("ran"))
	must(t, err)
	if string(ran) != "ran\n" || a.hasMarker(2) {
		t.Errorf("the command wrote %q, marker of the other epoch: %v", ran, a.hasMarker(2))
	}
}

func TestEndsWhenTold(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sh", "-c", `trap 'echo asked; exit 5' TERM; touch $NOMAD_ALLOC_DIR/up; sleep 1000 & wait`)
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		s := p.ready()
		s.goEpoch(1)
		eventually(t, "the command is up", func() bool { return exists(a.path("up")) })
		s.send(wire.Message{Kind: wire.End, Reason: "the lead is done", GraceMS: 20000})
		s.await(wire.Exited)
		r.awaitCode(0)
		if x := a.exit(); x.Code != 5 || !x.Ended || x.Signal != 0 {
			t.Errorf("exit file says %+v", x)
		}
		if r.stdout.String() != "asked\n" {
			t.Errorf("output %q", r.stdout.String())
		}
	})
}

func TestKillsWhatDoesNotEnd(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sh", "-c", `trap '' TERM; touch $NOMAD_ALLOC_DIR/up; while :; do sleep 1000; done`)
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		s := p.ready()
		s.goEpoch(1)
		eventually(t, "the command is up", func() bool { return exists(a.path("up")) })
		s.send(wire.Message{Kind: wire.End, GraceMS: 100}, wire.Message{Kind: wire.End, GraceMS: 100000})
		r.awaitCode(0)
		if x := a.exit(); x.Code != 137 || x.Signal != 9 || !x.Ended {
			t.Errorf("exit file says %+v", x)
		}
	})
}

func TestNeverStarts(t *testing.T) {
	end := wire.Message{Kind: wire.End, Reason: "canceled"}
	goes := wire.Message{Kind: wire.Go, Epoch: 1}
	for _, c := range []struct {
		name string
		say  []wire.Message
		want wire.Exit
	}{
		{"end before go", []wire.Message{end}, wire.Exit{Ended: true, Never: true, Message: "canceled"}},
		{"go and end together", []wire.Message{goes, end}, wire.Exit{Ended: true, Never: true, Message: "canceled"}},
		{"end, then go", []wire.Message{end, goes}, wire.Exit{Ended: true, Never: true, Message: "canceled"}},
		{"other names and refused", []wire.Message{{Kind: wire.Welcome, DNS: []string{"10.1.1.1"}}, {Kind: wire.Refused, Reason: "late"}}, wire.Exit{Code: 1, Never: true, Message: "the node's plugin refused the gate: late"}},
		{"refused", []wire.Message{{Kind: wire.Refused, Reason: "another version"}, goes}, wire.Exit{Code: 1, Never: true, Message: "the node's plugin refused the gate: another version"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, sandbox bool) {
				a := newAllocation(t, "sh", "-c", `touch $NOMAD_ALLOC_DIR/ran`)
				a.command.Sandbox = sandbox
				p := a.listen()
				r := a.start()
				p.ready().send(c.say...)
				r.awaitCode(c.want.Code)
				if x := a.exit(); x != c.want {
					t.Errorf("exit file says %+v, want %+v", x, c.want)
				}
				if exists(a.path("ran")) || a.hasMarker(1) {
					t.Error("the command ran")
				}
			})
		})
	}
}

func TestSignals(t *testing.T) {
	t.Run("before the go", func(t *testing.T) {
		a := newAllocation(t, "true")
		p := a.listen()
		r := a.start()
		p.ready()
		r.signal(syscall.SIGUSR1)
		r.signal(syscall.SIGTERM)
		r.awaitCode(143)
		if x := a.exit(); !x.Never || x.Ended || x.Signal != 15 {
			t.Errorf("exit file says %+v", x)
		}
	})
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sh", "-c", `trap 'touch $NOMAD_ALLOC_DIR/usr1' USR1; touch $NOMAD_ALLOC_DIR/up; while :; do sleep 0.05; done`)
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		p.ready().goEpoch(1)
		eventually(t, "the command is up", func() bool { return exists(a.path("up")) })
		// Nothing follows USR1 that could be mistaken for it.
		r.signal(syscall.SIGUSR1)
		eventually(t, "USR1 arrived", func() bool { return exists(a.path("usr1")) })
		r.signal(syscall.SIGTERM)
		r.awaitCode(143)
		if x := a.exit(); x.Code != 143 || x.Signal != 15 || x.Ended || x.Never {
			t.Errorf("exit file says %+v", x)
		}
	})
}

func TestReconnects(t *testing.T) {
	a := newAllocation(t, "sh", "-c", `read x < $NOMAD_ALLOC_DIR/gate; exit 4`)
	must(t, syscall.Mkfifo(a.path("gate"), 0o600))
	r := a.start() // nobody listens yet
	p := a.listen()
	s := p.ready()
	must(t, p.listener.Close())
	must(t, s.conn.Close())

	p = a.listen()
	s = p.accept()
	if h := s.await(wire.Hello); !h.IsReady || h.StartedAt != nil {
		t.Fatalf("hello is %+v, want ready", h)
	}
	s.send(wire.Message{Kind: wire.Welcome})
	start := s.goEpoch(2)
	must(t, s.conn.Close())

	s = p.accept()
	if h := s.await(wire.Hello); h.StartedAt == nil || *h.StartedAt != start {
		t.Fatalf("hello is %+v, want started %+v", h, start)
	}
	// A plugin that knows nothing says everything again.
	s.send(wire.Message{Kind: wire.Welcome}, wire.Message{Kind: wire.Go, Epoch: 2})
	s.await(wire.Started)
	must(t, s.conn.Close())
	must(t, p.listener.Close())
	must(t, os.Remove(a.path(wire.SocketFile)))
	must(t, os.WriteFile(a.path("gate"), []byte("end\n"), 0o600))
	r.awaitCode(4)
	if x := a.exit(); x.Code != 4 || *x.Started != start {
		t.Errorf("exit file without a plugin says %+v", x)
	}
}

func TestRefusedWhileRunningGoesOn(t *testing.T) {
	a := newAllocation(t, "sh", "-c", `read x < $NOMAD_ALLOC_DIR/gate`)
	must(t, syscall.Mkfifo(a.path("gate"), 0o600))
	p := a.listen()
	r := a.start()
	s := p.ready()
	s.goEpoch(1)
	must(t, s.conn.Close())
	s = p.accept()
	s.await(wire.Hello)
	s.send(wire.Message{Kind: wire.Refused, Reason: "newer"}, wire.Message{Kind: wire.Go, Epoch: 1})
	s.await(wire.Started)
	must(t, os.WriteFile(a.path("gate"), []byte("end\n"), 0o600))
	r.awaitCode(0)
}

func TestNeverStartsAgain(t *testing.T) {
	t.Parallel()
	marker := `{"epoch":1,"unix_nanos":5,"after_go_nanos":0,"boot_id":"other"}`
	for _, c := range []struct {
		name, marker, exit string
		code               int
		message            string // of the exit file afterwards
	}{
		{"killed gate", strings.Replace(marker, "other", bootID(), 1), "", 1, "the command was started before and is not started again (the gate that started it was killed)"},
		{"rebooted host", marker, "", 1, "the command was started before and is not started again (the host was rebooted since)"},
		{"torn marker", "", "", 1, "the command was started before and is not started again (the gate that started it was killed)"},
		{"failed before", marker, `{"code":9,"message":"m"}`, 9, "m"},
		{"ended before", marker, `{"code":143,"signal":15,"ended":true,"message":"m"}`, 0, "m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAllocation(t, "sh", "-c", `touch $NOMAD_ALLOC_DIR/ran`)
			must(t, os.WriteFile(a.path(wire.StartedFile("train", 1)), []byte(c.marker), 0o600))
			if c.exit != "" {
				must(t, os.WriteFile(a.path(wire.ExitFile("train")), []byte(c.exit), 0o600))
			}
			p := a.listen()
			r := a.start()
			h := p.accept().await(wire.Hello)
			r.awaitCode(c.code)
			if x := a.exit(); x.Message != c.message || x.Never {
				t.Errorf("exit file says %+v, want message %q", x, c.message)
			}
			if h.Exit == nil || h.Exit.Message != c.message {
				t.Errorf("hello says %+v", h)
			}
			if exists(a.path("ran")) {
				t.Error("it ran again")
			}
		})
	}
}

// A second gate that comes while the first one runs must not start either: the
// marker is exclusive.
func TestTwoGatesOneStart(t *testing.T) {
	a := newAllocation(t, "sh", "-c", `echo ran >> $NOMAD_ALLOC_DIR/ran; read x < $NOMAD_ALLOC_DIR/gate`)
	must(t, syscall.Mkfifo(a.path("gate"), 0o600))
	p := a.listen()
	r1, r2 := a.start(), a.start()
	s1, s2 := p.ready(), p.ready()
	s1.goEpoch(1)
	s2.send(wire.Message{Kind: wire.Go, Epoch: 1})
	if x := s2.await(wire.Exited); !x.Exit.Never {
		t.Errorf("the second gate says %+v", x.Exit)
	}
	must(t, os.WriteFile(a.path("gate"), []byte("end\n"), 0o600))
	<-r1.done
	<-r2.done
	ran, err := os.ReadFile(a.path("ran"))
	must(t, err)
	if string(ran) != "ran\n" {
		t.Errorf("the command wrote %q", ran)
	}
}

func TestCommandNotFound(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "no-such-program", "x")
		a.command.Sandbox = sandbox
		a.command.Environment = map[string]string{"PATH": "/usr/bin:/bin"}
		p := a.listen()
		r := a.start()
		s := p.ready() // the member arrives: it is the user's failure, at the user's time
		s.send(wire.Message{Kind: wire.Go, Epoch: 1})
		s.await(wire.Exited)
		r.awaitCode(2)
		want := `the command "no-such-program" is not found in PATH (/usr/bin:/bin)`
		if x := a.exit(); x.Code != 2 || x.Message != want || x.Started == nil {
			t.Errorf("exit file says %+v, want %q", x, want)
		}
		if !strings.Contains(r.stderr.String(), want) {
			t.Errorf("stderr is %q", r.stderr.String())
		}
	})
}

func TestNothingSurvivesTheCommand(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		word := fmt.Sprintf("osmo-gate-leftover-%d-%v", os.Getpid(), sandbox)
		// One that ends when asked, one that does not, one in a session of its own.
		script := `n() { sh -c "$1" "` + word + `" & }; n 'sleep 1000; :'; n 'trap "" TERM; sleep 1000; :'; setsid sh -c 'trap "" TERM; sleep 1000; :' "` + word + `" & touch $NOMAD_ALLOC_DIR/up; exit 3`
		a := newAllocation(t, "sh", "-c", script)
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		p.ready().goEpoch(1)
		r.awaitCode(3)
		if alive(t, word) {
			t.Error("something of the command is still there")
		}
	})
}

func TestNothingSurvivesTheGate(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		word := fmt.Sprintf("osmo-gate-orphan-%d-%v", os.Getpid(), sandbox)
		// Without a process namespace the kernel ends the main process only: in a
		// container, where the gate is the first process, it ends all.
		script := `touch $NOMAD_ALLOC_DIR/up; read x < $NOMAD_ALLOC_DIR/gate`
		if sandbox {
			script = `setsid sh -c 'touch $NOMAD_ALLOC_DIR/up; sleep 1000; :' ` + word + ` & sleep 1000; :`
		}
		a := newAllocation(t, "sh", "-c", script, word)
		must(t, syscall.Mkfifo(a.path("gate"), 0o600))
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		p.ready().goEpoch(1)
		eventually(t, "the command is up", func() bool { return exists(a.path("up")) })
		if !alive(t, word) {
			t.Fatal("the command does not run")
		}
		r.signal(syscall.SIGKILL)
		<-r.done
		eventually(t, "the command is gone", func() bool { return !alive(t, word) })
		// What Nomad may do next: start the task again.
		if a.hasMarker(1) {
			r = a.start()
			r.awaitCode(1)
		} else {
			t.Error("no marker")
		}
	})
}

func TestEndsAfterSilence(t *testing.T) {
	a := newAllocation(t, "sleep", "1000")
	p := a.listen()
	r := a.start()
	s := p.accept()
	s.await(wire.Hello)
	s.send(wire.Message{Kind: wire.Welcome, PartitionTimeoutMS: 300})
	s.await(wire.Ready)
	s.goEpoch(1)
	r.awaitCode(143)
	if x := a.exit(); x.Ended || x.Message != "the command was ended: no word from the node's plugin for 300ms" {
		t.Errorf("exit file says %+v", x)
	}
}

func TestLongAllocationPath(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		dir := filepath.Join(t.TempDir(), strings.Repeat("long,", 20), strings.Repeat("pa:th", 20))
		a := newAllocationIn(t, dir, "true")
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		p.ready().goEpoch(1)
		r.awaitCode(0)
	})
}

// The marker must be on disk before the command is there: a command that sees
// no marker of itself was started too early.
func TestMarkerComesFirst(t *testing.T) {
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sh", "-c", `test -s "$NOMAD_ALLOC_DIR/osmo/train/started.8"`)
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		p.ready().goEpoch(8)
		r.awaitCode(0)
	})
}

func TestNoMarkerNoStart(t *testing.T) {
	a := newAllocation(t, "sh", "-c", `touch $NOMAD_ALLOC_DIR/ran`)
	p := a.listen()
	r := a.start()
	s := p.ready()
	must(t, os.RemoveAll(a.path("osmo/train"))) // as good as a full disk
	s.send(wire.Message{Kind: wire.Go, Epoch: 1})
	x := s.await(wire.Exited)
	r.awaitCode(1)
	if !x.Exit.Never || exists(a.path("ran")) {
		t.Errorf("exited says %+v, ran: %v", x.Exit, exists(a.path("ran")))
	}
}

func TestBadCommandFile(t *testing.T) {
	for _, c := range []struct{ name, member, version, want string }{
		{"member", "../x", "1", `"../x" is no member's name`},
		{"version", "train", "7", `version is "7", this gate speaks "1"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAllocation(t, "true")
			a.command.Member, a.command.Version = c.member, c.version
			r := a.start()
			r.awaitCode(1)
			if !strings.Contains(r.stderr.String(), c.want) {
				t.Errorf("stderr is %q, want %q in it", r.stderr.String(), c.want)
			}
		})
	}
}

func openAndRead(a *allocation) (past, error) {
	l, err := openLedger(a.alloc, "train")
	if err != nil {
		return past{}, err
	}
	return l.read()
}
