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
	Priority  string    `json:"priority,omitempty"` // HIGH, NORMAL, LOW, or Nomad's number where it is none of these
	Submitted time.Time `json:"submit_time,omitzero"`
	Gangs     []Gang    `json:"groups"` // in the order of the file
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
	Members []Member         `json:"tasks"` // in the order of the file while Nomad has the job, then by name
	// Outcome is absent until the gang has ended.
	Outcome *rendezvous.Outcome `json:"outcome,omitempty"`
	// createIndex of the job orders gangs as they were submitted.
	createIndex uint64
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

// read joins jobs and statuses of one workflow, or of all if id is empty.
func (c Cluster) read(ctx context.Context, id string) ([]*Workflow, error) {
	jobs, err := c.jobs(ctx, id)
	if err != nil {
		return nil, err
	}
	statuses, err := c.statuses(ctx, id, jobs)
	if err != nil {
		return nil, err
	}
	set := newSet()
	for _, s := range statuses {
		if !s.ofFormerLife(jobs) {
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

func (c Cluster) jobs(ctx context.Context, id string) ([]*nomad.JobListStub, error) {
	q := (&nomad.QueryOptions{Namespace: c.Namespace}).WithContext(ctx)
	if id != "" {
		q.Prefix = id + "~"
	}
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

// ofFormerLife says that Nomad has a job of the same id that was registered
// anew after this status was written.
func (s namespacedStatus) ofFormerLife(jobs []*nomad.JobListStub) bool {
	return slices.ContainsFunc(jobs, func(j *nomad.JobListStub) bool {
		return j.ID == s.Job && j.Namespace == s.namespace && s.JobCreateIndex != 0 && s.JobCreateIndex != j.CreateIndex
	})
}

// statusRoot is above the statuses of all namespaces.
const statusRoot = rendezvous.Prefix + "status/"

// statuses reads what the holds said. Statuses outlive their jobs, so that with
// an id but no job the namespaces have to be searched.
func (c Cluster) statuses(ctx context.Context, id string, jobs []*nomad.JobListStub) ([]namespacedStatus, error) {
	prefix := statusRoot
	switch ns := c.Namespace; {
	case ns == nomad.AllNamespacesNamespace && (id == "" || len(jobs) == 0):
	case ns == nomad.AllNamespacesNamespace:
		prefix = rendezvous.StatusPrefix(jobs[0].Namespace, id)
	case id == "":
		prefix += cmp.Or(ns, nomad.DefaultNamespace) + "/"
	default:
		prefix = rendezvous.StatusPrefix(cmp.Or(ns, nomad.DefaultNamespace), id)
	}
	entries, _, err := c.Store.Watch(ctx, prefix, 0)
	if err != nil {
		return nil, err
	}
	var out []namespacedStatus
	for _, e := range entries {
		var s rendezvous.Status
		ns, _, _ := strings.Cut(strings.TrimPrefix(e.Key, statusRoot), "/")
		// Another version's record is not ours to show.
		if rendezvous.Decode(e.Value, &s) == nil && (id == "" || s.Workflow == id) {
			out = append(out, namespacedStatus{ns, s})
		}
	}
	return out, nil
}

func fromStatus(s rendezvous.Status) Gang {
	g := Gang{
		Job: s.Job, Group: s.Group, State: s.State, Reason: s.Reason, Epoch: s.Epoch,
		Skew: time.Duration(s.SkewNanos), Outcome: s.Outcome, createIndex: s.JobCreateIndex,
	}
	for name, m := range s.Members {
		g.Members = append(g.Members, Member{Name: name, Member: m})
	}
	slices.SortFunc(g.Members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return g
}

// addJob joins one Nomad job with what its hold said.
func (c Cluster) addJob(ctx context.Context, set *set, j *nomad.JobListStub) error {
	w := set.workflow(j.Namespace, j.Meta[meta.Workflow])
	w.Priority = cmp.Or(j.Meta[meta.Priority], priorityName(j.Priority)) // the site may give OSMO's words other numbers
	w.submitted(submitTime(j))
	g := w.gang(j.Meta[meta.Group], j.ID)
	g.createIndex = j.CreateIndex
	parsed, err := meta.Parse(j.Meta)
	if err != nil { // one job that this program cannot read does not hide the others
		g.State, g.Reason = cmp.Or(g.State, rendezvous.Waiting), err.Error()
		return nil
	}
	g.Lead = parsed.Lead
	if !g.State.Finished() && (g.State == "" || j.Status == "dead" || holdIsQueued(j, parsed.Group)) {
		if err := c.explainWithoutHold(ctx, g, j); err != nil {
			return err
		}
	}
	g.order(parsed.Members)
	return nil
}

// submitTime is what `run` noted; each register rewrites Nomad's own.
func submitTime(j *nomad.JobListStub) time.Time {
	if t, err := time.Parse(time.RFC3339, j.Meta[meta.Submitted]); err == nil {
		return t
	}
	return time.Unix(0, j.SubmitTime)
}
