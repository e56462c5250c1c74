package rendezvous

import (
	"strconv"
	"strings"
)

// Prefix of every key of ours in Consul's KV.
const Prefix = "osmo/v1/"

// AdmitterKey is the admitter's lock.
const AdmitterKey = Prefix + "admitter"

// GangsPrefix holds the shared records of all gangs.
const GangsPrefix = Prefix + "gangs/"

// Gang identifies one life of one gang: a job that was purged and registered
// again has another CreateIndex and never meets its former life's records.
type Gang struct {
	Namespace   string
	Job         string
	CreateIndex uint64
}

// Prefix of all records of the gang.
func (g Gang) Prefix() string {
	return GangsPrefix + g.Namespace + "/" + g.Job + "/" + strconv.FormatUint(g.CreateIndex, 10) + "/"
}

// HoldKey is the key of the gang's Hold.
func (g Gang) HoldKey() string { return g.Prefix() + "hold" }

// EpochKey is the key of the gang's Epoch.
func (g Gang) EpochKey() string { return g.Prefix() + "epoch" }

// QueueKey is the key of the gang's Queue.
func (g Gang) QueueKey() string { return g.Prefix() + "queue" }

// EpochPrefix of the records of one epoch.
func (g Gang) EpochPrefix(epoch int) string { return g.Prefix() + strconv.Itoa(epoch) + "/" }

// ReadyKey is the key of a member's Ready.
func (g Gang) ReadyKey(epoch int, member string) string {
	return g.EpochPrefix(epoch) + "ready/" + member
}

// VerdictKey is the key of the epoch's Verdict.
func (g Gang) VerdictKey(epoch int) string { return g.EpochPrefix(epoch) + "verdict" }

// StartedKey is the key of a member's Started.
func (g Gang) StartedKey(epoch int, member string) string {
	return g.EpochPrefix(epoch) + "started/" + member
}

// ExitKey is the key of a member's Exit.
func (g Gang) ExitKey(epoch int, member string) string {
	return g.EpochPrefix(epoch) + "exit/" + member
}

// EndKey is the key of the epoch's End.
func (g Gang) EndKey(epoch int) string { return g.EpochPrefix(epoch) + "end" }

// ParseGangKey reads the gang out of any key below GangsPrefix and returns the
// rest of the key (`hold`, `epoch`, `3/ready/x`).
func ParseGangKey(key string) (g Gang, rest string, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(key, GangsPrefix), "/", 4)
	if !strings.HasPrefix(key, GangsPrefix) || len(parts) != 4 {
		return Gang{}, "", false
	}
	index, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return Gang{}, "", false
	}
	return Gang{Namespace: parts[0], Job: parts[1], CreateIndex: index}, parts[3], true
}

// StatusPrefix of the statuses of one workflow.
func StatusPrefix(namespace, workflow string) string {
	return Prefix + "status/" + namespace + "/" + workflow + "/"
}

// StatusKey is the key of a gang's Status.
func StatusKey(namespace, workflow, group string) string {
	return StatusPrefix(namespace, workflow) + group
}

// CounterKey holds the last number of workflows of this name, as decimal text.
// Names that differ in case or in `_` and `-` alone share it, because their
// members' names in Consul would not differ either.
func CounterKey(workflowName string) string {
	return Prefix + "workflows/" + strings.ReplaceAll(strings.ToLower(workflowName), "_", "-")
}
