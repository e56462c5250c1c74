//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// ledger is what a member leaves on disk about its one start and its one end.
type ledger struct {
	dir    string // the member's directory
	allocs string // the allocation's shared directory
	member string
}

func openLedger(allocDir, member string) (ledger, error) {
	l := ledger{dir: filepath.Join(allocDir, wire.MemberDir(member)), allocs: allocDir, member: member}
	if err := os.MkdirAll(l.dir, 0o777); err != nil {
		return ledger{}, fmt.Errorf("make the member's directory: %w", err)
	}
	return l, nil
}

// past is what an earlier gate of this member left.
type past struct {
	started bool
	start   *wire.Start // nil if the marker cannot be read: it counts all the same
	exit    *wire.Exit
}

// read looks for an earlier gate's marker and exit file.
func (l ledger) read() (past, error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return past{}, fmt.Errorf("look for an earlier start: %w", err)
	}
	prefix := strings.TrimSuffix(filepath.Base(wire.StartedFile(l.member, 0)), "0")
	var p past
	for _, e := range entries {
		if epoch, ok := strings.CutPrefix(e.Name(), prefix); ok {
			p.started = true
			p.start = readStart(filepath.Join(l.dir, e.Name()), epoch)
		}
	}
	x := new(wire.Exit)
	switch err := readJSON(filepath.Join(l.allocs, wire.ExitFile(l.member)), x); {
	case err == nil:
		p.exit = x
	case !errors.Is(err, os.ErrNotExist):
		return past{}, fmt.Errorf("read the exit of an earlier gate: %w", err)
	}
	return p, nil
}

// readStart reads a marker. One whose gate was killed at once has no instant
// and knows its epoch by its name only.
func readStart(path, epoch string) *wire.Start {
	s := new(wire.Start)
	if readJSON(path, s) != nil {
		return nil
	}
	if n, err := strconv.Atoi(epoch); err == nil {
		s.Epoch = n
	}
	return s
}

// errStartedBefore says that another gate has started this member's command.
var errStartedBefore = errors.New("the command was started before and is not started again")

// armed is the marker's file before it has its name: written and synced while
// nobody waits, so that the go costs one directory entry.
func (l ledger) armed() string { return filepath.Join(l.dir, fmt.Sprintf("marker.%d", os.Getpid())) }

// arm makes the marker ready. It may be called again.
func (l ledger) arm(boot string) error {
	// Never written to in place: it may be a marker already, under its other name.
	if err := os.Remove(l.armed()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("prepare the started marker: %w", err)
	}
	err := writeSynced(l.armed(), wire.Start{BootID: boot})
	if err == nil {
		err = syncDir(l.dir)
	}
	if err != nil {
		return fmt.Errorf("prepare the started marker: %w", err)
	}
	return nil
}

// disarm removes what arm made; the marker itself stays.
func (l ledger) disarm() { _ = os.Remove(l.armed()) }

// markStarted gives the marker its name, durably: when it returns nil, the
// marker outlives a power failure, and no other gate of this allocation can
// come past it.
func (l ledger) markStarted(epoch int) error {
	err := os.Link(l.armed(), filepath.Join(l.allocs, wire.StartedFile(l.member, epoch)))
	if errors.Is(err, os.ErrExist) {
		return errStartedBefore
	}
	if err == nil {
		err = syncDir(l.dir)
	}
	if err != nil {
		return fmt.Errorf("leave the started marker: %w", err)
	}
	return nil
}

// describeStart puts the instant into the marker, which could not know it.
// Nothing depends on it, so it is not waited for.
func (l ledger) describeStart(s wire.Start) {
	path := filepath.Join(l.allocs, wire.StartedFile(l.member, s.Epoch))
	if text, err := json.Marshal(s); err == nil && os.WriteFile(l.armed()+".new", append(text, '\n'), 0o644) == nil {
		_ = os.Rename(l.armed()+".new", path)
	}
}

// writeExit leaves the exit file: whole or not at all, and durably.
func (l ledger) writeExit(x wire.Exit) error {
	path := filepath.Join(l.allocs, wire.ExitFile(l.member))
	err := writeSynced(path+".new", x)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(l.dir)
	}
	if err != nil {
		return fmt.Errorf("leave the exit file: %w", err)
	}
	return nil
}

// writeSynced writes value as one line.
func writeSynced(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// bootID tells this boot of the host from others; empty where there is no /proc.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// again is the exit of a gate that finds that the command was started before:
// what the earlier gate recorded, or what is left to say if it could not.
func (p past) again(boot string) (x wire.Exit, code int, fresh bool) {
	if p.exit != nil {
		return *p.exit, gateCode(*p.exit), false
	}
	why := "the gate that started it was killed"
	if p.start != nil && boot != "" && p.start.BootID != boot {
		why = "the host was rebooted since"
	}
	x = wire.Exit{Code: 1, Started: p.start, Message: errStartedBefore.Error() + " (" + why + ")"}
	return x, 1, true
}

// gateCode is what the gate itself exits with.
func gateCode(x wire.Exit) int {
	if x.Ended {
		return 0
	}
	return x.Code
}
