//go:build linux

package main

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

func says(all ...wire.Message) messages {
	var m messages
	for _, one := range all {
		m.batch = append(m.batch, heard{Message: one, nanos: 100})
	}
	return m
}

// names of the effects, for tables; what they carry is tested on the binary.
func effectNames(effects []any) []string {
	var names []string
	for _, e := range effects {
		switch e := e.(type) {
		case send:
			names = append(names, "send "+string(e.message.Kind))
		case pass:
			names = append(names, "pass "+e.signal.String())
		case graceIn:
			names = append(names, "grace "+e.after.String())
		case prepare:
			names = append(names, "prepare")
		case arm:
			names = append(names, "arm")
		case begin:
			names = append(names, "begin")
		case describe:
			names = append(names, "describe")
		case kill:
			names = append(names, "kill")
		case listenFor:
			names = append(names, "listen "+e.limit.String())
		case finish:
			names = append(names, "finish")
		}
	}
	return names
}

func TestLife(t *testing.T) {
	welcome := says(wire.Message{Kind: wire.Welcome, PartitionTimeoutMS: 2000})
	others := says(wire.Message{Kind: wire.Welcome, DNS: []string{"10.1.1.1"}})
	goes, end := says(wire.Message{Kind: wire.Go, Epoch: 1}), says(wire.Message{Kind: wire.End, GraceMS: 1000})
	ok1 := prepared{turn: 1}
	for _, c := range []struct {
		name   string
		events []any
		want   [][]string
	}{
		{
			"the common way",
			[]any{connected{}, welcome, ok1, goes, launched{}, exited{}},
			[][]string{{"send hello"}, {"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"send started", "describe"}, {"finish"}},
		},
		{
			"a welcome again changes nothing",
			[]any{welcome, welcome, ok1, welcome},
			[][]string{{"listen 2s", "prepare"}, {"listen 2s"}, {"arm", "send ready"}, {"listen 2s"}},
		},
		{
			"other names are set up again",
			[]any{welcome, ok1, others, goes, ok1, prepared{turn: 2}},
			[][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"listen 0s", "prepare"}, nil, nil, {"arm", "send ready", "begin"}},
		},
		{
			"other names after the go do not matter",
			[]any{welcome, ok1, goes, others},
			[][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"listen 0s"}},
		},
		{
			"a go during set-up waits for it",
			[]any{welcome, goes, ok1},
			[][]string{{"listen 2s", "prepare"}, nil, {"arm", "send ready", "begin"}},
		},
		{
			"an end between go and launch",
			[]any{welcome, ok1, goes, end, launched{}, exited{}},
			[][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"pass terminated", "grace 1s"}, {"send started", "describe"}, {"finish"}},
		},
		{
			"ends count once",
			[]any{welcome, ok1, goes, launched{}, end, end, graceOver{}},
			[][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"send started", "describe"}, {"pass terminated", "grace 1s"}, nil, {"kill"}},
		},
		{
			"Nomad's signal, then an end",
			[]any{welcome, ok1, goes, launched{}, signalled{syscall.SIGTERM}, signalled{syscall.SIGTERM}, end},
			[][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"send started", "describe"}, {"pass terminated", "grace 25s"}, {"pass terminated"}, {"pass terminated", "grace 1s"}},
		},
		{
			"silence",
			[]any{silence{time.Second}, welcome, ok1, silence{time.Second}, goes, launched{}, silence{time.Second}, silence{time.Second}},
			[][]string{nil, {"listen 2s", "prepare"}, {"arm", "send ready"}, nil, {"begin"}, {"send started", "describe"}, {"pass terminated", "grace 10s"}, nil},
		},
		{"set-up fails", []any{welcome, prepared{turn: 1, err: errors.New("x")}, goes}, [][]string{{"listen 2s", "prepare"}, {"finish"}, nil}},
		{"no marker, no start", []any{welcome, ok1, goes, barred{errors.New("disk full")}}, [][]string{{"listen 2s", "prepare"}, {"arm", "send ready"}, {"begin"}, {"finish"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, got := life{member: "train"}, [][]string{}
			for _, e := range c.events {
				next, effects := l.step(e)
				l, got = next, append(got, effectNames(effects))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("effects (-want +got):\n%s", d)
			}
		})
	}
}

// Whatever happens in whatever order: at most one begin, only after the marker
// was armed for the newest names, never after an end was heard; one finish,
// and nothing after it.
func TestLifeStartsAtMostOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, begun, finished, told, settledTurn := life{}, 0, 0, false, 0
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			e := drawEvent(t, l)
			if m, ok := e.(messages); ok && finished == 0 {
				for _, one := range m.batch {
					told = told || one.Kind == wire.End && begun == 0
				}
			}
			next, effects := l.step(e)
			l = next
			for i, effect := range effects {
				switch f := effect.(type) {
				case arm:
					settledTurn = l.turn
				case begin:
					begun++
					if told || settledTurn != l.turn {
						t.Fatalf("began; told to end: %v, set up for turn %d of %d", told, settledTurn, l.turn)
					}
				case finish:
					finished++
					if i != len(effects)-1 {
						t.Fatalf("something comes after the finish: %v", effectNames(effects))
					}
					if begun == 0 && !f.exit.Never || l.start != nil && f.exit.Never {
						t.Fatalf("began %d times, launched: %v, exit says %+v", begun, l.start != nil, f.exit)
					}
				}
			}
			if begun > 1 || finished > 1 {
				t.Fatalf("began %d times, finished %d times", begun, finished)
			}
		}
	})
}

// drawEvent draws what can happen in this state.
func drawEvent(t *rapid.T, l life) any {
	message := rapid.SampledFrom([]wire.Message{
		{Kind: wire.Welcome},
		{Kind: wire.Welcome, DNS: []string{"10.1.1.1"}},
		{Kind: wire.Go, Epoch: 1},
		{Kind: wire.Go, Epoch: 2},
		{Kind: wire.End},
		{Kind: wire.Refused},
		{Kind: wire.Beat},
		{Kind: "unknown"},
	})
	events := []any{
		connected{},
		says(rapid.SliceOfN(message, 1, 4).Draw(t, "batch")...),
		signalled{syscall.SIGTERM},
		signalled{syscall.SIGUSR1},
		silence{time.Second},
		graceOver{},
		broken{errors.New("x")},
	}
	if l.names != nil {
		events = append(events, prepared{turn: l.turn}, prepared{turn: l.turn}, prepared{turn: l.turn - 1}, prepared{turn: l.turn, err: errors.New("x")})
	}
	switch {
	case l.start != nil:
		events = append(events, exited{})
	case l.begun:
		events = append(events, launched{}, launched{}, launched{err: errors.New("x")}, barred{errors.New("x")})
	}
	return rapid.SampledFrom(events).Draw(t, "event")
}
