package rendezvous

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// startConsul runs a Consul server for one test, on ports that are free now.
func startConsul(t *testing.T) *Consul {
	t.Helper()
	if os.Getenv("OSMO_E2E") == "" {
		t.Skip("needs a Consul: set OSMO_E2E=1, as `make test` does")
	}
	program := cmp.Or(os.Getenv("CONSUL_BIN"), "consul")
	ports := freePorts(t, 4)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, "agent", "-server", "-bootstrap-expect=1",
		"-data-dir", t.TempDir(), "-bind=127.0.0.1", "-client=127.0.0.1", "-grpc-port=-1", "-grpc-tls-port=-1", "-dns-port=-1",
		"-http-port", ports[0], "-server-port", ports[1], "-serf-lan-port", ports[2], "-serf-wan-port", ports[3],
		"-hcl", `disable_update_check = true`, "-hcl", `performance { raft_multiplier = 1 }`)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed, which is what it says
	})
	client, err := api.NewClient(&api.Config{Address: "127.0.0.1:" + ports[0]})
	if err != nil {
		t.Fatal(err)
	}
	c := NewConsul(client)
	awaitLeader(t, c)
	return c
}

// awaitLeader writes until a server takes it.
func awaitLeader(t *testing.T, c *Consul) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := c.Commit(ctx, Put("leader", nil))
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no leader: %v", err)
		}
	}
}

func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all are held until all are known
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// commit fails the test unless the transaction ends as wanted.
func commit(t *testing.T, c *Consul, want bool, ops ...Op) {
	t.Helper()
	if got, err := c.Commit(t.Context(), ops...); err != nil || got != want {
		t.Fatalf("commit: %v, %v, want %v", got, err, want)
	}
}

func get(t *testing.T, c *Consul, key string) *Entry {
	t.Helper()
	e, err := c.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConsul asks a real Consul for everything the gang logic relies on.
func TestConsul(t *testing.T) {
	c := startConsul(t)
	t.Run("create and swap", func(t *testing.T) {
		if e := get(t, c, "a"); e != nil {
			t.Fatalf("there is %+v", e)
		}
		commit(t, c, true, Create("a", []byte("1")))
		commit(t, c, false, Create("a", []byte("2")))
		e := get(t, c, "a")
		commit(t, c, false, Swap("a", []byte("2"), e.ModifyIndex-1))
		commit(t, c, true, Swap("a", []byte("2"), e.ModifyIndex))
		if again := get(t, c, "a"); string(again.Value) != "2" || again.CreateIndex != e.CreateIndex || again.ModifyIndex <= e.ModifyIndex {
			t.Errorf("got %+v after %+v", again, e)
		}
	})
	t.Run("all or nothing", func(t *testing.T) {
		commit(t, c, true, Put("b", []byte("1")), CheckAbsent("c"))
		e := get(t, c, "b")
		commit(t, c, false, Put("c", nil), CheckIndex("b", e.ModifyIndex+1))
		if get(t, c, "c") != nil {
			t.Error("half of a transaction was done")
		}
		commit(t, c, true, Put("c", nil), CheckIndex("b", e.ModifyIndex))
		commit(t, c, false, CheckAbsent("c"))
		commit(t, c, true, Delete("c"), Delete("never there"))
		commit(t, c, true, Put("d/1", nil), Put("d/2", nil), DeleteTree("d/1"))
		if get(t, c, "d/1") != nil || get(t, c, "d/2") == nil {
			t.Error("the wrong tree was deleted")
		}
	})
	t.Run("too many", func(t *testing.T) {
		ops := make([]Op, MaxOps)
		for i := range ops {
			ops[i] = Put(fmt.Sprintf("many/%d", i), nil)
		}
		commit(t, c, true, ops...)
		if _, err := c.Commit(t.Context(), slices.Concat(ops, []Op{Put("x", nil)})...); err == nil {
			t.Error("Consul's limit was passed")
		}
	})
	t.Run("sessions", func(t *testing.T) { testSessions(t, c) })
	t.Run("watch", func(t *testing.T) { testWatch(t, c) })
}

// testSessions: a lock is one session's, its keys go with it, and a session
// that is gone is an answer, not an error.
func testSessions(t *testing.T, c *Consul) {
	ctx := t.Context()
	open := func(release bool) string {
		id, err := c.OpenSession(ctx, "test", release)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	mine, other := open(false), open(true)
	commit(t, c, true, Acquire("lock", []byte("mine"), mine))
	commit(t, c, false, Acquire("lock", []byte("other"), other))
	commit(t, c, true, CheckSession("lock", mine), Acquire("kept", nil, other))
	commit(t, c, false, CheckSession("lock", other))
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
	ok, err := c.Commit(ctx, Acquire("lock", nil, mine))
	if ok {
		t.Errorf("a session that is gone took a lock: %v", err)
	}
}

// testWatch: a change below the prefix ends the wait, and nothing else does.
func testWatch(t *testing.T, c *Consul) {
	commit(t, c, true, Put("w/1", []byte("1")))
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
	commit(t, c, true, Put("elsewhere", nil))
	commit(t, c, true, Put("w/2", nil))
	if err := <-woken; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, last, err := c.Watch(t.Context(), "w/", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Watch(ctx, "w/", last); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "watching w/ in Consul") {
		t.Errorf("a quiet watch ended with %v", err)
	}
}

// TestConsulIsAway names what was asked for.
func TestConsulIsAway(t *testing.T) {
	client, err := api.NewClient(&api.Config{Address: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	c := NewConsul(client)
	_, getErr := c.Get(t.Context(), "k")
	_, _, watchErr := c.Watch(t.Context(), "p/", 0)
	_, commitErr := c.Commit(t.Context(), Put("k", nil))
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
