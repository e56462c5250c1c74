package hold

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

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
	// for long; Nomad keeps the last ten. May be nil.
	Emit func(message string)
	// Out is the task's stdout: the hold's log, for people. May be nil.
	Out io.Writer
	// Log is the plugin's log, for operators. May be nil.
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
	cfg   Config
	stops chan stop
	done  chan struct{} // closed when Run returns
}

// New prepares a hold; nothing happens before Run.
func New(cfg Config) *Hold {
	if cfg.Emit == nil {
		cfg.Emit = func(string) {}
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	if cfg.Log == nil {
		cfg.Log = hclog.NewNullLogger()
	}
	cfg.Log = cfg.Log.With("job", cfg.JobID, "alloc", cfg.AllocID)
	return &Hold{cfg: cfg, stops: make(chan stop, stopQueue), done: make(chan struct{})}
}

// Run drives the gang until it has ended, another hold owns it, Stop was asked
// for, or ctx ends. Consul or Nomad being away is waited out, never an end.
// ctx is the plugin's life: its end leaves the records as they are, and a new
// Run (after RecoverTask, same allocation) goes on from them.
func (h *Hold) Run(ctx context.Context) Result {
	defer close(h.done)
	ctx, cancel := context.WithCancel(ctx)
	r := newRunner(h.cfg, h.stops)
	result := r.run(ctx)
	cancel()
	r.wait() // nothing of this hold outlives Run
	return result
}

// stopQueue is how many calls of Stop can wait for the loop; more say nothing new.
const stopQueue = 8

// How long a stop may take, and how much of that is left for the last words.
const (
	stopLimit  = 29 * time.Second // Nomad caps the kill timeout at 30 s
	stopMargin = time.Second
	askLimit   = 3 * time.Second
)

// Stop is Nomad's wish that this task ends. It asks Nomad whether the job was
// stopped, which cancels the gang, or only this allocation (drain, `alloc
// stop`), and then the hold steps aside and leaves the gang to its successor.
// It returns when Run has returned or ctx has ended; where Nomad or Consul do
// not answer in time the hold steps aside too, and the next hold or the
// admitter settles it.
func (h *Hold) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	kind := stopAside
	if h.jobStopped(ctx) {
		kind = stopCanceled
	}
	h.tell(kind)
	select {
	case <-h.done:
		return
	case <-h.almost(ctx).Done():
	}
	h.tell(stopNow)
	select {
	case <-h.done:
	case <-ctx.Done():
	}
}

// almost ends a little before ctx does.
func (h *Hold) almost(ctx context.Context) context.Context {
	deadline, _ := ctx.Deadline() // Stop has set one
	left := time.Until(deadline)
	early, cancel := context.WithDeadline(ctx, deadline.Add(-min(stopMargin, left/4)))
	context.AfterFunc(ctx, cancel) // ctx ends when Stop returns
	return early
}

// tell hands a stop over; one that finds the queue full repeats what is in it.
func (h *Hold) tell(s stop) {
	select {
	case h.stops <- s:
	default:
	}
}

// jobStopped asks Nomad whether the whole job is to stop; a job that is gone
// was stopped and purged. No answer counts as no.
func (h *Hold) jobStopped(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	wait := newBackoff()
	for {
		job, err := readNomadJob(ctx, h.cfg)
		switch {
		case isGone(err):
			return true
		case err == nil:
			return job.Stop != nil && *job.Stop
		}
		h.cfg.Log.Warn("asking Nomad whether the job was stopped", "error", err)
		if !wait.sleep(ctx) {
			return false
		}
	}
}

// readNomadJob reads the hold's own job.
func readNomadJob(ctx context.Context, cfg Config) (*nomadapi.Job, error) {
	q := (&nomadapi.QueryOptions{Namespace: cfg.Namespace}).WithContext(ctx)
	job, _, err := cfg.Nomad.Jobs().Info(cfg.JobID, q)
	return job, err
}

// isGone says that Nomad answered, and does not know the job.
func isGone(err error) bool {
	var response nomadapi.UnexpectedResponseError
	return errors.As(err, &response) && response.StatusCode() == http.StatusNotFound
}
