package hold

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// ops is the commit as one transaction. now is the writer's wall clock, which
// only people read.
func (c commit) ops(now time.Time) []rendezvous.Op {
	ops := []rendezvous.Op{c.holdOp()}
	if c.fenced {
		ops = append(ops, fence(c.gang, c.epochIndex))
	}
	if c.verdict != nil {
		ops = append(ops, rendezvous.Create(c.gang.VerdictKey(c.epoch), rendezvous.Encode(c.verdict)))
	}
	if c.end != nil {
		ops = append(ops, rendezvous.Create(c.gang.EndKey(c.epoch), rendezvous.Encode(c.end)))
	}
	if c.status != nil && c.status.Workflow != "" {
		st := *c.status
		st.UpdatedUnix = now.Unix()
		key := rendezvous.StatusKey(c.gang.Namespace, st.Workflow, st.Group)
		ops = append(ops, rendezvous.Put(key, rendezvous.Encode(st)))
	}
	return ops
}

// holdOp writes the hold record, or checks that it is ours still.
func (c commit) holdOp() rendezvous.Op {
	key := c.gang.HoldKey()
	switch {
	case c.hold != nil:
		return rendezvous.Swap(key, rendezvous.Encode(c.hold), c.holdIndex)
	default:
		return rendezvous.CheckIndex(key, c.holdIndex)
	}
}

func fence(g rendezvous.Gang, index uint64) rendezvous.Op {
	if index == 0 {
		return rendezvous.CheckAbsent(g.EpochKey())
	}
	return rendezvous.CheckIndex(g.EpochKey(), index)
}

// at returns the commit with the job's version put into the outcome.
func (c commit) at(version uint64) commit {
	if c.hold == nil || c.hold.Outcome == nil {
		return c
	}
	hold, o := *c.hold, *c.hold.Outcome
	o.JobVersion = max(o.JobVersion, version)
	hold.Outcome, c.hold = &o, &hold
	if c.status != nil {
		st := *c.status
		st.Outcome, c.status = &o, &st
	}
	return c
}

// ops is the go as one transaction: this epoch record, and every ready record
// still vouched for by the session that wrote it.
func (a askGo) ops() []rendezvous.Op {
	ops := []rendezvous.Op{rendezvous.CheckIndex(a.gang.EpochKey(), a.epochIndex)}
	for _, name := range slices.Sorted(maps.Keys(a.sessions)) {
		ops = append(ops, rendezvous.CheckSession(a.gang.ReadyKey(a.epoch, name), a.sessions[name]))
	}
	return append(ops, rendezvous.Create(a.gang.VerdictKey(a.epoch), rendezvous.Encode(a.verdict)))
}

// String shows what a commit changes, for logs and transcripts.
func (c commit) String() string {
	var parts []string
	if h := c.hold; h != nil {
		parts = append(parts, describe(*h))
	}
	if c.verdict != nil {
		parts = append(parts, fmt.Sprintf("verdict abort %d %q", c.epoch, c.verdict.Why))
	}
	if c.end != nil {
		parts = append(parts, fmt.Sprintf("end %d %q", c.epoch, c.end.Why))
	}
	if c.status != nil {
		parts = append(parts, "status")
	}
	return "commit: " + strings.Join(parts, "; ")
}

// describe shows a hold record.
func describe(h rendezvous.Hold) string {
	text := "hold " + string(h.State)
	if h.Want != rendezvous.WantNothing {
		text += fmt.Sprintf(" want=%s(%d)", h.Want, h.WantEpoch)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Rollbacks)) {
		text += fmt.Sprintf(" rollbacks[%s]=%d", name, h.Rollbacks[name])
	}
	if h.Ending != nil {
		text += fmt.Sprintf(" ending=%q", h.Ending.Sentence)
	}
	if h.Outcome != nil {
		text += fmt.Sprintf(" outcome=%q code=%d", h.Outcome.Sentence, h.Outcome.Code)
	}
	return text
}

// String implements effect.
func (a askGo) String() string {
	return fmt.Sprintf("ask for go %d with %d ready", a.epoch, len(a.sessions))
}

// String implements effect.
func (e say) String() string { return "say " + e.text }

// String implements effect.
func (e readAllocs) String() string { return "read allocations" }

// String implements effect.
func (e readJob) String() string { return "read job" }

// String implements effect.
func (e leave) String() string { return "leave outcome" }

// String implements effect.
func (e wake) String() string { return fmt.Sprintf("wake at %s", e.at.Round(time.Millisecond)) }

// String implements effect.
func (e exit) String() string { return fmt.Sprintf("exit %d", e.code) }
