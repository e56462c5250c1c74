package device

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/device"
	"github.com/hashicorp/nomad/plugins/shared/structs"
)

func configured(t *testing.T, cfg config) *Plugin {
	t.Helper()
	p := New(hclog.NewNullLogger())
	if err := setConfig(p, cfg); err != nil {
		t.Fatal(err)
	}
	return p
}

func setConfig(p base.BasePlugin, cfg config) error {
	var raw []byte
	if err := base.MsgPackEncode(&raw, &cfg); err != nil {
		return err
	}
	return p.SetConfig(&base.Config{PluginConfig: raw})
}

func fingerprint(t *testing.T, p device.DevicePlugin) []*device.DeviceGroup {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ch, err := p.Fingerprint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, ok := <-ch
	if !ok || first.Error != nil {
		t.Fatalf("fingerprint = %+v, open %v", first, ok)
	}
	cancel()
	for extra := range ch {
		if extra.Error == nil {
			t.Errorf("a second fingerprint: %+v", extra)
		}
	}
	return first.Devices
}

func TestFingerprint(t *testing.T) {
	groups := fingerprint(t, configured(t, config{Model: "NVIDIA A40", Count: 2, Host: "train", MemoryMiB: 46068}))
	if len(groups) != 1 {
		t.Fatalf("%d groups, want 1", len(groups))
	}
	g := groups[0]
	if err := g.Validate(); err != nil {
		t.Error(err)
	}
	if got := strings.Join([]string{g.Vendor, g.Type, g.Name}, "/"); got != "nvidia/gpu/NVIDIA A40" {
		t.Errorf("device is %s", got)
	}
	if mib, ok := g.Attributes["memory"].GetInt(); !ok || mib != 46068 || g.Attributes["memory"].Unit != "MiB" {
		t.Errorf("memory = %s", g.Attributes["memory"].GoString())
	}
	if len(g.Devices) != 2 || g.Devices[0].ID == g.Devices[1].ID {
		t.Fatalf("devices = %+v, want two with ids of their own", g.Devices)
	}
	form := regexp.MustCompile(`^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	for _, d := range g.Devices {
		if !d.Healthy || !form.MatchString(d.ID) {
			t.Errorf("device = %+v", d)
		}
	}
}

func TestIDsBelongToTheHost(t *testing.T) {
	train := config{Model: "NVIDIA A40", Count: 1, Host: "train"}
	sim := train
	sim.Host = "sim"
	a, again, b := configured(t, train).ids(), configured(t, train).ids(), configured(t, sim).ids()
	if diff := cmp.Diff(a, again); diff != "" {
		t.Errorf("ids changed over a restart:\n%s", diff)
	}
	if a[0] == b[0] {
		t.Errorf("two hosts have the GPU %s", a[0])
	}
}

func TestNoGPUs(t *testing.T) {
	if groups := fingerprint(t, configured(t, config{Model: "NVIDIA A40"})); len(groups) != 0 {
		t.Errorf("groups = %+v, want none", groups)
	}
}

func TestSetConfigErrors(t *testing.T) {
	tests := []struct {
		cfg  config
		want string
	}{
		{config{Count: 1}, `the config of nvidia-gpu-simulated needs a model, such as model = "NVIDIA A40"`},
		{config{Model: " ", Count: 1}, `the config of nvidia-gpu-simulated needs a model, such as model = "NVIDIA A40"`},
		{config{Model: "NVIDIA A40", Count: -1}, "count = -1 in the config of nvidia-gpu-simulated: want 0 to 64"},
		{config{Model: "NVIDIA A40", Count: 65}, "count = 65 in the config of nvidia-gpu-simulated: want 0 to 64"},
	}
	for _, tt := range tests {
		err := setConfig(New(hclog.NewNullLogger()), tt.cfg)
		if err == nil || err.Error() != tt.want {
			t.Errorf("SetConfig(%+v) = %v, want %s", tt.cfg, err, tt.want)
		}
	}
}

func TestReserve(t *testing.T) {
	p := configured(t, config{Model: "NVIDIA A40", Count: 2, Host: "train"})
	ids := p.ids()
	r, err := p.Reserve(ids)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"NVIDIA_VISIBLE_DEVICES": ids[0] + "," + ids[1]}
	if diff := cmp.Diff(want, r.Envs); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if len(r.Mounts)+len(r.Devices) > 0 {
		t.Errorf("a simulated GPU asks for %+v %+v", r.Mounts, r.Devices)
	}
	if _, err := p.Reserve([]string{"GPU-other"}); err == nil || !strings.Contains(err.Error(), "reserving GPU GPU-other: this host has "+ids[0]) {
		t.Errorf("reserving another host's GPU: %v", err)
	}
}

func TestStatsKeepTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := configured(t, config{Model: "NVIDIA A40", Count: 1, MemoryMiB: 46068})
		ctx, cancel := context.WithCancel(t.Context())
		ch, err := p.Stats(ctx, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for i := range 3 {
			s := <-ch
			if at := s.Groups[0].InstanceStats[p.ids()[0]].Timestamp.Sub(start); at != time.Duration(i)*10*time.Second {
				t.Errorf("stats %d came after %s", i, at)
			}
		}
		cancel()
		if s, open := <-ch; open {
			t.Errorf("stats after the end: %+v", s)
		}
	})
}

// Over gRPC, as Nomad talks to it: what the plugin says must survive the wire.
func TestOverGRPC(t *testing.T) {
	impl := New(hclog.NewNullLogger())
	client, server := plugin.TestPluginGRPCConn(t, false, map[string]plugin.Plugin{
		base.PluginTypeBase:   &base.PluginBase{Impl: impl},
		base.PluginTypeDevice: &device.PluginDevice{Impl: impl},
	})
	defer server.Stop()
	defer func() { _ = client.Close() }()
	raw, err := client.Dispense(base.PluginTypeDevice)
	if err != nil {
		t.Fatal(err)
	}
	p := raw.(device.DevicePlugin)
	info, err := p.PluginInfo()
	if err != nil || info.Name != Name || info.Type != base.PluginTypeDevice {
		t.Errorf("info = %+v, %v", info, err)
	}
	if err := setConfig(p, config{Model: "NVIDIA A40", Count: 1, Host: "train", MemoryMiB: 46068}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(impl.groups(), fingerprint(t, p), cmp.Comparer(sameAttribute)); diff != "" {
		t.Errorf("fingerprint over gRPC (-sent +received):\n%s", diff)
	}
	r, err := p.Reserve(impl.ids())
	if err != nil || r.Envs["NVIDIA_VISIBLE_DEVICES"] != impl.ids()[0] {
		t.Errorf("reservation = %+v, %v", r, err)
	}
}

func sameAttribute(a, b *structs.Attribute) bool { return a.GoString() == b.GoString() }
