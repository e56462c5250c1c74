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

	"github.com/hashicorp/go-hclog"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Config is what an admitter needs. Store, Cluster and Log are required.
type Config struct {
	// Node and Plugin name the candidate in the lock's value, for people: the
	// node's name and the plugin's version.
	Node, Plugin string
	Store        rendezvous.Store
	Cluster      Cluster
	Log          hclog.Logger
	// Pause is called at named points between two writes, if set: the tests of
	// the failure table stop or kill the process there. Products leave it nil.
	Pause func(point string)
}

// Cluster is what the admitter needs of Nomad; *cluster.Cluster has it.
type Cluster interface{}

// Admitter is one candidate for the election, and the reconciler once elected.
type Admitter struct{ cfg Config }

// New returns a candidate. It does nothing before Run.
func New(cfg Config) *Admitter { return &Admitter{cfg: cfg} }

// Run stands for election, reconciles while elected, and stands again after a
// lost lock, until the context ends. It returns nil then; trouble with Nomad or
// Consul is logged and retried.
func (a *Admitter) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
