package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// jobKey names a job of any namespace.
type jobKey struct{ namespace, id string }

// model is what one goroutine knows of Nomad.
type model struct {
	client *nomad.Client
	// seen is the index up to which every change is in the model; events up to
	// listed are older than the last list.
	seen, listed uint64
	nodes        map[string]*nomad.Node
	uses         map[string]allocUse        // by allocation id, not client-terminal
	onNode       map[string]map[string]bool // node id -> ids of uses
	gangs        map[jobKey]Gang
	dirty        map[jobKey]bool // gangs to read again
	// built are the nodes for fit; those that have changed are missing.
	built map[string]fit.Node
}

func newModel(client *nomad.Client) *model {
	return &model{
		client: client, nodes: map[string]*nomad.Node{}, uses: map[string]allocUse{}, onNode: map[string]map[string]bool{},
		gangs: map[jobKey]Gang{}, dirty: map[jobKey]bool{}, built: map[string]fit.Node{},
	}
}

// use notes what an allocation holds, or that it holds nothing any more.
func (m *model) use(a allocUse) {
	old, known := m.uses[a.ID]
	if known && old.ModifyIndex > a.ModifyIndex {
		return
	}
	delete(m.built, a.NodeID)
	if a.terminal() {
		delete(m.uses, a.ID)
		delete(m.onNode[a.NodeID], a.ID)
		return
	}
	m.uses[a.ID] = a
	if m.onNode[a.NodeID] == nil {
		m.onNode[a.NodeID] = map[string]bool{}
	}
	m.onNode[a.NodeID][a.ID] = true
}

// apply takes one batch of events. Payloads are whole objects. A new stream
// begins with old events, which the list knows better.
func (m *model) apply(batch *nomad.Events) error {
	for _, e := range batch.Events {
		if e.Index <= m.listed {
			continue
		}
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
		delete(m.built, e.Key)
		return nil
	}
	n := &nomad.Node{}
	if err := payload(e, "Node", n); err != nil {
		return err
	}
	if old := m.nodes[n.ID]; old == nil || old.ModifyIndex <= n.ModifyIndex {
		m.nodes[n.ID] = n
		delete(m.built, n.ID)
	}
	return nil
}

// payload decodes an event's object as JSON. The API's own decoding goes by the
// names of Go's fields and loses the values of device attributes.
func payload(e nomad.Event, key string, into any) error {
	b, err := json.Marshal(e.Payload[key])
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// applyJob only notes that the job has changed: what Nomad returns for it next
// is newer than the event.
func (m *model) applyJob(e nomad.Event) {
	var j struct {
		Namespace string
		Meta      map[string]string
	}
	if err := payload(e, "Job", &j); err != nil {
		return
	}
	k := jobKey{j.Namespace, e.Key}
	if _, ours := m.gangs[k]; ours || meta.IsGang(j.Meta) {
		m.dirty[k] = true
	}
}

func (m *model) applyAlloc(e nomad.Event) error {
	var a allocUse
	if err := payload(e, "Allocation", &a); err != nil {
		return err
	}
	m.use(a)
	k := jobKey{a.Namespace, a.JobID}
	if _, ours := m.gangs[k]; ours {
		m.dirty[k] = true
	}
	return nil
}

// parallelReads is how many objects are read at a time.
const parallelReads = 8

// readAll reads the things that keys name, some at a time, and hands the
// results over one by one. It returns the first error.
func readAll[K comparable, V any](ctx context.Context, keys []K, read func(context.Context, K) (V, error), take func(K, V)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var first error
	var readers sync.WaitGroup
	next := make(chan K)
	for range min(parallelReads, len(keys)) {
		readers.Go(func() {
			for k := range next {
				v, err := read(ctx, k)
				mu.Lock()
				if err == nil {
					take(k, v)
				} else if first == nil {
					first = err
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	for _, k := range keys {
		select {
		case next <- k:
		case <-ctx.Done():
		}
	}
	close(next)
	readers.Wait()
	return cmp.Or(first, ctx.Err())
}

// refresh reads the gangs again of which something has changed. Jobs that are
// not gangs, or are gone, are forgotten.
func (m *model) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	read := func(ctx context.Context, k jobKey) (*Gang, error) {
		g, err := readGang(ctx, m.client, k)
		if errors.Is(err, ErrGone) {
			return nil, nil
		}
		return &g, err
	}
	return readAll(ctx, slices.Collect(maps.Keys(m.dirty)), read, m.setGang)
}

// setGang notes what was read about a gang; nil where there is none.
func (m *model) setGang(k jobKey, g *Gang) {
	delete(m.dirty, k)
	old, known := m.gangs[k]
	if g == nil {
		delete(m.gangs, k)
		return
	}
	m.gangs[k] = *g
	if !known || old.CreateIndex != g.CreateIndex {
		for _, a := range g.Allocs { // now it is known which of them is a hold
			delete(m.built, a.NodeID)
		}
	}
}

// snapshot makes the model's immutable copy.
func (m *model) snapshot() *Snapshot {
	s := &Snapshot{Seen: m.seen, Nodes: make([]fit.Node, 0, len(m.nodes)), NodeStates: make(map[string]NodeState, len(m.nodes))}
	for _, id := range slices.Sorted(maps.Keys(m.nodes)) {
		n, ok := m.built[id]
		if !ok {
			n = m.node(m.nodes[id])
			m.built[id] = n
		}
		s.Nodes = append(s.Nodes, n)
		s.NodeStates[id] = nodeState(m.nodes[id])
	}
	for _, g := range m.gangs {
		s.Gangs = append(s.Gangs, g)
	}
	slices.SortFunc(s.Gangs, func(a, b Gang) int {
		return cmp.Or(cmp.Compare(a.CreateIndex, b.CreateIndex), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// path is the API path of a job; its id may hold anything.
func path(id string) string { return "/v1/job/" + url.PathEscape(id) }
