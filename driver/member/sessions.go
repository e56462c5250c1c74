package member

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Sessions keeps the node's one session alive while the node has members: what
// a member says of its arrival holds as long as this does.
//
// The session outlives the plugin's process for a few seconds: members write
// its id down, and the next process continues it. Where that comes too late
// the session is lost, a new one is opened, and every member arrives again.
type Sessions struct {
	life  context.Context
	store rendezvous.Store
	log   hclog.Logger

	mu      sync.Mutex
	name    string
	id      string
	former  []string // sessions of earlier processes, not yet looked at
	members int
	cancel  context.CancelFunc
	changed chan struct{} // closed when id changes
}

// NewSessions makes the keeper; it does nothing before the first member joins.
func NewSessions(life context.Context, store rendezvous.Store, log hclog.Logger) *Sessions {
	return &Sessions{life: life, store: store, log: log.Named("session"), changed: make(chan struct{})}
}

// join adds a member of this node; former is the session that an earlier
// process wrote down, or "".
func (s *Sessions) join(node, former string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if former != "" && former != s.id && !slices.Contains(s.former, former) {
		s.former = append(s.former, former)
	}
	s.members++
	if s.members > 1 {
		return
	}
	s.name = "osmo members of " + node
	ctx, cancel := context.WithCancel(s.life)
	s.cancel = cancel
	go s.keep(ctx)
}

// leave takes a member away. With the last one the session ends.
func (s *Sessions) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members--
	if s.members == 0 {
		s.cancel()
		s.change("")
	}
}

// current returns the session's id, "" while there is none, and a channel that
// is closed when that changes.
func (s *Sessions) current() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id, s.changed
}

// set is what a keeper says of its session, while it is the keeper.
func (s *Sessions) set(ctx context.Context, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil {
		s.change(id)
	}
}

// change needs the lock.
func (s *Sessions) change(id string) {
	if id == s.id {
		return
	}
	s.id = id
	close(s.changed)
	s.changed = make(chan struct{})
}

// callWait bounds one call to Consul.
const callWait = 5 * time.Second

// keep owns one session until ctx ends: the plugin's end leaves it to the next
// process, the last member's end closes it.
func (s *Sessions) keep(ctx context.Context) {
	id := ""
	for ctx.Err() == nil {
		id = s.renewed(ctx, s.adopt(ctx, id))
		s.set(ctx, id)
		pause := rendezvous.RenewInterval
		if id == "" {
			pause = retryAfter
		}
		sleep(ctx, pause)
	}
	if s.life.Err() == nil && id != "" {
		s.closeSession(s.life, id)
	}
}

// adopt continues a former session if there is none now, and closes the
// others: their processes are dead.
func (s *Sessions) adopt(ctx context.Context, id string) string {
	s.mu.Lock()
	former := s.former
	s.former = nil
	s.mu.Unlock()
	for _, f := range former {
		if id == "" {
			id = s.continued(ctx, f)
		} else if f != id {
			s.closeSession(ctx, f)
		}
	}
	return id
}

// continued returns a former session if it lives; one of which nobody knows is
// looked at again later.
func (s *Sessions) continued(ctx context.Context, former string) string {
	switch s.renew(ctx, former) {
	case alive:
		return former
	case unknown:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.former = append(s.former, former)
	case gone:
	}
	return ""
}

// renewed keeps the session alive, or opens one: "" if neither could be done.
func (s *Sessions) renewed(ctx context.Context, id string) string {
	if id != "" {
		switch s.renew(ctx, id) {
		case alive, unknown: // not an answer is no proof that it is gone
			return id
		case gone:
			s.log.Warn("the node's session was lost; its members arrive again", "session", id)
		}
	}
	call, cancel := context.WithTimeout(ctx, callWait)
	defer cancel()
	id, err := s.store.OpenSession(call, s.name, false)
	if err != nil {
		s.log.Warn("opening the node's session", "error", err)
		return ""
	}
	return id
}

type liveness int

const (
	unknown liveness = iota
	alive
	gone
)

func (s *Sessions) renew(ctx context.Context, id string) liveness {
	call, cancel := context.WithTimeout(ctx, callWait)
	defer cancel()
	ok, err := s.store.RenewSession(call, id)
	switch {
	case err != nil:
		s.log.Debug("renewing the node's session", "error", err)
		return unknown
	case ok:
		return alive
	}
	return gone
}

func (s *Sessions) closeSession(ctx context.Context, id string) {
	call, cancel := context.WithTimeout(ctx, callWait)
	defer cancel()
	if err := s.store.CloseSession(call, id); err != nil {
		s.log.Debug("closing a session; it ends by itself", "session", id, "error", err)
	}
}

// sleep waits for d or the context's end.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
