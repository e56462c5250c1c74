//go:build unix

// Package agents gives one test a throw-away Consul or Nomad: the real program
// on loopback ports of its own, ended and cleaned up with the test.
//
// The programs are those of CONSUL_BIN and NOMAD_BIN, or on PATH. A test that
// asks for one is skipped unless OSMO_E2E is set, as `make test` does; then a
// missing program is a failure.
package agents

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"
	"golang.org/x/sys/unix"
)

// Limits of the agents' lives.
const (
	upLimit  = 2 * time.Minute
	endLimit = 20 * time.Second
	look     = 50 * time.Millisecond
)

// Program returns the path of "consul" or "nomad".
func Program(t *testing.T, name string) string {
	t.Helper()
	if os.Getenv("OSMO_E2E") == "" {
		t.Skipf("needs a real %s: set OSMO_E2E=1, as `make test` does", name)
	}
	variable := strings.ToUpper(name) + "_BIN"
	if path := os.Getenv(variable); path != "" {
		name = path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("finding %s (set %s): %v", name, variable, err)
	}
	return path
}

// Consul starts a Consul and returns its client and its name server, host:port.
func Consul(t *testing.T) (client *consul.Client, dns string) {
	t.Helper()
	bin, p := Program(t, "consul"), ports(t, 5)
	log := start(t, bin, "agent", "-dev", "-bind=127.0.0.1", "-node=test", "-grpc-port=-1", "-grpc-tls-port=-1",
		flag("http", p[0]), flag("server", p[1]), flag("dns", p[2]), flag("serf-lan", p[3]), flag("serf-wan", p[4]))
	client, err := consul.NewClient(&consul.Config{Address: loopback(p[0])})
	if err != nil {
		t.Fatal(err)
	}
	Await(t, upLimit, "Consul with a leader", func() error {
		_, err := client.KV().Put(&consul.KVPair{Key: "up"}, nil)
		return log.explain(err)
	})
	return client, loopback(p[2])
}

func flag(port string, number int) string { return fmt.Sprintf("-%s-port=%d", port, number) }

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// nomadConfig is a dev agent that looks for nothing outside this machine.
const nomadConfig = `
data_dir  = %q
bind_addr = "127.0.0.1"
ports {
  http = %d
  rpc  = %d
  serf = %d
}
consul {
  address          = "127.0.0.1:1"
  server_auto_join = false
  client_auto_join = false
  auto_advertise   = false
}
client {
  options = {
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean"
    "driver.allowlist"     = "raw_exec"
  }
}
plugin "raw_exec" {
  config { enabled = true }
}
`

// Nomad starts a Nomad, server and client in one, that runs raw_exec tasks.
func Nomad(t *testing.T) *nomad.Client {
	t.Helper()
	bin, dir, p := Program(t, "nomad"), t.TempDir(), ports(t, 3)
	t.Cleanup(func() { unmountBelow(t, dir) }) // after the agent has ended
	config := filepath.Join(dir, "agent.hcl")
	text := fmt.Appendf(nil, nomadConfig, filepath.Join(dir, "data"), p[0], p[1], p[2])
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	log := start(t, bin, "agent", "-dev", "-config="+config)
	client, err := nomad.NewClient(&nomad.Config{Address: "http://" + loopback(p[0])})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	Await(t, upLimit, "Nomad with a ready node", func() error {
		nodes, _, err := client.Nodes().List(nil)
		if err == nil && (len(nodes) == 0 || nodes[0].Status != nomad.NodeStatusReady || !nodes[0].Drivers["raw_exec"].Healthy) {
			err = fmt.Errorf("nodes %+v", nodes)
		}
		return log.explain(err)
	})
	return client
}

// Await looks until there is no error, and fails the test with the last one.
func Await(t *testing.T, limit time.Duration, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(look)
	defer tick.Stop()
	over := time.After(limit)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("no %s within %s, last: %v", what, limit, err)
		}
	}
}

// ports finds ports that nobody listens on.
func ports(t *testing.T, n int) []int {
	t.Helper()
	out := make([]int, n)
	for i := range out {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all are held until all are known
		addr, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			t.Fatalf("listening on %v", l.Addr())
		}
		out[i] = addr.Port
	}
	return out
}

// output is what an agent has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// shown is how much of an agent's log a failure shows, in bytes.
const shown = 4000

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.text.String()
	return s[max(0, len(s)-shown):]
}

// explain adds the end of the log to an error.
func (o *output) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; its log ends: %s", err, o.tail())
}

// start runs an agent until the test ends.
func start(t *testing.T, bin string, args ...string) *output {
	t.Helper()
	log := &output{}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), bin, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Logf("ending %s: %v", bin, err)
		}
		late := time.AfterFunc(endLimit, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait() // an interrupted agent exits with 1
		if t.Failed() {
			t.Logf("the log of %s ends:\n%s", bin, log.tail())
		}
	})
	return log
}

// unmountBelow undoes the mounts that a Nomad client leaves behind.
func unmountBelow(t *testing.T, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if at := strings.Fields(line)[1]; strings.HasPrefix(at, dir+"/") {
			if err := unix.Unmount(at, 0); err != nil {
				t.Errorf("unmounting %s: %v", at, err)
			}
		}
	}
}
