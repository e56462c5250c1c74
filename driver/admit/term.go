package admit

import (
	"context"
	"sync"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Times of a term.
const (
	// slowLook is how often the world is looked at where nothing seems to change.
	slowLook = 30 * time.Second
	// actionTimeout bounds one action but a release.
	actionTimeout = 15 * time.Second
	// placeTimeout bounds the wait for a release's evaluation: after it, the gang
	// is taken back.
	placeTimeout = 30 * time.Second
	// freshTimeout bounds the wait until the model shows our own last write.
	freshTimeout = 5 * time.Second
)

// term is one admitter in office.
type term struct {
	cfg     Config
	nomad   nomad
	session string
	memory  Memory
	now     func() time.Time
	// shown is the last snapshot that was looked at, picture its number.
	shown   *cluster.Snapshot
	picture uint64
	// written is Nomad's index of our last write: no decision may rest on an
	// older picture.
	written uint64
}

func newTerm(cfg Config, n nomad, session string) *term {
	return &term{cfg: cfg, nomad: n, session: session, memory: newMemory(), now: time.Now}
}

// govern reconciles until the context ends. Its helpers, the model and the
// records' watch, end with it.
func (a *Admitter) govern(ctx context.Context, session string) error {
	ctx, end := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer end()
	t := newTerm(a.cfg, a.nomad(ctx), session)
	helpers.Go(func() {
		if err := t.nomad.Run(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("the model of the cluster is not kept up any more", "error", err)
			end()
		}
	})
	records := make(chan struct{}, 1)
	helpers.Go(func() { t.watch(ctx, records) })
	return t.run(ctx, records)
}

// watch signals each change of a gang's record.
func (t *term) watch(ctx context.Context, changed chan<- struct{}) {
	var index uint64
	failures := 0
	for ctx.Err() == nil {
		_, next, err := t.cfg.Store.Watch(ctx, rendezvous.GangsPrefix, index)
		if err != nil {
			if pause(ctx, backoff(firstRetry, longestRetry, failures)) != nil {
				return
			}
			failures++
			continue
		}
		failures, index = 0, next
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// run looks, decides and acts, again after each change.
func (t *term) run(ctx context.Context, records <-chan struct{}) error {
	failures := 0
	for ctx.Err() == nil {
		acted, err := t.pass(ctx)
		wait := t.nextLook()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			wait = min(wait, backoff(firstRetry, longestRetry, failures))
			failures++
			t.cfg.Log.Warn("the admitter cannot look at the cluster", "error", err, "retry_in", wait)
		case acted:
			failures = 0
			continue
		default:
			failures = 0
		}
		t.rest(ctx, wait, records)
	}
	return nil
}

// rest returns when something has changed or the time is over.
func (t *term) rest(ctx context.Context, wait time.Duration, records <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-records:
	case <-t.nomad.Changed():
	}
}

// nextLook is how long nothing needs to be looked at unless it changes.
func (t *term) nextLook() time.Duration {
	if at, ok := t.memory.wake(t.now()); ok {
		return min(slowLook, at.Sub(t.now()))
	}
	return slowLook
}

// pass is one look at the world and what follows from it. It says whether
// something was done, so that there is a new world to look at.
func (t *term) pass(ctx context.Context) (acted bool, err error) {
	world, err := t.look(ctx)
	if err != nil || world == nil {
		return false, err
	}
	actions, held := world.decide()
	t.memory.Held = held
	return t.perform(ctx, *world, actions), nil
}

// look takes a picture that holds all that this admitter has written. Nil
// means that the model has not been built yet.
func (t *term) look(ctx context.Context) (*World, error) {
	fresh, cancel := context.WithTimeout(ctx, freshTimeout)
	defer cancel()
	if t.nomad.Snapshot() == nil {
		return nil, nil
	}
	if err := t.nomad.AwaitIndex(fresh, t.written); err != nil {
		return nil, err
	}
	snapshot := t.nomad.Snapshot()
	if snapshot != t.shown {
		t.shown = snapshot
		t.picture++
	}
	entries, _, err := t.cfg.Store.Watch(fresh, rendezvous.GangsPrefix, 0)
	if err != nil {
		return nil, err
	}
	w := &World{Now: t.now(), Cluster: *snapshot, Picture: t.picture, Records: ReadRecords(entries), Memory: t.memory}
	t.keepMemory(w)
	return w, nil
}

// keepMemory drops what is about gangs that nobody knows any more, and notes
// whose job has gone.
func (t *term) keepMemory(w *World) {
	jobs := map[rendezvous.Gang]bool{}
	for _, c := range w.Cluster.Gangs {
		jobs[idOf(c)] = true
	}
	gone := map[rendezvous.Gang]bool{}
	for g := range w.Records {
		if !jobs[g] {
			gone[g] = true
		}
	}
	t.memory.gone(gone, w.Now)
	t.memory.forget(func(g rendezvous.Gang) bool { return jobs[g] || gone[g] })
}

func idOf(c cluster.Gang) rendezvous.Gang {
	return rendezvous.Gang{Namespace: c.Namespace, Job: c.ID, CreateIndex: c.CreateIndex}
}
