//go:build linux

package main

import (
	"fmt"
	"maps"
	"slices"
	"syscall"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// life is the gate's state. One goroutine owns it; each event makes a new state
// and says what is to be done:
//
//	          welcome            prepared            go
//	waiting ──────────► settling ────────► ready ──────────► begun ── exited ──► over
//	   └──────────────────┴── end, refused, signal: never started ───────────────►┘
//
// Every message may come again, on the same or on a new connection, and then
// changes nothing.
type life struct {
	member, boot string

	names   *naming // what was asked to be set up last; nil before the first welcome
	turn    int     // counts set-ups: the answer to an older one means nothing
	settled bool    // the last set-up is done: the command could start

	went    bool // a go was heard
	epoch   int  // of the go
	goNanos int64

	begun   bool // the start was ordered: from here on the command may have run
	start   *wire.Start
	told    bool   // the plugin said end
	killing bool   // a kill is due
	message string // why the gate ended the command by itself

	exit *wire.Exit
}

func (l life) over() bool { return l.exit != nil }

// heard is a message and when it was read, by the monotonic clock.
type heard struct {
	wire.Message
	nanos int64
}

// Events.
type (
	// connected: a connection is there; the plugin knows nothing yet.
	connected struct{}
	// messages were read in one go, in order.
	messages struct{ batch []heard }
	// prepared: set-up number turn is done, or cannot be.
	prepared struct {
		turn int
		err  error
	}
	// launched: the command runs, or could not be started.
	// nanos is the monotonic instant just before the start, unixNanos the wall
	// clock's.
	launched struct {
		unixNanos, nanos int64
		err              error
	}
	// barred: the marker cannot be left, so the command was not started.
	barred struct{ err error }
	// broken: the sandbox is gone, and the command with it.
	broken struct{ err error }
	// exited: the command and all its descendants are gone.
	exited struct{ outcome outcome }
	// signalled: somebody sent the gate a signal.
	signalled struct{ signal syscall.Signal }
	// silence: no word from the plugin for the partition timeout.
	silence struct{ limit time.Duration }
	// graceOver: what was asked to end has had its time.
	graceOver struct{}
)

// outcome is how a command ended.
type outcome struct {
	Code         int    `json:"code"`
	Signal       int    `json:"signal,omitempty"`
	ElapsedNanos int64  `json:"elapsed_nanos"`
	Message      string `json:"message,omitempty"` // the end was not the command's own
}

// Effects.
type (
	// send says it to the plugin, if there is a connection.
	send struct{ message wire.Message }
	// prepare makes everything ready but the start.
	prepare struct {
		turn  int
		names naming
	}
	// arm makes the marker ready.
	arm struct{}
	// begin leaves the marker and starts the command.
	begin struct{ epoch int }
	// describe puts the start's instant into the marker.
	describe struct{ start wire.Start }
	// pass gives a signal to the command's process group.
	pass struct{ signal syscall.Signal }
	// kill ends the command and all its descendants, now.
	kill struct{}
	// graceIn arms the kill; an earlier one stays.
	graceIn struct{ after time.Duration }
	// listenFor sets the partition timeout; 0 is none.
	listenFor struct{ limit time.Duration }
	// finish leaves the exit file, says it, and exits.
	finish struct {
		exit wire.Exit
		code int
	}
)

// Times between asking and killing where the plugin does not say one.
const (
	// nomadGrace is less than the longest kill timeout that a Nomad client allows
	// by default (30 s): Nomad kills the gate sooner if the job says so, but where
	// it does not, the gate still gets to record the end.
	nomadGrace = 25 * time.Second
	// silenceGrace is for a command whose plugin is gone.
	silenceGrace = 10 * time.Second
)

// step is the whole logic: pure, so that every interleaving can be tested.
func (l life) step(e any) (life, []any) {
	if l.over() {
		return l, nil
	}
	switch e := e.(type) {
	case connected:
		return l, []any{send{l.hello()}}
	case messages:
		return l.onMessages(e.batch)
	case prepared:
		return l.onPrepared(e)
	case launched:
		return l.onLaunched(e)
	case barred:
		return l.never(wire.Exit{Code: 1, Message: e.err.Error()})
	case broken:
		return l.onBroken(e.err)
	case exited:
		return l.onExited(e.outcome)
	case signalled:
		return l.onSignal(e.signal)
	case silence:
		return l.onSilence(e.limit)
	case graceOver:
		return l, []any{kill{}}
	}
	panic(fmt.Sprintf("event %T has no step", e))
}

func (l life) hello() wire.Message {
	return wire.Message{
		Kind: wire.Hello, Version: wire.Version, Member: l.member, BootID: l.boot,
		StartedAt: l.start, Exit: l.exit, IsReady: l.settled,
	}
}

// onMessages hears an end first: a go that came together with one never starts.
func (l life) onMessages(batch []heard) (life, []any) {
	ends := func(h heard) bool { return h.Kind == wire.End }
	ordered := slices.Concat(slices.DeleteFunc(slices.Clone(batch), func(h heard) bool { return !ends(h) }), slices.DeleteFunc(slices.Clone(batch), ends))
	var all []any
	for _, m := range ordered {
		next, effects := l.onMessage(m)
		l, all = next, append(all, effects...)
		if l.over() {
			break
		}
	}
	return l, all
}

func (l life) onMessage(m heard) (life, []any) {
	switch m.Kind {
	case wire.Welcome:
		return l.onWelcome(m.Message)
	case wire.Refused:
		return l.onRefused(m.Reason)
	case wire.Go:
		return l.onGo(m)
	case wire.End:
		return l.onEnd(m.Message)
	}
	return l, nil // a beat, or a word of a later version: it said that the peer lives
}

func (l life) onWelcome(m wire.Message) (life, []any) {
	effects := []any{listenFor{time.Duration(m.PartitionTimeoutMS) * time.Millisecond}}
	n := naming{DNS: m.DNS, Hosts: m.Hosts}
	if l.begun || l.names != nil && slices.Equal(l.names.DNS, n.DNS) && maps.Equal(l.names.Hosts, n.Hosts) {
		return l, effects
	}
	l.names, l.settled, l.turn = &n, false, l.turn+1
	return l, append(effects, prepare{l.turn, n})
}

func (l life) onPrepared(p prepared) (life, []any) {
	if p.turn != l.turn || l.settled {
		return l, nil
	}
	if p.err != nil {
		return l.never(wire.Exit{Code: 1, Message: p.err.Error()})
	}
	l.settled = true
	effects := []any{arm{}, send{wire.Message{Kind: wire.Ready}}}
	next, more := l.perhapsBegin()
	return next, append(effects, more...)
}

func (l life) onGo(m heard) (life, []any) {
	switch {
	case l.start != nil:
		return l, []any{send{l.startedMessage()}}
	case l.went:
		return l, nil
	}
	l.went, l.epoch, l.goNanos = true, m.Epoch, m.nanos
	return l.perhapsBegin()
}

func (l life) perhapsBegin() (life, []any) {
	if !l.went || !l.settled || l.begun {
		return l, nil
	}
	l.begun = true
	return l, []any{begin{l.epoch}}
}

func (l life) onLaunched(e launched) (life, []any) {
	l.start = &wire.Start{Epoch: l.epoch, UnixNanos: e.unixNanos, AfterGoNanos: e.nanos - l.goNanos, BootID: l.boot}
	if e.err == nil {
		return l, []any{send{l.startedMessage()}, describe{*l.start}}
	}
	return l.becomeOver(wire.Exit{Code: codeNotStarted, Message: e.err.Error(), Started: l.start, Ended: l.told})
}

func (l life) startedMessage() wire.Message {
	return wire.Message{Kind: wire.Started, StartedAt: l.start, Epoch: l.start.Epoch}
}

func (l life) onEnd(m wire.Message) (life, []any) {
	if !l.begun {
		return l.never(wire.Exit{Ended: true, Message: m.Reason})
	}
	if l.told {
		return l, nil
	}
	l.told, l.killing = true, true
	return l, []any{pass{syscall.SIGTERM}, graceIn{time.Duration(m.GraceMS) * time.Millisecond}}
}

// onRefused exits, unless the command runs: a plugin that was replaced by one
// of another version must not cost a running command; silence may.
func (l life) onRefused(reason string) (life, []any) {
	if l.begun {
		return l, nil
	}
	return l.never(wire.Exit{Code: 1, Message: "the node's plugin refused the gate: " + reason})
}

func (l life) onSignal(s syscall.Signal) (life, []any) {
	if !l.begun {
		if !ends(s) {
			return l, nil
		}
		code := 128 + int(s)
		return l.never(wire.Exit{Code: code, Signal: int(s), Message: "ended by signal " + s.String() + " before the command was started"})
	}
	effects := []any{pass{s}}
	if s == syscall.SIGTERM && !l.killing {
		l.killing = true
		effects = append(effects, graceIn{nomadGrace})
	}
	return l, effects
}

// ends says whether a signal ends a process that does not care for it.
func ends(s syscall.Signal) bool {
	return s == syscall.SIGTERM || s == syscall.SIGINT || s == syscall.SIGHUP || s == syscall.SIGQUIT
}

func (l life) onSilence(limit time.Duration) (life, []any) {
	if !l.begun || l.told || l.message != "" {
		return l, nil
	}
	l.killing = true
	l.message = fmt.Sprintf("the command was ended: no word from the node's plugin for %s", limit)
	return l, []any{pass{syscall.SIGTERM}, graceIn{silenceGrace}}
}

func (l life) onExited(o outcome) (life, []any) {
	message := o.Message
	if message == "" {
		message = l.message
	}
	return l.becomeOver(wire.Exit{Code: o.Code, Signal: o.Signal, Ended: l.told, Message: message, Started: l.start, ElapsedNanos: o.ElapsedNanos})
}

func (l life) becomeOver(x wire.Exit) (life, []any) {
	l.exit = &x
	return l, []any{finish{x, gateCode(x)}}
}

// never ends a gate whose command was not started and never will be.
func (l life) never(x wire.Exit) (life, []any) {
	x.Never = true
	return l.becomeOver(x)
}

// onBroken: a sandbox that ends by itself was killed from outside, and the
// kernel has killed everything in it.
func (l life) onBroken(err error) (life, []any) {
	if !l.begun {
		return l.never(wire.Exit{Code: 1, Message: err.Error()})
	}
	return l.onExited(outcome{Code: 128 + int(syscall.SIGKILL), Signal: int(syscall.SIGKILL), Message: err.Error()})
}
