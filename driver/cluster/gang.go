package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// readGang reads one job and its allocations; ErrGone if there is none, or it
// is not a gang.
func readGang(ctx context.Context, client *nomad.Client, k jobKey) (Gang, error) {
	q := func() *nomad.QueryOptions { return (&nomad.QueryOptions{Namespace: k.namespace}).WithContext(ctx) }
	j, _, err := client.Jobs().Info(k.id, q())
	if isNotFound(err) || err == nil && !meta.IsGang(j.Meta) {
		return Gang{}, fmt.Errorf("job %s: %w", k.id, ErrGone)
	}
	if err != nil {
		return Gang{}, fmt.Errorf("reading job %s: %w", k.id, err)
	}
	g := ParseGang(j)
	stubs, _, err := client.Jobs().Allocations(k.id, false, q())
	if err != nil {
		return Gang{}, fmt.Errorf("listing the allocations of job %s: %w", k.id, err)
	}
	g.Allocs = allocsOf(stubs)
	return g, nil
}

// isNotFound recognises what Nomad says of things that it has not got.
func isNotFound(err error) bool {
	var status nomad.UnexpectedResponseError
	return errors.As(err, &status) && status.StatusCode() == http.StatusNotFound
}

func allocsOf(stubs []*nomad.AllocationListStub) []Alloc {
	out := make([]Alloc, 0, len(stubs))
	for _, s := range stubs {
		a := Alloc{
			ID: s.ID, Group: s.TaskGroup, NodeID: s.NodeID, NodeName: s.NodeName,
			CreateIndex: s.CreateIndex, ModifyIndex: s.ModifyIndex, JobVersion: s.JobVersion,
			DesiredStatus: s.DesiredStatus, ClientStatus: s.ClientStatus,
			DesiredDescription: s.DesiredDescription, NextAllocation: s.NextAllocation, Tasks: map[string]Task{},
		}
		for name, t := range s.TaskStates {
			task := Task{State: t.State, Failed: t.Failed, Restarts: t.Restarts}
			if len(t.Events) > 0 {
				task.LastEvent = t.Events[len(t.Events)-1].DisplayMessage
			}
			a.Tasks[name] = task
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Alloc) int {
		return cmp.Or(cmp.Compare(a.CreateIndex, b.CreateIndex), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// ParseGang reads a job, as Nomad returns it or as the translator makes it;
// without allocations.
func ParseGang(j *nomad.Job) Gang {
	g := Gang{
		Namespace: value(j.Namespace), ID: value(j.ID), Status: value(j.Status), Meta: j.Meta,
		CreateIndex: value(j.CreateIndex), ModifyIndex: value(j.ModifyIndex), JobModifyIndex: value(j.JobModifyIndex),
		Version: value(j.Version), Stop: value(j.Stop), Priority: value(j.Priority),
	}
	if g.Namespace == "" {
		g.Namespace = nomad.DefaultNamespace
	}
	for _, tg := range j.TaskGroups {
		g.Groups = append(g.Groups, group(j, tg))
	}
	return g
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func group(j *nomad.Job, tg *nomad.TaskGroup) Group {
	g := Group{Name: value(tg.Name), Count: value(tg.Count), Meta: tg.Meta}
	g.Need = fit.Member{Name: g.Name, Platform: tg.Meta[meta.Platform], Datacenters: j.Datacenters, Pool: value(j.NodePool)}
	for _, c := range tg.Constraints {
		if c.LTarget == pinTarget && c.Operand == pinOperand {
			g.Pin = c.RTarget
		}
	}
	g.Need.Constraints = append(constraints(j.Constraints), constraints(tg.Constraints)...)
	g.addTopology(tg.Meta)
	if tg.EphemeralDisk != nil {
		g.Need.Need.DiskMB = value(tg.EphemeralDisk.SizeMB)
	}
	for _, n := range tg.Networks {
		g.Need.Ports = append(g.Need.Ports, staticPorts(n)...)
	}
	var shares []share
	for _, t := range tg.Tasks {
		shares = append(shares, shareOf(t))
		g.addTask(t)
	}
	g.Need.Need = g.Need.Need.Plus(together(shares))
	return g
}

// addTopology adds what ties the member's node to those of others; what is only
// preferred does not. A topology that cannot be read is one that no node meets:
// nobody may guess what it asked for.
func (g *Group) addTopology(group map[string]string) {
	if group[meta.Topology] == "" {
		return
	}
	t, err := meta.ParseTask(group)
	if err != nil {
		g.Need.Constraints = append(g.Need.Constraints, fit.Constraint{LTarget: "meta " + meta.Topology, Operand: "=", RTarget: "readable"})
	}
	for _, n := range t.Topology {
		if n.Required {
			g.Need.Together = append(g.Need.Together, fit.Together{Key: n.Key, Group: n.Group, Attribute: n.Attribute})
		}
	}
}

// shareOf is what a task asks for. The MHz of whole cores are the node's.
func shareOf(t *nomad.Task) share {
	var s share
	if t.Lifecycle != nil {
		s.hook, s.sidecar = t.Lifecycle.Hook, t.Lifecycle.Sidecar
	}
	if r := t.Resources; r != nil {
		s.MemoryMB, s.Cores = value(r.MemoryMB), value(r.Cores)
		if s.Cores == 0 {
			s.MHz = value(r.CPU)
		}
	}
	return s
}

// addTask adds what a task asks for besides its share.
func (g *Group) addTask(t *nomad.Task) {
	if !slices.Contains(g.Drivers, t.Driver) {
		g.Drivers = append(g.Drivers, t.Driver)
	}
	g.Need.Drivers = g.Drivers
	g.Need.Constraints = append(g.Need.Constraints, constraints(t.Constraints)...)
	if t.Resources == nil {
		return
	}
	for _, n := range t.Resources.Networks {
		g.Need.Ports = append(g.Need.Ports, staticPorts(n)...)
	}
	for _, d := range t.Resources.Devices {
		ask := fit.DeviceAsk{Name: d.Name, Count: 1, Constraints: constraints(d.Constraints)}
		if d.Count != nil {
			ask.Count = int(*d.Count)
		}
		g.Need.Devices = append(g.Need.Devices, ask)
	}
}

func staticPorts(n *nomad.NetworkResource) []int {
	var out []int
	for _, p := range n.ReservedPorts {
		out = append(out, p.Value)
	}
	return out
}

// constraints leaves our own pin out: it is an answer, not a need.
func constraints(in []*nomad.Constraint) []fit.Constraint {
	var out []fit.Constraint
	for _, c := range in {
		if c.LTarget == pinTarget && c.Operand == pinOperand {
			continue
		}
		out = append(out, fit.Constraint{LTarget: c.LTarget, Operand: c.Operand, RTarget: c.RTarget})
	}
	return out
}
