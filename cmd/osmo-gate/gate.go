//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// A runner holds the command ready and runs it. What it has done it posts as
// events; its methods return at once. They are called in the order of the
// effects, from one goroutine.
type runner interface {
	// prepare posts prepared.
	prepare(turn int, n naming)
	// start posts launched and, if that was no error, exited later.
	start()
	signal(s syscall.Signal)
	kill()
	// clean removes what the command must not leave behind.
	clean()
}

// A gate is one run of the launcher: it turns life's effects into deeds. All
// its fields belong to the goroutine in loop.
type gate struct {
	life   life
	ledger ledger
	alloc  string
	runner runner
	stderr io.Writer

	events   chan any
	line     *line
	killAt   time.Time
	killing  *time.Timer
	limit    time.Duration // the partition timeout
	quiet    *time.Timer
	finished bool
	exitCode int
}

// eventsHeld bounds what happens while the gate is busy; more waits at its source.
const eventsHeld = 64

// run waits at the barrier, runs the command and returns the exit code.
func (g *gate) run(ctx context.Context) int {
	ctx, stop := context.WithCancel(ctx)
	var owned sync.WaitGroup
	owned.Go(func() { keepLine(ctx, g.alloc, g.poster(ctx)) })
	signals := make(chan os.Signal, eventsHeld)
	signal.Notify(signals)
	defer func() {
		stop()
		owned.Wait()
		signal.Stop(signals)
	}()
	g.loop(signals)
	return g.exitCode
}

// poster makes the function by which other goroutines tell the loop; after ctx
// has ended it drops.
func (g *gate) poster(ctx context.Context) func(any) {
	return func(e any) {
		select {
		case g.events <- e:
		case <-ctx.Done():
		}
	}
}

func (g *gate) loop(signals <-chan os.Signal) {
	beat := time.NewTicker(wire.BeatInterval * 4 / 5)
	defer beat.Stop()
	g.killing, g.quiet = stopped(), stopped()
	defer g.killing.Stop()
	defer g.quiet.Stop()
	for !g.finished {
		select {
		case e := <-g.events:
			g.take(e)
		case s := <-signals:
			if s, ok := s.(syscall.Signal); ok && passable(s) {
				g.step(signalled{s})
			}
		case <-beat.C:
			g.say(wire.Message{Kind: wire.Beat})
		case <-g.killing.C:
			g.step(graceOver{})
		case <-g.quiet.C:
			g.step(silence{g.limit})
		}
	}
}

// stopped is a timer that waits to be set.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// passable says which signals are for the command. The others are the gate's
// own: of its children, its writes, its runtime, its terminal.
func passable(s syscall.Signal) bool {
	return !slices.Contains([]syscall.Signal{syscall.SIGCHLD, syscall.SIGPIPE, syscall.SIGURG, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTSTP}, s)
}

// take keeps the link's own affairs from life, which knows messages only.
func (g *gate) take(e any) {
	switch e := e.(type) {
	case lineUp:
		g.line = e.line
		g.step(connected{})
	case lineDown:
		if g.line == e.line {
			g.line = nil
		}
	case messages:
		g.listen()
		g.step(e)
	default:
		g.step(e)
	}
}

func (g *gate) step(e any) {
	next, effects := g.life.step(e)
	g.life = next
	for _, effect := range effects {
		g.do(effect)
		if g.finished { // in this effect, which could not be done
			return
		}
	}
}

func (g *gate) do(effect any) {
	switch e := effect.(type) {
	case send:
		g.say(e.message)
	case prepare:
		g.runner.prepare(e.turn, e.names)
	case arm:
		if err := g.ledger.arm(g.life.boot); err != nil {
			g.step(barred{err})
		}
	case describe:
		g.ledger.describeStart(e.start)
	case begin:
		g.begin(e.epoch)
	case pass:
		g.runner.signal(e.signal)
	case kill:
		g.runner.kill()
	case graceIn:
		g.armKill(time.Now().Add(e.after))
	case listenFor:
		g.limit = e.limit
		g.listen()
	case finish:
		g.finish(e)
	default:
		panic(fmt.Sprintf("effect %T is not done", e))
	}
}

// begin leaves the marker before anything else: a gate that is killed between
// the two never starts the command, which is the lesser harm.
func (g *gate) begin(epoch int) {
	if err := g.ledger.markStarted(epoch); err != nil {
		g.step(barred{err})
		return
	}
	g.runner.start()
}

// armKill sets the kill; one that is due earlier stays.
func (g *gate) armKill(at time.Time) {
	if g.killAt.IsZero() || at.Before(g.killAt) {
		g.killAt = at
		g.killing.Reset(time.Until(at))
	}
}

// listen starts the partition timeout anew.
func (g *gate) listen() {
	g.quiet.Stop()
	if g.limit > 0 {
		g.quiet.Reset(g.limit)
	}
}

func (g *gate) say(m wire.Message) {
	if g.line != nil && g.line.say(m) != nil {
		g.line = nil // the reader notices and connects again
	}
}

// finish leaves the end on disk, then tells it.
func (g *gate) finish(e finish) {
	g.finished, g.exitCode = true, e.code
	if e.exit.Message != "" {
		fmt.Fprintln(g.stderr, "osmo-gate:", e.exit.Message)
	}
	if err := g.ledger.writeExit(e.exit); err != nil {
		fmt.Fprintln(g.stderr, "osmo-gate:", err)
	}
	g.ledger.disarm()
	g.tell(e.exit)
	g.runner.clean()
}

// tell makes one try to reach the plugin if there is no line: the exit file is
// there for a plugin that is not.
func (g *gate) tell(x wire.Exit) {
	if g.line == nil {
		tellOnce(g.alloc, g.life.hello())
		return
	}
	g.say(wire.Message{Kind: wire.Exited, Exit: &x, StartedAt: g.life.start})
}

func tellOnce(allocDir string, hello wire.Message) {
	l, err := dial(allocDir)
	if err != nil {
		return
	}
	_ = l.say(hello)
	_ = l.file.Close()
}

// places are the directories that Nomad gives a task.
type places struct{ alloc, task, secrets string }

func findPlaces(getenv func(string) string) (places, error) {
	p := places{alloc: getenv("NOMAD_ALLOC_DIR"), task: getenv("NOMAD_TASK_DIR"), secrets: getenv("NOMAD_SECRETS_DIR")}
	if !filepath.IsAbs(p.alloc) || !filepath.IsAbs(p.task) {
		return places{}, errors.New("NOMAD_ALLOC_DIR and NOMAD_TASK_DIR are not set: the gate runs as the first process of a Nomad task")
	}
	return p, nil
}
