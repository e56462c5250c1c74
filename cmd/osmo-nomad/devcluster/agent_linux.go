package devcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// goneEvery is how often a wait for the end of an agent looks.
	goneEvery = 20 * time.Millisecond
	// tailBytes is how much of an agent's log an error shows.
	tailBytes = 1500
)

// inherited are the variables that agents, and through Nomad the tasks, take over. Proxies and credentials stay out.
func inherited(key string) bool {
	return slices.Contains([]string{"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "PYENV_ROOT"}, key) || strings.HasPrefix(key, "LC_")
}

func agentEnv(environ []string, tmp string) []string {
	var env []string
	for _, kv := range environ {
		if key, _, _ := strings.Cut(kv, "="); inherited(key) {
			env = append(env, kv)
		}
	}
	return append(env, "TMPDIR="+tmp)
}

func (c *Cluster) logFile(node string, kind AgentKind) string {
	return filepath.Join(c.l.hostDir(node), string(kind)+".log")
}

func (c *Cluster) configFile(node string, kind AgentKind) string {
	if kind == Containerd {
		return filepath.Join(c.l.hostDir(node), string(kind)+".toml")
	}
	return filepath.Join(c.l.hostDir(node), string(kind)+".json")
}

// argv is the command line of an agent.
func (c *Cluster) argv(node string, kind AgentKind) []string {
	switch kind {
	case Consul:
		return []string{c.rec.Tools.Consul, "agent", "-config-file=" + c.configFile(node, kind)}
	case Docker:
		return []string{"dockerd", "--config-file=" + c.configFile(node, kind)}
	case Containerd:
		return []string{"containerd", "--config=" + c.configFile(node, kind)}
	default:
		return []string{c.rec.Tools.Nomad, "agent", "-config=" + c.configFile(node, kind)}
	}
}

// StartAgent starts an agent of a host, or of the Server. It is an error if that agent runs already. The agent outlives
// the caller; nothing waits for it to be ready (WaitReady does).
func (c *Cluster) StartAgent(node string, kind AgentKind) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.rec.agent(node, kind); ok && a.alive() {
		return fmt.Errorf("%s on %s runs already (process %d)", kind, node, a.PID)
	}
	cmd, err := c.command(node, kind)
	if err != nil {
		return fmt.Errorf("starting %s on %s: %w", kind, node, err)
	}
	if err := startIn(filepath.Join(netnsDir, c.l.namespace(node)), cmd); err != nil {
		return fmt.Errorf("starting %s on %s: %w", kind, node, err)
	}
	p, ok := readProcess(cmd.Process.Pid)
	c.reap(cmd)
	if !ok {
		return fmt.Errorf("starting %s on %s: it ended at once: %s", kind, node, tail(c.logFile(node, kind)))
	}
	c.rec.setAgent(agentRecord{Host: node, Kind: kind, PID: p.PID, Start: p.start})
	return c.rec.save(c.l.root)
}

func (c *Cluster) command(node string, kind AgentKind) (*exec.Cmd, error) {
	tmp := filepath.Join(c.l.hostDir(node), "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return nil, fmt.Errorf("making its temporary folder: %w", err)
	}
	log, err := os.OpenFile(c.logFile(node, kind), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening its log: %w", err)
	}
	argv := c.argv(node, kind)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // an agent outlives this command
	cmd.Dir = c.l.hostDir(node)
	cmd.Env = agentEnv(os.Environ(), tmp)
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: Ctrl-C in the terminal is not for the agents.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, nil
}

// startIn starts the command inside a network namespace, so that there is no instant at which it is anywhere else. The
// file that is its output is closed here.
func startIn(namespace string, cmd *exec.Cmd) error {
	result := make(chan error, 1)
	go onSpareThread(func() { result <- enterAndStart(namespace, cmd) })
	err := <-result
	if log, ok := cmd.Stdout.(io.Closer); ok {
		err = errors.Join(err, log.Close())
	}
	return err
}

// onSpareThread calls f, which may change its thread's namespace, on a thread that ends with the calling goroutine. That
// cannot be the main thread: it never ends, and /proc shows its namespace as the whole program's.
func onSpareThread(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != os.Getpid() {
		f() // without an unlock the thread ends
		return
	}
	defer runtime.UnlockOSThread()
	done := make(chan struct{})
	go func() {
		defer close(done)
		onSpareThread(f) // while we hold the main thread it gets another
	}()
	<-done
}

func enterAndStart(namespace string, cmd *exec.Cmd) error {
	fd, err := unix.Open(namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening the network namespace %s: %w", namespace, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the network namespace %s: %w", namespace, err)
	}
	return cmd.Start()
}

// reap takes the agent's exit status when it ends, while this program still runs; after that init does.
func (c *Cluster) reap(cmd *exec.Cmd) {
	c.reapers.Go(func() {
		_ = cmd.Wait() // its end is seen in /proc, and its reason in its log
	})
}

// KillAgent ends an agent with SIGKILL, as a crash would, and returns when it is gone. What it started lives on.
func (c *Cluster) KillAgent(ctx context.Context, node string, kind AgentKind) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.rec.agent(node, kind)
	if !ok {
		return fmt.Errorf("%s on %s was never started", kind, node)
	}
	if err := a.signal(unix.SIGKILL); err != nil {
		return err
	}
	tick := time.NewTicker(goneEvery)
	defer tick.Stop()
	for a.alive() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s on %s (process %d) does not end: %w", kind, node, a.PID, context.Cause(ctx))
		}
	}
	return nil
}

// Processes returns the living processes of a host, or of the Server: its agents, plugins, executors and tasks.
func (c *Cluster) Processes(node string) ([]Process, error) {
	ns, err := netnsOf(filepath.Join(netnsDir, c.l.namespace(node)))
	if err != nil {
		return nil, fmt.Errorf("looking at the network namespace of %s: %w", node, err)
	}
	return processesIn(map[netns]bool{ns: true})
}

// SetLink cuts a host off from all others, or joins it again. Its own processes go on and still reach each other.
func (c *Cluster) SetLink(ctx context.Context, host string, up bool) error {
	for i, n := range c.Hosts {
		if n.Name != host {
			continue
		}
		state := "down"
		if up {
			state = "up"
		}
		return ipAll(ctx, "-n "+c.l.namespace(serverName)+" link set "+c.l.bridgePort(i)+" "+state)
	}
	return fmt.Errorf("the cluster %s has no host %s", c.Name, host)
}

// tail returns the end of a log for an error message.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "no log at " + path
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		_, _ = f.Seek(-tailBytes, io.SeekEnd) // at worst the beginning is shown
	}
	b, err := io.ReadAll(io.LimitReader(f, tailBytes))
	if err != nil {
		return "its log cannot be read: " + path
	}
	return fmt.Sprintf("the end of %s:\n%s", path, bytes.TrimSpace(b))
}
