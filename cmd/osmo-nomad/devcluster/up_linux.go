package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/osmo-nomad/osmo-nomad/e2e/tools"
)

// cleanTimeout bounds the cleaning after an Up that came to nothing.
const cleanTimeout = time.Minute

// Cluster is a cluster that is up. Its methods may be called from several goroutines.
type Cluster struct {
	Name string
	// Dir holds its files; SiteFile, in it, describes it to the translator.
	Dir      string
	SiteFile string
	// NomadAddr and ConsulAddr are the servers' URLs.
	NomadAddr  string
	ConsulAddr string
	Hosts      []Node

	l layout
	// progress gets lines for people.
	progress io.Writer
	mu       sync.Mutex // guards rec
	rec      *record
	// reapers end when the agents that this program started end.
	reapers sync.WaitGroup
}

func newCluster(l layout, rec *record, progress io.Writer) *Cluster {
	c := &Cluster{
		Name: l.name, Dir: l.dir(), SiteFile: l.siteFile(), l: l, rec: rec, progress: progress,
		NomadAddr: l.nomadURL(l.serverAddress()), ConsulAddr: l.consulURL(l.serverAddress()),
	}
	for i, h := range rec.Hosts {
		c.Hosts = append(c.Hosts, l.node(i, h, rec.Docker))
	}
	return c
}

// nodes are the server and the hosts.
func (c *Cluster) nodes() []Node { return append([]Node{c.l.serverNode()}, c.Hosts...) }

// Env returns the variables that point osmo-nomad, nomad and consul at the cluster, as KEY=VALUE.
func (c *Cluster) Env() []string {
	proxied := false
	for _, key := range []string{"HTTP_PROXY", "http_proxy"} {
		proxied = proxied || os.Getenv(key) != ""
	}
	return c.l.environment(proxied, os.Getenv("NO_PROXY"))
}

// Up returns a running, ready cluster: one that is up already, with agents that have ended started again; else a new
// one, after whatever an earlier one left has been removed. A new one that does not become ready is removed again.
func Up(ctx context.Context, o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkMachine(); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, o.Root, o.Name, o.Progress)
	if err != nil {
		return nil, err
	}
	defer unlock()
	rec, err := load(o.Root, o.Name)
	if err != nil {
		fmt.Fprintf(o.Progress, "%v: removing what is left of that cluster\n", err)
		rec = nil
	}
	if rec != nil && rec.resumable(o.Root) {
		return resume(ctx, o, rec)
	}
	if err := clean(ctx, o, rec); err != nil {
		return nil, fmt.Errorf("removing what an earlier cluster %s left: %w", o.Name, err)
	}
	return create(ctx, o)
}

// resumable says whether the cluster was completed in this boot, still has its network, and anything of it runs.
func (r *record) resumable(root string) bool {
	boot, err := bootID()
	if err != nil || boot != r.BootID || !r.Complete {
		return false
	}
	l := r.layout(root)
	for _, h := range append([]Host{{Name: serverName}}, r.Hosts...) {
		if _, err := os.Stat(filepath.Join(netnsDir, l.namespace(h.Name))); err != nil {
			return false
		}
	}
	return slices.ContainsFunc(r.Agents, agentRecord.alive)
}

func resume(ctx context.Context, o Options, rec *record) (*Cluster, error) {
	if o.Hosts != nil && !slices.Equal(o.Hosts, rec.Hosts) {
		return nil, fmt.Errorf("the cluster %s is up with other hosts (%s): `osmo-nomad dev down` first", o.Name, hostList(rec.Hosts))
	}
	c := newCluster(rec.layout(o.Root), rec, o.Progress)
	for _, a := range slices.Clone(rec.Agents) {
		if a.alive() {
			continue
		}
		fmt.Fprintf(o.Progress, "%s on %s has ended: starting it again\n", a.Kind, a.Host)
		if err := c.StartAgent(a.Host, a.Kind); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("waited %s", o.Timeout))
	defer cancel()
	if err := c.WaitReady(ctx); err != nil {
		return nil, fmt.Errorf("the cluster was up already: %w; `osmo-nomad dev down` removes it", err)
	}
	fmt.Fprintf(o.Progress, "cluster %s is up\n", o.Name)
	return c, nil
}

func hostList(hosts []Host) string {
	var s []string
	for _, h := range hosts {
		s = append(s, h.String())
	}
	return strings.Join(s, " ")
}

// create starts a cluster where there is none, and removes it again if that fails.
func create(ctx context.Context, o Options) (*Cluster, error) {
	if o.Hosts == nil {
		o.Hosts = DefaultHosts()
	}
	rec, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := claim(ctx, o, rec); err != nil {
		return nil, errors.Join(err, cleanAfter(ctx, o, rec))
	}
	c := newCluster(rec.layout(o.Root), rec, o.Progress)
	if err := c.start(ctx, o); err != nil {
		err = errors.Join(err, cleanAfter(ctx, o, rec))
		c.reapers.Wait()
		return nil, err
	}
	fmt.Fprintf(o.Progress, "cluster %s is up after %s: %s\n", o.Name, time.Since(start).Round(100*time.Millisecond), hostList(rec.Hosts))
	return c, nil
}

// cleanAfter removes what an Up that came to nothing has made, also when that was because ctx ended.
func cleanAfter(ctx context.Context, o Options, rec *record) error {
	fmt.Fprintf(o.Progress, "starting cluster %s failed: removing it\n", o.Name)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	return clean(ctx, o, rec)
}

// prepare finds the programs and makes the cluster's folder.
func prepare(ctx context.Context, o Options) (*record, error) {
	if !o.WithoutPlugin {
		if _, err := o.plugin(); err != nil {
			return nil, err
		}
	}
	if o.Docker {
		if err := checkDocker(); err != nil {
			return nil, err
		}
	}
	if o.Tools.Nomad == "" || o.Tools.Consul == "" {
		found, err := tools.Ensure(ctx, o.Progress)
		if err != nil {
			return nil, err
		}
		o.Tools = found
	}
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(o.Root, o.Name), 0o755); err != nil {
		return nil, fmt.Errorf("making the cluster's folder: %w", err)
	}
	return &record{
		Version: recordVersion, Name: o.Name, BootID: boot, Hosts: o.Hosts,
		Docker: o.Docker, Gang: !o.WithoutPlugin, Tools: o.Tools,
	}, nil
}

// claim picks the network, writes the record, from which Down knows everything, and makes the network. Two clusters that
// start at once must not take the same one.
func claim(ctx context.Context, o Options, rec *record) error {
	unlock, err := lock(ctx, systemDir, systemLock, o.Progress)
	if err != nil {
		return err
	}
	defer unlock()
	if rec.Subnet, err = freeSubnet(ctx); err != nil {
		return err
	}
	if err := errors.Join(noteSystemPaths(rec.Docker), rec.save(o.Root)); err != nil {
		return err
	}
	return rec.layout(o.Root).makeNetwork(ctx, rec.Hosts)
}

func (c *Cluster) start(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("waited %s", o.Timeout))
	defer cancel()
	if err := c.writeFiles(o); err != nil {
		return err
	}
	fmt.Fprintf(o.Progress, "starting Consul and Nomad on %d hosts, network %s\n", len(c.Hosts), c.l.subnet)
	if err := c.startAgents(ctx); err != nil {
		return err
	}
	if err := c.WaitReady(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rec.Complete = true
	return c.rec.save(c.l.root)
}

// startAgents starts the Nomad clients last: one that finds no Consul, or a server without a leader, asks again only after
// many seconds.
func (c *Cluster) startAgents(ctx context.Context) error {
	if err := c.StartAgent(serverName, Nomad); err != nil {
		return err
	}
	for _, n := range c.nodes() {
		if err := c.StartAgent(n.Name, Consul); err != nil {
			return err
		}
	}
	if err := c.startDocker(ctx); err != nil {
		return err
	}
	client := newClient()
	err := c.await(ctx, func(ctx context.Context) error {
		return errors.Join(c.consulReady(ctx, client), c.nomadLeader(ctx, client))
	})
	if err != nil {
		return err
	}
	for _, n := range c.Hosts {
		if err := c.StartAgent(n.Name, Nomad); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes the agents' configurations, the site file and the plugins.
func (c *Cluster) writeFiles(o Options) error {
	if err := c.writeConfigs(serverName, c.l.consulConfig(serverName, c.l.serverAddress(), o.LogLevel), c.l.nomadServerConfig(o.LogLevel)); err != nil {
		return err
	}
	for i, h := range c.rec.Hosts {
		addr := c.l.hostAddress(i)
		nomad := c.l.nomadClientConfig(clientConfig{host: h, addr: addr, logLevel: o.LogLevel, gang: c.rec.Gang, docker: c.rec.Docker})
		if err := c.writeConfigs(h.Name, c.l.consulConfig(h.Name, addr, o.LogLevel), nomad); err != nil {
			return err
		}
		if !c.rec.Docker {
			continue
		}
		if err := c.writeDockerConfigs(h.Name, o.LogLevel); err != nil {
			return err
		}
	}
	if err := writeFile(c.SiteFile, siteFile(c.rec.Docker)); err != nil {
		return fmt.Errorf("writing the site file: %w", err)
	}
	return c.installPlugins(o)
}

func (c *Cluster) writeConfigs(node string, consul, nomad object) error {
	if err := os.MkdirAll(c.l.hostDir(node), 0o755); err != nil {
		return fmt.Errorf("making the folder of %s: %w", node, err)
	}
	for kind, config := range map[AgentKind]object{Consul: consul, Nomad: nomad} {
		b, err := render(config)
		if err != nil {
			return err
		}
		if err := writeFile(c.configFile(node, kind), b); err != nil {
			return fmt.Errorf("writing the %s configuration of %s: %w", kind, node, err)
		}
	}
	return nil
}

// installPlugins copies the plugin, so that a build while the cluster is up does not change it under its feet. Its
// second name is the device plugin's.
func (c *Cluster) installPlugins(o Options) error {
	dir := filepath.Join(c.Dir, pluginsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the plugin folder: %w", err)
	}
	if !c.rec.Gang {
		return nil
	}
	from, err := o.plugin()
	if err != nil {
		return err
	}
	to := filepath.Join(dir, pluginName)
	if err := copyProgram(from, to); err != nil {
		return fmt.Errorf("installing the plugin: %w", err)
	}
	if err := os.Link(to, filepath.Join(dir, devicesName)); err != nil {
		return fmt.Errorf("installing the device plugin: %w", err)
	}
	return nil
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Open returns the handle of a cluster that an earlier Up, of this or another process, has completed.
func Open(o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	rec, err := load(o.Root, o.Name)
	if err != nil {
		return nil, err
	}
	if rec == nil || !rec.resumable(o.Root) {
		return nil, fmt.Errorf("the cluster %s is not up: `osmo-nomad dev up` starts it: %w", o.Name, os.ErrNotExist)
	}
	return newCluster(rec.layout(o.Root), rec, o.Progress), nil
}

// programs that the cluster and the example workflows run, and the Debian packages that have them.
func programs() [][2]string {
	return [][2]string{{"ip", "iproute2"}, {"bash", "bash"}, {"curl", "curl"}, {"python3", "python3"}}
}

func checkMachine() error {
	if os.Geteuid() != 0 {
		return errors.New("the dev cluster makes network namespaces: run it as root (sudo)")
	}
	var missing, packages []string
	for _, p := range programs() {
		if _, err := exec.LookPath(p[0]); err != nil {
			missing, packages = append(missing, p[0]), append(packages, p[1])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("this machine lacks %s: on Debian, `apt-get install %s`", strings.Join(missing, ", "), strings.Join(packages, " "))
	}
	return nil
}
