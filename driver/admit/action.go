package admit

import (
	"fmt"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Action is one thing that the admitter does about one gang. Each carries the
// indexes of what was looked at when it was decided: if that has changed by
// the time it is done, nothing happens and the next look decides again.
type Action interface {
	// About is the gang that the action is for.
	About() rendezvous.Gang
	// String says the action in a few words, for the log and for tests.
	String() string
}

// Release places a gang: record, register, evaluation, record.
type Release struct {
	Gang rendezvous.Gang
	// Record is the epoch in phase releasing, as it is written first.
	Record rendezvous.Epoch
	// EpochIndex and HoldIndex are of the records that the decision rests on.
	EpochIndex, HoldIndex uint64
	// JobModifyIndex is of the job that the decision rests on.
	JobModifyIndex uint64
	// Edit is the register.
	Edit Edit
	// ClusterState names the state of the cluster that the model saw (Refusal).
	ClusterState string
}

// Register sets counts, and nothing else, of a job.
type Register struct {
	Gang           rendezvous.Gang
	JobModifyIndex uint64
	Edit           Edit
	Why            string
}

// Edit is what the admitter changes of a job: counts of groups by name, and
// the nodes that members are pinned to. Groups that are absent stay as they are.
type Edit struct {
	Counts map[string]int
	// Pins is member -> node id.
	Pins map[string]string
}

// Record writes the epoch record.
type Record struct {
	Gang       rendezvous.Gang
	Epoch      rendezvous.Epoch
	EpochIndex uint64
}

// Abort creates the verdict abort of an epoch, so that it can never go.
type Abort struct {
	Gang       rendezvous.Gang
	Epoch      int
	EpochIndex uint64
	Why        string
}

// Tell writes the queue record of a gang that waits.
type Tell struct {
	Gang  rendezvous.Gang
	Queue rendezvous.Queue
}

// Evaluate asks Nomad to look at the job again, so that a lost hold is replaced.
type Evaluate struct {
	Gang rendezvous.Gang
	Why  string
}

// Cancel writes the final status of a gang whose job was stopped or purged and
// that has no hold to do it. Workflow and Group are empty where the job is gone.
type Cancel struct {
	Gang            rendezvous.Gang
	Workflow, Group string
}

// Prune removes all records of a gang that Nomad no longer knows.
type Prune struct {
	Gang rendezvous.Gang
}

// About implements Action.
func (a Release) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Register) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Record) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Abort) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Tell) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Evaluate) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Cancel) About() rendezvous.Gang { return a.Gang }

// About implements Action.
func (a Prune) About() rendezvous.Gang { return a.Gang }

// String implements Action.
func (a Release) String() string {
	return fmt.Sprintf("release %s epoch %d on %v", a.Gang.Job, a.Record.Epoch, a.Record.Assignment)
}

// String implements Action.
func (a Register) String() string {
	return fmt.Sprintf("set %s to %v: %s", a.Gang.Job, a.Edit.Counts, a.Why)
}

// String implements Action.
func (a Record) String() string {
	return fmt.Sprintf("record %s epoch %d %s%s", a.Gang.Job, a.Epoch.Epoch, a.Epoch.Phase, because(a.Epoch.Why))
}

// String implements Action.
func (a Abort) String() string {
	return fmt.Sprintf("abort %s epoch %d: %s", a.Gang.Job, a.Epoch, a.Why)
}

// String implements Action.
func (a Tell) String() string {
	return fmt.Sprintf("tell %s #%d: %s", a.Gang.Job, a.Queue.Position, a.Queue.Reason)
}

// String implements Action.
func (a Evaluate) String() string { return fmt.Sprintf("evaluate %s: %s", a.Gang.Job, a.Why) }

// String implements Action.
func (a Cancel) String() string { return "cancel " + a.Gang.Job }

// String implements Action.
func (a Prune) String() string { return "prune " + a.Gang.Job }

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
