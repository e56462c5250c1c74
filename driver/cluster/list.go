package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// requestTimeout bounds a list, and the reads that follow from it.
const requestTimeout = 30 * time.Second

// list reads everything anew. Nodes and gangs that have not changed since are
// not read again.
func (m *model) list(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	q := func() *nomad.QueryOptions {
		return (&nomad.QueryOptions{Namespace: nomad.AllNamespacesNamespace}).WithContext(ctx)
	}
	before, err := m.indexNow(q)
	if err != nil {
		return err
	}
	if err := m.listNodes(ctx, q()); err != nil {
		return err
	}
	sums, err := m.listUses(q())
	if err != nil {
		return err
	}
	if err := m.listGangs(q(), sums); err != nil {
		return err
	}
	if err := m.refresh(ctx); err != nil {
		return err
	}
	m.listed = before
	m.seen = max(m.seen, before)
	return nil
}

// indexNow is an index up to which lists that begin now have every change.
// Nomad counts each table's changes for itself: of those that matter to us, the
// newest is meant.
func (m *model) indexNow(q func() *nomad.QueryOptions) (uint64, error) {
	var newest uint64
	for _, table := range []string{"/v1/evaluations", "/v1/jobs", "/v1/allocations", "/v1/nodes"} {
		var first []struct{ ID string }
		one := q()
		one.PerPage = 1
		info, err := m.client.Raw().Query(table, &first, one)
		if err != nil {
			return 0, fmt.Errorf("listing %s: %w", table, err)
		}
		newest = max(newest, info.LastIndex)
	}
	return newest, nil
}

func (m *model) listNodes(ctx context.Context, q *nomad.QueryOptions) error {
	stubs, _, err := m.client.Nodes().List(q)
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	listed := map[string]bool{}
	var changed []string
	for _, s := range stubs {
		listed[s.ID] = true
		if old := m.nodes[s.ID]; old == nil || old.ModifyIndex != s.ModifyIndex {
			changed = append(changed, s.ID)
		}
	}
	gone := func(id string) bool { return !listed[id] }
	maps.DeleteFunc(m.nodes, func(id string, _ *nomad.Node) bool { return gone(id) })
	return readAll(ctx, changed, m.readNode, func(id string, n *nomad.Node) {
		delete(m.built, id)
		if n == nil {
			delete(m.nodes, id)
			return
		}
		m.nodes[id] = n
	})
}

// readNode reads one node; nil if it has gone since it was listed.
func (m *model) readNode(ctx context.Context, id string) (*nomad.Node, error) {
	n, _, err := m.client.Nodes().Info(id, (&nomad.QueryOptions{}).WithContext(ctx))
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading node %s: %w", id, err)
	}
	return n, nil
}

// allocSum tells whether a job's allocations have changed.
type allocSum struct {
	count  int
	newest uint64
}

func (s allocSum) with(modifyIndex uint64) allocSum {
	return allocSum{s.count + 1, max(s.newest, modifyIndex)}
}

// listUses reads what allocations hold, and sums up the allocations of each job.
func (m *model) listUses(q *nomad.QueryOptions) (sums map[jobKey]allocSum, err error) {
	q.Params = map[string]string{"resources": "true", "task_states": "false"}
	var allocs []allocUse
	if _, err := m.client.Raw().Query("/v1/allocations", &allocs, q); err != nil {
		return nil, fmt.Errorf("listing allocations: %w", err)
	}
	sums = map[jobKey]allocSum{}
	listed := map[string]bool{}
	for _, a := range allocs {
		k := jobKey{a.Namespace, a.JobID}
		sums[k] = sums[k].with(a.ModifyIndex)
		listed[a.ID] = true
		if old, ok := m.uses[a.ID]; !ok && !a.terminal() || ok && old.ModifyIndex != a.ModifyIndex {
			m.use(a)
		}
	}
	for id, a := range m.uses {
		if !listed[id] {
			delete(m.uses, id)
			delete(m.onNode[a.NodeID], id)
			delete(m.built, a.NodeID)
		}
	}
	return sums, nil
}

// listGangs marks the gangs that have changed, allocations included.
func (m *model) listGangs(q *nomad.QueryOptions, sums map[jobKey]allocSum) error {
	stubs, _, err := m.client.Jobs().ListOptions(&nomad.JobListOptions{Fields: &nomad.JobListFields{Meta: true}}, q)
	if err != nil {
		return fmt.Errorf("listing jobs: %w", err)
	}
	listed := map[jobKey]bool{}
	for _, s := range stubs {
		if !meta.IsGang(s.Meta) {
			continue
		}
		k := jobKey{s.Namespace, s.ID}
		listed[k] = true
		if g, ok := m.gangs[k]; !ok || g.ModifyIndex != s.ModifyIndex || sums[k] != g.allocSum() {
			m.dirty[k] = true
		}
	}
	for k := range m.gangs {
		if !listed[k] {
			m.dirty[k] = true // the read says whether it is gone
		}
	}
	return nil
}

func (g Gang) allocSum() allocSum {
	var sum allocSum
	for _, a := range g.Allocs {
		sum = sum.with(a.ModifyIndex)
	}
	return sum
}

// namespaces are those that the token may read, and the index that they are of.
func (c *Cluster) namespaces(ctx context.Context, index uint64) (names []string, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, namespaceWait+requestTimeout)
	defer cancel()
	q := (&nomad.QueryOptions{WaitIndex: index, WaitTime: namespaceWait}).WithContext(ctx)
	list, info, err := c.client.Namespaces().List(q)
	if err != nil {
		return nil, 0, fmt.Errorf("listing namespaces: %w", err)
	}
	for _, n := range list {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names, max(1, info.LastIndex), nil // 0 would not wait
}
