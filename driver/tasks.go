package driver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/nomad/plugins/drivers"
)

// tasks are the plugin's handles by task id.
type tasks struct {
	mu sync.Mutex
	by map[string]*handle
}

func newTasks() *tasks { return &tasks{by: map[string]*handle{}} }

func (t *tasks) get(id string) (*handle, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, ok := t.by[id]
	if !ok {
		return nil, drivers.ErrTaskNotFound
	}
	return h, nil
}

// put keeps h unless the id is taken by a task that still runs.
func (t *tasks) put(h *handle) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.by[h.cfg.ID]; ok && old.running() {
		return false
	}
	t.by[h.cfg.ID] = h
	return true
}

// remove forgets h, unless another task has its id by now.
func (t *tasks) remove(h *handle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[h.cfg.ID] == h {
		delete(t.by, h.cfg.ID)
	}
}

// start runs a task's role and returns when it was started; a task that runs
// already keeps running.
func (p *Plugin) start(cfg *drivers.TaskConfig, kind string, at time.Time) (time.Time, error) {
	if h, err := p.tasks.get(cfg.ID); err == nil && h.running() {
		return h.started, nil
	}
	s, err := p.configured()
	if err != nil {
		return time.Time{}, retry(err)
	}
	out, err := logOf(cfg)
	if err != nil {
		return time.Time{}, retry(err)
	}
	r, err := newRole(s.roles, kind, task{cfg: cfg, emit: p.events.emitter(cfg), out: out, log: p.log.With("alloc_id", cfg.AllocID, "task", cfg.Name)})
	if err != nil {
		p.close(out, cfg)
		return time.Time{}, err // as it is: Nomad looks at its type
	}
	return at, p.launch(cfg, r, out, at)
}

func (p *Plugin) close(out *taskLog, cfg *drivers.TaskConfig) {
	if err := out.Close(); err != nil {
		p.log.Warn("closing a task's log", "task_id", cfg.ID, "error", err)
	}
}

// launch starts the role's goroutine.
func (p *Plugin) launch(cfg *drivers.TaskConfig, r role, out *taskLog, at time.Time) error {
	ctx, cancel := context.WithCancel(p.life)
	h := &handle{
		cfg: cfg, started: at, role: r, out: out, log: p.log, life: p.life, cancel: cancel,
		ended: make(chan struct{}), done: make(chan struct{}),
	}
	if !p.tasks.put(h) {
		cancel()
		p.close(out, cfg)
		return retry(fmt.Errorf("task %s was started twice at the same instant", cfg.ID))
	}
	go h.run(ctx)
	return nil
}

func newRole(rs roles, kind string, t task) (role, error) {
	switch kind {
	case roleHold:
		return rs.hold(t)
	case roleMember:
		return rs.member(t)
	}
	return nil, final(fmt.Errorf("config has role %q, expected %q or %q", kind, roleHold, roleMember))
}
