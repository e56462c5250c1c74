//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// codeNotStarted is OSMO's exit code for a command that cannot be started: not
// found, not executable (its launcher panics, and that is a Go program's 2).
const codeNotStarted = 2

// Times for what the command leaves behind: its main process has ended, and
// nothing of it may outlive the gate.
const (
	leftoverGrace = 2 * time.Second
	leftoverKill  = 5 * time.Second
	leftoverRetry = 50 * time.Millisecond
)

// A process is the user's command: one main process in a session of its own,
// and all that comes of it.
type process struct {
	argv, env []string
	path      string // of the program; empty until looked up
	pathErr   error

	mu      sync.Mutex
	pid     int
	running bool // the main process was started and has not been waited for
	began   int64
}

// lookUp finds the program now, so that nothing is left to do at the go. Not
// finding it is the user's failure, and told when the command would start.
func (p *process) lookUp() {
	p.path, p.pathErr = findProgram(p.argv[0], p.env)
}

// start starts the command: no shell, no input, the gate's own output. unixNanos
// is the wall clock just before it. It must be called on the thread that lives
// as long as the gate, because the kernel ends the command with that thread.
func (p *process) start() (unixNanos, nanos int64, err error) {
	unixNanos, nanos = time.Now().UnixNano(), monotonicNanos()
	if p.pathErr != nil {
		return unixNanos, nanos, p.pathErr
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return unixNanos, nanos, err
	}
	defer null.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	pid, err := syscall.ForkExec(p.path, p.argv, &syscall.ProcAttr{
		Env:   p.env,
		Files: []uintptr{null.Fd(), 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return unixNanos, nanos, fmt.Errorf("the command %q cannot be started: %w", p.path, err)
	}
	p.pid, p.running, p.began = pid, true, nanos
	return unixNanos, nanos, nil
}

// signal reaches the main process's group, as long as there is one.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running {
		_ = syscall.Kill(-p.pid, s)
	}
}

// kill ends the main process and all its descendants.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	signalDescendants(syscall.SIGKILL)
}

// wait returns when the main process and all that came of it are gone.
func (p *process) wait() outcome {
	status := make(chan syscall.WaitStatus, 1)
	gone := make(chan struct{})
	go p.reap(status, gone)
	o := outcome{Code: 1, Message: "the command's exit status was taken by another process"}
	if ws, ok := <-status; ok {
		o = outcomeOf(ws)
	}
	o.ElapsedNanos = monotonicNanos() - p.began
	endLeftovers(gone)
	return o
}

func outcomeOf(ws syscall.WaitStatus) outcome {
	if ws.Signaled() {
		return outcome{Code: 128 + int(ws.Signal()), Signal: int(ws.Signal())}
	}
	return outcome{Code: ws.ExitStatus()}
}

// reap waits for every child, the adopted ones too, until there is none.
func (p *process) reap(status chan<- syscall.WaitStatus, gone chan<- struct{}) {
	defer close(gone)
	defer close(status)
	for {
		pid, err := awaitDead(anyChild, 0)
		if err != nil {
			return
		}
		// Between the death and the wait the pid cannot be another process's, and
		// signal holds the lock: so it never reaches a stranger.
		p.mu.Lock()
		var ws syscall.WaitStatus
		_, err = syscall.Wait4(pid, &ws, wAll, nil)
		mine := err == nil && p.running && pid == p.pid
		if mine {
			p.running = false
		}
		p.mu.Unlock()
		if mine {
			status <- ws
		}
	}
}

// Arguments of waitid(2) that package syscall does not name.
const (
	anyChild = 0 // P_ALL
	onePid   = 1 // P_PID
	wNoWait  = 0x01000000
	wAll     = 0x40000000 // __WALL
	pidAt    = 4          // si_pid, in ints, in a siginfo of 128 bytes on 64-bit machines
)

// awaitDead blocks until a child is dead and says which, without reaping it:
// until that is done its pid is no other process's.
func awaitDead(which, id int) (int, error) {
	var info [32]int32
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, uintptr(which), uintptr(id), uintptr(unsafe.Pointer(&info)), syscall.WEXITED|wNoWait|wAll, 0, 0)
		switch errno {
		case 0:
			return int(info[pidAt]), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// endLeftovers asks what the command left behind to end, then makes it.
func endLeftovers(gone <-chan struct{}) {
	if isClosed(gone) {
		return
	}
	signalDescendants(syscall.SIGTERM)
	grace, last := time.After(leftoverGrace), time.After(leftoverGrace+leftoverKill)
	select {
	case <-gone:
		return
	case <-grace:
	}
	retry := time.NewTicker(leftoverRetry) // what forks faster than it is killed
	defer retry.Stop()
	for {
		signalDescendants(syscall.SIGKILL)
		select {
		case <-gone:
			return
		case <-last: // stuck in the kernel: no process can do more
			return
		case <-retry.C:
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// findProgram finds argv[0] as execvp does, with the command's own PATH.
func findProgram(name string, env []string) (string, error) {
	if name == "" {
		return "", errors.New("the command's name is empty")
	}
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	path := pathOf(env)
	var denied error
	for dir := range strings.SplitSeq(path, ":") {
		if dir == "" {
			dir = "."
		}
		err := executable(dir + "/" + name)
		if err == nil {
			return dir + "/" + name, nil
		}
		if denied == nil && !errors.Is(err, os.ErrNotExist) {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fmt.Errorf("the command %q is not found in PATH (%s)", name, path)
}

// pathOf is the PATH of an environment, or what execvp takes if there is none.
func pathOf(env []string) string {
	for _, e := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			return v
		}
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("the command cannot be started: %w", err)
	case info.IsDir():
		return fmt.Errorf("the command %q is a directory", path)
	}
	const mayExecute = 1
	if err := syscall.Access(path, mayExecute); err != nil {
		return fmt.Errorf("the command %q cannot be executed: %w", path, err)
	}
	return nil
}

// monotonicNanos reads the clock that nobody sets, which all processes share.
func monotonicNanos() int64 {
	const clockMonotonic = 1
	var ts syscall.Timespec
	_, _, _ = syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}
