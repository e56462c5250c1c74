package driver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/nomad/nomad/structs"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/drivers"
	"github.com/hashicorp/nomad/plugins/drivers/proto"
	"go.uber.org/goleak"
)

// soon bounds every wait of these tests.
const soon = 20 * time.Second

// fakeRoles makes roles that end when the test says so.
type fakeRoles struct {
	refuse error
	made   chan *fakeRole
}

func (f *fakeRoles) hold(t task) (role, error)   { return f.make(t) }
func (f *fakeRoles) member(t task) (role, error) { return f.make(t) }

func (f *fakeRoles) make(t task) (role, error) {
	if f.refuse != nil {
		return nil, f.refuse
	}
	r := &fakeRole{task: t, exit: make(chan int, 1), done: make(chan struct{})}
	f.made <- r
	return r, nil
}

type fakeRole struct {
	task
	exit chan int
	done chan struct{}
	// deaf ignores Stop; stopped counts it.
	deaf    atomic.Bool
	stopped atomic.Int32
}

func (r *fakeRole) Run(ctx context.Context) Result {
	defer close(r.done)
	select {
	case code := <-r.exit:
		return Result{code}
	case <-ctx.Done():
		return Result{99}
	}
}

func (r *fakeRole) Stop(ctx context.Context) {
	r.stopped.Add(1)
	if !r.deaf.Load() {
		r.exit <- 0
	}
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// harness is the driver behind Nomad's own gRPC client.
type harness struct {
	drivers.DriverPlugin
	t     *testing.T
	roles *fakeRoles
	end   context.CancelFunc
	dir   string
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	others := goleak.IgnoreCurrent()
	// Nomad's own side of a subscription ends only when its eventer looks again.
	subscription := goleak.IgnoreAnyFunction("github.com/hashicorp/nomad/plugins/drivers.(*driverPluginServer).TaskEvents")
	t.Cleanup(func() { goleak.VerifyNone(t, others, subscription) })
	life, end := context.WithCancel(context.Background())
	p := New(life, hclog.NewNullLogger(), "1.2.3")
	h := &harness{t: t, roles: &fakeRoles{made: make(chan *fakeRole, 8)}, end: end, dir: t.TempDir()}
	p.newServices = func(c Config) (*services, error) {
		return &services{roles: h.roles, fingerprint: func() *drivers.Fingerprint {
			return newFingerprint(map[string]string{"osmo.platform": c.Platform}, "1.2.3", nil)
		}}, nil
	}
	client, _ := goplugin.TestPluginGRPCConn(t, true, map[string]goplugin.Plugin{
		base.PluginTypeDriver: drivers.NewDriverPlugin(p, hclog.NewNullLogger()), base.PluginTypeBase: &base.PluginBase{Impl: p},
	})
	t.Cleanup(func() { _ = client.Close(); end() }) // closing asks the server to stop
	raw, err := client.Dispense(base.PluginTypeDriver)
	if err != nil {
		t.Fatal(err)
	}
	h.DriverPlugin = raw.(drivers.DriverPlugin)
	h.configure(Config{Platform: "bench"})
	return h
}

func (h *harness) configure(c Config) {
	h.t.Helper()
	var encoded []byte
	if err := base.MsgPackEncode(&encoded, &c); err != nil {
		h.t.Fatal(err)
	}
	if err := h.SetConfig(&base.Config{PluginConfig: encoded}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) task(id, role string) *drivers.TaskConfig {
	h.t.Helper()
	cfg := &drivers.TaskConfig{ID: id, Name: "hold", AllocID: "a-" + id, JobID: "j", Namespace: "default", AllocDir: filepath.Join(h.dir, id)}
	if err := os.MkdirAll(cfg.TaskDir().LogDir, 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := cfg.EncodeConcreteDriverConfig(&TaskConfig{Role: role}); err != nil {
		h.t.Fatal(err)
	}
	return cfg
}

func (h *harness) start(id string) (*fakeRole, *drivers.TaskHandle) {
	h.t.Helper()
	handle, _, err := h.StartTask(h.task(id, roleHold))
	if err != nil {
		h.t.Fatal(err)
	}
	return <-h.roles.made, handle
}

func (h *harness) await(id string) *drivers.ExitResult {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), soon)
	defer cancel()
	ch, err := h.WaitTask(ctx, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return <-ch
}

func TestTaskRunsAndEnds(t *testing.T) {
	h := newHarness(t)
	r, _ := h.start("t1")
	status, err := h.InspectTask("t1")
	if err != nil || status.State != drivers.TaskStateRunning {
		t.Fatalf("status %+v, %v", status, err)
	}
	r.exit <- 3
	for range 2 { // every waiter is told
		if res := h.await("t1"); res.ExitCode != 3 || res.Err != nil {
			t.Errorf("result %+v", res)
		}
	}
	status, err = h.InspectTask("t1")
	if err != nil || status.State != drivers.TaskStateExited || status.ExitResult.ExitCode != 3 || status.CompletedAt.IsZero() {
		t.Errorf("status %+v, %v", status, err)
	}
	if err := h.DestroyTask("t1", false); err != nil {
		t.Error(err)
	}
	if _, err := h.InspectTask("t1"); err == nil || !strings.Contains(err.Error(), drivers.ErrTaskNotFound.Error()) {
		t.Errorf("a destroyed task is still known: %v", err)
	}
}

func TestStartIsIdempotent(t *testing.T) {
	h := newHarness(t)
	h.start("t1")
	if _, _, err := h.StartTask(h.task("t1", roleHold)); err != nil {
		t.Fatal(err)
	}
	if n := len(h.roles.made); n != 0 {
		t.Error("a second role runs")
	}
	if err := h.DestroyTask("t1", false); err == nil {
		t.Error("a running task was destroyed without force")
	}
	if err := h.DestroyTask("t1", true); err != nil {
		t.Error(err)
	}
}

func TestStop(t *testing.T) {
	h := newHarness(t)
	r, _ := h.start("t1")
	if err := h.StopTask("t1", soon, "SIGINT"); err != nil {
		t.Fatal(err)
	}
	if res := h.await("t1"); res.ExitCode != 0 || r.stopped.Load() != 1 {
		t.Errorf("result %+v after %d stops", res, r.stopped.Load())
	}
}

// TestStopOfADeafRole: the kill timeout is kept whatever the role does.
func TestStopOfADeafRole(t *testing.T) {
	h := newHarness(t)
	r, _ := h.start("t1")
	r.deaf.Store(true)
	begun := time.Now()
	if err := h.StopTask("t1", 50*time.Millisecond, "SIGINT"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > minStop+killWait {
		t.Errorf("the stop took %s", took)
	}
	if res := h.await("t1"); res.ExitCode != 99 {
		t.Errorf("result %+v", res)
	}
}

// TestRecover: a new plugin process gets the handle that the old one gave.
func TestRecover(t *testing.T) {
	h := newHarness(t)
	_, handle := h.start("t1")
	started, err := h.InspectTask("t1")
	if err != nil {
		t.Fatal(err)
	}
	next := newHarness(t)
	if err := next.RecoverTask(handle); err != nil {
		t.Fatal(err)
	}
	r := <-next.roles.made
	if r.cfg.ID != "t1" || r.cfg.JobID != "j" || r.cfg.AllocID != "a-t1" {
		t.Errorf("recovered with %+v", r.cfg)
	}
	status, err := next.InspectTask("t1")
	if err != nil || !status.StartedAt.Equal(started.StartedAt.Truncate(time.Second)) {
		t.Errorf("started at %s, recovered as %s, %v", started.StartedAt, status.StartedAt, err)
	}
	if err := next.RecoverTask(handle); err != nil || len(next.roles.made) != 0 {
		t.Errorf("recovered twice: %v", err)
	}
}

func TestRecoverRefusesAnotherVersion(t *testing.T) {
	h := newHarness(t)
	handle := drivers.NewTaskHandle(stateVersion)
	handle.Config = h.task("t1", roleHold)
	if err := handle.SetDriverState(&taskState{Version: 9, Role: roleHold}); err != nil {
		t.Fatal(err)
	}
	if err := h.RecoverTask(handle); err == nil || !strings.Contains(err.Error(), "version 9, this plugin reads 1") {
		t.Errorf("got %v", err)
	}
}

// TestPluginEndIsNoTaskEnd: Nomad recovers a task whose plugin went away; one
// that has exited it would restart.
func TestPluginEndIsNoTaskEnd(t *testing.T) {
	h := newHarness(t)
	r, _ := h.start("t1")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	ch, err := h.WaitTask(ctx, "t1")
	if err != nil {
		t.Fatal(err)
	}
	h.end()
	<-r.done
	if res := <-ch; res.Err == nil { // the caller's own time was over
		t.Errorf("Nomad was told that the task ended: %+v", res)
	}
}

func TestErrorsOfStartTask(t *testing.T) {
	tests := []struct {
		name, role  string
		refuse      error
		want        string
		recoverable bool
	}{
		{"an outcome", roleHold, final(errors.New("FAILED: sim on train exited with code 3")), "FAILED: sim on train exited with code 3", false},
		{"a full disk", roleMember, retry(errors.New("no space left on device")), "no space left on device", true},
		{"a wrong role", "holder", nil, `config has role "holder", expected "hold" or "member"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.roles.refuse = tt.refuse
			_, _, err := h.StartTask(h.task("t1", tt.role))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if structs.IsRecoverable(err) != tt.recoverable {
				t.Errorf("recoverable is %t", !tt.recoverable)
			}
		})
	}
}

func TestLogsAndEvents(t *testing.T) {
	h := newHarness(t)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	events, err := h.TaskEvents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, handle := h.start("t1")
	for _, name := range []string{"hold.stdout.0", "hold.stderr.0"} { // `alloc logs -f` waits for both
		if _, err := os.Stat(filepath.Join(handle.Config.TaskDir().LogDir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.out.Write([]byte("SCHEDULING: waiting\n")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(handle.Config.TaskDir().LogDir, "hold.stdout.0"))
	if err != nil || !strings.HasSuffix(string(text), "Z SCHEDULING: waiting\n") {
		t.Errorf("log %q, %v", text, err)
	}
	// The subscription reaches the plugin a moment after the call: emit until it is heard.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case ev := <-events:
			if ev.TaskID != "t1" || ev.AllocID != "a-t1" || ev.TaskName != "hold" || ev.Message != "waiting" {
				t.Errorf("event %+v", ev)
			}
			return
		case <-tick.C:
			r.emit("waiting")
		case <-ctx.Done():
			t.Fatal("no event came")
		}
	}
}

func TestLogIsBounded(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	line := []byte(strings.Repeat("x", 64<<10) + "\n")
	for range 2 { // also where an earlier process filled it
		log, err := openLog(root, "hold")
		if err != nil {
			t.Fatal(err)
		}
		for range 64 {
			if n, err := log.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := root.Stat("hold.stdout.0")
	if err != nil || info.Size() > maxLogBytes+2*int64(len(line)) {
		t.Errorf("the log has %d bytes, %v", info.Size(), err)
	}
}

func TestFingerprint(t *testing.T) {
	h := newHarness(t)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	ch, err := h.Fingerprint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f := <-ch
	got := map[string]string{}
	for k, v := range f.Attributes {
		got[k] = v.GoString()
	}
	want := map[string]string{"driver.gang.version": "1.2.3", "driver.gang.protocol": "1", "osmo.platform": "bench"}
	if d := cmp.Diff(want, got); d != "" || f.Health != drivers.HealthStateHealthy {
		t.Errorf("health %s, attributes (-want +got):\n%s", f.Health, d)
	}
	broken := newFingerprint(nil, "1.2.3", errors.New("no gate: `make gates`"))
	if broken.Health != drivers.HealthStateUnhealthy || broken.HealthDescription != "no gate: `make gates`" {
		t.Errorf("a build without gates is %s, %q", broken.Health, broken.HealthDescription)
	}
}

// TestCapabilitiesSayNoLogCollection: Nomad's plugin server leaves it out.
func TestCapabilitiesSayNoLogCollection(t *testing.T) {
	next := func(context.Context, any) (any, error) {
		return &proto.CapabilitiesResponse{Capabilities: &proto.DriverCapabilities{SendSignals: true}}, nil
	}
	resp, err := withoutLogCollection(t.Context(), nil, nil, next)
	c := resp.(*proto.CapabilitiesResponse).GetCapabilities()
	if err != nil || !c.GetDisableLogCollection() || !c.GetSendSignals() {
		t.Errorf("capabilities %+v, %v", c, err)
	}
}

func TestUnknownTask(t *testing.T) {
	h := newHarness(t)
	want := drivers.ErrTaskNotFound.Error() // its identity is lost on the way
	if err := h.StopTask("nobody", time.Second, ""); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("stop: %v", err)
	}
	if err := h.DestroyTask("nobody", true); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("destroy: %v", err)
	}
	if err := h.SignalTask("nobody", "SIGHUP"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("signal: %v", err)
	}
}
