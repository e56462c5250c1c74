package driver

import (
	"context"
	"io"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins/drivers"
)

// role is what a task of ours does, from its start to its end.
type role interface {
	// Run does the role's work and returns how the task ended. ctx is the plugin's
	// life: its end makes Run return early, with a result that nobody reads.
	Run(ctx context.Context) Result
	// Stop asks Run to come to its end. It returns when Run has returned or ctx,
	// the kill timeout, has ended.
	Stop(ctx context.Context)
}

// Result is how a task ended.
type Result struct{ ExitCode int }

// task is what a role is made from.
type task struct {
	cfg *drivers.TaskConfig
	// emit puts a line under the allocation's recent events; it does not block.
	emit func(message string)
	// out is the task's stdout.
	out io.Writer
	log hclog.Logger
}

// roles makes a task's role. It does no network I/O. An error that is final
// for the task wraps errFinal; every other one is tried again by Nomad.
type roles interface {
	hold(t task) (role, error)
	member(t task) (role, error)
}
