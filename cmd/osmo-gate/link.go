//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

const (
	// lineBytes bounds a message: the hosts of 120 members are 20 KB.
	lineBytes = 1 << 20
	// writeTime bounds a write: the socket's buffer holds hundreds of messages, so
	// a peer that lets it fill up is stuck.
	writeTime = 2 * time.Second
	// deaf is when a connection without a word from the peer is given up.
	deaf = 3 * wire.BeatInterval
)

// Backoff between connections: a plugin that restarts is back within seconds,
// and trying costs microseconds.
const (
	backoffFirst = 20 * time.Millisecond
	backoffLast  = 500 * time.Millisecond
)

// line is one connection to the plugin. Package net would add a quarter to the
// gate's size for a socket that four system calls make.
type line struct{ file *os.File }

// dial connects to the socket in the allocation's shared directory, through a
// descriptor of its directory: the path may be longer than an address holds.
func dial(allocDir string) (*line, error) {
	path := filepath.Join(allocDir, wire.SocketFile)
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	name := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + filepath.Base(path)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: name}); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to %s: %w", path, err), syscall.Close(fd))
	}
	return &line{os.NewFile(uintptr(fd), path)}, nil
}

// say writes one message. After an error the line is closed.
func (l *line) say(m wire.Message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_ = l.file.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		return errors.Join(err, l.file.Close())
	}
	return nil
}

// read gives each batch of messages that arrived together to hear, until the
// line breaks.
func (l *line) read(hear func([]heard)) error {
	var rest []byte
	chunk := make([]byte, 8<<10)
	for {
		_ = l.file.SetReadDeadline(time.Now().Add(deaf))
		n, err := l.file.Read(chunk)
		if err != nil {
			return err
		}
		now := monotonicNanos()
		batch, tail, err := split(append(rest, chunk[:n]...), now)
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			hear(batch)
		}
		rest = tail
	}
}

// split cuts the whole lines off text and decodes them.
func split(text []byte, now int64) (batch []heard, rest []byte, err error) {
	for {
		one, after, ok := bytes.Cut(text, []byte{'\n'})
		if !ok {
			if len(text) > lineBytes {
				return nil, nil, fmt.Errorf("a message is longer than %d bytes", lineBytes)
			}
			return batch, text, nil
		}
		h := heard{nanos: now}
		if err := json.Unmarshal(one, &h.Message); err != nil {
			return nil, nil, fmt.Errorf("decode a message: %w", err)
		}
		batch, text = append(batch, h), after
	}
}

// Events of the link.
type (
	// lineUp: this line is the one to speak on.
	lineUp struct{ line *line }
	// lineDown: it no longer is.
	lineDown struct{ line *line }
)

// keepLine connects, reads, and connects again until ctx ends. It is the only
// reader; who gets the line from an event is the only writer.
func keepLine(ctx context.Context, allocDir string, post func(any)) {
	wait := backoffFirst
	for ctx.Err() == nil {
		if l, err := dial(allocDir); err == nil {
			post(lineUp{l})
			stop := context.AfterFunc(ctx, func() { _ = l.file.Close() })
			_ = l.read(func(batch []heard) {
				wait = backoffFirst
				post(messages{batch})
			})
			stop()
			_ = l.file.Close()
			post(lineDown{l})
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		wait = min(2*wait, backoffLast)
	}
}
