package hold

import (
	"cmp"
	"maps"
	"slices"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// maxStatus bounds a status record, in bytes: Consul refuses a transaction
// above 512 KiB, counted after base64.
const maxStatus = 200 << 10

// status is the gang as the CLI shows it, and as it stays after the job is gone.
func (p *plan) status() rendezvous.Status {
	spec := p.s.job.Spec
	st := rendezvous.Status{
		Version: rendezvous.RecordVersion, Job: p.s.gang.Job, JobCreateIndex: p.s.gang.CreateIndex,
		Workflow: spec.Workflow, Group: spec.Group,
		State: p.rec.State, Reason: p.rec.Reason, Epoch: p.rec.Epoch,
		Outcome: p.rec.Outcome, SkewNanos: p.rec.SkewNanos,
		Members: map[string]rendezvous.Member{},
	}
	for _, name := range spec.Members {
		st.Members[name] = p.absentStatus(name)
	}
	for _, m := range p.members {
		st.Members[m.name] = p.memberStatus(m)
	}
	return slim(st)
}

// absentStatus is a member without a place: not placed yet, or taken back, and
// then perhaps the one that the gang failed for.
func (p *plan) absentStatus(name string) rendezvous.Member {
	r := rendezvous.Member{State: p.rec.State, Platform: p.s.job.Platforms[name]}
	switch o := p.rec.Outcome; {
	case o == nil || o.Member == "":
	case o.Member == name:
		r.Node, r.Message = o.Node, o.Sentence
	default:
		r.State = rendezvous.Failed
	}
	return r
}

func (p *plan) memberStatus(m member) rendezvous.Member {
	r := rendezvous.Member{
		State: p.memberState(m), AllocID: m.allocID, Node: m.node, Platform: p.s.job.Platforms[m.name], Message: m.why,
	}
	if m.started != nil {
		r.StartedUnixNanos = m.started.Start.UnixNanos
	}
	if m.exit != nil {
		e := m.exit.Exit
		r.Exit, r.LastLines = &e, m.exit.LastLines
		if e.Ended && p.endText() != "" {
			r.Message = p.endText()
		}
	}
	if r.Message == "" && m.fate == arriving && m.alloc != nil {
		r.Message = m.alloc.latest()
	}
	return r
}

// endText is what the members were told, where they were.
func (p *plan) endText() string {
	if p.s.view.End == nil {
		return ""
	}
	return p.s.view.End.Why
}

// memberState is the member's state in OSMO's words. A member that was ended
// with its gang shares the gang's success, and of its failures those that are
// not one member's (OSMO jobs.py:695).
func (p *plan) memberState(m member) rendezvous.State {
	told := m.exit == nil || m.exit.Exit.Ended || m.exit.Exit.Never && p.s.view.End != nil
	gang := p.rec.Outcome
	if gang == nil {
		gang = p.rec.Ending
	}
	switch {
	case m.over() && (!told || gang == nil || gang.Member == m.name):
		return m.state
	case !m.over() && p.rec.Outcome == nil:
		return p.openState(m)
	case gang.State == rendezvous.Completed, gang.Member == "":
		return gang.State
	default:
		return rendezvous.Failed
	}
}

// openState is the state of a member that has not ended.
func (p *plan) openState(m member) rendezvous.State {
	if p.rec.State == rendezvous.Running && m.started == nil {
		return rendezvous.Initializing
	}
	return p.rec.State
}

// slim drops last lines until the record fits, the culprit's last.
func slim(st rendezvous.Status) rendezvous.Status {
	culprit := ""
	if st.Outcome != nil {
		culprit = st.Outcome.Member
	}
	names := slices.Sorted(maps.Keys(st.Members))
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(boolInt(a == culprit), boolInt(b == culprit))
	})
	for _, name := range names {
		if len(rendezvous.Encode(st)) <= maxStatus {
			break
		}
		m := st.Members[name]
		m.LastLines = nil
		st.Members[name] = m
	}
	return st
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
