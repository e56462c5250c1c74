package admit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
)

// office sees who governs: the model of the cluster runs exactly as long as a term.
type office struct {
	mu   sync.Mutex
	now  []string
	most int
}

type seat struct {
	*fakeNomad
	office *office
	name   string
}

func (s seat) Run(ctx context.Context) error {
	s.office.mu.Lock()
	s.office.now = append(s.office.now, s.name)
	s.office.most = max(s.office.most, len(s.office.now))
	s.office.mu.Unlock()
	<-ctx.Done()
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	for i, n := range s.office.now {
		if n == s.name {
			s.office.now = append(s.office.now[:i:i], s.office.now[i+1:]...)
			break
		}
	}
	return ctx.Err()
}

func (o *office) holders() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.now...)
}

// moodyStore is a Consul that can fall silent.
type moodyStore struct {
	*memory.Store
	mu     sync.Mutex
	silent bool
}

var errSilent = errors.New("no answer")

func (m *moodyStore) hush(silent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.silent = silent
}

func (m *moodyStore) RenewSession(ctx context.Context, id string) (bool, error) {
	m.mu.Lock()
	silent := m.silent
	m.mu.Unlock()
	if silent {
		return false, errSilent
	}
	return m.Store.RenewSession(ctx, id)
}

// stand starts a candidate; the returned function ends it.
func (o *office) stand(t *testing.T, name string, store rendezvous.Store) (quit func()) {
	a := New(Config{Node: name, Plugin: "1", Store: store, Log: hclog.NewNullLogger()})
	a.nomad = func(context.Context) nomad { return seat{newFakeNomad(1), o, name} }
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); run.Wait() }
}

func holder(t *testing.T, store *memory.Store) (node, session string) {
	t.Helper()
	e, _ := store.Get(t.Context(), rendezvous.AdmitterKey)
	if e == nil || e.Session == "" {
		return "", ""
	}
	var l Lock
	if err := json.Unmarshal(e.Value, &l); err != nil {
		t.Fatal(err)
	}
	return l.Node, e.Session
}

func wantHolder(t *testing.T, o *office, store *memory.Store, want string) {
	t.Helper()
	synctest.Wait()
	if node, _ := holder(t, store); node != want {
		t.Errorf("the lock is %q's, want %q", node, want)
	}
	if got := o.holders(); len(got) != 1 || got[0] != want {
		t.Errorf("in office are %v, want %s", got, want)
	}
}

func TestElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, o := memory.New(), &office{}
		quitA := o.stand(t, "a", store)
		synctest.Wait()
		quitB := o.stand(t, "b", store)
		wantHolder(t, o, store, "a")

		// The session is destroyed behind a's back: b takes over at once, and a
		// leaves as soon as it renews.
		_, session := holder(t, store)
		if err := store.CloseSession(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rendezvous.RenewInterval + time.Second)
		wantHolder(t, o, store, "b")

		// A candidate that ends gives the lock back at once.
		quitB()
		time.Sleep(lockRetry)
		wantHolder(t, o, store, "a")
		quitA()
		if node, _ := holder(t, store); node != "" {
			t.Errorf("%s left and kept the lock", node)
		}
	})
	goleak.VerifyNone(t)
}

// TestSilentConsul: who cannot renew leaves before the session can have expired.
func TestSilentConsul(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, o := &moodyStore{Store: memory.New()}, &office{}
		quit := o.stand(t, "a", store)
		wantHolder(t, o, store.Store, "a")
		_, before := holder(t, store.Store)
		store.hush(true)
		time.Sleep(rendezvous.SessionTTL)
		if _, session := holder(t, store.Store); session == before {
			t.Error("still in office on a session that may have expired")
		}
		store.hush(false)
		time.Sleep(longestRetry)
		wantHolder(t, o, store.Store, "a")
		quit()
	})
	goleak.VerifyNone(t)
}
