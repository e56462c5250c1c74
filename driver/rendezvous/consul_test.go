package rendezvous_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
)

// commit fails the test unless the transaction ends as wanted.
func commit(t *testing.T, c rendezvous.Store, want bool, ops ...rendezvous.Op) {
	t.Helper()
	if got, err := c.Commit(t.Context(), ops...); err != nil || got != want {
		t.Fatalf("commit: %v, %v, want %v", got, err, want)
	}
}

func get(t *testing.T, c rendezvous.Store, key string) *rendezvous.Entry {
	t.Helper()
	e, err := c.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConsul asks a real Consul for everything the gang logic relies on.
func TestConsul(t *testing.T) {
	client, _ := agents.Consul(t)
	testStore(t, rendezvous.NewConsul(client))
}

// TestMemory asks the store of the tests for the same.
func TestMemory(t *testing.T) { testStore(t, memory.New()) }

func testStore(t *testing.T, c rendezvous.Store) {
	t.Helper()
	t.Run("create and swap", func(t *testing.T) {
		if e := get(t, c, "a"); e != nil {
			t.Fatalf("there is %+v", e)
		}
		commit(t, c, true, rendezvous.Create("a", []byte("1")))
		commit(t, c, false, rendezvous.Create("a", []byte("2")))
		e := get(t, c, "a")
		commit(t, c, false, rendezvous.Swap("a", []byte("2"), e.ModifyIndex-1))
		commit(t, c, true, rendezvous.Swap("a", []byte("2"), e.ModifyIndex))
		if again := get(t, c, "a"); string(again.Value) != "2" || again.CreateIndex != e.CreateIndex || again.ModifyIndex <= e.ModifyIndex {
			t.Errorf("got %+v after %+v", again, e)
		}
	})
	t.Run("all or nothing", func(t *testing.T) {
		commit(t, c, true, rendezvous.Put("b", []byte("1")), rendezvous.CheckAbsent("c"))
		e := get(t, c, "b")
		commit(t, c, false, rendezvous.Put("c", nil), rendezvous.CheckIndex("b", e.ModifyIndex+1))
		if get(t, c, "c") != nil {
			t.Error("half of a transaction was done")
		}
		commit(t, c, true, rendezvous.Put("c", nil), rendezvous.CheckIndex("b", e.ModifyIndex))
		commit(t, c, false, rendezvous.CheckAbsent("c"))
		commit(t, c, true, rendezvous.Delete("c"), rendezvous.Delete("never there"))
		commit(t, c, true, rendezvous.Put("d/1", nil), rendezvous.Put("d/2", nil), rendezvous.DeleteTree("d/1"))
		if get(t, c, "d/1") != nil || get(t, c, "d/2") == nil {
			t.Error("the wrong tree was deleted")
		}
	})
	t.Run("too many", func(t *testing.T) {
		ops := make([]rendezvous.Op, rendezvous.MaxOps)
		for i := range ops {
			ops[i] = rendezvous.Put(fmt.Sprintf("many/%d", i), nil)
		}
		commit(t, c, true, ops...)
		if _, err := c.Commit(t.Context(), slices.Concat(ops, []rendezvous.Op{rendezvous.Put("x", nil)})...); err == nil {
			t.Error("Consul's limit was passed")
		}
	})
	t.Run("sessions", func(t *testing.T) { testSessions(t, c) })
	t.Run("watch", func(t *testing.T) { testWatch(t, c) })
}

// testSessions: a lock is one session's, its keys go with it, and a session
// that is gone is an answer, not an error.
func testSessions(t *testing.T, c rendezvous.Store) {
	ctx := t.Context()
	open := func(release bool) string {
		id, err := c.OpenSession(ctx, "test", release)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	mine, other := open(false), open(true)
	commit(t, c, true, rendezvous.Acquire("lock", []byte("mine"), mine))
	commit(t, c, false, rendezvous.Acquire("lock", []byte("other"), other))
	commit(t, c, true, rendezvous.CheckSession("lock", mine), rendezvous.Acquire("kept", nil, other))
	commit(t, c, false, rendezvous.CheckSession("lock", other))
	if e := get(t, c, "lock"); e.Session != mine || string(e.Value) != "mine" {
		t.Errorf("got %+v", e)
	}
	if ok, err := c.RenewSession(ctx, mine); !ok || err != nil {
		t.Errorf("renew: %v, %v", ok, err)
	}
	for _, id := range []string{mine, other} {
		if err := c.CloseSession(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if get(t, c, "lock") != nil {
		t.Error("a key outlived its session")
	}
	if e := get(t, c, "kept"); e == nil || e.Session != "" {
		t.Errorf("a session that releases left %+v", e)
	}
	if ok, err := c.RenewSession(ctx, mine); ok || err != nil {
		t.Errorf("renewing what is gone: %v, %v", ok, err)
	}
	ok, err := c.Commit(ctx, rendezvous.Acquire("lock", nil, mine))
	if ok {
		t.Errorf("a session that is gone took a lock: %v", err)
	}
}

// testWatch: a change below the prefix ends the wait, and nothing else does.
func testWatch(t *testing.T, c rendezvous.Store) {
	commit(t, c, true, rendezvous.Put("w/1", []byte("1")))
	entries, index, err := c.Watch(t.Context(), "w/", 0)
	if err != nil || len(entries) != 1 || index == 0 {
		t.Fatalf("got %+v, %d, %v", entries, index, err)
	}
	woken := make(chan error, 1)
	go func() {
		got, next, err := c.Watch(t.Context(), "w/", index)
		if err == nil && (next <= index || len(got) != 2) {
			err = fmt.Errorf("got %+v, index %d after %d", got, next, index)
		}
		woken <- err
	}()
	commit(t, c, true, rendezvous.Put("elsewhere", nil))
	commit(t, c, true, rendezvous.Put("w/2", nil))
	if err := <-woken; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, last, err := c.Watch(t.Context(), "w/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Watch(ctx, "w/", last); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "watching w/ in ") {
		t.Errorf("a quiet watch ended with %v", err)
	}
}

// TestConsulIsAway names what was asked for.
func TestConsulIsAway(t *testing.T) {
	client, err := api.NewClient(&api.Config{Address: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	c := rendezvous.NewConsul(client)
	_, getErr := c.Get(t.Context(), "k")
	_, _, watchErr := c.Watch(t.Context(), "p/", 0)
	_, commitErr := c.Commit(t.Context(), rendezvous.Put("k", nil))
	_, openErr := c.OpenSession(t.Context(), "n", false)
	_, renewErr := c.RenewSession(t.Context(), "id")
	for err, want := range map[error]string{
		getErr: "reading k from Consul", watchErr: "watching p/ in Consul", commitErr: "committing to k in Consul",
		openErr: `opening the Consul session "n"`, renewErr: "renewing the Consul session id",
		c.CloseSession(t.Context(), "id"): "closing the Consul session id",
	} {
		var refused *net.OpError
		if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
