package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

// logPrinter reads the output of members from Nomad.
type logPrinter struct {
	cluster   observe.Cluster
	namespace string
	out, talk *lineWriter
}

func (l *logPrinter) say(format string, args ...any) {
	l.talk.line("", "", fmt.Sprintf(format, args...))
}

// lineWriter lets several readers share one writer: a line is never torn.
type lineWriter struct {
	mu     sync.Mutex
	w      io.Writer
	asJSON bool
}

// line writes one line, with the task that wrote it, if any.
func (l *lineWriter) line(task, stream, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.asJSON:
		enc := json.NewEncoder(l.w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]string{"task": task, "stream": stream, "text": text}) // stdout is gone: nothing to tell it to
	case task == "":
		fmt.Fprintln(l.w, text)
	default:
		fmt.Fprintf(l.w, "[%s] %s\n", task, text)
	}
}

// maxLogLine bounds what one line of a task's output may hold in memory; a
// longer one is printed in pieces.
const maxLogLine = 1 << 20

// tail is how far one stream of one allocation has been printed.
type tail struct {
	printer *logPrinter
	member  observe.Member
	stream  string
	offset  int64  // bytes that were read
	rest    []byte // of them those after the last line's end
}

func (l *logPrinter) tail(m observe.Member, stream string) *tail {
	return &tail{printer: l, member: m, stream: stream}
}

// read prints from where the tail is to the end of what there is, or until ctx
// ends if it follows.
func (t *tail) read(ctx context.Context, follow bool) error {
	stop := make(chan struct{})
	defer close(stop)
	c := t.printer.cluster
	q := (&nomad.QueryOptions{Namespace: t.printer.namespace}).WithContext(ctx)
	frames, errs := c.Nomad.AllocFS().Logs(&nomad.Allocation{ID: t.member.AllocID}, follow, t.member.Name, t.stream, "start", t.offset, stop, q)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-errs:
			t.takeAll(frames) // which came before the error
			return fmt.Errorf("reading %s of %s on %s: %w", t.stream, t.member.Name, t.member.Node, err)
		case frame, ok := <-frames:
			if !ok {
				return nil
			}
			t.take(frame.Data)
		}
	}
}

// takeAll takes the frames that are there already.
func (t *tail) takeAll(frames <-chan *nomad.StreamFrame) {
	for {
		select {
		case frame, ok := <-frames:
			if !ok {
				return
			}
			t.take(frame.Data)
		default:
			return
		}
	}
}

// take prints the lines that data completes.
func (t *tail) take(data []byte) {
	t.offset += int64(len(data))
	t.rest = append(t.rest, data...)
	for {
		line, rest, found := bytes.Cut(t.rest, []byte("\n"))
		if !found && len(t.rest) < maxLogLine {
			return
		}
		t.rest = rest
		t.printer.out.line(t.member.Name, t.stream, string(bytes.TrimSuffix(line, []byte("\r"))))
	}
}

// flush prints a last line that has no end.
func (t *tail) flush() {
	if len(t.rest) > 0 {
		t.printer.out.line(t.member.Name, t.stream, string(t.rest))
		t.rest = nil
	}
}

// refused says that asking again would not help: the token may not read logs.
func refused(err error) bool {
	var status nomad.UnexpectedResponseError
	return errors.As(err, &status) && status.StatusCode() == http.StatusForbidden
}

// gone says that Nomad does not have what was asked for: the task has not
// started, or the allocation has been garbage-collected.
func gone(err error) bool {
	var status nomad.UnexpectedResponseError
	return errors.As(err, &status) && status.StatusCode() == http.StatusNotFound
}

// whatIsLeft prints the last lines that were kept with the status, where Nomad
// has no log.
func (l *logPrinter) whatIsLeft(t *tail, err error) error {
	if !gone(err) {
		return err
	}
	if t.stream != streams[0] {
		return nil // said for the first stream
	}
	if len(t.member.LastLines) == 0 {
		l.say("%s has no log on %s", t.member.Name, t.member.Node)
		return nil
	}
	l.say("Nomad has the log of %s no more, these were its last lines:", t.member.Name)
	for _, line := range t.member.LastLines {
		l.out.line(t.member.Name, t.stream, line)
	}
	return nil
}

// reader follows both streams of one allocation until it is told that the
// member has ended, and then reads the rest.
type reader struct {
	end  func() // the member has ended
	errs chan error
}

// retryLog is how soon a log that does not exist yet is asked for again.
const retryLog = 500 * time.Millisecond

func (l *logPrinter) start(ctx context.Context, m observe.Member) *reader {
	following, end := context.WithCancel(ctx)
	r := &reader{end: end, errs: make(chan error, len(streams))}
	for _, stream := range streams {
		go func() { r.errs <- l.tail(m, stream).follow(ctx, following) }()
	}
	return r
}

// wait returns when both streams have been read.
func (r *reader) wait() error {
	var all error
	for range streams {
		all = errors.Join(all, <-r.errs)
	}
	return all
}

// Nomad's log collector is done when Nomad calls the task dead, which is a moment
// after its gate has said that the command has ended; a client that hangs never
// says it.
const (
	deadLimit = 10 * time.Second
	deadLook  = 100 * time.Millisecond
)

// awaitDead waits until the task can write no more, at most deadLimit.
func (t *tail) awaitDead(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, deadLimit)
	defer cancel()
	look := time.NewTicker(deadLook)
	defer look.Stop()
	for {
		q := (&nomad.QueryOptions{Namespace: t.printer.namespace}).WithContext(ctx)
		a, _, err := t.printer.cluster.Nomad.Allocations().Info(t.member.AllocID, q)
		if gone(err) || refused(err) || err == nil && isDead(a, t.member.Name) {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// isDead says that a task has ended, or will not begin.
func isDead(a *nomad.Allocation, task string) bool {
	state := a.TaskStates[task]
	if state == nil {
		return a.ClientTerminalStatus()
	}
	return state.State == "dead"
}

// follow reads while following lives, then what is left. A connection that
// breaks, as when a node's Nomad is restarted, is made again.
func (t *tail) follow(ctx, following context.Context) error {
	for following.Err() == nil {
		if err := t.read(following, true); refused(err) {
			return err
		}
		select {
		case <-following.Done():
		case <-time.After(retryLog):
		}
	}
	t.awaitDead(ctx)
	defer t.flush()
	if err := t.read(ctx, false); err != nil && ctx.Err() == nil && !gone(err) {
		return err
	}
	return nil
}
