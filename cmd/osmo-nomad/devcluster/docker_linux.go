package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A host's Docker is a containerd and a dockerd of its own: left to itself, dockerd would take the machine's containerd,
// and the containers would be in the machine's network.

const (
	cgroupRoot = "/sys/fs/cgroup"
	// shimSockets is where containerd's shims listen, whatever containerd is told.
	shimSockets = "/run/containerd/s"
)

// dockerPaths are what Docker makes outside its own folders where it is missing, the inner ones first.
func dockerPaths() []string {
	return []string{
		shimSockets, filepath.Dir(shimSockets), "/run/docker/plugins", "/run/docker",
		"/etc/docker/key.json", "/etc/docker", // until Docker 24
	}
}

func checkDocker() error {
	for _, name := range []string{"dockerd", "containerd", "runc"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("this machine lacks %s, which --docker needs: on Debian, `apt-get install docker.io`", name)
		}
	}
	return nil
}

func (l layout) containerdSocket(host string) string {
	return filepath.Join(l.hostDir(host), "containerd.sock")
}

func (l layout) containerdState(host string) string {
	return filepath.Join(l.hostDir(host), "containerd-run")
}

// dockerCgroup is the parent of the host's containers in every hierarchy.
func (l layout) dockerCgroup(host string) string { return l.namespace(host) }

// containerdConfig is TOML.
func (l layout) containerdConfig(host string) []byte {
	return fmt.Appendf(nil, "version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\n[grpc]\naddress = %q\n",
		filepath.Join(l.hostDir(host), "containerd"), l.containerdState(host), l.containerdSocket(host))
}

func (l layout) dockerConfig(host, logLevel string) object {
	dir := l.hostDir(host)
	return object{
		"hosts":         []string{"unix://" + l.dockerSocket(host)},
		"containerd":    l.containerdSocket(host),
		"data-root":     filepath.Join(dir, "docker"),
		"exec-root":     filepath.Join(dir, "docker-run"),
		"pidfile":       filepath.Join(dir, "docker.pid"),
		"cgroup-parent": "/" + l.dockerCgroup(host),
		"exec-opts":     []string{"native.cgroupdriver=cgroupfs"},
		// The host's network is made already, and no packet filter is ours to change.
		"bridge": "none", "iptables": false, "ip-forward": false, "ip-masq": false, "userland-proxy": false,
		// Nomad runs a task that has a GPU with the runtime of this name. The GPUs are simulated: so is it.
		"runtimes":  object{"nvidia": object{"path": "runc"}},
		"log-level": strings.ToLower(logLevel),
	}
}

func (c *Cluster) writeDockerConfigs(host, logLevel string) error {
	if err := writeFile(c.configFile(host, Containerd), c.l.containerdConfig(host)); err != nil {
		return fmt.Errorf("writing the containerd configuration of %s: %w", host, err)
	}
	b, err := render(c.l.dockerConfig(host, logLevel))
	if err != nil {
		return err
	}
	if err := writeFile(c.configFile(host, Docker), b); err != nil {
		return fmt.Errorf("writing the docker configuration of %s: %w", host, err)
	}
	return nil
}

// startDocker starts the daemons and waits for them: a Nomad client that finds no Docker looks again only after a while.
func (c *Cluster) startDocker(ctx context.Context) error {
	if !c.rec.Docker {
		return nil
	}
	for _, step := range []struct {
		kind  AgentKind
		ready func(context.Context, string) error
	}{{Containerd, c.containerdReady}, {Docker, c.dockerReady}} {
		for _, n := range c.Hosts {
			if err := c.StartAgent(n.Name, step.kind); err != nil {
				return err
			}
		}
		err := c.await(ctx, func(ctx context.Context) error {
			for _, n := range c.Hosts {
				if err := step.ready(ctx, n.Name); err != nil {
					return fmt.Errorf("asking %s on %s: %w", step.kind, n.Name, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) containerdReady(ctx context.Context, host string) error {
	conn, err := (&net.Dialer{Timeout: requestTimeout}).DialContext(ctx, "unix", c.l.containerdSocket(host))
	if err != nil {
		return err
	}
	return conn.Close()
}

func (c *Cluster) dockerReady(ctx context.Context, host string) error {
	client := &http.Client{Timeout: requestTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.l.dockerSocket(host))
		},
	}}
	var version struct{ Version string }
	return getJSON(ctx, client, "http://docker/version", &version)
}

// removeDocker removes what Docker left outside the cluster's folder, after its processes have ended.
func (l layout) removeDocker() error {
	var errs []error
	for _, socket := range l.shimSockets() {
		if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("removing a container's socket: %w", err))
		}
	}
	for _, dir := range l.dockerCgroups() {
		if err := removeTree(dir); err != nil {
			errs = append(errs, fmt.Errorf("removing the containers' cgroups: %w", err))
		}
	}
	return errors.Join(errs...)
}

// shimSockets are those of containers that were running to the end; containerd notes them in each container's folder.
func (l layout) shimSockets() []string {
	notes, err := filepath.Glob(filepath.Join(l.containerdState("*"), "io.containerd.runtime.v2.task/*/*/address"))
	if err != nil {
		return nil
	}
	var sockets []string
	for _, note := range notes {
		b, err := os.ReadFile(note)
		path := filepath.Clean(strings.TrimPrefix(strings.TrimSpace(string(b)), "unix://"))
		if err == nil && filepath.Dir(path) == shimSockets {
			sockets = append(sockets, path)
		}
	}
	return sockets
}

// dockerCgroups are the parents of the containers' cgroups: one per hierarchy.
func (l layout) dockerCgroups() []string {
	var all []string
	for _, pattern := range []string{cgroupRoot, cgroupRoot + "/*"} {
		found, err := filepath.Glob(filepath.Join(pattern, l.namespacePrefix()+"*"))
		if err == nil {
			all = append(all, found...)
		}
	}
	return all
}

// removeIfEmpty removes a file, or a folder if it is empty, and says whether it is gone.
func removeIfEmpty(path string) bool {
	err := os.Remove(path)
	return err == nil || errors.Is(err, fs.ErrNotExist)
}
