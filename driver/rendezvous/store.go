// Package rendezvous is the gang's shared memory: the records by which hold,
// members, admitter and CLI agree, kept in Consul's KV store.
//
// Every decision that must be taken once is one transaction: it checks what it
// relies on (an index, a session) and fails as a whole otherwise. A failed
// check is an answer (false), not an error. Records carry a version and are
// checked before they are believed.
package rendezvous

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// Entry is one key as the store holds it.
type Entry struct {
	Key         string
	Value       []byte
	CreateIndex uint64
	ModifyIndex uint64
	// Session is the id of the session that holds the key, or empty.
	Session string
}

// Store is what the gang logic needs of Consul.
type Store interface {
	// Get returns the entry, or nil when the key does not exist.
	Get(ctx context.Context, key string) (*Entry, error)
	// Watch lists the keys below a prefix; with index > 0 it blocks until
	// something below it changed after that index, or about a minute has gone by.
	// It returns the index to go on with.
	Watch(ctx context.Context, prefix string, index uint64) ([]Entry, uint64, error)
	// Commit does all ops or none. False means that a check did not hold.
	Commit(ctx context.Context, ops ...Op) (bool, error)
	// OpenSession opens a session that lives SessionTTL after its last renewal;
	// keys that it acquired are deleted when it ends (release: kept, unlocked).
	OpenSession(ctx context.Context, name string, release bool) (string, error)
	// RenewSession says false when the session is gone.
	RenewSession(ctx context.Context, id string) (bool, error)
	// CloseSession ends a session now.
	CloseSession(ctx context.Context, id string) error
}

// SessionTTL is Consul's minimum; a session may live twice as long.
const SessionTTL = 10 * time.Second

// RenewInterval leaves room for two lost renewals within a TTL.
const RenewInterval = 3 * time.Second

// MaxOps is the most operations that one Commit can hold (Consul's limit).
const MaxOps = 128

// Op is one operation of a Commit.
type Op struct {
	Verb    api.KVOp
	Key     string
	Value   []byte
	Index   uint64
	Session string
}

// Create writes a key that must not exist.
func Create(key string, value []byte) Op { return Op{Verb: api.KVCAS, Key: key, Value: value} }

// Swap writes a key that must be at this ModifyIndex; index 0 is Create.
func Swap(key string, value []byte, index uint64) Op {
	return Op{Verb: api.KVCAS, Key: key, Value: value, Index: index}
}

// Put writes a key, whatever is there.
func Put(key string, value []byte) Op { return Op{Verb: api.KVSet, Key: key, Value: value} }

// Acquire writes a key and takes its lock for the session.
func Acquire(key string, value []byte, session string) Op {
	return Op{Verb: api.KVLock, Key: key, Value: value, Session: session}
}

// CheckIndex holds when the key is at this ModifyIndex.
func CheckIndex(key string, index uint64) Op {
	return Op{Verb: api.KVCheckIndex, Key: key, Index: index}
}

// CheckSession holds when the session has the key's lock.
func CheckSession(key, session string) Op {
	return Op{Verb: api.KVCheckSession, Key: key, Session: session}
}

// CheckAbsent holds when the key does not exist.
func CheckAbsent(key string) Op { return Op{Verb: api.KVCheckNotExists, Key: key} }

// Delete removes a key; one that does not exist is no error.
func Delete(key string) Op { return Op{Verb: api.KVDelete, Key: key} }

// DeleteTree removes all keys below a prefix.
func DeleteTree(prefix string) Op { return Op{Verb: api.KVDeleteTree, Key: prefix} }

// Consul is the Store on a real Consul, through the node's agent.
type Consul struct{ client *api.Client }

// NewConsul wraps a client.
func NewConsul(client *api.Client) *Consul { return &Consul{client: client} }

var _ Store = (*Consul)(nil)

// Get implements Store.
func (c *Consul) Get(ctx context.Context, key string) (*Entry, error) {
	pair, _, err := c.client.KV().Get(key, (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading %s from Consul: %w", key, err)
	}
	if pair == nil {
		return nil, nil
	}
	e := entry(pair)
	return &e, nil
}

// watchWait bounds one blocking query.
const watchWait = time.Minute

// Watch implements Store.
func (c *Consul) Watch(ctx context.Context, prefix string, index uint64) ([]Entry, uint64, error) {
	q := (&api.QueryOptions{WaitIndex: index, WaitTime: watchWait}).WithContext(ctx)
	pairs, meta, err := c.client.KV().List(prefix, q)
	if err != nil {
		return nil, 0, fmt.Errorf("watching %s in Consul: %w", prefix, err)
	}
	entries := make([]Entry, len(pairs))
	for i, p := range pairs {
		entries[i] = entry(p)
	}
	next := meta.LastIndex
	if next < index { // the servers were restored: start over (Consul's own advice)
		next = 0
	}
	return entries, next, nil
}

func entry(p *api.KVPair) Entry {
	return Entry{Key: p.Key, Value: p.Value, CreateIndex: p.CreateIndex, ModifyIndex: p.ModifyIndex, Session: p.Session}
}

// Commit implements Store.
func (c *Consul) Commit(ctx context.Context, ops ...Op) (bool, error) {
	if len(ops) > MaxOps {
		return false, fmt.Errorf("a Consul transaction of %d operations was asked for, %d are the limit", len(ops), MaxOps)
	}
	txn := make(api.TxnOps, len(ops))
	for i, op := range ops {
		txn[i] = &api.TxnOp{KV: &api.KVTxnOp{Verb: op.Verb, Key: op.Key, Value: op.Value, Index: op.Index, Session: op.Session}}
	}
	ok, reply, _, err := c.client.Txn().Txn(txn, (&api.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return false, fmt.Errorf("committing to %s in Consul: %w", ops[0].Key, err)
	}
	if !ok {
		return false, refusal(reply)
	}
	return true, nil
}

// refusal tells a failed check (nil) from a transaction that Consul could not
// even try, which an ACL or a bad session causes.
func refusal(reply *api.TxnResponse) error {
	if reply == nil {
		return nil
	}
	for _, e := range reply.Errors {
		if strings.Contains(e.What, "ermission denied") {
			return fmt.Errorf("committing to Consul: %s: give the plugin's token write on %s and sessions", e.What, Prefix)
		}
	}
	return nil
}

// OpenSession implements Store.
func (c *Consul) OpenSession(ctx context.Context, name string, release bool) (string, error) {
	behavior := api.SessionBehaviorDelete
	if release {
		behavior = api.SessionBehaviorRelease
	}
	// No node checks: the default ties the session to serfHealth, and one hiccup
	// of the agent would drop all records of the node. A LockDelay of 0 means 15 s.
	id, _, err := c.client.Session().CreateNoChecks(&api.SessionEntry{
		Name: name, TTL: SessionTTL.String(), Behavior: behavior, LockDelay: time.Millisecond,
	}, (&api.WriteOptions{}).WithContext(ctx))
	if err != nil {
		return "", fmt.Errorf("opening the Consul session %q: %w", name, err)
	}
	return id, nil
}

// RenewSession implements Store.
func (c *Consul) RenewSession(ctx context.Context, id string) (bool, error) {
	s, _, err := c.client.Session().Renew(id, (&api.WriteOptions{}).WithContext(ctx))
	var status api.StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("renewing the Consul session %s: %w", id, err)
	}
	return s != nil, nil
}

// CloseSession implements Store.
func (c *Consul) CloseSession(ctx context.Context, id string) error {
	if _, err := c.client.Session().Destroy(id, (&api.WriteOptions{}).WithContext(ctx)); err != nil {
		return fmt.Errorf("closing the Consul session %s: %w", id, err)
	}
	return nil
}
