package job

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// The words of these messages are OSMO's where people search for them.

// limits are the gangs' times; zero is no limit.
type limits struct{ exec, queue time.Duration }

// maxTimeout is the longest that the job's meta holds: 68 years.
const maxTimeout = math.MaxInt32 * time.Second

// checkWorkflow checks what the pool says about workflows as a whole.
func (b *builder) checkWorkflow() {
	pool, name := b.params.Pool, b.workflow.Name
	switch pool.Status {
	case site.Maintenance: // OSMO objects.py:1127
		b.diags.Errorf(diag.Pool, name.Pos, "Pool %s is undergoing maintenance. It takes no workflows until it is ONLINE again", pool.Name)
	case site.Offline:
		b.diags.Warnf(diag.Pool, name.Pos, "pool %s is OFFLINE: the workflow stays queued until it is ONLINE again", pool.Name)
	}
	for i := range b.workflow.Groups {
		b.tasks += len(b.workflow.Groups[i].Tasks)
	}
	if b.tasks > pool.MaxTasks { // OSMO workflow_service.py:421
		b.diags.Errorf(diag.Size, name.Pos, "Workflow cannot have more than %d tasks. It has %d", pool.MaxTasks, b.tasks)
	}
	b.limits.exec = b.limit("exec_timeout", pool.Exec, b.workflow.Timeout.Exec)
	b.limits.queue = b.limit("queue_timeout", pool.Queue, b.workflow.Timeout.Queue)
}

// limit applies the pool's to what the workflow asks for. OSMO cuts it without a
// word (OSMO postgres.py:3050).
func (b *builder) limit(what string, pool site.Limit, own workflow.Value[time.Duration]) time.Duration {
	limit, cut := pool.Of(own.V)
	switch {
	case cut:
		b.diags.Warnf(diag.Duration, own.Pos, "%s is cut to %s, the longest that pool %s allows", what, spoken(limit), b.params.Pool.Name)
	case limit > maxTimeout: // OSMO's own longest is 60 days, without a word
		b.diags.Warnf(diag.Duration, own.Pos, "%s is cut to 68 years", what)
	}
	return min(limit, maxTimeout)
}

// spoken is a duration as the site's file has it.
func spoken(d time.Duration) string {
	if day := 24 * time.Hour; d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return durationText(d)
}

// checkQuota compares a gang's GPUs with the pool's share (OSMO objects.py:1151).
func (b *builder) checkQuota(group *workflow.Group, members []Member) {
	gpus, pool := 0, b.params.Pool
	for i := range members {
		gpus += members[i].GPU
	}
	if q := pool.Quota.Guarantee; q != site.Unlimited && gpus > q && b.params.Priority.Name != "LOW" {
		b.diags.Errorf(diag.Pool, group.Name.Pos, "Pool %s has %d GPUs guaranteed for NORMAL/HIGH priority workflows and group %s requires %d GPUs. Higher gpu counts must be submitted with LOW priority", pool.Name, q, group.Name.V, gpus)
	}
	if q := pool.Quota.Maximum; q != site.Unlimited && gpus > q {
		b.diags.Warnf(diag.Pool, group.Name.Pos, "group %s requires %d GPUs, and pool %s never has more than %d", group.Name.V, gpus, pool.Name, q)
	}
}

// checkNames reports names that are two after the workflow's rules and one for
// Nomad or the DNS: what is too long is cut.
func (b *builder) checkNames(gangs []Gang) {
	jobs, services := make(map[string]diag.Pos, len(gangs)), make(map[string]diag.Pos, b.tasks)
	taken := func(seen map[string]diag.Pos, name, kind string, own workflow.String) {
		if first, ok := seen[name]; ok {
			b.diags = append(b.diags, diag.Diagnostic{
				Code: diag.Name, Pos: own.Pos, Related: []diag.Pos{first},
				Msg: kind + " " + own.V + " is called " + name + " in Nomad, and another one is too: give it a shorter name",
			})
			return
		}
		seen[name] = own.Pos
	}
	for i := range gangs {
		group := &b.workflow.Groups[i]
		taken(jobs, JobID(b.params.ID, group.Name.V), "group", group.Name)
		for j := range gangs[i].Members {
			m := &gangs[i].Members[j]
			taken(services, m.DNSName, "task", m.task.Name)
		}
	}
}

// maxMeta is how long a value of meta can be: Nomad puts each into every task's
// environment, where Linux takes 128 KiB for one variable with its name.
const maxMeta = 120_000

// checkMeta checks what grows with the inputs and the needs of a gang.
func (b *builder) checkMeta(j *api.Job, group *workflow.Group) {
	check := func(m map[string]string, kind string, name workflow.String) {
		for key, value := range m {
			if len(value) > maxMeta {
				b.diags.Errorf(diag.Size, name.Pos, "%s %s asks for more than a job can say: %s has %d bytes, at most %d are possible", kind, name.V, key, len(value), maxMeta)
			}
		}
	}
	check(j.Meta, "group", group.Name)
	for i := range group.Tasks {
		check(j.TaskGroups[i+1].Meta, "task", group.Tasks[i].Name)
	}
}

// checkRights checks what a task asks of its platform (OSMO task.py:628).
func (b *builder) checkRights(t *workflow.Task, p *site.Platform) {
	name, hint := p.Name, ""
	if name == "" {
		name = "any"
	}
	if b.params.BuiltInSite {
		hint = ": without --site no platform allows it"
	}
	if t.Privileged.V && !p.Privileged {
		b.diags.Errorf(diag.Privilege, t.Privileged.Pos, "Task with platform: %s does not have privileged flag enabled. Task %s%s", name, t.Name.V, hint)
	}
	if t.HostNetwork.V && !p.HostNetwork {
		b.diags.Errorf(diag.Privilege, t.HostNetwork.Pos, "Task with platform: %s does not have hostNetwork flag enabled. Task %s%s", name, t.Name.V, hint)
	}
	for _, m := range t.Mounts {
		switch {
		case slices.Contains(p.AllowedMounts, m.Source):
		case isDefault(p.DefaultMounts, m.Source):
			b.diags.Errorf(diag.Mount, m.Written.Pos, "Mount %q is already provided by platform %s. Task %s", m.Source, name, t.Name.V)
		default:
			b.diags.Errorf(diag.Mount, m.Written.Pos, "Task with platform: %s does not allow mount: %q. Task %s%s%s", name, m.Source, t.Name.V, hint, diag.DidYouMean(m.Source, p.AllowedMounts))
		}
	}
}

func isDefault(mounts []site.Mount, source string) bool {
	return slices.ContainsFunc(mounts, func(m site.Mount) bool { return m.Source == source })
}
