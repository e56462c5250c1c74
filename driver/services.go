package driver

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins/drivers"

	"github.com/osmo-nomad/osmo-nomad/driver/member"
	"github.com/osmo-nomad/osmo-nomad/driver/platform"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// services is what the plugin's configuration makes possible: the clients, the
// roles, the fingerprint and the candidate admitter.
type services struct {
	roles       roles
	fingerprint func() *drivers.Fingerprint
	// admitter runs the candidate until the plugin ends; nil where it is off.
	admitter func()
	once     sync.Once
}

// startAdmitter starts the candidate, once.
func (s *services) startAdmitter() {
	if s.admitter != nil {
		s.once.Do(func() { go s.admitter() })
	}
}

// newServices checks the configuration and makes the clients; no network.
func newServices(life context.Context, c Config, version string, log hclog.Logger) (*services, error) {
	nomad, err := nomadClient(c.Nomad)
	if err != nil {
		return nil, err
	}
	consul, err := consulClient(c.Consul)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(c.Rules)
	if err != nil {
		return nil, err
	}
	root := os.DirFS("/")
	servers, err := nameServers(c.DNS.Servers, root)
	if err != nil {
		return nil, err
	}
	gate, broken := member.Gate(runtime.GOARCH)
	if broken != nil {
		log.Error("this plugin cannot start members", "error", broken)
	}
	store := rendezvous.NewConsul(consul)
	s := &services{roles: &gangRoles{
		nomad: nomad, store: store, sessions: member.NewSessions(life, store, log),
		resolver: member.NewResolver(servers), dns: forGates(servers),
		gate: gate, noGate: broken,
	}}
	s.fingerprint = func() *drivers.Fingerprint {
		facts := platform.Gather(root, runtime.GOARCH)
		return newFingerprint(platform.Attributes(facts, c.Platform, rules), version, broken)
	}
	if c.Admitter {
		s.admitter = func() { runAdmitter(life, nomad, store, version, log) }
	}
	return s, nil
}

func rulesOf(configs []RuleConfig) ([]platform.Rule, error) {
	rules := make([]platform.Rule, len(configs))
	for i, r := range configs {
		rule, err := platform.NewRule(r.Platform, r.Attribute, r.Pattern)
		if err != nil {
			return nil, fmt.Errorf("the plugin's config: %w", err)
		}
		rules[i] = rule
	}
	return rules, nil
}
