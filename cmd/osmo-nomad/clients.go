package main

import (
	"cmp"
	"fmt"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
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
	nc.Address = cmp.Or(nomadAddr, nc.Address)
	nc.Namespace = cmp.Or(namespace, nc.Namespace)
	n, err := nomad.NewClient(nc)
	if err != nil {
		return clients{}, usageError{fmt.Errorf("setting up the Nomad client: %w", err)}
	}
	cc := consul.DefaultConfig()
	cc.Address = cmp.Or(consulAddr, cc.Address)
	c, err := consul.NewClient(cc)
	if err != nil {
		return clients{}, usageError{fmt.Errorf("setting up the Consul client: %w", err)}
	}
	return clients{nomad: n, store: rendezvous.NewConsul(c)}, nil
}

// cluster is where the commands that read look: in all namespaces, unless one
// was named, because a workflow's id is unique among them.
func (a *app) cluster() (observe.Cluster, error) {
	c, err := a.clients()
	if err != nil {
		return observe.Cluster{}, err
	}
	return observe.Cluster{
		Nomad: c.nomad, Store: c.store, Namespace: cmp.Or(a.namespace, nomad.AllNamespacesNamespace),
	}, nil
}
