package driver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/nomad/structs"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/drivers"
	"github.com/hashicorp/nomad/plugins/shared/hclspec"
)

// Plugin is the gang driver of one node. Its methods are Nomad's calls; they
// may come in parallel.
type Plugin struct {
	// life is the plugin's: every goroutine ends with it.
	life    context.Context
	version string
	log     hclog.Logger
	events  *events
	tasks   *tasks
	// services is made by SetConfig; nil before it.
	mu       sync.Mutex
	services *services
	// newServices is what SetConfig calls; tests put their own roles there.
	newServices func(Config) (*services, error)
}

var _ drivers.DriverPlugin = (*Plugin)(nil)

// New returns the driver. version is this build's, in the form 1.2.3. Nothing
// runs before Nomad has configured the plugin and asked for its fingerprint:
// the short-lived process in which Nomad only reads the plugin's name and
// schema does nothing else.
func New(life context.Context, log hclog.Logger, version string) *Plugin {
	log = log.Named("gang")
	p := &Plugin{life: life, version: version, log: log, events: newEvents(life, log), tasks: newTasks()}
	p.newServices = func(c Config) (*services, error) { return newServices(life, c, version, log) }
	return p
}

// PluginInfo implements base.BasePlugin.
func (p *Plugin) PluginInfo() (*base.PluginInfoResponse, error) { return pluginInfo(p.version), nil }

// ConfigSchema implements base.BasePlugin.
func (*Plugin) ConfigSchema() (*hclspec.Spec, error) { return configSpec(), nil }

// SetConfig implements base.BasePlugin. Nomad calls it once in a plugin's life.
func (p *Plugin) SetConfig(c *base.Config) error {
	var cfg Config
	if len(c.PluginConfig) > 0 {
		if err := base.MsgPackDecode(c.PluginConfig, &cfg); err != nil {
			return fmt.Errorf("reading the plugin's config: %w", err)
		}
	}
	s, err := p.newServices(cfg)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.services = s
	return nil
}

// configured returns what SetConfig made.
func (p *Plugin) configured() (*services, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.services == nil {
		return nil, errors.New("the plugin was not configured yet")
	}
	return p.services, nil
}

// TaskConfigSchema implements drivers.DriverPlugin.
func (*Plugin) TaskConfigSchema() (*hclspec.Spec, error) { return taskSpec(), nil }

// Capabilities implements drivers.DriverPlugin.
func (*Plugin) Capabilities() (*drivers.Capabilities, error) { return capabilities(), nil }

// Fingerprint implements drivers.DriverPlugin. Only the plugin's long-lived
// process is ever asked: so this is where the candidate admitter starts.
func (p *Plugin) Fingerprint(ctx context.Context) (<-chan *drivers.Fingerprint, error) {
	s, err := p.configured()
	if err != nil {
		return nil, err
	}
	s.startAdmitter()
	ch := make(chan *drivers.Fingerprint)
	go fingerprints(ctx, p.life, s.fingerprint, ch)
	return ch, nil
}

// StartTask implements drivers.DriverPlugin. It touches no network, and a task
// that already runs is answered with its handle.
func (p *Plugin) StartTask(cfg *drivers.TaskConfig) (*drivers.TaskHandle, *drivers.DriverNetwork, error) {
	var tc TaskConfig
	if err := cfg.DecodeDriverConfig(&tc); err != nil {
		return nil, nil, final(fmt.Errorf("reading the task's config: %w", err))
	}
	started, err := p.start(cfg, tc.Role, time.Now())
	if err != nil {
		return nil, nil, err
	}
	h, err := newTaskHandle(cfg, tc.Role, started)
	if err != nil {
		return nil, nil, errors.Join(err, p.DestroyTask(cfg.ID, true))
	}
	return h, nil, nil
}

// RecoverTask implements drivers.DriverPlugin: the role starts again and finds
// in the allocation's directory and in the gang's records where it was.
func (p *Plugin) RecoverTask(h *drivers.TaskHandle) error {
	state, err := readTaskHandle(h)
	if err != nil {
		return err
	}
	_, err = p.start(h.Config, state.Role, time.Unix(state.StartedUnix, 0))
	return err
}

// WaitTask implements drivers.DriverPlugin. It may be called often.
func (p *Plugin) WaitTask(ctx context.Context, id string) (<-chan *drivers.ExitResult, error) {
	h, err := p.tasks.get(id)
	if err != nil {
		return nil, err
	}
	return h.wait(ctx), nil
}

// StopTask implements drivers.DriverPlugin. The signal is meant for a process,
// and a role is none.
func (p *Plugin) StopTask(id string, timeout time.Duration, _ string) error {
	h, err := p.tasks.get(id)
	if err != nil {
		return err
	}
	return h.stop(timeout)
}

// DestroyTask implements drivers.DriverPlugin: the task is forgotten.
func (p *Plugin) DestroyTask(id string, force bool) error {
	h, err := p.tasks.get(id)
	if err != nil {
		return err
	}
	if h.running() {
		if !force {
			return fmt.Errorf("task %s still runs: stop it first, or destroy it by force", id)
		}
		if err := h.kill(); err != nil {
			return err
		}
	}
	p.tasks.remove(h)
	return nil
}

// InspectTask implements drivers.DriverPlugin.
func (p *Plugin) InspectTask(id string) (*drivers.TaskStatus, error) {
	h, err := p.tasks.get(id)
	if err != nil {
		return nil, err
	}
	return h.status(), nil
}

// TaskStats implements drivers.DriverPlugin: a role is no process and has no
// use of its own to report.
func (*Plugin) TaskStats(context.Context, string, time.Duration) (<-chan *drivers.TaskResourceUsage, error) {
	return nil, drivers.DriverStatsNotImplemented
}

// TaskEvents implements drivers.DriverPlugin.
func (p *Plugin) TaskEvents(ctx context.Context) (<-chan *drivers.TaskEvent, error) {
	return p.events.subscribe(ctx)
}

// SignalTask implements drivers.DriverPlugin.
func (p *Plugin) SignalTask(id, signal string) error {
	if _, err := p.tasks.get(id); err != nil {
		return err
	}
	return fmt.Errorf("this task is a part of the plugin and takes no %s: signal the member's own task, or stop the job to cancel the gang", signal)
}

// ExecTask implements drivers.DriverPlugin.
func (*Plugin) ExecTask(string, []string, time.Duration) (*drivers.ExecTaskResult, error) {
	return nil, errors.New("nothing can be executed in this task, it has no process: use the member's own task")
}

// final marks an error of StartTask that no retry can mend: Nomad then fails
// the task at once and shows the sentence. Nomad looks at the error's own type,
// so it must not be wrapped after this.
func final(err error) error { return structs.NewRecoverableError(err, false) }

// retry marks an error of StartTask that Nomad's restart policy may mend.
func retry(err error) error { return structs.NewRecoverableError(err, true) }
