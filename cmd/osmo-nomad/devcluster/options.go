package devcluster

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/osmo-nomad/osmo-nomad/e2e/tools"
)

const (
	// DefaultName is the cluster that `osmo-nomad dev up` starts.
	DefaultName = "dev"
	// DefaultRoot is where clusters keep their files while they are up. Short, because sockets lie below it.
	DefaultRoot = "/var/lib/osmo-nomad"
	// DefaultTimeout is how long Up waits for the started cluster to be ready.
	DefaultTimeout = 3 * time.Minute

	serverName  = "server"
	pluginsDir  = "plugins"
	pluginName  = "nomad-driver-gang"
	devicesName = "nomad-device-gang"
	// maxHosts keeps the addresses within one /24.
	maxHosts = 200
	// maxRoot is the longest root below which the longest names still give usable socket paths.
	maxRoot = len(DefaultRoot)
)

// Options say which cluster is meant and how it is started. Down, Status and Open read only Name, Root and Progress.
type Options struct {
	// Name tells several clusters of one machine apart; "" is DefaultName.
	Name string
	// Root is the folder below which the cluster keeps its files; "" is DefaultRoot, and it cannot be longer than that.
	Root string
	// Hosts; nil means DefaultHosts, or those of a cluster that is up already.
	Hosts []Host
	// Plugin is the nomad-driver-gang binary; "" means the one beside the running executable.
	Plugin string
	// WithoutPlugin starts Nomad clients that have only Nomad's own drivers: for tests of the cluster itself.
	WithoutPlugin bool
	// Docker starts a Docker daemon on every host.
	Docker bool
	// LogLevel of the agents; "" is INFO.
	LogLevel string
	// Tools are the programs to use; where empty they are found or built by tools.Ensure.
	Tools tools.Paths
	// Timeout bounds the wait for the started cluster; 0 is DefaultTimeout.
	Timeout time.Duration
	// Progress gets lines for people; nil discards them.
	Progress io.Writer
}

// withDefaults fills in what was left empty, and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Root == "" {
		o.Root = DefaultRoot
	}
	if o.LogLevel == "" {
		o.LogLevel = "INFO"
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	switch {
	case !hostName.MatchString(o.Name) || len(o.Name) > maxClusterName:
		return o, fmt.Errorf("cluster name %q; want lower case letters, digits and '-', beginning with a letter, at most %d", o.Name, maxClusterName)
	case !filepath.IsAbs(o.Root) || len(filepath.Clean(o.Root)) > maxRoot:
		return o, fmt.Errorf("cluster folder %q; want an absolute path of at most %d bytes: sockets below it have no more room", o.Root, maxRoot)
	}
	o.Root = filepath.Clean(o.Root)
	return o, checkHosts(o.Hosts)
}

func checkHosts(hosts []Host) error {
	if len(hosts) > maxHosts {
		return fmt.Errorf("%d hosts; want at most %d", len(hosts), maxHosts)
	}
	seen := map[string]bool{}
	for _, h := range hosts {
		if err := h.check(); err != nil {
			return fmt.Errorf("host %q: %w", h.Name, err)
		}
		if seen[h.Name] {
			return fmt.Errorf("host %q is given twice", h.Name)
		}
		seen[h.Name] = true
	}
	return nil
}

// plugin returns the path of the driver plugin that the cluster installs.
func (o Options) plugin() (string, error) {
	path := o.Plugin
	if path == "" {
		exe, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("finding the running program, beside which %s should be: %w", pluginName, err)
		}
		path = filepath.Join(filepath.Dir(exe), pluginName)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("the plugin %s is not there: `make` builds it", path)
	case err != nil:
		return "", fmt.Errorf("looking for the plugin: %w", err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return "", fmt.Errorf("the plugin %s cannot be executed: `make` builds it", path)
	}
	return path, nil
}

// A layout names everything that one cluster owns, from its name, its root and its subnet.
type layout struct {
	name   string
	root   string
	subnet netip.Prefix
}

func (l layout) dir() string                { return filepath.Join(l.root, l.name) }
func (l layout) hostDir(host string) string { return filepath.Join(l.dir(), host) }
func (l layout) siteFile() string           { return filepath.Join(l.dir(), "site.yaml") }

// namespace cannot be mistaken for one of another cluster: names have no dots.
func (l layout) namespace(host string) string { return l.namespacePrefix() + host }
func (l layout) namespacePrefix() string      { return "osmo." + l.name + "." }

// link is the cluster's one interface in the machine's own network namespace.
func (l layout) link() string { return "osmo-" + l.name }

func (l layout) address(last byte) netip.Addr {
	b := l.subnet.Addr().As4()
	b[3] = last
	return netip.AddrFrom4(b)
}

func (l layout) serverAddress() netip.Addr     { return l.address(1) }
func (l layout) hostAddress(i int) netip.Addr  { return l.address(byte(11 + i)) }
func (l layout) machineAddress() netip.Addr    { return l.address(254) }
func (l layout) nomadURL(a netip.Addr) string  { return "http://" + a.String() + ":4646" }
func (l layout) consulURL(a netip.Addr) string { return "http://" + a.String() + ":8500" }
func (l layout) bridgePort(i int) string       { return fmt.Sprintf("host%d", i) }
func (l layout) networkBits(a netip.Addr) string {
	return netip.PrefixFrom(a, l.subnet.Bits()).String()
}
