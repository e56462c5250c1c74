package member

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// memStore is Consul as far as members use it: transactions, blocking lists
// and sessions that end when a test says so. The e2e test uses the real one.
type memStore struct {
	mu       sync.Mutex
	index    uint64
	keys     map[string]rendezvous.Entry
	sessions map[string]bool
	opened   int
	away     bool
	changed  chan struct{}
}

func newMemStore() *memStore {
	return &memStore{index: 1, keys: map[string]rendezvous.Entry{}, sessions: map[string]bool{}, changed: make(chan struct{})}
}

var errAway = errors.New("no known leader")

func (m *memStore) wake() {
	m.index++
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memStore) setAway(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
	m.wake()
}

// expire ends a session as its TTL would: its keys go.
func (m *memStore) expire(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, id)
	maps.DeleteFunc(m.keys, func(_ string, e rendezvous.Entry) bool { return e.Session == id })
	m.wake()
}

func (m *memStore) live() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id := range m.sessions {
		ids = append(ids, id)
	}
	return ids
}

func (m *memStore) Get(_ context.Context, key string) (*rendezvous.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.keys[key]; ok && !m.away {
		return &e, nil
	}
	return nil, nil
}

func (m *memStore) Watch(ctx context.Context, prefix string, index uint64) ([]rendezvous.Entry, uint64, error) {
	for {
		m.mu.Lock()
		away, last, changed := m.away, m.index, m.changed
		var entries []rendezvous.Entry
		for k, e := range m.keys {
			if strings.HasPrefix(k, prefix) {
				entries = append(entries, e)
			}
		}
		m.mu.Unlock()
		if away {
			return nil, 0, errAway
		}
		if last > index {
			return entries, last, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

func (m *memStore) Commit(_ context.Context, ops ...rendezvous.Op) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return false, errAway
	}
	keys := maps.Clone(m.keys)
	for _, op := range ops {
		if !m.apply(keys, op) {
			return false, nil
		}
	}
	m.keys = keys
	m.wake()
	return true, nil
}

func (m *memStore) apply(keys map[string]rendezvous.Entry, op rendezvous.Op) bool {
	old, exists := keys[op.Key]
	entry := rendezvous.Entry{Key: op.Key, Value: op.Value, ModifyIndex: m.index + 1, Session: old.Session}
	switch op.Verb {
	case api.KVCheckIndex:
		return exists && old.ModifyIndex == op.Index
	case api.KVCheckSession:
		return exists && old.Session == op.Session && m.sessions[op.Session]
	case api.KVCheckNotExists:
		return !exists
	case api.KVDelete:
		delete(keys, op.Key)
		return true
	case api.KVCAS:
		if exists && old.ModifyIndex != op.Index || !exists && op.Index != 0 {
			return false
		}
	case api.KVLock:
		if !m.sessions[op.Session] || old.Session != "" && old.Session != op.Session {
			return false
		}
		entry.Session = op.Session
	case api.KVSet:
	default:
		panic("memStore knows no " + string(op.Verb))
	}
	keys[op.Key] = entry
	return true
}

func (m *memStore) OpenSession(context.Context, string, bool) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return "", errAway
	}
	m.opened++
	id := fmt.Sprintf("s%d", m.opened)
	m.sessions[id] = true
	return id, nil
}

func (m *memStore) RenewSession(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return false, errAway
	}
	return m.sessions[id], nil
}

func (m *memStore) CloseSession(_ context.Context, id string) error {
	m.expire(id)
	return nil
}
