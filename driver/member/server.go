package member

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

const (
	// maxConns bounds what a user's command can open on its own allocation's socket.
	maxConns = 8
	// maxMessage is more than any message of ours holds.
	maxMessage = 64 << 10
	// helloWait is how long a connection may take to say hello.
	helloWait = 10 * time.Second
	// silence is how long a gate may say nothing before its connection is taken for dead.
	silence = 3 * wire.BeatInterval
	// sendWait bounds one message to a gate that does not read.
	sendWait = time.Second
)

// server accepts gates on the allocation's socket.
type server struct {
	listener *net.UnixListener
	dir      *os.Root // the socket's directory

	mu    sync.Mutex
	conns map[int]net.Conn
	last  int
}

// listen opens the socket. Its path may be longer than an address can hold, so
// it goes through the descriptor of its directory; what a dead plugin left
// there is replaced.
func listen(d *directory) (*server, error) {
	dir, err := d.root.OpenRoot(filepath.Dir(wire.SocketFile))
	if err != nil {
		return nil, fmt.Errorf("opening the socket's directory: %w", err)
	}
	l, err := listenIn(dir, filepath.Base(wire.SocketFile))
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return &server{listener: l, dir: dir, conns: map[int]net.Conn{}}, nil
}

func listenIn(dir *os.Root, name string) (*net.UnixListener, error) {
	if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing the old socket: %w", err)
	}
	handle, err := dir.Open(".")
	if err != nil {
		return nil, fmt.Errorf("opening the socket's directory: %w", err)
	}
	defer handle.Close()
	path := fmt.Sprintf("/proc/self/fd/%d/%s", handle.Fd(), name)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listening for the gate: %w", err)
	}
	l.SetUnlinkOnClose(false) // the path dies with the descriptor
	// The gate may run as any user of the image.
	if err := dir.Chmod(name, 0o666); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the socket to the image's user: %w", err), l.Close())
	}
	return l, nil
}

// serve accepts until ctx ends, then closes everything; it returns when the
// last reader has.
func (s *server) serve(ctx context.Context, post func(event)) {
	var readers sync.WaitGroup
	stop := context.AfterFunc(ctx, s.closeAll)
	defer stop()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			break // closed: nothing else makes a listening unix socket fail for good
		}
		id, ok := s.add(ctx, c)
		if !ok {
			continue
		}
		readers.Go(func() {
			defer s.close(id)
			read(c, func(m wire.Message) { post(gateSaid{id, m}) })
			post(gateGone{id})
		})
	}
	readers.Wait()
}

// read passes a connection's messages on until it ends or falls silent. The
// first one must be a hello.
func read(c net.Conn, got func(wire.Message)) {
	lines := bufio.NewScanner(c)
	lines.Buffer(make([]byte, 0, 4096), maxMessage)
	for first, limit := true, helloWait; ; first, limit = false, silence {
		if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil || !lines.Scan() {
			return
		}
		var m wire.Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil || first != (m.Kind == wire.Hello) {
			return
		}
		got(m)
	}
}

func (s *server) add(ctx context.Context, c net.Conn) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || len(s.conns) >= maxConns {
		_ = c.Close() // nothing was said on it
		return 0, false
	}
	s.last++
	s.conns[s.last] = c
	return s.last, true
}

// send says something on a connection; one that does not take it is closed,
// and its reader reports that.
func (s *server) send(id int, m wire.Message) {
	s.mu.Lock()
	c := s.conns[id]
	s.mu.Unlock()
	if c == nil {
		return
	}
	line, err := json.Marshal(m)
	if err == nil {
		err = c.SetWriteDeadline(time.Now().Add(sendWait))
	}
	if err == nil {
		_, err = c.Write(append(line, '\n'))
	}
	if err != nil {
		s.close(id)
	}
}

func (s *server) close(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conns[id]; c != nil {
		_ = c.Close() // both sides know what was said
		delete(s.conns, id)
	}
}

func (s *server) closeAll() {
	_ = s.listener.Close() // a second close is no error of ours
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.conns {
		_ = c.Close() // the gate connects again to the next plugin
		delete(s.conns, id)
	}
	_ = s.dir.Close()
}
