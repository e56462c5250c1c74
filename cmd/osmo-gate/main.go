//go:build linux

// Command osmo-gate is the first process of every member of a gang: it waits
// at the gang's barrier, starts the user's command once, and reports its end.
//
// It takes no arguments. Nomad's environment says where the command file is
// (translator/job/meta) and where the node's plugin listens (driver/wire). The
// command runs without a shell, with the gate's own output, and the gate exits
// as it does: its code, or 128+n after signal n, or 0 if the gang ended it.
//
// The logic is one pure state machine (life.go); what surrounds it turns
// events into steps and effects into deeds. In a container the command is the
// gate's child (direct.go); on a bare host it runs in a sandbox, whose first
// process is this program once more (boxed.go outside, inside.go inside).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-gate/sandbox"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	// The kernel ends a child with the thread that started it: this one stays.
	runtime.LockOSThread()
	stayFrugal()
	if len(args) == 1 && args[0] == insideArgument {
		return runInside()
	}
	code, err := runGate()
	if err != nil {
		fmt.Fprintln(os.Stderr, "osmo-gate:", err)
	}
	return code
}

// stayFrugal keeps a process that mostly waits small: collect early, and no
// per-processor caches for the hundred processors of a large host.
func stayFrugal() {
	debug.SetGCPercent(10)
	runtime.GOMAXPROCS(min(2, runtime.NumCPU()))
}

// runGate returns the exit code, and an error if there was no way to the
// barrier at all.
func runGate() (int, error) {
	at, err := findPlaces(os.Getenv)
	if err != nil {
		return 1, err
	}
	command, err := readCommand(filepath.Join(at.task, meta.CommandFile))
	if err != nil {
		return 1, err
	}
	book, err := openLedger(at.alloc, command.Member)
	if err != nil {
		return 1, err
	}
	before, err := book.read()
	if err != nil {
		return 1, err
	}
	boot := bootID()
	if before.started || before.exit != nil {
		return startedBefore(at, book, before, command.Member, boot)
	}
	g := &gate{life: life{member: command.Member, boot: boot}, ledger: book, alloc: at.alloc, stderr: os.Stderr, events: make(chan any, eventsHeld)}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	g.runner, err = newRunner(command, at, g.poster(ctx))
	if err != nil {
		g.runner = noRunner{}
		g.events <- broken{err}
	}
	return g.run(ctx), nil
}

// readCommand reads the command file; a command that cannot be run is refused
// here, where the message can name the file.
func readCommand(path string) (meta.Command, error) {
	var c meta.Command
	if err := readJSON(path, &c); err != nil {
		return c, fmt.Errorf("read the command file %s: %w", path, err)
	}
	switch {
	case c.Version != meta.ProtocolVersion:
		return c, fmt.Errorf("command file %s: version is %q, this gate speaks %q: translate the workflow with an osmo-nomad of the plugin's version", path, c.Version, meta.ProtocolVersion)
	case c.Member == "" || filepath.Base(c.Member) != c.Member || c.Member == "." || c.Member == "..":
		return c, fmt.Errorf("command file %s: %q is no member's name", path, c.Member)
	case len(c.Argv) == 0:
		return c, fmt.Errorf("command file %s: there is no command", path)
	}
	return c, nil
}

// startedBefore keeps promise 8: never a second start, whatever was restarted.
func startedBefore(at places, book ledger, before past, member, boot string) (int, error) {
	exit, code, fresh := before.again(boot)
	fmt.Fprintf(os.Stderr, "osmo-gate: %s\n", errStartedBefore)
	var err error
	if fresh {
		err = book.writeExit(exit)
	}
	tellOnce(at.alloc, wire.Message{Kind: wire.Hello, Version: wire.Version, Member: member, BootID: boot, StartedAt: exit.Started, Exit: &exit})
	return code, err
}

func newRunner(c meta.Command, at places, post func(any)) (runner, error) {
	own := expandEnvironment(c.Environment)
	argv, env := expandAll(c.Argv, own), overlayEnvironment(os.Environ(), own)
	if c.Sandbox {
		spec, err := plan(c, at)
		if err != nil {
			return nil, err
		}
		return newBoxed(box{Spec: spec, Argv: argv, Env: env}, post)
	}
	if c.Chroot {
		data, err := dataDir(at.alloc, c.Member)
		if err != nil {
			return nil, err
		}
		if err := linkData(data, meta.DataMount); err != nil {
			return nil, err
		}
	}
	if os.Getpid() != 1 {
		_ = adoptOrphans() // an emulator may refuse; then orphans are the engine's
	}
	return direct{process: &process{argv: argv, env: env}, post: post}, nil
}

// plan says what the member's sandbox looks like.
func plan(c meta.Command, at places) (sandbox.Spec, error) {
	dir, err := os.Getwd()
	if err != nil {
		return sandbox.Spec{}, err
	}
	s := sandbox.Spec{
		Work: filepath.Join(at.task, "osmo", "sandbox"),
		// Nomad keeps all allocations side by side, each with mounts of its own.
		Own: []string{filepath.Dir(filepath.Dir(at.alloc))},
		Dir: dir,
	}
	for _, m := range c.Mounts {
		s.Keep = append(s.Keep, m.Source)
		if m.Target != m.Source {
			s.Binds = append(s.Binds, sandbox.Bind{Source: m.Source, Target: m.Target})
		}
	}
	// The allocation may lie in a directory that is mounted: it comes after it.
	s.Keep = append(s.Keep, at.alloc, at.task)
	if at.secrets != "" {
		s.Keep = append(s.Keep, at.secrets)
	}
	data, err := dataDir(at.alloc, c.Member)
	if err != nil {
		return sandbox.Spec{}, err
	}
	s.Binds = append(s.Binds, sandbox.Bind{Source: data, Target: meta.DataMount})
	for _, f := range c.Files {
		bind := sandbox.Bind{Source: filepath.Join(at.task, f.Source), Target: f.Path, ReadOnly: true}
		if err := readable(bind); err != nil {
			return sandbox.Spec{}, err
		}
		s.Binds = append(s.Binds, bind)
	}
	return s, nil
}

// dataDir makes the directories that every command may count on.
func dataDir(allocDir, member string) (string, error) {
	data := filepath.Join(allocDir, wire.DataDir(member))
	for _, sub := range []string{"input", "output"} {
		if err := os.MkdirAll(filepath.Join(data, sub), 0o777); err != nil {
			return "", fmt.Errorf("make the member's data directory: %w", err)
		}
	}
	return data, nil
}

// linkData makes path lead to the member's data, where nothing can be mounted.
func linkData(data, path string) error {
	if now, err := os.Readlink(path); err == nil && now == data {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("make room for %s: %w", path, err)
	}
	if err := os.Symlink(data, path); err != nil {
		return fmt.Errorf("show the member's data: %w", err)
	}
	return nil
}

// readable checks an injected file and gives it the mode that OSMO's have.
func readable(b sandbox.Bind) error {
	if !filepath.IsAbs(b.Target) {
		return fmt.Errorf("injected file %q: the path is not absolute", b.Target)
	}
	if err := os.Chmod(b.Source, 0o644); err != nil {
		return fmt.Errorf("injected file %s: %w", b.Target, err)
	}
	return nil
}

// noRunner stands where the command could not even be held ready.
type noRunner struct{ runner }

func (noRunner) clean() {}
