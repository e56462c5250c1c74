package observe

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job"
)

// set gathers workflows while they are read.
type set struct{ byKey map[[2]string]*Workflow }

func newSet() *set { return &set{byKey: map[[2]string]*Workflow{}} }

func (s *set) workflow(namespace, id string) *Workflow {
	key := [2]string{namespace, id}
	if s.byKey[key] == nil {
		s.byKey[key] = &Workflow{ID: id, Namespace: namespace}
	}
	return s.byKey[key]
}

func (s *set) add(namespace, id string, g Gang) {
	w := s.workflow(namespace, id)
	w.Gangs = append(w.Gangs, g)
}

// sorted returns the workflows, oldest first, each with its status.
func (s *set) sorted() []*Workflow {
	out := make([]*Workflow, 0, len(s.byKey))
	for _, w := range s.byKey {
		slices.SortFunc(w.Gangs, func(a, b Gang) int {
			return cmp.Or(cmp.Compare(a.createIndex, b.createIndex), cmp.Compare(a.Group, b.Group))
		})
		w.Status = w.status()
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *Workflow) int {
		return cmp.Or(a.Submitted.Compare(b.Submitted), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// gang finds the gang by name, or adds it.
func (w *Workflow) gang(group, job string) *Gang {
	for i := range w.Gangs {
		if w.Gangs[i].Group == group {
			return &w.Gangs[i]
		}
	}
	w.Gangs = append(w.Gangs, Gang{Job: job, Group: group})
	return &w.Gangs[len(w.Gangs)-1]
}

// submitted keeps the earliest instant of the workflow's jobs.
func (w *Workflow) submitted(t time.Time) {
	if w.Submitted.IsZero() || t.Before(w.Submitted) {
		w.Submitted = t
	}
}

// priorityName is OSMO's word for a priority that one of its words has given.
func priorityName(n int) string {
	for _, name := range [...]string{"HIGH", "NORMAL", "LOW"} {
		if p, ok := job.Priority(name); ok && p == n {
			return name
		}
	}
	return strconv.Itoa(n)
}

// order puts the members into the order of the file and adds those of which
// nothing is known yet: they are where their gang is.
func (g *Gang) order(names []string) {
	known := map[string]Member{}
	for _, m := range g.Members {
		known[m.Name] = m
	}
	g.Members = make([]Member, len(names))
	for i, n := range names {
		m := known[n]
		m.Name = n
		m.State = cmp.Or(m.State, g.State)
		g.Members[i] = m
	}
}

// Workflow statuses that are not a gang's.
const (
	pending = "PENDING"
	running = "RUNNING"
)

// graveness is the order in which one gang's end decides the workflow's
// (OSMO workflow.py:1297).
var graveness = [...]rendezvous.State{
	rendezvous.FailedCanceled, rendezvous.FailedServerError, rendezvous.FailedExecTimeout, rendezvous.FailedQueueTimeout,
}

// status aggregates the gangs' states as OSMO does.
func (w *Workflow) status() string {
	states := map[rendezvous.State]bool{}
	for _, g := range w.Gangs {
		states[g.State] = true
	}
	if !w.Finished() {
		if states[rendezvous.Running] {
			return running
		}
		return pending
	}
	for _, s := range graveness {
		if states[s] {
			return string(s)
		}
	}
	return string(oneFailure(states))
}

// oneFailure is the only failure there is, those that another caused aside;
// FAILED if there are several, COMPLETED if there is none.
func oneFailure(states map[rendezvous.State]bool) rendezvous.State {
	delete(states, rendezvous.Completed)
	if len(states) > 1 {
		delete(states, rendezvous.FailedUpstream)
	}
	if len(states) > 1 {
		return rendezvous.Failed
	}
	for s := range states {
		return s
	}
	return rendezvous.Completed
}
