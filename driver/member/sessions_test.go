package member

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	memstore "github.com/osmo-nomad/osmo-nomad/driver/rendezvous/memory"
)

// keeper is a Sessions in a bubble of fake time; the returned function is the
// plugin's end.
func keeper(t *testing.T, store rendezvous.Store) (*Sessions, context.CancelFunc) {
	life, cancel := context.WithCancel(t.Context())
	return NewSessions(life, store, hclog.NewNullLogger()), cancel
}

func wantSession(t *testing.T, s *Sessions, want string) {
	t.Helper()
	synctest.Wait()
	if id, _ := s.current(); id != want {
		t.Errorf("session is %q, want %q", id, want)
	}
}

func TestSessionLivesWithTheMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		s, end := keeper(t, store)
		defer end()
		s.join("edge", "")
		s.join("edge", "")
		wantSession(t, s, "s1")
		s.leave()
		time.Sleep(time.Minute)
		wantSession(t, s, "s1")
		s.leave()
		wantSession(t, s, "")
		if live := store.Sessions(); len(live) != 0 {
			t.Errorf("sessions %v are left after the last member", live)
		}
		s.join("edge", "")
		wantSession(t, s, "s2")
		s.leave()
	})
}

func TestLostSessionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		s, end := keeper(t, store)
		defer end()
		s.join("edge", "")
		wantSession(t, s, "s1")
		_, changed := s.current()
		store.Expire("s1")
		time.Sleep(rendezvous.RenewInterval)
		wantSession(t, s, "s2")
		select {
		case <-changed:
		default:
			t.Error("nobody was told of the new session")
		}
		s.leave()
	})
}

func TestConsulAwayIsNoLostSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		s, end := keeper(t, store)
		defer end()
		s.join("edge", "")
		wantSession(t, s, "s1")
		store.SetAway(true)
		time.Sleep(time.Minute)
		wantSession(t, s, "s1")
		store.SetAway(false)
		time.Sleep(rendezvous.RenewInterval)
		wantSession(t, s, "s1")
		s.leave()
	})
}

func TestFormerSession(t *testing.T) {
	open := func(store *memstore.Store) {
		if _, err := store.OpenSession(context.Background(), "", false); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("is continued", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			open(store)
			s, end := keeper(t, store)
			defer end()
			s.join("edge", "s1")
			s.join("edge", "s1")
			wantSession(t, s, "s1")
			time.Sleep(time.Minute)
			if store.Opened() != 1 || !slices.Equal(store.Sessions(), []string{"s1"}) {
				t.Errorf("opened %d, live %v: want the former session and no other", store.Opened(), store.Sessions())
			}
			s.leave()
			s.leave()
		})
	})
	t.Run("is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, end := keeper(t, memstore.New())
			defer end()
			s.join("edge", "s77")
			wantSession(t, s, "s1")
			s.leave()
		})
	})
	t.Run("comes after another was opened", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			open(store)
			s, end := keeper(t, store)
			defer end()
			s.join("edge", "")
			wantSession(t, s, "s2")
			s.join("edge", "s1")
			time.Sleep(rendezvous.RenewInterval)
			wantSession(t, s, "s2")
			if !slices.Equal(store.Sessions(), []string{"s2"}) {
				t.Errorf("live %v: the dead process's session must be closed", store.Sessions())
			}
			s.leave()
			s.leave()
		})
	})
	t.Run("waits for Consul", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := memstore.New()
			open(store)
			store.SetAway(true)
			s, end := keeper(t, store)
			defer end()
			s.join("edge", "s1")
			time.Sleep(10 * time.Second)
			wantSession(t, s, "")
			store.SetAway(false)
			time.Sleep(retryAfter)
			wantSession(t, s, "s1")
			s.leave()
		})
	})
}

func TestPluginEndLeavesTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		s, end := keeper(t, store)
		s.join("edge", "")
		wantSession(t, s, "s1")
		end()
		synctest.Wait()
		if !slices.Equal(store.Sessions(), []string{"s1"}) {
			t.Errorf("live %v: the next plugin process must find the session", store.Sessions())
		}
	})
}
