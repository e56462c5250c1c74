//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-gate/sandbox"
)

// The gate and the first process of its sandbox, which is the gate's program
// once more, speak over a socket pair: one JSON object a line, orders one way,
// answers the other. Either's death ends the other's part: the kernel kills the
// sandbox with the gate, and the gate sees the socket close.

// order is what the gate tells the inside.
type order struct {
	Kind   string    `json:"kind"`
	Box    *box      `json:"box,omitempty"`   // build
	Turn   int       `json:"turn,omitempty"`  // prepare
	Names  *naming   `json:"names,omitempty"` // prepare
	Signal sysSignal `json:"signal,omitempty"`
}

// Orders.
const (
	orderBuild   = "build"
	orderPrepare = "prepare"
	orderStart   = "start"
	orderSignal  = "signal"
	orderKill    = "kill"
)

// answer is what the inside reports.
type answer struct {
	Kind      string   `json:"kind"`
	Turn      int      `json:"turn,omitempty"`
	Error     string   `json:"error,omitempty"`
	UnixNanos int64    `json:"unix_nanos,omitempty"`
	Nanos     int64    `json:"nanos,omitempty"`
	Outcome   *outcome `json:"outcome,omitempty"`
}

// Answers.
const (
	answerFailed   = "failed" // the sandbox cannot be built
	answerPrepared = "prepared"
	answerLaunched = "launched"
	answerExited   = "exited"
)

type sysSignal = syscall.Signal

// box is a sandbox and the command in it.
type box struct {
	Spec      sandbox.Spec `json:"spec"`
	Argv, Env []string
}

// insideArgument tells the gate's program that it is the first process of a sandbox.
const insideArgument = "inside"

// insideSocket is the descriptor of the inside's end.
const insideSocket = 3

// boxed runs the command in a sandbox.
type boxed struct {
	pid    int
	socket *os.File
	work   string

	mu     sync.Mutex
	reaped bool          // the pid may be another process's
	gone   chan struct{} // closed when it is
}

// newBoxed starts the sandbox's first process and lets it build. What comes
// back is posted, from a goroutine that ends with that process. It must be
// called on the thread that lives as long as the gate.
func newBoxed(b box, post func(any)) (*boxed, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make the sandbox's socket: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "sandbox"), os.NewFile(uintptr(pair[1]), "sandbox")
	defer theirs.Close()
	pid, err := forkInside(theirs)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the sandbox (it needs root): %w", err), ours.Close())
	}
	x := &boxed{pid: pid, socket: ours, work: b.Spec.Work, gone: make(chan struct{})}
	x.order(order{Kind: orderBuild, Box: &b})
	go x.listen(post)
	return x, nil
}

func forkInside(socket *os.File) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	return syscall.ForkExec("/proc/self/exe", []string{"osmo-gate", insideArgument}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{null.Fd(), 1, 2, insideSocket: socket.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: sandbox.Flags},
	})
}

// order writes one order. An inside that is gone does not hear it; listen says so.
func (x *boxed) order(o order) {
	if text, err := json.Marshal(o); err == nil {
		_, _ = x.socket.Write(append(text, '\n'))
	}
}

// listen posts the answers; the end only when the sandbox's first process is
// gone, and with it, as the kernel sees to, every process and mount inside.
func (x *boxed) listen(post func(any)) {
	gone := errors.New("the sandbox's first process was killed, and with it the command")
	var end *outcome
	for in := json.NewDecoder(x.socket); ; {
		var a answer
		if in.Decode(&a) != nil {
			break
		}
		switch a.Kind {
		case answerFailed:
			gone = errors.New(a.Error)
		case answerPrepared:
			post(prepared{a.Turn, textError(a.Error)})
		case answerLaunched:
			post(launched{a.UnixNanos, a.Nanos, textError(a.Error)})
		case answerExited:
			end = a.Outcome
		}
	}
	x.await()
	if end != nil {
		post(exited{*end})
	} else {
		post(broken{gone})
	}
}

// await reaps the sandbox's first process when it is dead.
func (x *boxed) await() {
	_, _ = awaitDead(onePid, x.pid)
	x.mu.Lock()
	defer x.mu.Unlock()
	_, _ = syscall.Wait4(x.pid, nil, 0, nil)
	x.reaped = true
	close(x.gone)
}

func textError(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}

func (x *boxed) prepare(turn int, n naming) {
	x.order(order{Kind: orderPrepare, Turn: turn, Names: &n})
}
func (x *boxed) start()                  { x.order(order{Kind: orderStart}) }
func (x *boxed) signal(s syscall.Signal) { x.order(order{Kind: orderSignal, Signal: s}) }
func (x *boxed) kill()                   { x.order(order{Kind: orderKill}) }

// clean removes the layers. If the command was never started the sandbox is
// still there, perhaps still being built: it goes first.
func (x *boxed) clean() {
	x.mu.Lock()
	if !x.reaped {
		_ = syscall.Kill(x.pid, syscall.SIGKILL)
	}
	x.mu.Unlock()
	<-x.gone
	_ = x.socket.Close()
	_ = os.RemoveAll(x.work)
}
