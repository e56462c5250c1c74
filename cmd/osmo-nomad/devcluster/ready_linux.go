package devcluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"
)

const (
	// pollEvery is how often a starting cluster is asked how far it is.
	pollEvery = 200 * time.Millisecond
	// tellEvery is how often a wait that takes long says what it waits for.
	tellEvery = 5 * time.Second
	// requestTimeout bounds one question.
	requestTimeout = 5 * time.Second
	// maxAnswer bounds one answer in memory.
	maxAnswer = 16 << 20
)

// client asks the agents. It ignores proxies: the addresses are this machine's own.
func newClient() *http.Client {
	return &http.Client{Timeout: requestTimeout, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
}

func getJSON(ctx context.Context, c *http.Client, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %.200s", url, resp.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading %s: %w", url, err)
	}
	return nil
}

// await asks until nothing is missing. ready returns what is missing, in words; the last answer is in the error.
func (c *Cluster) await(ctx context.Context, ready func(context.Context) error) error {
	tick, tell := time.NewTicker(pollEvery), time.NewTicker(tellEvery)
	defer tick.Stop()
	defer tell.Stop()
	for {
		missing := ready(ctx)
		if missing == nil {
			return nil
		}
		if err := c.endedAgent(); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-tell.C:
			fmt.Fprintf(c.progress, "waiting: %v\n", missing)
		case <-ctx.Done():
			return fmt.Errorf("the cluster %s is not ready: %w (last seen: %w)", c.Name, context.Cause(ctx), missing)
		}
	}
}

// endedAgent names an agent that should run and does not: waiting for it would be in vain.
func (c *Cluster) endedAgent() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.rec.Agents {
		if !a.alive() {
			return fmt.Errorf("%s on %s has ended: %s", a.Kind, a.Host, tail(c.logFile(a.Host, a.Kind)))
		}
	}
	return nil
}

// WaitReady returns when Consul and Nomad have leaders, every host is a ready client with what it promises, and the gang
// driver is healthy on it.
func (c *Cluster) WaitReady(ctx context.Context) error {
	client := newClient()
	return c.await(ctx, func(ctx context.Context) error {
		return errors.Join(c.consulReady(ctx, client), c.nomadReady(ctx, client))
	})
}

func (c *Cluster) consulReady(ctx context.Context, client *http.Client) error {
	var leader string
	if err := getJSON(ctx, client, c.ConsulAddr+"/v1/status/leader", &leader); err != nil {
		return fmt.Errorf("asking Consul: %w", err)
	}
	if leader == "" {
		return errors.New("Consul has no leader")
	}
	var members []struct{ Node string }
	if err := getJSON(ctx, client, c.ConsulAddr+"/v1/catalog/nodes", &members); err != nil {
		return fmt.Errorf("asking Consul: %w", err)
	}
	seen := map[string]bool{}
	for _, m := range members {
		seen[m.Node] = true
	}
	for _, n := range c.nodes() {
		if !seen[n.Name] {
			return fmt.Errorf("Consul does not know %s yet", n.Name)
		}
		if err := getJSON(ctx, client, n.ConsulAddr+"/v1/status/leader", &leader); err != nil {
			return fmt.Errorf("asking the Consul agent of %s: %w", n.Name, err)
		}
	}
	return nil
}

func (c *Cluster) nomadLeader(ctx context.Context, client *http.Client) error {
	var leader string
	if err := getJSON(ctx, client, c.NomadAddr+"/v1/status/leader", &leader); err != nil {
		return fmt.Errorf("asking Nomad: %w", err)
	}
	if leader == "" {
		return errors.New("Nomad has no leader")
	}
	// A leader without a signing key, which it makes by and by, refuses clients.
	var keyring struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := getJSON(ctx, client, c.NomadAddr+"/.well-known/jwks.json", &keyring); err != nil {
		return fmt.Errorf("asking Nomad for its keys: %w", err)
	}
	if len(keyring.Keys) == 0 {
		return errors.New("Nomad's leader has no key yet")
	}
	return nil
}

func (c *Cluster) nomadReady(ctx context.Context, client *http.Client) error {
	if err := c.nomadLeader(ctx, client); err != nil {
		return err
	}
	nodes, err := c.nomadNodes(ctx, client)
	if err != nil {
		return err
	}
	for _, n := range c.Hosts {
		stub, ok := nodes[n.Name]
		if !ok {
			return fmt.Errorf("Nomad does not know %s yet", n.Name)
		}
		if stub.Status != nomadapi.NodeStatusReady {
			return fmt.Errorf("Nomad says that %s is %s", n.Name, stub.Status)
		}
		if err := c.hostReady(ctx, client, n, stub.ID); err != nil {
			return fmt.Errorf("on %s %w", n.Name, err)
		}
	}
	return nil
}

// nomadNodes returns the clients by name; of several with one name, the newest.
func (c *Cluster) nomadNodes(ctx context.Context, client *http.Client) (map[string]*nomadapi.NodeListStub, error) {
	var stubs []*nomadapi.NodeListStub
	if err := getJSON(ctx, client, c.NomadAddr+"/v1/nodes", &stubs); err != nil {
		return nil, fmt.Errorf("asking Nomad: %w", err)
	}
	nodes := map[string]*nomadapi.NodeListStub{}
	for _, s := range stubs {
		if old, ok := nodes[s.Name]; !ok || old.CreateIndex < s.CreateIndex {
			nodes[s.Name] = s
		}
	}
	return nodes, nil
}

func (c *Cluster) hostReady(ctx context.Context, client *http.Client, n Node, id string) error {
	// What the server remembers may be older than the client's last start; the client answers when it has started.
	// (Its health endpoint is not ok before the first heartbeat, many seconds later.)
	var self struct{ Stats map[string]any }
	if err := getJSON(ctx, client, n.NomadAddr+"/v1/agent/self", &self); err != nil {
		return fmt.Errorf("the Nomad client does not answer: %w", err)
	}
	var node nomadapi.Node
	if err := getJSON(ctx, client, c.NomadAddr+"/v1/node/"+url.PathEscape(id), &node); err != nil {
		return fmt.Errorf("asking Nomad: %w", err)
	}
	if node.Attributes["consul.version"] == "" {
		return errors.New("Nomad has not found Consul")
	}
	if err := c.driversReady(&node, n.Host); err != nil {
		return err
	}
	if got := countGPUs(&node); c.rec.Gang && got != n.GPUs {
		return fmt.Errorf("Nomad counts %d of %d GPUs", got, n.GPUs)
	}
	return nil
}

func (c *Cluster) driversReady(node *nomadapi.Node, h Host) error {
	drivers := []string{"raw_exec"}
	if c.rec.Docker {
		drivers = append(drivers, "docker")
	}
	if c.rec.Gang {
		drivers = append(drivers, "gang")
	}
	for _, name := range drivers {
		d := node.Drivers[name]
		if d == nil || !d.Detected {
			return fmt.Errorf("the driver %s is not detected", name)
		}
		if !d.Healthy {
			return fmt.Errorf("the driver %s is not healthy: %s", name, d.HealthDescription)
		}
	}
	if got := node.Attributes["osmo.platform"]; c.rec.Gang && got != h.Platform {
		return fmt.Errorf("the plugin says platform %q, not %q", got, h.Platform)
	}
	return nil
}

func countGPUs(node *nomadapi.Node) int {
	if node.NodeResources == nil {
		return 0
	}
	count := 0
	for _, d := range node.NodeResources.Devices {
		if d.Vendor == "nvidia" && d.Type == "gpu" {
			count += len(d.Instances)
		}
	}
	return count
}
