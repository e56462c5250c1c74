package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// jobKey names a job of any namespace.
type jobKey struct{ namespace, id string }

// model is what one goroutine knows of Nomad.
type model struct {
	client *nomad.Client
	seen   uint64
	nodes  map[string]*nomad.Node
	uses   map[string]allocUse // by allocation id, not client-terminal
	gangs  map[jobKey]Gang
	dirty  map[jobKey]bool // gangs to read again
}

func newModel(client *nomad.Client) *model { return &model{client: client} }

// list reads everything anew. Nodes and gangs that have not changed since are
// not read again.
func (m *model) list(ctx context.Context) error {
	q := func() *nomad.QueryOptions {
		return (&nomad.QueryOptions{Namespace: nomad.AllNamespacesNamespace, AllowStale: false}).WithContext(ctx)
	}
	if err := m.listNodes(ctx, q()); err != nil {
		return err
	}
	if err := m.listUses(q()); err != nil {
		return err
	}
	stubs, info, err := m.client.Jobs().ListOptions(&nomad.JobListOptions{Fields: &nomad.JobListFields{Meta: true}}, q())
	if err != nil {
		return fmt.Errorf("listing jobs: %w", err)
	}
	m.dirty = map[jobKey]bool{}
	gangs := map[jobKey]Gang{}
	for _, s := range stubs {
		if meta.IsGang(s.Meta) {
			k := jobKey{s.Namespace, s.ID}
			gangs[k] = m.gangs[k]
			m.dirty[k] = true
		}
	}
	m.gangs = gangs
	m.seen = max(m.seen, info.LastIndex)
	return m.refresh(ctx)
}

func (m *model) listNodes(ctx context.Context, q *nomad.QueryOptions) error {
	stubs, info, err := m.client.Nodes().List(q)
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	nodes := map[string]*nomad.Node{}
	for _, s := range stubs {
		if old := m.nodes[s.ID]; old != nil && old.ModifyIndex == s.ModifyIndex {
			nodes[s.ID] = old
			continue
		}
		n, _, err := m.client.Nodes().Info(s.ID, (&nomad.QueryOptions{}).WithContext(ctx))
		if err != nil {
			return fmt.Errorf("reading node %s: %w", s.Name, err)
		}
		nodes[s.ID] = n
	}
	m.nodes = nodes
	m.seen = max(m.seen, info.LastIndex)
	return nil
}

// listUses reads what allocations hold. The decoding is ours, because the
// API's types leave reserved cores out.
func (m *model) listUses(q *nomad.QueryOptions) error {
	q.Params = map[string]string{"resources": "true", "task_states": "false"}
	var allocs []allocUse
	info, err := m.client.Raw().Query("/v1/allocations", &allocs, q)
	if err != nil {
		return fmt.Errorf("listing allocations: %w", err)
	}
	m.uses = map[string]allocUse{}
	for _, a := range allocs {
		m.use(a)
	}
	m.seen = max(m.seen, info.LastIndex)
	return nil
}

// use notes what an allocation holds, or that it holds nothing any more.
func (m *model) use(a allocUse) {
	if old, ok := m.uses[a.ID]; ok && old.ModifyIndex > a.ModifyIndex {
		return
	}
	if a.terminal() {
		delete(m.uses, a.ID)
		return
	}
	m.uses[a.ID] = a
}

// apply takes one batch of events. Payloads are whole objects.
func (m *model) apply(batch *nomad.Events) error {
	for _, e := range batch.Events {
		var err error
		switch e.Topic {
		case nomad.TopicNode:
			err = m.applyNode(e)
		case nomad.TopicAllocation:
			err = m.applyAlloc(e)
		case nomad.TopicJob:
			m.applyJob(e)
		}
		if err != nil {
			return fmt.Errorf("reading event %d of %s: %w", e.Index, e.Topic, err)
		}
		m.seen = max(m.seen, e.Index)
	}
	return nil
}

func (m *model) applyNode(e nomad.Event) error {
	if e.Type == "NodeDeregistration" {
		delete(m.nodes, e.Key)
		return nil
	}
	n, err := e.Node()
	if err != nil || n == nil {
		return err
	}
	if old := m.nodes[n.ID]; old == nil || old.ModifyIndex <= n.ModifyIndex {
		m.nodes[n.ID] = n
	}
	return nil
}

// applyJob only notes that the job has changed: what Nomad returns for it next
// is newer than the event.
func (m *model) applyJob(e nomad.Event) {
	payload, ok := e.Payload["Job"].(map[string]any)
	if !ok {
		return
	}
	namespace, _ := payload["Namespace"].(string)
	m.dirty[jobKey{namespace, e.Key}] = true
}

func (m *model) applyAlloc(e nomad.Event) error {
	payload, err := json.Marshal(e.Payload["Allocation"])
	if err != nil {
		return err
	}
	var a allocUse
	if err := json.Unmarshal(payload, &a); err != nil {
		return err
	}
	m.use(a)
	k := jobKey{a.Namespace, a.JobID}
	if _, ours := m.gangs[k]; ours {
		m.dirty[k] = true
	}
	return nil
}

// refresh reads the gangs again of which something has changed. Jobs that are
// not gangs, or are gone, are forgotten.
func (m *model) refresh(ctx context.Context) error {
	for k := range m.dirty {
		g, ours, err := readGang(ctx, m.client, k)
		if err != nil {
			return err
		}
		if ours {
			m.gangs[k] = g
		} else {
			delete(m.gangs, k)
		}
		delete(m.dirty, k)
	}
	return nil
}

// snapshot makes the model's immutable copy.
func (m *model) snapshot() *Snapshot {
	s := &Snapshot{Seen: m.seen, NodeStates: map[string]NodeState{}}
	perNode := map[string][]allocUse{}
	for _, a := range m.uses {
		perNode[a.NodeID] = append(perNode[a.NodeID], a)
	}
	for id, n := range m.nodes {
		s.Nodes = append(s.Nodes, m.node(n, perNode[id]))
		s.NodeStates[id] = nodeState(n)
	}
	for _, g := range m.gangs {
		s.Gangs = append(s.Gangs, g)
	}
	slices.SortFunc(s.Gangs, func(a, b Gang) int {
		return cmp.Or(cmp.Compare(a.CreateIndex, b.CreateIndex), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// path is the API path of a job; its id may hold anything.
func path(id string, more string) string { return "/v1/job/" + url.PathEscape(id) + more }
