// Package job turns a checked workflow and a site into Nomad jobs, one for each
// gang, and writes them as HCL or JSON. It knows Nomad and nothing of YAML.
//
// A gang's job has one task group that holds the gang, with one small task run
// by the plugin, and one task group for each member, with count 0 until the
// plugin releases the gang. The job alone is enough to run the gang: all that
// the plugin needs to know is in its meta (package meta).
//
// User text never goes where Nomad or HCL would interpolate it: it is in
// templates whose delimiters do not occur in it, see text.go.
package job

import (
	"math"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Params is what a workflow's jobs depend on beside the workflow.
type Params struct {
	// ID is the workflow's id, `<name>-<n>`.
	ID string
	// Pool is where the gangs run.
	Pool *site.Pool
	// Namespace overrides the pool's.
	Namespace string
	// Priority is OSMO's and Nomad's.
	Priority site.Priority
}

// Gang is one gang with its job.
type Gang struct {
	Group   string
	Members []Member
	Job     *api.Job
}

// Member is what one member needs, for checks and messages.
type Member struct {
	Name string
	Lead bool
	// Platform is empty where any node will do.
	Platform string
	// Driver is Nomad's task driver for the user's command.
	Driver string
	// CPU counts OSMO's CPUs, GPU devices.
	CPU, GPU         int
	MemoryMB, DiskMB int
	// Ports are reserved on the member's node, in rising order.
	Ports []int
	// DNSName is how the other members find this one.
	DNSName string

	task     *workflow.Task
	platform site.Platform
}

// Priority is Nomad's number for OSMO's priority HIGH, NORMAL or LOW, where the
// site gives no other.
func Priority(name string) (int, bool) {
	for _, p := range site.StandardPriorities() {
		if p.Name == name {
			return p.Number, true
		}
	}
	return 0, false
}

// Build makes the gangs' jobs in the order of the file. The workflow must be
// free of errors; what can still be wrong is what it asks of the pool. With an
// error in the list the gangs are nil.
func Build(w *workflow.Workflow, p Params) ([]Gang, diag.List) {
	b := builder{workflow: w, params: p}
	b.checkTimeout("exec_timeout", w.Timeout.Exec)
	b.checkTimeout("queue_timeout", w.Timeout.Queue)
	var gangs []Gang
	for i := range w.Groups {
		gangs = append(gangs, b.gang(&w.Groups[i]))
	}
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	return gangs, b.diags
}

// maxTimeout is the longest that the job's meta holds: 68 years.
const maxTimeout = math.MaxInt32 * time.Second

func (b *builder) checkTimeout(what string, v workflow.Value[time.Duration]) {
	if v.V > maxTimeout {
		b.diags.Errorf(diag.Duration, v.Pos, "%s is longer than 68 years", what)
	}
}

type builder struct {
	workflow *workflow.Workflow
	params   Params
	diags    diag.List
}

func (b *builder) gang(group *workflow.Group) Gang {
	g := Gang{Group: group.Name.V}
	ports := group.Ports()
	for i := range group.Tasks {
		t := &group.Tasks[i]
		m := b.member(t, ports[t.Name.V])
		m.Lead = t == group.Lead()
		g.Members = append(g.Members, m)
	}
	if b.diags.HasErrors() {
		return g
	}
	g.Job = b.job(group, g.Members)
	return g
}

// job puts the parts together: the hold first, then the members.
func (b *builder) job(group *workflow.Group, members []Member) *api.Job {
	id := JobID(b.params.ID, group.Name.V)
	pool := b.params.Pool
	j := &api.Job{
		ID:          &id,
		Name:        &id,
		Type:        new(api.JobTypeBatch),
		Priority:    &b.params.Priority.Number,
		AllAtOnce:   new(true),
		Datacenters: pool.Datacenters,
		NodePool:    &pool.NodePool,
		Meta:        b.meta(group, members).Write(),
		UI:          &api.JobUIConfig{Description: describe(b.params.ID, group.Name.V, members)},
		TaskGroups:  []*api.TaskGroup{hold(group.Name.V, members)},
	}
	if ns := b.namespace(); ns != "" {
		j.Namespace = &ns
	}
	for _, m := range members {
		j.TaskGroups = append(j.TaskGroups, b.memberGroup(group, m))
	}
	return j
}

func (b *builder) namespace() string {
	if b.params.Namespace != "" {
		return b.params.Namespace
	}
	return b.params.Pool.Namespace
}

func (b *builder) meta(group *workflow.Group, members []Member) meta.Gang {
	g := meta.Gang{
		Workflow:            b.params.ID,
		Group:               group.Name.V,
		Lead:                group.Lead().Name.V,
		Barrier:             group.Barrier,
		IgnoreNonleadStatus: group.IgnoreNonleadStatus,
		ExecTimeout:         firstSet(b.workflow.Timeout.Exec.V, b.params.Pool.Exec.Default),
		QueueTimeout:        firstSet(b.workflow.Timeout.Queue.V, b.params.Pool.Queue.Default),
		StartTimeout:        meta.DefaultStartTimeout,
		BarrierTimeout:      meta.DefaultBarrierTimeout,
		Pool:                b.params.Pool.Name,
	}
	for _, m := range members {
		g.Members = append(g.Members, m.Name)
	}
	return g
}

// firstSet returns the workflow's own limit, else the pool's.
func firstSet(own, pool time.Duration) time.Duration {
	if own > 0 {
		return own
	}
	return pool
}
