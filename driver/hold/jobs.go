package hold

import (
	"strings"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// pinTarget is the node attribute by which the admitter pins a member to its node.
const pinTarget = "${node.unique.id}"

// readSpec reads out of Nomad's job what a hold needs to know of it.
func readSpec(j *nomadapi.Job) job {
	r := job{Pins: map[string]string{}, Platforms: map[string]string{}, Arrive: map[string]string{}}
	if j.Version != nil {
		r.Version = *j.Version
	}
	var err error
	if r.Spec, err = meta.Parse(j.Meta); err != nil {
		r.Trouble = err.Error()
		r.Spec.Workflow, r.Spec.Group = j.Meta[meta.Workflow], j.Meta[meta.Group]
	}
	for _, group := range j.TaskGroups {
		if name := group.Meta[meta.Member]; name != "" && group.Name != nil {
			r.readMember(*group.Name, group)
		}
	}
	return r
}

func (r *job) readMember(name string, group *nomadapi.TaskGroup) {
	r.Platforms[name] = group.Meta[meta.Platform]
	for _, c := range group.Constraints {
		if c.LTarget == pinTarget {
			r.Pins[name] = c.RTarget
		}
	}
	for _, t := range group.Tasks {
		if t.Driver == meta.DriverName && strings.HasPrefix(t.Name, meta.ArriveTask) {
			r.Arrive[name] = t.Name
		}
	}
}

// arriveTask is the name of a member's sidecar.
func (s state) arriveTask(member string) string {
	if name := s.job.Arrive[member]; name != "" {
		return name
	}
	return meta.ArriveTask
}
