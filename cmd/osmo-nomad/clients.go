package main

import (
	"fmt"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// clients speak to one cluster.
type clients struct {
	nomad *nomad.Client
	store rendezvous.Store
}

// clients speak to the cluster that the environment names, by Nomad's and
// Consul's own variables, or to the one that the command has started.
func (a *app) clients() (clients, error) {
	if a.connect != nil {
		return a.connect()
	}
	return dial("", "", a.namespace)
}

// dial makes the clients; empty addresses are the environment's.
func dial(nomadAddr, consulAddr, namespace string) (clients, error) {
	nc := nomad.DefaultConfig()
	if nomadAddr != "" {
		nc.Address = nomadAddr
	}
	if namespace != "" {
		nc.Namespace = namespace
	}
	n, err := nomad.NewClient(nc)
	if err != nil {
		return clients{}, usageError{fmt.Errorf("setting up the Nomad client: %w", err)}
	}
	cc := consul.DefaultConfig()
	if consulAddr != "" {
		cc.Address = consulAddr
	}
	c, err := consul.NewClient(cc)
	if err != nil {
		return clients{}, usageError{fmt.Errorf("setting up the Consul client: %w", err)}
	}
	return clients{nomad: n, store: rendezvous.NewConsul(c)}, nil
}

// readNamespace is where reading commands look when no --namespace was given.
func (a *app) readNamespace() string {
	if a.namespace == "" {
		return nomad.DefaultNamespace
	}
	return a.namespace
}
