package admit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Lock is the value of rendezvous.AdmitterKey: who holds the lock, for people.
type Lock struct {
	Version int    `json:"version"`
	Node    string `json:"node"`
	Plugin  string `json:"plugin,omitempty"`
}

// errDeposed ends a term: the session, and with it the lock, is or may be gone.
var errDeposed = errors.New("the admitter's session is gone")

// lockRetry is the wait after a free lock was refused: Consul's lock delay is
// 1 ms, and a free lock changes no more that a watch could see.
const lockRetry = 100 * time.Millisecond

// closeTimeout bounds the last words to Consul of a term that ends.
const closeTimeout = 2 * time.Second

// stand waits until the lock is free, takes it, and runs the term under it. A
// nil error means that somebody else was faster or that the term has ended.
func (a *Admitter) stand(ctx context.Context) error {
	if err := a.awaitFree(ctx); err != nil {
		return err
	}
	if err := a.reach(ctx); err != nil {
		return err // who cannot reach Nomad leaves the lock to those who can
	}
	session, err := a.cfg.Store.OpenSession(ctx, "osmo-admitter "+a.cfg.Node, true)
	if err != nil {
		return err
	}
	// The lock is given back at once, even where ctx has ended: a session that
	// is left to expire costs the cluster up to 20 s without an admitter.
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if err := a.cfg.Store.CloseSession(last, session); err != nil {
			a.cfg.Log.Debug("the session is left to expire", "error", err)
		}
	}()
	won, err := a.cfg.Store.Commit(ctx, rendezvous.Acquire(rendezvous.AdmitterKey, a.lockValue(), session))
	if err != nil {
		return err
	}
	if !won {
		return pause(ctx, lockRetry)
	}
	return a.hold(ctx, session)
}

func (a *Admitter) lockValue() []byte {
	return rendezvous.Encode(Lock{Version: rendezvous.RecordVersion, Node: a.cfg.Node, Plugin: a.cfg.Plugin})
}

// awaitFree returns when nobody holds the lock.
func (a *Admitter) awaitFree(ctx context.Context) error {
	var index uint64
	for {
		entries, next, err := a.cfg.Store.Watch(ctx, rendezvous.AdmitterKey, index)
		if err != nil {
			return err
		}
		if !held(entries) {
			return nil
		}
		index = next
	}
}

func held(entries []rendezvous.Entry) bool {
	for _, e := range entries {
		if e.Key == rendezvous.AdmitterKey && e.Session != "" {
			return true
		}
	}
	return false
}

// hold runs one term: the reconciler beside the session's renewal, the first
// to end takes the other with it.
func (a *Admitter) hold(ctx context.Context, session string) error {
	a.cfg.Log.Info("elected admitter", "node", a.cfg.Node, "session", session)
	term, end := context.WithCancelCause(ctx)
	var helpers sync.WaitGroup
	helpers.Go(func() { end(a.renew(term, session)) })
	helpers.Go(func() { end(a.keepReach(term)) })
	err := a.govern(term, session)
	end(nil)
	helpers.Wait()
	if cause := context.Cause(term); errors.Is(cause, errDeposed) {
		return cause
	}
	return err
}

// Times of the check that Nomad can be reached: an admitter whose agent hangs
// must not keep the lock, because its session lives on.
const (
	reachInterval = 5 * time.Second
	reachTimeout  = 5 * time.Second
	// maxUnreached failures in a row end a term. A cluster that is without a
	// leader for a while is out of everybody's reach, and nothing is lost by it.
	maxUnreached = 2
)

// reach asks Nomad for its leader.
func (a *Admitter) reach(ctx context.Context) error {
	if a.cfg.Nomad == nil {
		return nil // tests of the election alone
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	var leader string
	_, err := a.cfg.Nomad.Raw().Query("/v1/status/leader", &leader, (&nomadapi.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return fmt.Errorf("reaching Nomad at %s: %w", a.cfg.Nomad.Address(), err)
	}
	return nil
}

// keepReach watches, for a term, that Nomad can be reached; its error ends the
// term.
func (a *Admitter) keepReach(term context.Context) error {
	failures := 0
	for {
		if pause(term, reachInterval) != nil {
			return nil
		}
		err := a.reach(term)
		switch {
		case term.Err() != nil:
			return nil
		case err == nil:
			failures = 0
			continue
		}
		if failures++; failures >= maxUnreached {
			return fmt.Errorf("%w: giving the lock up: %w", errDeposed, err)
		}
	}
}

// renew keeps the session alive until the term ends. It gives up as soon as
// the session may have expired: a silent Consul is no proof that it has not.
func (a *Admitter) renew(term context.Context, session string) error {
	alive := time.Now()
	for {
		if pause(term, rendezvous.RenewInterval) != nil {
			return nil
		}
		asked := time.Now()
		ctx, cancel := context.WithTimeout(term, rendezvous.RenewInterval)
		ok, err := a.cfg.Store.RenewSession(ctx, session)
		cancel()
		switch {
		case term.Err() != nil:
			return nil
		case err == nil && !ok:
			return errDeposed
		case err == nil:
			alive = asked
		case time.Since(alive) >= rendezvous.SessionTTL-rendezvous.RenewInterval:
			return fmt.Errorf("%w: not renewed for %s: %w", errDeposed, time.Since(alive).Round(time.Second), err)
		}
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
