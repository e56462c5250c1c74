package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// benchGate measures the gate alone: against a plugin that answers at once, so
// that what is left is the gate's own.
func benchGate(ctx context.Context, o options, rounds []round) error {
	path, err := filepath.Abs(filepath.Join(o.bin, "osmo-gate"))
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	samples := gateSamples{}
	for range o.rounds {
		if err := samples.take(ctx, path); err != nil {
			return fmt.Errorf("the gate alone: %w", err)
		}
	}
	afterGo := each(rounds, func(r round) time.Duration { return r.ours.trail.afterGo })
	var all, own []int
	for _, r := range rounds {
		for _, g := range r.ours.gates {
			all, own = append(all, g[0]), append(own, g[1])
		}
	}
	fmt.Print("\nThe gate\n\n")
	table(
		[]string{"size on disk", fmt.Sprintf("%.2f MB", float64(info.Size())/1e6), "aim ≤ 3 MB"},
		[]string{"resident, each process in the gangs above", mib(all) + ", without the binary's own pages " + mib(own), "aim ≤ 6 MB"},
		[]string{"go to exec, slowest member of each gang above", times(afterGo), ""},
		[]string{"go to exec, alone, no sandbox", times(samples.bareGo), ""},
		[]string{"go to exec, alone, sandbox", times(samples.boxedGo), ""},
		[]string{"bash's first instant after its start, without gate", times(samples.direct), ""},
		[]string{"  with gate: after the gate's start", times(samples.bare), ""},
		[]string{"  with gate and sandbox", times(samples.boxed), ""},
	)
	return nil
}

func mib(kib []int) string {
	median, least, most := spread(kib)
	return fmt.Sprintf("%.1f MiB (%.1f – %.1f)", float64(median)/1024, float64(least)/1024, float64(most)/1024)
}

// gateSamples are command starts: without gate, with it, and with its sandbox.
type gateSamples struct {
	direct, bare, boxed []time.Duration
	bareGo, boxedGo     []time.Duration
}

const printInstant = "echo $EPOCHREALTIME"

func (g *gateSamples) take(ctx context.Context, gate string) error {
	direct, err := firstInstant(exec.CommandContext(ctx, "bash", "-c", printInstant))
	if err != nil {
		return err
	}
	bare, err := throughGate(ctx, gate, false)
	if err != nil {
		return err
	}
	boxed, err := throughGate(ctx, gate, true)
	if err != nil {
		return err
	}
	g.direct = append(g.direct, direct)
	g.bare, g.bareGo = append(g.bare, bare.total), append(g.bareGo, bare.afterGo)
	g.boxed, g.boxedGo = append(g.boxed, boxed.total), append(g.boxedGo, boxed.afterGo)
	return nil
}

// firstInstant runs a command that prints an instant, and says how long after
// its start that was.
func firstInstant(cmd *exec.Cmd) (time.Duration, error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, errs.String())
	}
	micros, err := strconv.ParseInt(strings.Replace(strings.TrimSpace(out.String()), ".", "", 1), 10, 64)
	return time.UnixMicro(micros).Sub(began), err
}

// gateStart is one start through the gate.
type gateStart struct{ total, afterGo time.Duration }

// throughGate lays an allocation out, not below /tmp, which a sandbox replaces,
// and plays the plugin for its gate.
func throughGate(ctx context.Context, gate string, sandbox bool) (s gateStart, err error) {
	dir, err := os.MkdirTemp("/var/tmp", "osmo-bench")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	alloc, task, secrets := filepath.Join(dir, "alloc"), filepath.Join(dir, "m", "local"), filepath.Join(dir, "m", "secrets")
	command, err := json.Marshal(meta.Command{Version: meta.ProtocolVersion, Member: "m", Argv: []string{"bash", "-c", printInstant}, Sandbox: sandbox})
	if err != nil {
		return s, err
	}
	file := filepath.Join(task, meta.CommandFile)
	for _, d := range []string{filepath.Join(alloc, wire.DataDir("m"), "output"), filepath.Join(alloc, wire.DataDir("m"), "input"), filepath.Dir(file), secrets} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return s, err
		}
	}
	if err := os.WriteFile(file, command, 0o644); err != nil {
		return s, err
	}
	listener, err := net.Listen("unix", filepath.Join(alloc, wire.SocketFile))
	if err != nil {
		return s, err
	}
	played := make(chan error, 1)
	go func() { played <- playPlugin(listener, &s.afterGo) }()
	cmd := exec.CommandContext(ctx, gate)
	cmd.Dir = filepath.Dir(task)
	cmd.Env = append(os.Environ(), "NOMAD_ALLOC_DIR="+alloc, "NOMAD_TASK_DIR="+task, "NOMAD_SECRETS_DIR="+secrets, "NOMAD_ALLOC_ID=bench")
	s.total, err = firstInstant(cmd)
	return s, errors.Join(err, listener.Close(), <-played)
}

// playPlugin welcomes one gate, lets it go as soon as it is ready, and notes
// what it says about its start.
func playPlugin(l net.Listener, afterGo *time.Duration) error {
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := map[wire.Kind]wire.Message{
		wire.Hello: {Kind: wire.Welcome, Version: wire.Version},
		wire.Ready: {Kind: wire.Go, Epoch: 1},
	}
	out := json.NewEncoder(conn)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		var m wire.Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return err
		}
		if m.StartedAt != nil {
			*afterGo = time.Duration(m.StartedAt.AfterGoNanos)
		}
		if answer, ok := answers[m.Kind]; ok {
			if err := out.Encode(answer); err != nil {
				return err
			}
		}
	}
	return nil // the gate has ended, and its exit code tells how
}
