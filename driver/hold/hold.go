package hold

import (
	"context"
	"io"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Config is what a hold is given by the task that it is.
type Config struct {
	// Namespace and JobID name the hold's own job, as Nomad told the task.
	Namespace, JobID string
	// AllocID is the hold's own allocation.
	AllocID string
	// AllocSharedDir is that allocation's shared directory on this host
	// (`<data dir>/alloc/<id>/alloc`): the outcome is left there.
	AllocSharedDir string
	NodeName       string

	Nomad *nomadapi.Client
	Store rendezvous.Store

	// Emit puts a line under the allocation's recent events. It must not block
	// for long; Nomad keeps the last ten.
	Emit func(message string)
	// Out is the task's stdout: the hold's log, for people.
	Out io.Writer
	// Log is the plugin's log, for operators.
	Log hclog.Logger
}

// Result is how the hold's task ended.
type Result struct {
	// ExitCode is 0 only for a gang that COMPLETED.
	ExitCode int
	// Outcome is nil where the gang goes on without this hold: it stepped aside
	// for another one, or the plugin is shutting down.
	Outcome *rendezvous.Outcome
}

// Hold drives one gang. Make it with New, run it once.
type Hold struct {
	cfg Config
}

// New prepares a hold; nothing happens before Run.
func New(cfg Config) *Hold { return &Hold{cfg: cfg} }

// Run drives the gang until it has ended, another hold owns it, Stop was asked
// for, or ctx ends. Consul or Nomad being away is waited out, never an end.
// ctx is the plugin's life: its end leaves the records as they are, and a new
// Run (after RecoverTask, same allocation) goes on from them.
func (h *Hold) Run(ctx context.Context) Result {
	<-ctx.Done()
	return Result{ExitCode: 1}
}

// Stop is Nomad's wish that this task ends. It asks Nomad whether the job was
// stopped, which cancels the gang, or only this allocation (drain, `alloc
// stop`), and then the hold steps aside and leaves the gang to its successor.
// It returns when Run has returned or ctx has ended; where Nomad or Consul do
// not answer in time the hold steps aside too, and the next hold or the
// admitter settles it.
func (h *Hold) Stop(ctx context.Context) {}

// LeftOutcome reads the outcome that an earlier run in this allocation left in
// the shared directory; nil where there is none. A StartTask that finds one
// that is not COMPLETED fails with its sentence, not recoverably.
func LeftOutcome(sharedDir string) (*rendezvous.Outcome, error) { return nil, nil }
