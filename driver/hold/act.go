package hold

import (
	"context"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// writeLimit bounds one write, versionLimit the look at the job before an outcome.
const (
	writeLimit   = 10 * time.Second
	versionLimit = 3 * time.Second
)

// write commits what the core asks for, one at a time, and answers each with
// the records as they are after it. A write that failed for want of an answer
// may have been done: the records tell, and the core decides anew.
func (r *runner) write(ctx context.Context) {
	refusals := newBackoff()
	for {
		var e effect
		select {
		case e = <-r.writes:
		case <-ctx.Done():
			return
		}
		ok := r.try(ctx, e)
		switch {
		case ok:
			refusals = newBackoff()
		case !refusals.sleep(ctx): // somebody else writes, or Consul is away
			return
		}
		r.lookAgain(ctx, ok)
	}
}

func (r *runner) try(ctx context.Context, e effect) bool {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	ok, err := r.cfg.Store.Commit(ctx, r.ops(ctx, e)...)
	if err != nil {
		r.cfg.Log.Warn("writing to Consul", "records", e, "error", err)
	}
	return ok
}

// ops is the effect as a transaction. An outcome is for the version of the job
// that there is when it is written.
func (r *runner) ops(ctx context.Context, e effect) []rendezvous.Op {
	switch e := e.(type) {
	case commit:
		if e.outcome {
			e = e.at(r.jobVersion(ctx))
		}
		return e.ops(time.Now())
	case askGo:
		return e.ops()
	default:
		panic("not a write: " + e.String()) // a bug: perform passes only these
	}
}

// jobVersion is the job's version now; 0 where Nomad does not say.
func (r *runner) jobVersion(ctx context.Context) uint64 {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	j, err := readNomadJob(ctx, r.cfg)
	if err != nil || j.Version == nil {
		r.cfg.Log.Warn("reading the job's version for the outcome", "error", err)
		return 0
	}
	return *j.Version
}

// lookAgain reads the records and ends the commit.
func (r *runner) lookAgain(ctx context.Context, ok bool) {
	r.errand(ctx, "reading the gang's records in Consul", func(ctx context.Context) error {
		query, cancel := context.WithTimeout(ctx, writeLimit)
		defer cancel()
		entries, index, err := r.cfg.Store.Watch(query, r.gang.Prefix(), 0)
		if err == nil {
			r.send(ctx, committed{ok, rendezvous.ReadView(r.gang, entries), index})
		}
		return err
	})
}
