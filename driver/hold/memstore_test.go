package hold

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// memStore is Consul's KV as far as a hold uses it: transactions, indexes and
// blocking lists. The e2e test runs the hold on the real one.
type memStore struct {
	mu      sync.Mutex
	index   uint64
	keys    map[string]rendezvous.Entry
	changed chan struct{}
	away    bool
}

func newMemStore() *memStore {
	return &memStore{index: 1, keys: map[string]rendezvous.Entry{}, changed: make(chan struct{})}
}

var errAway = errors.New("no Consul servers: no known leader")

func (m *memStore) setAway(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
	m.wakeAll()
}

func (m *memStore) wakeAll() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memStore) Get(_ context.Context, key string) (*rendezvous.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, errAway
	}
	if e, ok := m.keys[key]; ok {
		return &e, nil
	}
	return nil, nil
}

func (m *memStore) Watch(ctx context.Context, prefix string, index uint64) ([]rendezvous.Entry, uint64, error) {
	for {
		m.mu.Lock()
		entries, last, away, changed := m.list(prefix), m.index, m.away, m.changed
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

func (m *memStore) list(prefix string) []rendezvous.Entry {
	var entries []rendezvous.Entry
	for k, e := range m.keys {
		if strings.HasPrefix(k, prefix) {
			entries = append(entries, e)
		}
	}
	return entries
}

func (m *memStore) Commit(_ context.Context, ops ...rendezvous.Op) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return false, errAway
	}
	for _, op := range ops {
		if !m.holds(op) {
			return false, nil
		}
	}
	m.index++
	for _, op := range ops {
		m.apply(op)
	}
	m.wakeAll()
	return true, nil
}

func (m *memStore) holds(op rendezvous.Op) bool {
	e, ok := m.keys[op.Key]
	switch op.Verb {
	case api.KVCAS, api.KVCheckIndex:
		return e.ModifyIndex == op.Index && (op.Verb == api.KVCAS || ok)
	case api.KVCheckSession:
		return ok && e.Session == op.Session
	case api.KVCheckNotExists:
		return !ok
	case api.KVLock:
		return e.Session == "" || e.Session == op.Session
	}
	return true
}

func (m *memStore) apply(op rendezvous.Op) {
	switch op.Verb {
	case api.KVCAS, api.KVSet, api.KVLock:
		e, ok := m.keys[op.Key]
		if !ok {
			e = rendezvous.Entry{Key: op.Key, CreateIndex: m.index}
		}
		e.Value, e.ModifyIndex = op.Value, m.index
		if op.Verb == api.KVLock {
			e.Session = op.Session
		}
		m.keys[op.Key] = e
	case api.KVDelete:
		delete(m.keys, op.Key)
	}
}

func (m *memStore) OpenSession(context.Context, string, bool) (string, error) {
	return "", errors.New("a hold opens no session")
}

func (m *memStore) RenewSession(context.Context, string) (bool, error) {
	return false, errors.New("a hold has no session")
}

func (m *memStore) CloseSession(context.Context, string) error {
	return errors.New("a hold has no session")
}
