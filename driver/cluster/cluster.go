// Package cluster is Nomad as the admitter sees it: a model of nodes, gangs and
// their allocations, kept by listing once, following the event stream and
// listing again now and then (Nomad's stream may drop events), and the few
// writes that a gang needs, each on the job's JSON as Nomad returned it.
package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	nomad "github.com/hashicorp/nomad/api"
)

// Times of the model's upkeep.
const (
	// relistInterval bounds how long a dropped event can stay unnoticed.
	relistInterval = 30 * time.Second
	// settle gathers a burst of events into one snapshot.
	settle = 20 * time.Millisecond
	// firstRetry and lastRetry bound the wait after a failed list or stream.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
	// namespaceWait is one blocking query's.
	namespaceWait = 5 * time.Minute
)

// Cluster keeps the model. Make it with New and run it.
type Cluster struct {
	client   *nomad.Client
	log      hclog.Logger
	snapshot atomic.Pointer[Snapshot]
	changed  chan struct{}

	mu      sync.Mutex
	renewed chan struct{} // closed and replaced with each snapshot
}

// New returns a cluster without a model; Run builds it.
func New(client *nomad.Client, log hclog.Logger) *Cluster {
	return &Cluster{client: client, log: log, changed: make(chan struct{}, 1), renewed: make(chan struct{})}
}

// Snapshot returns the newest model, or nil before the first list.
func (c *Cluster) Snapshot() *Snapshot { return c.snapshot.Load() }

// Changed wakes its one reader after each new snapshot; wake-ups that nobody
// took are one.
func (c *Cluster) Changed() <-chan struct{} { return c.changed }

// AwaitIndex returns when the model holds every change up to a Nomad index: a
// decision after one's own write must see the write.
func (c *Cluster) AwaitIndex(ctx context.Context, index uint64) error {
	for {
		c.mu.Lock()
		renewed := c.renewed
		c.mu.Unlock()
		s := c.Snapshot()
		if s != nil && s.Seen >= index {
			return nil
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			var seen uint64
			if s != nil {
				seen = s.Seen
			}
			return fmt.Errorf("waiting for Nomad's index %d, seen %d: %w", index, seen, ctx.Err())
		}
	}
}

func (c *Cluster) publish(s *Snapshot) {
	c.snapshot.Store(s)
	c.mu.Lock()
	close(c.renewed)
	c.renewed = make(chan struct{})
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Run keeps the model until ctx ends. Nomad being away is waited out: the last
// model stays.
func (c *Cluster) Run(ctx context.Context) error {
	m := newModel(c.client)
	retry := firstRetry
	for ctx.Err() == nil {
		started := time.Now()
		err := c.follow(ctx, m)
		if ctx.Err() != nil {
			break
		}
		if time.Since(started) > lastRetry {
			retry = firstRetry
		}
		c.log.Debug("following Nomad again", "error", err, "in", retry)
		wait(ctx, retry)
		retry = min(2*retry, lastRetry)
	}
	return ctx.Err()
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// topics are what the model is made of; evaluations carry the index forward.
var topics = map[nomad.Topic][]string{
	nomad.TopicNode: {"*"}, nomad.TopicAllocation: {"*"}, nomad.TopicJob: {"*"}, nomad.TopicEvaluation: {"*"},
}

// errNamespaces ends a stream that would not tell of a new namespace.
var errNamespaces = errors.New("the namespaces have changed")

// follow subscribes, lists, and then applies events until the stream breaks.
// Subscribing first means that nothing falls between list and stream. A stream
// is for the namespaces that there are when it begins, so another one is needed
// as soon as these change.
func (c *Cluster) follow(ctx context.Context, m *model) error {
	names, index, err := c.namespaces(ctx, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel(nil)
	stream, err := c.client.EventStream().Stream(ctx, topics, 0, &nomad.QueryOptions{Namespace: nomad.AllNamespacesNamespace})
	if err != nil {
		return fmt.Errorf("subscribing to Nomad's events: %w", err)
	}
	if err := m.list(ctx); err != nil {
		return err
	}
	c.publish(m.snapshot())
	watch.Go(func() { cancel(c.watchNamespaces(ctx, names, index)) })
	err = c.apply(ctx, m, stream)
	return cmp.Or(context.Cause(ctx), err)
}

// watchNamespaces returns errNamespaces when they are not these any more.
func (c *Cluster) watchNamespaces(ctx context.Context, names []string, index uint64) error {
	retry := firstRetry
	for ctx.Err() == nil {
		now, next, err := c.namespaces(ctx, index)
		switch {
		case err != nil:
			wait(ctx, retry)
			retry = min(2*retry, lastRetry)
		case !slices.Equal(names, now):
			return errNamespaces
		default:
			index, retry = next, firstRetry
		}
	}
	return ctx.Err()
}

// apply owns the model: it takes events, gathers them for a moment, and
// publishes.
func (c *Cluster) apply(ctx context.Context, m *model, stream <-chan *nomad.Events) error {
	relist := time.NewTicker(relistInterval)
	defer relist.Stop()
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-relist.C:
			if err := m.list(ctx); err != nil {
				return err
			}
			c.publish(m.snapshot())
		case batch, ok := <-stream:
			if err := m.take(batch, ok); err != nil {
				return err
			}
			if settled == nil {
				settled = time.After(settle)
			}
		case <-settled:
			settled = nil
			if err := m.refresh(ctx); err != nil {
				return err
			}
			c.publish(m.snapshot())
		}
	}
}

// take applies what came from the stream, or says that it has ended.
func (m *model) take(batch *nomad.Events, ok bool) error {
	switch {
	case !ok:
		return errors.New("the event stream ended")
	case batch.Err != nil:
		return fmt.Errorf("reading Nomad's events: %w", batch.Err)
	}
	return m.apply(batch)
}
