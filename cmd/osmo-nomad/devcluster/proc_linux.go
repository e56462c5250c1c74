package devcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Process is one process of a host.
type Process struct {
	PID    int
	Parent int
	// Args is its command line.
	Args []string
	// start is when it started, in clock ticks since boot: with the PID it names one process.
	start uint64
	state byte
}

// readProcess says whether the process is there.
func readProcess(pid int) (Process, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, false
	}
	// The name is in parentheses and may hold anything; the fields after it are numbers.
	_, rest, ok := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	fields := strings.Fields(string(rest))
	if !ok || len(fields) < 20 {
		return Process{}, false
	}
	parent, errParent := strconv.Atoi(fields[1])
	start, errStart := strconv.ParseUint(fields[19], 10, 64)
	if errors.Join(errParent, errStart) != nil {
		return Process{}, false
	}
	return Process{PID: pid, Parent: parent, start: start, state: fields[0][0]}, true
}

func (p Process) running() bool { return p.state != 'Z' && p.state != 'X' }

// alive says whether the recorded agent runs, and not a stranger that got its number.
func (a agentRecord) alive() bool {
	p, ok := readProcess(a.PID)
	return a.PID > 0 && ok && p.running() && p.start == a.Start
}

// A netns is the identity of a network namespace.
type netns struct {
	dev, ino uint64
}

func netnsOf(path string) (netns, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return netns{}, err
	}
	return netns{dev: uint64(st.Dev), ino: st.Ino}, nil //nolint:unconvert // not 64 bits wide on every architecture
}

// processesIn lists the living processes of the namespaces, and their descendants, as /proc shows them now: a container
// may have a namespace of its own.
func processesIn(in map[netns]bool) ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	all := map[int]Process{}
	ours := map[int]bool{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if p, ok := readProcess(pid); ok {
			ns, err := netnsOf(filepath.Join("/proc", e.Name(), "ns/net"))
			all[pid], ours[pid] = p, err == nil && in[ns]
		}
	}
	var found []Process
	for pid, p := range all {
		if p.running() && descends(pid, all, ours) {
			p.Args = commandLine(pid)
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b Process) int { return a.PID - b.PID })
	return found, nil
}

// descends says whether the process or one of its ancestors is ours.
func descends(pid int, all map[int]Process, ours map[int]bool) bool {
	for range len(all) { // numbers that were reused while we read could make a circle
		if ours[pid] {
			return true
		}
		p, ok := all[pid]
		if !ok {
			return false
		}
		pid = p.Parent
	}
	return false
}

func commandLine(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// killEvery is how often killAll looks again; a process is gone a moment after its SIGKILL.
const killEvery = 20 * time.Millisecond

// killAll ends every process in the namespaces, also those that are started while it works.
func killAll(ctx context.Context, in map[netns]bool) error {
	tick := time.NewTicker(killEvery)
	defer tick.Stop()
	for {
		left, err := processesIn(in)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, p := range left {
			p.kill()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d processes of the cluster do not end, such as %d %s: %w", len(left), left[0].PID, strings.Join(left[0].Args, " "), context.Cause(ctx))
		}
	}
}

// kill kills this very process: the handle is taken first, so its number cannot pass to a stranger between the look and
// the signal.
func (p Process) kill() {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	if now, ok := readProcess(p.PID); ok && now.start == p.start {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // killAll looks again
	}
}

// signal sends a signal to a recorded agent, and to nobody else.
func (a agentRecord) signal(sig unix.Signal) error {
	fd, err := unix.PidfdOpen(a.PID, 0)
	if err != nil {
		return fmt.Errorf("opening process %d: %w", a.PID, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if !a.alive() {
		return fmt.Errorf("%s on %s does not run", a.Kind, a.Host)
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		return fmt.Errorf("sending %s to %s on %s: %w", sig, a.Kind, a.Host, err)
	}
	return nil
}
