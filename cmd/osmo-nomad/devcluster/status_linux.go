package devcluster

import (
	"context"
	"fmt"
	"slices"

	nomadapi "github.com/hashicorp/nomad/api"
)

// Status says what of a cluster runs. It changes nothing, needs no root, and a cluster that is not there is no error.
func Status(ctx context.Context, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	rec, err := load(o.Root, o.Name)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return &Report{Name: o.Name}, nil
	}
	c := newCluster(rec.layout(o.Root), rec, o.Progress)
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	r := &Report{Name: c.Name, NomadAddr: c.NomadAddr, ConsulAddr: c.ConsulAddr, SiteFile: c.SiteFile}
	r.Up = rec.Complete && boot == rec.BootID
	known, err := c.nomadNodes(ctx, newClient())
	server := c.nodeReport(c.l.serverNode(), known, err)
	r.Server, r.Up = &server, r.Up && server.running()
	for _, n := range c.Hosts {
		host := c.nodeReport(n, known, err)
		r.Hosts, r.Up = append(r.Hosts, host), r.Up && host.running()
	}
	return r, nil
}

func (n NodeReport) running() bool {
	return !slices.ContainsFunc(n.Agents, func(a AgentReport) bool { return !a.Running })
}

func (c *Cluster) nodeReport(n Node, known map[string]*nomadapi.NodeListStub, asked error) NodeReport {
	nr := NodeReport{Node: n}
	for _, a := range c.rec.Agents {
		if a.Host == n.Name {
			nr.Agents = append(nr.Agents, AgentReport{Kind: a.Kind, PID: a.PID, Running: a.alive(), LogFile: c.logFile(a.Host, a.Kind)})
		}
	}
	stub, ok := known[n.Name]
	switch {
	case n.Name == serverName:
		nr.State = "server"
	case asked != nil:
		nr.State = fmt.Sprintf("unknown: %v", asked)
	case !ok:
		nr.State = "unknown to Nomad"
	default:
		nr.State = stub.Status
	}
	return nr
}
