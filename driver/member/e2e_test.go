package member

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// consulBinary skips unless the real programs were asked for; then a missing
// one is a failure.
func consulBinary(t *testing.T) string {
	t.Helper()
	if os.Getenv("OSMO_E2E") != "1" {
		t.Skip("needs a real Consul: set OSMO_E2E=1")
	}
	if path := os.Getenv("CONSUL_BIN"); path != "" {
		return path
	}
	path, err := exec.LookPath("consul")
	if err != nil {
		t.Fatalf("consul is neither named by CONSUL_BIN nor on PATH: %v", err)
	}
	return path
}

// startConsul runs a real Consul until the test ends and returns its client
// and its name server.
func startConsul(t *testing.T) (*api.Client, string) {
	t.Helper()
	binary, ports := consulBinary(t), freePorts(t, 5)
	log, err := os.Create(filepath.Join(t.TempDir(), "consul.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "agent", "-dev", "-bind=127.0.0.1", "-node=member-e2e", "-grpc-port=-1", "-grpc-tls-port=-1",
		"-http-port="+ports[0], "-dns-port="+ports[1], "-server-port="+ports[2], "-serf-lan-port="+ports[3], "-serf-wan-port="+ports[4])
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // a dev agent keeps nothing
		_ = cmd.Wait()
		_ = log.Close()
	})
	client, err := api.NewClient(&api.Config{Address: "127.0.0.1:" + ports[0]})
	if err != nil {
		t.Fatal(err)
	}
	awaitLeader(t, client, log.Name())
	return client, "127.0.0.1:" + ports[1]
}

func awaitLeader(t *testing.T, client *api.Client, log string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := client.KV().Put(&api.KVPair{Key: "up"}, (&api.WriteOptions{}).WithContext(ctx))
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			t.Fatalf("Consul has no leader: %v\n%s", err, text[max(0, len(text)-2000):])
		}
	}
}

func freePorts(t *testing.T, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// named registers the members' services and returns their names and addresses.
func named(t *testing.T, g *gang, client *api.Client) (names, addresses map[string]string) {
	t.Helper()
	names, addresses = map[string]string{}, map[string]string{}
	for i, m := range g.meta.Members {
		addresses[m] = fmt.Sprintf("127.0.0.%d", i+10)
		names[m] = m + "-wf-1.service.consul"
		register(t, client, m, m+"-wf-1", addresses[m])
	}
	return names, addresses
}

func register(t *testing.T, client *api.Client, id, name, address string) {
	t.Helper()
	if err := client.Agent().ServiceRegister(&api.AgentServiceRegistration{ID: id, Name: name, Address: address}); err != nil {
		t.Fatal(err)
	}
}

// TestLifeOnConsul is TestLifeOfAGang on a real Consul, with names to resolve.
func TestLifeOnConsul(t *testing.T) {
	client, dns := startConsul(t)
	g := newGang(t, rendezvous.NewConsul(client))
	g.names = NewResolver([]string{dns})
	names, addresses := named(t, g, client)
	runGang(t, g, names, addresses)
}

// TestSecondAddressHoldsBack: a host that died still answers under sim's name.
func TestSecondAddressHoldsBack(t *testing.T) {
	client, dns := startConsul(t)
	g := newGang(t, rendezvous.NewConsul(client))
	g.names = NewResolver([]string{dns})
	names, addresses := named(t, g, client)
	register(t, client, "ghost", "sim-wf-1", "127.0.0.99")
	p := g.startPlugin()
	gates := map[string]*testGate{}
	for _, m := range g.meta.Members {
		p.start(m)
		gates[m] = g.dial(m, wire.Message{IsReady: true})
	}
	g.place(names, addresses)
	want := "names do not resolve: sim-wf-1.service.consul answers 127.0.0.11 as expected, but 127.0.0.99 too"
	p.awaitLog(want)
	if v := g.awaitView(func(rendezvous.View) string { return "" }); len(v.Ready) != 0 || v.Verdict != nil {
		t.Errorf("ready %v, verdict %v, with a ghost under sim's name", v.Ready, v.Verdict)
	}
	if err := client.Agent().ServiceDeregister("ghost"); err != nil {
		t.Fatal(err)
	}
	for _, m := range g.meta.Members {
		gates[m].await(wire.Go)
	}
}

// awaitLog waits until a member has said something.
func (p *plugin) awaitLog(want string) {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(soon)
	for {
		p.mu.Lock()
		log := p.log.String()
		p.mu.Unlock()
		if strings.Contains(log, want) {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			p.t.Fatalf("the log has no %q:\n%s", want, log)
		}
	}
}

// TestSessionEndsOnConsul: a session that is destroyed takes the arrivals with
// it; they come back under a new one at once, because the lock has no delay.
func TestSessionEndsOnConsul(t *testing.T) {
	client, _ := startConsul(t)
	g := newGang(t, rendezvous.NewConsul(client))
	p := g.startPlugin()
	for _, m := range g.meta.Members {
		p.start(m)
	}
	g.place(nil, nil)
	for _, m := range g.meta.Members[:2] {
		g.dial(m, wire.Message{IsReady: true})
	}
	v := g.awaitView(ready(2))
	old := v.Ready["sim"].Session
	if _, err := client.Session().Destroy(old, nil); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	g.awaitView(func(v rendezvous.View) string {
		if s := v.Ready["sim"].Session; s == "" || s == old {
			return "sim's session is still " + s
		}
		return ""
	})
	if took := time.Since(begun); took > rendezvous.RenewInterval+3*time.Second {
		t.Errorf("it took %s to arrive again", took)
	}
	g.dial("robot", wire.Message{IsReady: true}).await(wire.Go)
}
