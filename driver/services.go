package driver

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins/drivers"

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
	store := rendezvous.NewConsul(consul)
	rs := &gangRoles{nomad: nomad, store: store, log: log}
	s := &services{roles: rs}
	s.fingerprint = func() *drivers.Fingerprint {
		facts := platform.Gather(os.DirFS("/"), runtime.GOARCH)
		return newFingerprint(platform.Attributes(facts, c.Platform, rules), version, nil)
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
