// Package device makes a Nomad client believe that it has NVIDIA GPUs. It is the device plugin of the clusters that run
// on one machine: the scheduler counts its GPUs as it counts real ones, and a task gets the environment that NVIDIA's
// own plugin would give it, but there is no hardware behind it. A real cluster uses nomad-device-nvidia instead.
package device

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/device"
	"github.com/hashicorp/nomad/plugins/shared/hclspec"
	"github.com/hashicorp/nomad/plugins/shared/structs"
)

const (
	// Name is the plugin's name in Nomad's logs and API.
	Name = "nvidia-gpu-simulated"
	// Vendor is the vendor part of a job's device name "nvidia/gpu", as NVIDIA's plugin has it.
	Vendor = "nvidia"

	version = "v0.1.0"
	// maxCount is more GPUs than any machine has; a larger number is a typing error.
	maxCount = 64
	// minStatsInterval keeps a mistaken interval from making the stream busy.
	minStatsInterval = time.Second
)

// config is the plugin's block in the agent's configuration.
type config struct {
	// Model is the device name that jobs see, spelled as NVIDIA's driver does: "NVIDIA A40".
	Model string `codec:"model"`
	// Count is how many GPUs the host has.
	Count int `codec:"count"`
	// Host makes the instance ids differ between hosts and stay the same on one.
	Host string `codec:"host"`
	// MemoryMiB is one GPU's memory; 0 means that the attribute is left out.
	MemoryMiB int64 `codec:"memory_mib"`
}

// Plugin is the simulated device plugin. Nomad configures it once, then asks for its streams.
type Plugin struct {
	logger hclog.Logger

	mu  sync.Mutex
	cfg config
}

var _ device.DevicePlugin = (*Plugin)(nil)

// New returns a plugin without devices; Nomad configures it before it asks for any.
func New(logger hclog.Logger) *Plugin {
	return &Plugin{logger: logger.Named(Name)}
}

// PluginInfo implements base.BasePlugin.
func (*Plugin) PluginInfo() (*base.PluginInfoResponse, error) {
	return &base.PluginInfoResponse{
		Type:              base.PluginTypeDevice,
		PluginApiVersions: []string{device.ApiVersion010},
		PluginVersion:     version,
		Name:              Name,
	}, nil
}

// ConfigSchema implements base.BasePlugin.
func (*Plugin) ConfigSchema() (*hclspec.Spec, error) {
	return hclspec.NewObject(map[string]*hclspec.Spec{
		"model":      hclspec.NewAttr("model", "string", true),
		"count":      hclspec.NewDefault(hclspec.NewAttr("count", "number", false), hclspec.NewLiteral("1")),
		"host":       hclspec.NewAttr("host", "string", false),
		"memory_mib": hclspec.NewAttr("memory_mib", "number", false),
	}), nil
}

// SetConfig implements base.BasePlugin.
func (p *Plugin) SetConfig(c *base.Config) error {
	var cfg config
	if len(c.PluginConfig) > 0 {
		if err := base.MsgPackDecode(c.PluginConfig, &cfg); err != nil {
			return fmt.Errorf("reading the plugin's config: %w", err)
		}
	}
	if strings.TrimSpace(cfg.Model) == "" {
		return fmt.Errorf(`the config of %s needs a model, such as model = "NVIDIA A40"`, Name)
	}
	if cfg.Count < 0 || cfg.Count > maxCount {
		return fmt.Errorf("count = %d in the config of %s: want 0 to %d", cfg.Count, Name, maxCount)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg = cfg
	return nil
}

// Fingerprint implements device.DevicePlugin. Simulated devices never change: it says them once and keeps the stream
// open until ctx ends.
func (p *Plugin) Fingerprint(ctx context.Context) (<-chan *device.FingerprintResponse, error) {
	first := device.NewFingerprint(p.groups()...)
	out := make(chan *device.FingerprintResponse, 1)
	out <- first
	go func() {
		defer close(out)
		<-ctx.Done()
	}()
	return out, nil
}

// Reserve implements device.DevicePlugin: the task is told its GPUs as NVIDIA's container runtime expects them.
func (p *Plugin) Reserve(deviceIDs []string) (*device.ContainerReservation, error) {
	known := p.ids()
	for _, id := range deviceIDs {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("reserving GPU %s: this host has %s", id, strings.Join(known, ", "))
		}
	}
	return &device.ContainerReservation{
		Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(deviceIDs, ",")},
	}, nil
}

// Stats implements device.DevicePlugin: an idle GPU, at the interval that Nomad asks for, until ctx ends.
func (p *Plugin) Stats(ctx context.Context, interval time.Duration) (<-chan *device.StatsResponse, error) {
	out := make(chan *device.StatsResponse)
	go func() {
		defer close(out)
		tick := time.NewTicker(max(interval, minStatsInterval))
		defer tick.Stop()
		for {
			select {
			case out <- p.stats(time.Now()):
			case <-ctx.Done():
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (p *Plugin) config() config {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cfg
}

func (p *Plugin) groups() []*device.DeviceGroup {
	cfg := p.config()
	if cfg.Count == 0 {
		return nil
	}
	g := &device.DeviceGroup{Vendor: Vendor, Type: device.DeviceTypeGPU, Name: cfg.Model}
	for _, id := range p.ids() {
		g.Devices = append(g.Devices, &device.Device{ID: id, Healthy: true})
	}
	if cfg.MemoryMiB > 0 {
		g.Attributes = map[string]*structs.Attribute{"memory": structs.NewIntAttribute(cfg.MemoryMiB, "MiB")}
	}
	return []*device.DeviceGroup{g}
}

// ids returns the instances' ids, in NVIDIA's form, the same after every restart.
func (p *Plugin) ids() []string {
	cfg := p.config()
	ids := make([]string, cfg.Count)
	for i := range ids {
		h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", cfg.Host, cfg.Model, i))
		ids[i] = fmt.Sprintf("GPU-%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
	}
	return ids
}

func (p *Plugin) stats(now time.Time) *device.StatsResponse {
	cfg := p.config()
	if cfg.Count == 0 {
		return &device.StatsResponse{}
	}
	g := &device.DeviceGroupStats{
		Vendor: Vendor, Type: device.DeviceTypeGPU, Name: cfg.Model,
		InstanceStats: make(map[string]*device.DeviceStats, cfg.Count),
	}
	for _, id := range p.ids() {
		used, total := int64(0), cfg.MemoryMiB
		memory := &structs.StatValue{IntNumeratorVal: &used, IntDenominatorVal: &total, Unit: "MiB", Desc: "memory in use of a simulated GPU"}
		g.InstanceStats[id] = &device.DeviceStats{
			Summary:   memory,
			Stats:     &structs.StatObject{Attributes: map[string]*structs.StatValue{"Memory state": memory}},
			Timestamp: now,
		}
	}
	return &device.StatsResponse{Groups: []*device.DeviceGroupStats{g}}
}
