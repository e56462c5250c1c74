package admit

import (
	"context"
	"fmt"
	"maps"
	"sort"
	"strings"
	"sync"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// memStore is Consul as the admitter uses it: transactions that do all or
// nothing, indexes, locks with sessions, blocking lists.
type memStore struct {
	mu       sync.Mutex
	index    uint64
	keys     map[string]rendezvous.Entry
	sessions map[string]bool
	changed  chan struct{}
}

func newMemStore() *memStore {
	return &memStore{index: 1, keys: map[string]rendezvous.Entry{}, sessions: map[string]bool{}, changed: make(chan struct{})}
}

func (m *memStore) Get(_ context.Context, key string) (*rendezvous.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.keys[key]; ok {
		return &e, nil
	}
	return nil, nil
}

func (m *memStore) Watch(ctx context.Context, prefix string, index uint64) ([]rendezvous.Entry, uint64, error) {
	for {
		m.mu.Lock()
		changed := m.changed
		if m.index > index {
			defer m.mu.Unlock()
			return m.below(prefix), m.index, nil
		}
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-changed:
		}
	}
}

func (m *memStore) below(prefix string) []rendezvous.Entry {
	var out []rendezvous.Entry
	for k, e := range m.keys {
		if strings.HasPrefix(k, prefix) {
			out = append(out, e)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

func (m *memStore) Commit(_ context.Context, ops ...rendezvous.Op) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(ops) > rendezvous.MaxOps {
		return false, fmt.Errorf("%d operations", len(ops))
	}
	next := map[string]rendezvous.Entry{}
	maps.Copy(next, m.keys)
	for _, op := range ops {
		if !m.apply(next, op) {
			return false, nil
		}
	}
	m.index++
	m.keys = next
	m.wake()
	return true, nil
}

func (m *memStore) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memStore) apply(keys map[string]rendezvous.Entry, op rendezvous.Op) bool {
	e, exists := keys[op.Key]
	switch op.Verb {
	case api.KVCheckIndex:
		return exists && e.ModifyIndex == op.Index
	case api.KVCheckNotExists:
		return !exists
	case api.KVCheckSession:
		return exists && e.Session == op.Session
	case api.KVDelete:
		delete(keys, op.Key)
		return true
	case api.KVDeleteTree:
		for k := range keys {
			if strings.HasPrefix(k, op.Key) {
				delete(keys, k)
			}
		}
		return true
	case api.KVLock:
		if !m.sessions[op.Session] || e.Session != "" && e.Session != op.Session {
			return false
		}
		e.Session = op.Session
	case api.KVCAS:
		if op.Index != e.ModifyIndex {
			return false
		}
	}
	e.Key, e.Value, e.ModifyIndex = op.Key, op.Value, m.index+1
	if !exists {
		e.CreateIndex = m.index + 1
	}
	keys[op.Key] = e
	return true
}

func (m *memStore) OpenSession(context.Context, string, bool) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := fmt.Sprintf("session-%d", len(m.sessions)+1)
	m.sessions[id] = true
	return id, nil
}

func (m *memStore) RenewSession(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[id], nil
}

func (m *memStore) CloseSession(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[id] = false
	for k, e := range m.keys {
		if e.Session == id {
			e.Session = ""
			e.ModifyIndex = m.index + 1
			m.keys[k] = e
		}
	}
	m.index++
	m.wake()
	return nil
}

var _ rendezvous.Store = (*memStore)(nil)
