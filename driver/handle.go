package driver

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins/drivers"
)

// handle is one running task. Its fields are set before it is shared; result
// and completed are written once, before done is closed, and read only after.
type handle struct {
	cfg     *drivers.TaskConfig
	started time.Time
	role    role
	out     *taskLog
	log     hclog.Logger

	// life is the plugin's; cancel ends the role's context, which derives from it.
	life   context.Context
	cancel context.CancelFunc
	// ended is closed when the role's goroutine has ended, done when the task has
	// a result that Nomad should hear of: not when only the plugin ends.
	ended, done chan struct{}
	result      *drivers.ExitResult
	completed   time.Time
}

// run is the handle's goroutine.
func (h *handle) run(ctx context.Context) {
	defer close(h.ended)
	defer func() {
		if err := h.out.Close(); err != nil {
			h.log.Warn("closing the task's log", "task_id", h.cfg.ID, "error", err)
		}
	}()
	res := h.role.Run(ctx)
	if h.life.Err() != nil {
		// No result: Nomad must see a plugin that went away, and recover the task,
		// not a task that has exited.
		return
	}
	h.result = &drivers.ExitResult{ExitCode: res.ExitCode}
	h.completed = time.Now()
	close(h.done)
}

// wait hands the task's result to one caller, whose ctx bounds it. A caller is
// never told of a plugin that ends: its connection does that.
func (h *handle) wait(ctx context.Context) <-chan *drivers.ExitResult {
	ch := make(chan *drivers.ExitResult, 1)
	go func() {
		defer close(ch)
		select {
		case <-h.done:
			ch <- h.result.Copy()
		case <-ctx.Done():
		}
	}()
	return ch
}

// stop ends the task within the timeout, by force at its end.
func (h *handle) stop(timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(timeout-killReserve, minStop))
	defer cancel()
	h.role.Stop(ctx)
	select {
	case <-h.ended:
		return nil
	case <-ctx.Done():
	}
	return h.kill()
}

const (
	// minStop is what a role gets where the job's kill timeout is 0.
	minStop = time.Second
	// killReserve is kept of the kill timeout for what follows a role that did not
	// end by itself: the answer must come within the timeout.
	killReserve = 500 * time.Millisecond
	// killWait is how long a role may take to see that its context has ended.
	killWait = 2 * time.Second
)

// kill ends the role's context and waits for its goroutine.
func (h *handle) kill() error {
	h.cancel()
	select {
	case <-h.ended:
		return nil
	case <-time.After(killWait):
		return fmt.Errorf("task %s did not end within %s of being told to", h.cfg.ID, killWait)
	}
}

func (h *handle) running() bool {
	select {
	case <-h.ended:
		return false
	default:
		return true
	}
}

func (h *handle) status() *drivers.TaskStatus {
	s := &drivers.TaskStatus{ID: h.cfg.ID, Name: h.cfg.Name, State: drivers.TaskStateRunning, StartedAt: h.started}
	select {
	case <-h.done:
		s.State, s.CompletedAt, s.ExitResult = drivers.TaskStateExited, h.completed, h.result.Copy()
	default:
	}
	return s
}
