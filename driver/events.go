package driver

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/drivers/shared/eventer"
	"github.com/hashicorp/nomad/plugins/drivers"
)

// maxEvents is how many events may wait for Nomad; it keeps ten per task itself.
const maxEvents = 256

// events carries the roles' lines to Nomad, without making a role wait for it.
type events struct {
	eventer *eventer.Eventer
	queue   chan *drivers.TaskEvent
	log     hclog.Logger
}

func newEvents(life context.Context, log hclog.Logger) *events {
	e := &events{eventer: eventer.NewEventer(life, log), queue: make(chan *drivers.TaskEvent, maxEvents), log: log}
	go e.forward(life)
	return e
}

// forward ends with the plugin's life.
func (e *events) forward(life context.Context) {
	for {
		select {
		case ev := <-e.queue:
			if err := e.eventer.EmitEvent(ev); err != nil {
				return // the eventer ended, and with it the plugin
			}
		case <-life.Done():
			return
		}
	}
}

// emitter returns a task's emit function.
func (e *events) emitter(cfg *drivers.TaskConfig) func(string) {
	return func(message string) {
		ev := &drivers.TaskEvent{TaskID: cfg.ID, TaskName: cfg.Name, AllocID: cfg.AllocID, Timestamp: time.Now(), Message: message}
		select {
		case e.queue <- ev:
		default: // the line stands in the task's log
			e.log.Warn("dropped an event, Nomad takes none", "task_id", cfg.ID, "event", message)
		}
	}
}

func (e *events) subscribe(ctx context.Context) (<-chan *drivers.TaskEvent, error) {
	return e.eventer.TaskEvents(ctx)
}
