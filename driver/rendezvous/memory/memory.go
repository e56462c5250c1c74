// Package memory is a rendezvous.Store for tests: Consul's transactions,
// indexes, blocking lists and sessions without Consul, so that a test can take
// it away or end a session at a chosen instant. The test of the real store runs
// on this one too: what the two answer is the same.
package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// ErrAway is every answer of a store that is away.
var ErrAway = errors.New("no known leader")

// Store is one Consul. Make it with New.
type Store struct {
	mu    sync.Mutex
	index uint64
	keys  map[string]rendezvous.Entry
	// touched is the index of each key's last change, its deletion included.
	touched map[string]uint64
	// releases says of each living session whether its end keeps its keys.
	releases map[string]bool
	opened   int
	away     bool
	changed  chan struct{} // closed and replaced with each change
}

var _ rendezvous.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		index: 1, keys: map[string]rendezvous.Entry{}, touched: map[string]uint64{},
		releases: map[string]bool{}, changed: make(chan struct{}),
	}
}

// SetAway takes the store away, or brings it back as it was.
func (s *Store) SetAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
	s.wake()
}

// Expire ends a session as its TTL would.
func (s *Store) Expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	release := s.releases[id]
	delete(s.releases, id)
	s.index++
	for _, e := range s.keys {
		switch {
		case e.Session != id:
		case release:
			e.Session = ""
			s.put(e)
		default:
			s.remove(e.Key)
		}
	}
	s.wake()
}

// Sessions lists the living sessions by id.
func (s *Store) Sessions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.releases))
}

// Opened counts the sessions that were ever opened.
func (s *Store) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Store) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Store) put(e rendezvous.Entry) {
	e.ModifyIndex = s.index
	s.keys[e.Key], s.touched[e.Key] = e, s.index
}

func (s *Store) remove(key string) {
	if _, ok := s.keys[key]; ok {
		delete(s.keys, key)
		s.touched[key] = s.index
	}
}

// Get implements rendezvous.Store.
func (s *Store) Get(_ context.Context, key string) (*rendezvous.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, ErrAway
	}
	if e, ok := s.keys[key]; ok {
		return &e, nil
	}
	return nil, nil
}

// Watch implements rendezvous.Store.
func (s *Store) Watch(ctx context.Context, prefix string, index uint64) ([]rendezvous.Entry, uint64, error) {
	for {
		s.mu.Lock()
		away, changed := s.away, s.changed
		entries, last := s.below(prefix)
		s.mu.Unlock()
		if away {
			return nil, 0, ErrAway
		}
		if last > index {
			return entries, last, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, 0, fmt.Errorf("watching %s in memory: %w", prefix, ctx.Err())
		}
	}
}

// below lists the keys of a prefix and the index of its last change.
func (s *Store) below(prefix string) (entries []rendezvous.Entry, last uint64) {
	last = 1 // Consul's index is never 0
	for _, key := range slices.Sorted(maps.Keys(s.touched)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		last = max(last, s.touched[key])
		if e, ok := s.keys[key]; ok {
			entries = append(entries, e)
		}
	}
	return entries, last
}

// Commit implements rendezvous.Store.
func (s *Store) Commit(_ context.Context, ops ...rendezvous.Op) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.away:
		return false, ErrAway
	case len(ops) > rendezvous.MaxOps:
		return false, fmt.Errorf("%d operations, %d are the limit", len(ops), rendezvous.MaxOps)
	}
	keys, touched := maps.Clone(s.keys), maps.Clone(s.touched)
	s.index++
	for _, op := range ops {
		if !s.do(op) {
			s.keys, s.touched = keys, touched
			s.index--
			return false, nil
		}
	}
	s.wake()
	return true, nil
}

// do carries out one operation, or says that its check does not hold.
func (s *Store) do(op rendezvous.Op) bool {
	e, exists := s.keys[op.Key]
	switch op.Verb {
	case api.KVCheckIndex:
		return exists && e.ModifyIndex == op.Index
	case api.KVCheckNotExists:
		return !exists
	case api.KVCheckSession:
		return exists && e.Session == op.Session
	case api.KVDelete:
		s.remove(op.Key)
		return true
	case api.KVDeleteTree:
		for key := range s.keys {
			if strings.HasPrefix(key, op.Key) {
				s.remove(key)
			}
		}
		return true
	}
	return s.write(op, e, exists)
}

// write carries out an operation that writes its key.
func (s *Store) write(op rendezvous.Op, e rendezvous.Entry, exists bool) bool {
	switch op.Verb {
	case api.KVSet:
	case api.KVCAS:
		if e.ModifyIndex != op.Index {
			return false
		}
	case api.KVLock:
		_, lives := s.releases[op.Session]
		if !lives || e.Session != "" && e.Session != op.Session {
			return false
		}
		e.Session = op.Session
	default:
		panic("rendezvous makes no operation " + string(op.Verb))
	}
	e.Key, e.Value = op.Key, op.Value
	if !exists {
		e.CreateIndex = s.index
	}
	s.put(e)
	return true
}

// OpenSession implements rendezvous.Store; the ids are s1, s2, ….
func (s *Store) OpenSession(_ context.Context, _ string, release bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return "", ErrAway
	}
	s.opened++
	id := fmt.Sprintf("s%d", s.opened)
	s.releases[id] = release
	return id, nil
}

// RenewSession implements rendezvous.Store.
func (s *Store) RenewSession(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return false, ErrAway
	}
	_, lives := s.releases[id]
	return lives, nil
}

// CloseSession implements rendezvous.Store.
func (s *Store) CloseSession(_ context.Context, id string) error {
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away {
		return ErrAway
	}
	s.Expire(id)
	return nil
}
