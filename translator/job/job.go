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
	// BuiltInSite says that nobody has described the cluster.
	BuiltInSite bool
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
	// Later is what the job asks for and this version's plugin does not carry out.
	Later diag.List
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
	// Ports are those on which the member listens, in rising order; in the host's
	// network they are reserved on its node.
	Ports []int
	// DNSName is how the other members find this one.
	DNSName string

	task *workflow.Task
	kind *kind
	// network is the platform's, or the host's where the task asks for it.
	network string
	expand  expander
	files   []file
	mounts  []site.Mount
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
// error in the list the gangs are nil. What is the same in all members, as the
// policies, the jobs share.
func Build(w *workflow.Workflow, p Params) ([]Gang, diag.List) {
	b := newBuilder(w, p)
	b.checkWorkflow()
	gangs := make([]Gang, len(w.Groups))
	for i := range w.Groups {
		gangs[i] = b.gang(&w.Groups[i])
	}
	b.checkNames(gangs)
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	for i := range gangs {
		gangs[i].Job = b.job(i, gangs[i].Members)
		gangs[i].Later = b.later(&w.Groups[i], gangs[i].Members)
		b.checkMeta(gangs[i].Job, &w.Groups[i])
	}
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	return gangs, b.diags
}

// builder holds what the jobs of a workflow share.
type builder struct {
	workflow *workflow.Workflow
	params   Params
	// kinds are the workflow's resources by name.
	kinds map[string]*kind
	// needs are the groups that each group waits for; needed are all of those.
	needs  [][]*workflow.Group
	needed map[*workflow.Group]bool
	limits limits
	labels map[string]string
	// tasks counts those of all groups.
	tasks int
	fixed fixed
	json  jsonWriter
	// poolActions are the pool's exit actions.
	poolActions []meta.ExitAction
	diags       diag.List
}

func newBuilder(w *workflow.Workflow, p Params) *builder {
	b := &builder{workflow: w, params: p, fixed: newFixed(), kinds: make(map[string]*kind, len(w.Resources)), labels: map[string]string{}}
	for i := range w.Resources {
		b.kinds[w.Resources[i].Name] = b.newKind(&w.Resources[i])
	}
	for _, l := range w.Labels {
		b.labels[l.Key.V] = l.Value.V
	}
	for _, a := range p.Pool.ExitActions {
		var codes meta.Codes
		if err := codes.UnmarshalText([]byte(a.Codes)); err == nil { // the site has checked them
			b.poolActions = append(b.poolActions, meta.ExitAction{Action: a.Action, Codes: codes})
		}
	}
	b.connect()
	return b
}

// connect finds out which groups need which.
func (b *builder) connect() {
	groups := b.workflow.Groups
	b.needs, b.needed = make([][]*workflow.Group, len(groups)), map[*workflow.Group]bool{}
	for i := range groups {
		b.needs[i] = b.workflow.Upstream(&groups[i])
		for _, up := range b.needs[i] {
			b.needed[up] = true
		}
	}
}

func (b *builder) gang(group *workflow.Group) Gang {
	g := Gang{Group: group.Name.V, Members: make([]Member, 0, len(group.Tasks))}
	lead, ports := group.Lead(), group.Ports()
	for i := range group.Tasks {
		t := &group.Tasks[i]
		if m, ok := b.member(group, t, ports[t.Name.V]); ok {
			m.Lead = t == lead
			g.Members = append(g.Members, m)
		}
	}
	b.checkQuota(group, g.Members)
	return g
}

// job puts the parts together: the hold first, then the members.
func (b *builder) job(index int, members []Member) *api.Job {
	group, pool := &b.workflow.Groups[index], b.params.Pool
	id := JobID(b.params.ID, group.Name.V)
	j := &api.Job{
		ID:          &id,
		Name:        &id,
		Type:        new(api.JobTypeBatch),
		Priority:    &b.params.Priority.Number,
		AllAtOnce:   new(true),
		Datacenters: pool.Datacenters,
		NodePool:    &pool.NodePool,
		Meta:        b.meta(index, members).Write(),
		UI:          &api.JobUIConfig{Description: describe(b.params.ID, group.Name.V, members)},
		TaskGroups:  make([]*api.TaskGroup, 0, 1+len(members)),
	}
	if ns := b.namespace(); ns != "" {
		j.Namespace = &ns
	}
	j.TaskGroups = append(j.TaskGroups, hold(group.Name.V, members))
	required := requirements(members)
	for i := range members {
		j.TaskGroups = append(j.TaskGroups, b.memberGroup(index, &members[i], required))
	}
	return j
}

func (b *builder) namespace() string {
	if b.params.Namespace != "" {
		return b.params.Namespace
	}
	return b.params.Pool.Namespace
}

func (b *builder) meta(index int, members []Member) meta.Gang {
	group := &b.workflow.Groups[index]
	g := meta.Gang{
		Workflow:            b.params.ID,
		Group:               group.Name.V,
		Lead:                group.Lead().Name.V,
		Barrier:             group.Barrier,
		IgnoreNonleadStatus: group.IgnoreNonleadStatus,
		ExecTimeout:         b.limits.exec,
		QueueTimeout:        b.limits.queue,
		StartTimeout:        meta.DefaultStartTimeout,
		BarrierTimeout:      meta.DefaultBarrierTimeout,
		Pool:                b.params.Pool.Name,
		Priority:            b.params.Priority.Name,
		Labels:              b.labels,
	}
	if b.params.Pool.Names == site.NamesHosts {
		g.Names = meta.NamesHosts
	}
	for _, up := range b.needs[index] {
		g.Needs = append(g.Needs, JobID(b.params.ID, up.Name.V))
	}
	for i := range members {
		g.Members = append(g.Members, members[i].Name)
	}
	return g
}
