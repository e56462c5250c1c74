package member

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
)

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
	client, dns := agents.Consul(t)
	g := newGang(t, rendezvous.NewConsul(client))
	g.names = NewResolver([]string{dns})
	names, addresses := named(t, g, client)
	runGang(t, g, names, addresses)
}

// TestSecondAddressHoldsBack: a host that died still answers under sim's name.
func TestSecondAddressHoldsBack(t *testing.T) {
	client, dns := agents.Consul(t)
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
	client, _ := agents.Consul(t)
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
