// Package admit is the one hand that writes to Nomad: of all plugins of a
// cluster one is elected, and it alone releases gangs, takes them back and
// sweeps up after the dead.
//
// It is a level-triggered reconciler. Decide looks at the whole world (Nomad's
// jobs, allocations and nodes, and every gang's records) and says what is to
// be done; it is pure and remembers nothing, so that a successor that was
// elected a second ago decides as its predecessor would have. The executor
// does those things one at a time: Nomad writes are fenced by the job's index,
// Consul writes by the admitter's lock.
package admit

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Config is what an admitter needs. All but Pause are required.
type Config struct {
	// Node and Plugin name the candidate in the lock's value, for people: the
	// node's name and the plugin's version.
	Node, Plugin string
	Nomad        *nomadapi.Client
	Store        rendezvous.Store
	Log          hclog.Logger
	// Pause is called at the Points between two writes, if set: the tests of the
	// failure table stop or kill the process there. Products leave it nil.
	Pause func(point string)
}

// Points at which Config.Pause is called.
const (
	// PointReleasing: the releasing record is written, the job is not registered.
	PointReleasing = "releasing"
	// PointRegistered: the job is registered, its evaluation was not awaited.
	PointRegistered = "registered"
	// PointEvaluated: Nomad has placed the gang, the placed record is not written.
	PointEvaluated = "evaluated"
	// PointPlaced: the placed record is written.
	PointPlaced = "placed"
	// PointTakenBack: a register that takes members back was accepted.
	PointTakenBack = "taken back"
)

// Admitter is one candidate for the election, and the reconciler once elected.
type Admitter struct {
	cfg Config
	// nomad makes the model for one term: it starts from a fresh list, so that a
	// successor sees all that its predecessor wrote.
	nomad func(term context.Context) nomad
}

// New returns a candidate. It does nothing before Run.
func New(cfg Config) *Admitter {
	if cfg.Pause == nil {
		cfg.Pause = func(string) {}
	}
	a := &Admitter{cfg: cfg}
	a.nomad = func(context.Context) nomad {
		return live{cluster.New(cfg.Nomad, cfg.Log.Named("cluster"))}
	}
	return a
}

// Waits after a candidacy or a term that ended with an error.
const firstRetry, longestRetry = 200 * time.Millisecond, 10 * time.Second

// Run stands for election, reconciles while elected, and stands again after a
// lost lock, until the context ends. It returns nil then; trouble with Nomad or
// Consul is logged and retried.
func (a *Admitter) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		err := a.stand(ctx)
		if err == nil || ctx.Err() != nil {
			failures = 0
			continue
		}
		wait := backoff(firstRetry, longestRetry, failures)
		failures++
		a.cfg.Log.Warn("the candidacy for admitter is interrupted", "error", err, "retry_in", wait)
		if pause(ctx, wait) != nil {
			break
		}
	}
	return nil
}
