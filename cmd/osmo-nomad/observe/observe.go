// Package observe shows a workflow as its user sees it: what the gangs' holds
// say of themselves in Consul, joined with what Nomad says of jobs whose hold
// does not run (yet, or any more). It only reads.
package observe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// Workflow is one submitted workflow.
type Workflow struct {
	ID        string    `json:"workflow_id"`
	Namespace string    `json:"namespace"`
	Status    string    `json:"status"`
	Priority  int       `json:"priority,omitempty"`
	Submitted time.Time `json:"submit_time,omitzero"`
	Gangs     []Gang    `json:"groups"`
}

// Gang is one gang of a workflow.
type Gang struct {
	Job     string           `json:"job"`
	Group   string           `json:"name"`
	State   rendezvous.State `json:"status"`
	Reason  string           `json:"reason,omitempty"`
	Epoch   int              `json:"epoch,omitempty"`
	Skew    time.Duration    `json:"start_skew_nanos,omitempty"`
	Lead    string           `json:"lead,omitempty"`
	Members []Member         `json:"tasks"`
	// Outcome is absent until the gang has ended.
	Outcome *rendezvous.Outcome `json:"outcome,omitempty"`
}

// Member is one member of a gang, by name.
type Member struct {
	Name string `json:"name"`
	rendezvous.Member
}

// Finished says whether all gangs have ended.
func (w *Workflow) Finished() bool {
	return len(w.Gangs) > 0 && !slices.ContainsFunc(w.Gangs, func(g Gang) bool { return !g.State.Finished() })
}

// Cluster is where to look.
type Cluster struct {
	Nomad *nomad.Client
	Store rendezvous.Store
	// Namespace of the jobs; "*" means all that the token may see.
	Namespace string
}

// NotFoundError says that no workflow has this id.
type NotFoundError struct{ ID string }

func (e NotFoundError) Error() string {
	return fmt.Sprintf("no workflow %s: `osmo-nomad list` shows those that exist", e.ID)
}

// Workflow reads one workflow; a NotFoundError if nothing is known of the id.
func (c Cluster) Workflow(ctx context.Context, id string) (*Workflow, error) {
	all, err := c.read(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.ID == id {
			return w, nil
		}
	}
	return nil, NotFoundError{id}
}

// List reads all workflows, the oldest first.
func (c Cluster) List(ctx context.Context) ([]*Workflow, error) { return c.read(ctx, "") }

// read joins jobs and statuses of the workflows whose id begins with prefix.
func (c Cluster) read(ctx context.Context, prefix string) ([]*Workflow, error) {
	jobs, err := c.jobs(ctx, prefix)
	if err != nil {
		return nil, err
	}
	statuses, err := c.statuses(ctx)
	if err != nil {
		return nil, err
	}
	set := newSet()
	for _, s := range statuses {
		if strings.HasPrefix(s.Workflow, prefix) {
			set.add(s.namespace, s.Workflow, fromStatus(s.Status))
		}
	}
	for _, j := range jobs {
		if err := c.addJob(ctx, set, j); err != nil {
			return nil, err
		}
	}
	return set.sorted(), nil
}

func (c Cluster) jobs(ctx context.Context, prefix string) ([]*nomad.JobListStub, error) {
	q := (&nomad.QueryOptions{Namespace: c.Namespace, Prefix: prefix}).WithContext(ctx)
	stubs, _, err := c.Nomad.Jobs().ListOptions(&nomad.JobListOptions{Fields: &nomad.JobListFields{Meta: true}}, q)
	if err != nil {
		return nil, fmt.Errorf("listing jobs at %s: %w", c.Nomad.Address(), err)
	}
	return slices.DeleteFunc(stubs, func(s *nomad.JobListStub) bool { return !meta.IsGang(s.Meta) }), nil
}

type namespacedStatus struct {
	namespace string
	rendezvous.Status
}

func (c Cluster) statuses(ctx context.Context) ([]namespacedStatus, error) {
	root := rendezvous.Prefix + "status/"
	prefix := root
	if c.Namespace != nomad.AllNamespacesNamespace {
		prefix += cmp.Or(c.Namespace, nomad.DefaultNamespace) + "/"
	}
	entries, _, err := c.Store.Watch(ctx, prefix, 0)
	if err != nil {
		return nil, err
	}
	var out []namespacedStatus
	for _, e := range entries {
		var s rendezvous.Status
		ns, _, _ := strings.Cut(strings.TrimPrefix(e.Key, root), "/")
		if rendezvous.Decode(e.Value, &s) == nil { // another version's record is not ours to show
			out = append(out, namespacedStatus{ns, s})
		}
	}
	return out, nil
}

func fromStatus(s rendezvous.Status) Gang {
	g := Gang{
		Job: s.Job, Group: s.Group, State: s.State, Reason: s.Reason, Epoch: s.Epoch,
		Skew: time.Duration(s.SkewNanos), Outcome: s.Outcome,
	}
	for name, m := range s.Members {
		g.Members = append(g.Members, Member{Name: name, Member: m})
	}
	slices.SortFunc(g.Members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return g
}

// addJob joins one Nomad job with what its hold said.
func (c Cluster) addJob(ctx context.Context, set *set, j *nomad.JobListStub) error {
	parsed, err := meta.Parse(j.Meta)
	if err != nil {
		return fmt.Errorf("job %s: %w", j.ID, err)
	}
	w := set.workflow(j.Namespace, parsed.Workflow)
	w.Priority = max(w.Priority, j.Priority)
	w.submitted(submitTime(j))
	g := w.gang(parsed.Group, j.ID)
	g.Lead = parsed.Lead
	g.order(parsed.Members)
	if g.State.Finished() {
		return nil
	}
	if g.State == "" || j.Status == "dead" || holdIsQueued(j, parsed.Group) {
		return c.explainWithoutHold(ctx, g, j, parsed)
	}
	return nil
}

// submitTime is what `run` noted; each register rewrites Nomad's own.
func submitTime(j *nomad.JobListStub) time.Time {
	if t, err := time.Parse(time.RFC3339, j.Meta[meta.Submitted]); err == nil {
		return t
	}
	return time.Unix(0, j.SubmitTime)
}

func holdIsQueued(j *nomad.JobListStub, group string) bool {
	return j.JobSummary != nil && j.JobSummary.Summary[group].Queued > 0
}

// explainWithoutHold says what Nomad knows of a gang whose hold does not speak.
func (c Cluster) explainWithoutHold(ctx context.Context, g *Gang, j *nomad.JobListStub, parsed meta.Gang) error {
	if g.State == "" {
		g.State = rendezvous.Waiting
	}
	if j.Stop {
		g.State, g.Reason = rendezvous.FailedCanceled, "the job was stopped"
		return nil
	}
	if !holdIsQueued(j, parsed.Group) {
		return nil
	}
	q := (&nomad.QueryOptions{Namespace: j.Namespace}).WithContext(ctx)
	evals, _, err := c.Nomad.Jobs().Evaluations(j.ID, q)
	if err != nil {
		return fmt.Errorf("reading the evaluations of job %s: %w", j.ID, err)
	}
	slices.SortFunc(evals, func(a, b *nomad.Evaluation) int { return cmp.Compare(b.ModifyIndex, a.ModifyIndex) })
	for _, e := range evals {
		if m := e.FailedTGAllocs[parsed.Group]; m != nil {
			g.Reason = "Nomad cannot place the hold: " + placementFailure(m)
			return nil
		}
	}
	return nil
}

// placementFailure puts Nomad's metric into one line.
func placementFailure(m *nomad.AllocationMetric) string {
	var parts []string
	for what, n := range m.ConstraintFiltered {
		if strings.Contains(what, "missing drivers") {
			what += " (is the plugin nomad-driver-gang installed, with its plugin block, on any client?)"
		}
		parts = append(parts, fmt.Sprintf("%d node(s): %s", n, what))
	}
	for what, n := range m.DimensionExhausted {
		parts = append(parts, fmt.Sprintf("%d node(s) lack %s", n, what))
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return fmt.Sprintf("%d node(s) looked at, none fits", m.NodesEvaluated)
	}
	return strings.Join(parts, "; ")
}
