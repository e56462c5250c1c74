package admit

import (
	"bytes"
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

	consulapi "github.com/hashicorp/consul/api"
	nomadapi "github.com/hashicorp/nomad/api"
	"golang.org/x/sys/unix"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// realProgram finds a program for the tests on real parts, which run only when
// asked for; then a missing one is a failure.
func realProgram(t *testing.T, variable, name string) string {
	t.Helper()
	if os.Getenv("OSMO_E2E") != "1" {
		t.Skip("set OSMO_E2E=1 to run it on a real " + name)
	}
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("set %s or put %s on PATH: %v", variable, name, err)
	}
	return path
}

// ports are free ones.
func ports(t *testing.T, n int) []any {
	t.Helper()
	out := make([]any, n)
	for i := range out {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out[i] = l.Addr().(*net.TCPAddr).Port
	}
	return out
}

// agent runs a program until the test ends and keeps what it prints.
type agent struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (a *agent) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.out.Write(p)
}

func (a *agent) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.out.String()
	return s[max(0, len(s)-3000):]
}

func runAgent(t *testing.T, bin string, args ...string) *agent {
	t.Helper()
	a := &agent{}
	cmd := exec.Command(bin, args...)
	cmd.Stdout, cmd.Stderr = a, a
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(15*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait() // an interrupted agent exits with 1
	})
	return a
}

// await polls until the check is content, and fails with what it last said.
func await(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	over := time.After(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("not within %s: %v", limit, err)
		}
	}
}

func realConsul(t *testing.T) *rendezvous.Consul {
	t.Helper()
	bin := realProgram(t, "CONSUL_BIN", "consul")
	p := ports(t, 5)
	a := runAgent(t, bin, "agent", "-dev", "-bind=127.0.0.1", "-node=admit", "-grpc-port=-1", "-grpc-tls-port=-1",
		fmt.Sprintf("-http-port=%d", p[0]), fmt.Sprintf("-server-port=%d", p[1]), fmt.Sprintf("-dns-port=%d", p[2]),
		fmt.Sprintf("-serf-lan-port=%d", p[3]), fmt.Sprintf("-serf-wan-port=%d", p[4]))
	client, err := consulapi.NewClient(&consulapi.Config{Address: fmt.Sprintf("127.0.0.1:%d", p[0])})
	if err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, func() error {
		if _, err := client.KV().Put(&consulapi.KVPair{Key: "up"}, nil); err != nil {
			return fmt.Errorf("%w; its log ends: %s", err, a)
		}
		return nil
	})
	return rendezvous.NewConsul(client)
}

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
  options = { "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean" }
}
plugin "raw_exec" {
  config { enabled = true }
}
`

func realNomad(t *testing.T) *nomadapi.Client {
	t.Helper()
	bin := realProgram(t, "NOMAD_BIN", "nomad")
	dir := t.TempDir()
	t.Cleanup(func() { unmount(t, dir) })
	p := ports(t, 3)
	file := filepath.Join(dir, "agent.hcl")
	if err := os.WriteFile(file, fmt.Appendf(nil, nomadConfig, append([]any{dir}, p...)...), 0o600); err != nil {
		t.Fatal(err)
	}
	a := runAgent(t, bin, "agent", "-dev", "-config="+file)
	client, err := nomadapi.NewClient(&nomadapi.Config{Address: fmt.Sprintf("http://127.0.0.1:%d", p[0])})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	await(t, 2*time.Minute, func() error {
		nodes, _, err := client.Nodes().List(nil)
		if err == nil && (len(nodes) == 0 || nodes[0].Status != "ready" || !nodes[0].Drivers["raw_exec"].Healthy) {
			err = fmt.Errorf("no node is ready; its log ends: %s", a)
		}
		return err
	})
	return client
}

// unmount undoes the mounts that a Nomad client leaves behind.
func unmount(t *testing.T, dir string) {
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
