package hold

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Bounds of one blocking query: what the servers are asked to wait, and when
// it is given up.
const (
	queryWait  = time.Minute
	queryLimit = 90 * time.Second
)

// backoff waits longer after each failure in a row, up to a limit.
type backoff struct{ wait time.Duration }

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

func newBackoff() *backoff { return &backoff{wait: firstBackoff} }

// sleep waits; false when ctx has ended.
func (b *backoff) sleep(ctx context.Context) bool {
	timer := time.NewTimer(b.wait)
	defer timer.Stop()
	b.wait = min(2*b.wait, lastBackoff)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// patience is how many failures in a row are nobody's business: a leader
// election takes a few.
const patience = 4

// trial is a thing that is tried until it works. Trouble that stays is told,
// and its end too.
type trial struct {
	r        *runner
	doing    string
	wait     *backoff
	failures int
}

func (r *runner) trial(doing string) *trial {
	return &trial{r: r, doing: doing, wait: newBackoff()}
}

func (t *trial) succeeded(ctx context.Context) {
	if t.failures >= patience {
		t.r.note(ctx, t.doing+" works again")
	}
	t.wait, t.failures = newBackoff(), 0
}

// failed waits before the next try; false when ctx has ended.
func (t *trial) failed(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	t.failures++
	t.r.cfg.Log.Warn(t.doing, "error", err, "failures", t.failures)
	if t.failures == patience {
		t.r.note(ctx, fmt.Sprintf("%s: %v; trying again until it works", t.doing, err))
	}
	return t.wait.sleep(ctx)
}

// persist calls f until ctx ends: again at once after a success, and after a
// growing while after a failure.
func (r *runner) persist(ctx context.Context, doing string, f func(context.Context) error) {
	t := r.trial(doing)
	for ctx.Err() == nil {
		if err := f(ctx); err == nil {
			t.succeeded(ctx)
		} else if !t.failed(ctx, err) {
			return
		}
	}
}

// errand calls f until it succeeds or ctx ends.
func (r *runner) errand(ctx context.Context, doing string, f func(context.Context) error) {
	t := r.trial(doing)
	for ctx.Err() == nil {
		err := f(ctx)
		if err == nil {
			t.succeeded(ctx)
			return
		}
		if !t.failed(ctx, err) {
			return
		}
	}
}

func (r *runner) note(ctx context.Context, text string) {
	select {
	case r.notes <- text:
	case <-ctx.Done():
	}
}

// send hands an observation to the loop; at the end of the run nobody needs it.
func (r *runner) send(ctx context.Context, what any) {
	select {
	case r.events <- what:
	case <-ctx.Done():
	}
}

// watchStore follows the gang's records.
func (r *runner) watchStore(ctx context.Context) {
	var index uint64
	reset := false
	r.persist(ctx, "watching the gang's records in Consul", func(ctx context.Context) error {
		query, cancel := context.WithTimeout(ctx, queryLimit)
		defer cancel()
		entries, next, err := r.cfg.Store.Watch(query, r.gang.Prefix(), index)
		if err != nil {
			index = 0 // look at everything again when it is back
			return err
		}
		if next != index || index == 0 {
			r.send(ctx, seen{rendezvous.ReadView(r.gang, entries), next, reset})
		}
		reset = next < index
		index = next
		return nil
	})
}

// watchAllocs follows Nomad's allocations of the job.
func (r *runner) watchAllocs(ctx context.Context) {
	var index uint64
	var last []alloc
	first := true
	r.persist(ctx, "watching the job's allocations in Nomad", func(ctx context.Context) error {
		allocs, next, err := r.readAllocs(ctx, index)
		if err != nil {
			index = 0
			return err
		}
		if next < index {
			next = 0
		}
		index = next
		if first || !reflect.DeepEqual(allocs, last) {
			r.send(ctx, allocsSeen{allocs: allocs})
		}
		first, last = false, allocs
		return nil
	})
}

// readAllocs lists the job's allocations; with an index it waits for a change.
func (r *runner) readAllocs(ctx context.Context, index uint64) ([]alloc, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	q := &nomadapi.QueryOptions{Namespace: r.cfg.Namespace, WaitIndex: index, WaitTime: queryWait}
	stubs, meta, err := r.cfg.Nomad.Jobs().Allocations(r.cfg.JobID, false, q.WithContext(ctx))
	if err != nil {
		return nil, 0, err
	}
	return summarize(stubs), meta.LastIndex, nil
}

// list answers the core's requests for a fresh list of allocations.
func (r *runner) list(ctx context.Context) {
	for {
		var number int
		select {
		case number = <-r.lists:
		case <-ctx.Done():
			return
		}
		r.errand(ctx, "listing the job's allocations in Nomad", func(ctx context.Context) error {
			allocs, _, err := r.readAllocs(ctx, 0)
			if err == nil {
				r.send(ctx, allocsSeen{allocs, number})
			}
			return err
		})
	}
}

// readJobs answers the core's requests for the job.
func (r *runner) readJobs(ctx context.Context) {
	for {
		select {
		case <-r.jobs:
		case <-ctx.Done():
			return
		}
		if j := r.readJobOnce(ctx); j != nil {
			r.send(ctx, jobSeen{*j})
		}
	}
}

// readJobOnce reads the job, for as long as it takes; nil when it is gone or
// ctx has ended.
func (r *runner) readJobOnce(ctx context.Context) (found *job) {
	r.errand(ctx, "reading the job from Nomad", func(ctx context.Context) error {
		j, err := readNomadJob(ctx, r.cfg)
		if isGone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.gang.CreateIndex == 0 && j.CreateIndex != nil {
			r.gang = rendezvous.Gang{Namespace: r.cfg.Namespace, Job: r.cfg.JobID, CreateIndex: *j.CreateIndex}
		}
		spec := readSpec(j)
		found = &spec
		return nil
	})
	return found
}

// watchUpstream follows the statuses of the gangs that this one needs.
func (r *runner) watchUpstream(ctx context.Context, workflow string, needs []string) {
	var index uint64
	r.persist(ctx, "watching the upstream gangs in Consul", func(ctx context.Context) error {
		query, cancel := context.WithTimeout(ctx, queryLimit)
		defer cancel()
		entries, next, err := r.cfg.Store.Watch(query, rendezvous.StatusPrefix(r.cfg.Namespace, workflow), index)
		if err != nil {
			index = 0
			return err
		}
		found, err := r.believe(ctx, entries, needs)
		if err != nil {
			index = 0
			return err
		}
		index = next
		r.send(ctx, upstreamSeen{found})
		return nil
	})
}

// believe reads the needed gangs' statuses. One that has finished is checked
// against Nomad: a job that was purged and registered again leaves the status
// of its former life behind until its new hold writes.
func (r *runner) believe(ctx context.Context, entries []rendezvous.Entry, needs []string) (map[string]upstream, error) {
	found := map[string]upstream{}
	for _, e := range entries {
		var st rendezvous.Status
		if err := rendezvous.Decode(e.Value, &st); err != nil {
			r.cfg.Log.Warn("reading an upstream status", "key", e.Key, "error", err)
			continue
		}
		if !slices.Contains(needs, st.Job) {
			continue
		}
		if st.State.Finished() {
			current, err := r.isCurrent(ctx, st)
			if err != nil {
				return nil, err
			}
			if !current {
				continue
			}
		}
		found[st.Job] = upstream{State: st.State}
	}
	return found, nil
}

// isCurrent says that the status is about the job that Nomad has, or that
// Nomad has none: a job that ended long ago is garbage-collected.
func (r *runner) isCurrent(ctx context.Context, st rendezvous.Status) (bool, error) {
	q := (&nomadapi.QueryOptions{Namespace: r.cfg.Namespace}).WithContext(ctx)
	j, _, err := r.cfg.Nomad.Jobs().Info(st.Job, q)
	switch {
	case isGone(err):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("reading upstream job %s: %w", st.Job, err)
	}
	return st.JobCreateIndex == 0 || j.CreateIndex == nil || *j.CreateIndex == st.JobCreateIndex, nil
}
