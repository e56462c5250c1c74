package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// cluster is the real cluster that all scenarios of one test run share: three
// hosts of the robot simulation and a fourth that can only hold.
type cluster struct {
	name    string
	bin     string // directory of the built binaries
	env     []string
	nomad   *nomad.Client
	store   rendezvous.Store
	root    string // the project's root
	address string
	hosts   map[string]host
}

// host is what `dev status --json` says of one.
type host struct {
	Name      string `json:"name"`
	Platform  string `json:"platform"`
	Namespace string `json:"namespace"`
	Address   string `json:"address"`
	// DockerHost is the URL of the host's own Docker daemon, if it has one.
	DockerHost string `json:"docker_host"`
}

// devStatus is the output of `dev status --json`.
type devStatus struct {
	NomadAddr  string `json:"nomad_addr"`
	ConsulAddr string `json:"consul_addr"`
	Site       string `json:"site"`
	Hosts      []host `json:"hosts"`
}

// upArgs describe the cluster of the scenarios.
var upArgs = []string{
	"dev", "up",
	"--host", "train=ovx-a40:gpu=1", "--host", "sim=ovx-a40:gpu=1", "--host", "edge=agx-orin-jp6",
}

// startCluster brings a cluster up with the built CLI and connects to it. The
// name keeps it apart from a developer's own.
func startCluster(ctx context.Context, name string, extra ...string) (*cluster, error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	c := &cluster{name: name, root: root, bin: filepath.Join(root, "bin"), hosts: map[string]host{}}
	up := exec.CommandContext(ctx, c.cli(), slices.Concat(upArgs, []string{"--name", name}, extra)...)
	up.Stdout, up.Stderr = os.Stderr, os.Stderr
	if err := up.Run(); err != nil {
		return nil, fmt.Errorf("bringing the cluster up: %w", err)
	}
	out, err := exec.CommandContext(ctx, c.cli(), "dev", "status", "--name", c.name, "--json").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the cluster's addresses: %w", err)
	}
	var s devStatus
	if err := json.Unmarshal(out, &s); err != nil {
		return nil, fmt.Errorf("reading %q: %w", out, err)
	}
	for _, h := range s.Hosts {
		c.hosts[h.Name] = h
	}
	c.address = s.NomadAddr
	c.env = append(os.Environ(), "NOMAD_ADDR="+s.NomadAddr, "CONSUL_HTTP_ADDR="+s.ConsulAddr, "OSMO_NOMAD_SITE="+s.Site)
	return c, c.connect(s)
}

func (c *cluster) connect(s devStatus) error {
	n, err := nomad.NewClient(&nomad.Config{Address: s.NomadAddr})
	if err != nil {
		return err
	}
	k, err := consul.NewClient(&consul.Config{Address: s.ConsulAddr})
	if err != nil {
		return err
	}
	c.nomad, c.store = n, rendezvous.NewConsul(k)
	return nil
}

func (c *cluster) cli() string { return filepath.Join(c.bin, "osmo-nomad") }

// stop takes the cluster down.
func (c *cluster) stop(ctx context.Context) error {
	down := exec.CommandContext(ctx, c.cli(), "dev", "down", "--name", c.name)
	down.Stdout, down.Stderr = os.Stderr, os.Stderr
	return down.Run()
}

// result is how a run of the CLI ended.
type result struct {
	code           int
	stdout, stderr string
}

// run runs the CLI to its end.
func (c *cluster) run(t *testing.T, args ...string) result {
	t.Helper()
	return c.command(t, c.cli(), nil, args...)
}

// nomadCLI runs Nomad's own CLI, which is the user's tool too.
func (c *cluster) nomadCLI(t *testing.T, stdin []byte, args ...string) result {
	t.Helper()
	return c.command(t, nomadBinary(t), stdin, args...)
}

func (c *cluster) command(t *testing.T, program string, stdin []byte, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = bytes.NewReader(stdin), &out, &errs, c.env
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
	return result{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String()}
}

// nomadBinary is the nomad that runs the cluster: on PATH, or where `dev up`
// keeps the one it built.
func nomadBinary(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("nomad"); err == nil {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "osmo-nomad", "tools", "nomad-*", "nomad"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no nomad on PATH or below %s (%v)", cache, err)
	}
	return found[0]
}

// plugins returns the ids of the plugin processes on a host: those inside the
// host's network namespace, which this test run made.
func (c *cluster) plugins(t *testing.T, hostName string) []int {
	t.Helper()
	return c.processes(t, hostName, func(args []string) bool {
		return filepath.Base(args[0]) == "nomad-driver-gang" && len(args) == 1
	})
}

// processes returns the ids of a host's processes whose arguments are wanted.
func (c *cluster) processes(t *testing.T, hostName string, wanted func(args []string) bool) []int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", "netns", "pids", c.hosts[hostName].Namespace).Output()
	if err != nil {
		t.Fatalf("listing the processes of host %s: %v", hostName, err)
	}
	var found []int
	for field := range strings.FieldsSeq(string(out)) {
		cmdline, err := os.ReadFile("/proc/" + field + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
		if wanted(args) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, pid)
		}
	}
	return found
}

// catchGate stops the gate of the next member that comes to life on a host,
// as early as a process can be seen: its member is placed, its name is known,
// and it does not arrive. The returned function lets it go on.
func (c *cluster) catchGate(t *testing.T, hostName string) (resume func()) {
	t.Helper()
	var caught []int
	awaitEvery(t, time.Millisecond, soon, "gate on "+hostName, func() error {
		if caught = c.gates(t, hostName); len(caught) == 0 {
			return errors.New("none yet")
		}
		return nil
	})
	signal := func(s syscall.Signal) {
		for _, pid := range caught {
			if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Errorf("sending %v to gate %d on %s: %v", s, pid, hostName, err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	resume = sync.OnceFunc(func() { signal(syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}

// gates returns the gates in a host's network namespace. It reads /proc itself:
// starting a program takes longer than a gate takes to be ready.
func (c *cluster) gates(t *testing.T, hostName string) []int {
	t.Helper()
	var home, own syscall.Stat_t
	if err := syscall.Stat("/run/netns/"+c.hosts[hostName].Namespace, &home); err != nil {
		t.Fatalf("the namespace of host %s: %v", hostName, err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		comm, err := os.ReadFile("/proc/" + e.Name() + "/comm")
		if err != nil || strings.TrimSpace(string(comm)) != "osmo-gate" {
			continue
		}
		if err := syscall.Stat("/proc/"+e.Name()+"/ns/net", &own); err == nil && own.Ino == home.Ino {
			found = append(found, pid)
		}
	}
	return found
}

// killPlugin ends the plugin process of a host with SIGKILL and returns when
// Nomad has started another one.
func (c *cluster) killPlugin(t *testing.T, hostName string) {
	t.Helper()
	old := c.plugins(t, hostName)
	if len(old) == 0 {
		t.Fatalf("no plugin process on host %s", hostName)
	}
	for _, pid := range old {
		kill(t, pid)
	}
	await(t, 60*time.Second, "a new plugin on "+hostName, func() error {
		for _, pid := range c.plugins(t, hostName) {
			if pid != old[0] {
				return nil
			}
		}
		return errors.New("none yet")
	})
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("killing process %d: %v", pid, err)
	}
}

// nodeID returns the id of a host's node.
func (c *cluster) nodeID(t *testing.T, hostName string) string {
	t.Helper()
	nodes, _, err := c.nomad.Nodes().List((&nomad.QueryOptions{}).WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if n.Name == hostName {
			return n.ID
		}
	}
	t.Fatalf("no node %s", hostName)
	return ""
}

// pollInterval is how often await looks.
const pollInterval = 100 * time.Millisecond

// await looks until what it looks for is there, and fails with the last thing
// it saw.
func await(t *testing.T, limit time.Duration, what string, look func() error) {
	t.Helper()
	awaitEvery(t, pollInterval, limit, what, look)
}

func awaitEvery(t *testing.T, interval, limit time.Duration, what string, look func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no %s within %s, last: %v", what, limit, err)
		case <-tick.C:
		}
	}
}
