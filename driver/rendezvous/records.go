package rendezvous

import (
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// RecordVersion stands in every record. A record of another version is not believed.
const RecordVersion = 1

// State is where a gang is in its life, in OSMO's words (OSMO task.py:160).
type State string

// States of a gang.
const (
	Waiting      State = "WAITING"
	Scheduling   State = "SCHEDULING"
	Initializing State = "INITIALIZING"
	Running      State = "RUNNING"

	Completed          State = "COMPLETED"
	Failed             State = "FAILED"
	FailedCanceled     State = "FAILED_CANCELED"
	FailedExecTimeout  State = "FAILED_EXEC_TIMEOUT"
	FailedQueueTimeout State = "FAILED_QUEUE_TIMEOUT"
	FailedStartTimeout State = "FAILED_START_TIMEOUT"
	FailedImagePull    State = "FAILED_IMAGE_PULL"
	FailedUpstream     State = "FAILED_UPSTREAM"
	FailedServerError  State = "FAILED_SERVER_ERROR"
)

// Finished says whether a gang in this state has ended.
func (s State) Finished() bool {
	switch s {
	case Waiting, Scheduling, Initializing, Running:
		return false
	}
	return s != ""
}

// OSMO's exit codes that are not a command's own (OSMO task.py:146).
const (
	CodeUpstream     = 3000
	CodeServer       = 3002
	CodeLost         = 3004
	CodeStartTimeout = 3005
	CodeUnknown      = 4000
)

// Want is what a hold asks of the admitter.
type Want string

// Wants of a hold. A rollback and an end are both answered by the epoch's phase
// Ended: every member's count is 0 and every reachable client has let go.
const (
	WantNothing  Want = ""
	WantRelease  Want = "release"  // place my members
	WantRollback Want = "rollback" // take my members back: the verdict of this epoch is abort
	WantEnd      Want = "end"      // set all members to 0: some cannot be reached, or others took their place
)

// Hold is `gangs/<gang>/hold`: the gang as its hold sees it. Written by the
// hold alone; of two holds the one with the higher AllocCreateIndex owns it.
type Hold struct {
	Version          int    `json:"version"`
	AllocID          string `json:"alloc_id"`
	AllocCreateIndex uint64 `json:"alloc_create_index"`
	NodeName         string `json:"node_name"`
	State            State  `json:"state"`
	// Reason is one line a person can act on.
	Reason string `json:"reason,omitempty"`
	Want   Want   `json:"want,omitempty"`
	// WantEpoch is the epoch that a rollback or end is about; for a release the
	// highest epoch that must have ended before.
	WantEpoch int `json:"want_epoch,omitempty"`
	// NeedsMet lists the upstream gangs (job ids) that have completed.
	NeedsMet []string `json:"needs_met,omitempty"`
	// Rollbacks counts, per member, the rollbacks it caused.
	Rollbacks map[string]int `json:"rollbacks,omitempty"`
	// Epoch is the epoch that State, StartMS, BarrierMS, RunMS and SkewNanos are
	// about, from the hold's first sight of it as placed.
	Epoch int `json:"epoch,omitempty"`
	// QueuedMS (in SCHEDULING), StartMS (since placed), BarrierMS (since the first
	// arrival) and RunMS (since the go) are elapsed times, not instants: hosts'
	// clocks differ.
	QueuedMS  int64 `json:"queued_ms,omitempty"`
	StartMS   int64 `json:"start_ms,omitempty"`
	BarrierMS int64 `json:"barrier_ms,omitempty"`
	RunMS     int64 `json:"run_ms,omitempty"`
	// Ending is the outcome that is decided but not reached: members still end,
	// or are still being taken back. It becomes Outcome.
	Ending *Outcome `json:"ending,omitempty"`
	// SkewNanos is the measured spread of the members' starts, once all are known.
	SkewNanos int64    `json:"skew_nanos,omitempty"`
	Outcome   *Outcome `json:"outcome,omitempty"`
}

// Outcome is how a gang ended.
type Outcome struct {
	State State `json:"state"`
	// Sentence says it in words, for the UI, the events and the CLI.
	Sentence string `json:"sentence"`
	// Member, Code and Node name the culprit where there is one.
	Member string `json:"member,omitempty"`
	Code   int    `json:"code,omitempty"`
	Node   string `json:"node,omitempty"`
	// JobVersion is the version of the job that the outcome is for: a version
	// that the user wrote later starts a new epoch.
	JobVersion uint64 `json:"job_version"`
}

// Phase is how far the admitter is with an epoch.
type Phase string

// Phases of an epoch.
const (
	Releasing Phase = "releasing" // the assignment is decided, the job is being registered
	Placed    Phase = "placed"    // every member has an allocation, listed in the record
	Ended     Phase = "ended"     // rolled back: every reachable client has given its resources back
)

// Epoch is `gangs/<gang>/epoch`: one attempt at a gang. Written by the admitter
// alone, in transactions that check its lock.
type Epoch struct {
	Version int   `json:"version"`
	Epoch   int   `json:"epoch"`
	Phase   Phase `json:"phase"`
	// Assignment is member -> node id.
	Assignment map[string]string `json:"assignment"`
	// Nodes is node id -> node name, for people.
	Nodes map[string]string `json:"nodes,omitempty"`
	// Allocs is member -> allocation id; complete from Placed on. An allocation
	// that is not listed may never arrive.
	Allocs map[string]string `json:"allocs,omitempty"`
	// Addresses is member -> the address its name must resolve to.
	Addresses map[string]string `json:"addresses,omitempty"`
	// Names is member -> the DNS name the others use.
	Names map[string]string `json:"names,omitempty"`
	// JobVersion is the job's version that the release registered, once known.
	JobVersion uint64 `json:"job_version,omitempty"`
	// Why says why an epoch ended.
	Why string `json:"why,omitempty"`
}

// Queue is `gangs/<gang>/queue`: what the admitter tells a waiting gang.
// Written by the admitter alone, under its lock.
type Queue struct {
	Version int `json:"version"`
	// Position counts from 1 among the gangs that wait.
	Position int    `json:"position"`
	Reason   string `json:"reason"`
}

// Ready is `gangs/<gang>/<epoch>/ready/<member>`: this member has arrived. It
// lives as long as the session of the node's plugin.
type Ready struct {
	Version int    `json:"version"`
	AllocID string `json:"alloc_id"`
	NodeID  string `json:"node_id"`
	Node    string `json:"node"`
	Address string `json:"address"`
}

// Verdict is `gangs/<gang>/<epoch>/verdict`: created once, never changed.
type Verdict struct {
	Version int  `json:"version"`
	Go      bool `json:"go"`
	// By and Why say who decided and what for.
	By  string `json:"by"`
	Why string `json:"why,omitempty"`
}

// Started is `gangs/<gang>/<epoch>/started/<member>`: the command runs.
type Started struct {
	Version int        `json:"version"`
	AllocID string     `json:"alloc_id"`
	Node    string     `json:"node"`
	Start   wire.Start `json:"start"`
}

// Exit is `gangs/<gang>/<epoch>/exit/<member>`: the command has ended.
type Exit struct {
	Version int       `json:"version"`
	AllocID string    `json:"alloc_id"`
	Node    string    `json:"node"`
	Exit    wire.Exit `json:"exit"`
	// LastLines are the last lines of the command's output, bounded.
	LastLines []string `json:"last_lines,omitempty"`
}

// End is `gangs/<gang>/<epoch>/end`: members end their commands.
type End struct {
	Version int           `json:"version"`
	Why     string        `json:"why"`
	Grace   time.Duration `json:"grace_nanos,omitempty"`
}

// Status is `status/<ns>/<workflow>/<group>`: the gang as the CLI shows it,
// kept after the job is gone.
type Status struct {
	Version int    `json:"version"`
	Job     string `json:"job"`
	// JobCreateIndex tells this life of the job from a former one with the same
	// id; 0 where the writer did not know it.
	JobCreateIndex uint64            `json:"job_create_index,omitempty"`
	Workflow       string            `json:"workflow"`
	Group          string            `json:"group"`
	State          State             `json:"state"`
	Reason         string            `json:"reason,omitempty"`
	Epoch          int               `json:"epoch"`
	Members        map[string]Member `json:"members,omitempty"`
	Outcome        *Outcome          `json:"outcome,omitempty"`
	// SkewNanos is the spread of the members' starts; absent until all started.
	SkewNanos int64 `json:"skew_nanos,omitempty"`
	// UpdatedUnix is the writer's wall clock, for people.
	UpdatedUnix int64 `json:"updated_unix"`
}

// Member is one member in a Status.
type Member struct {
	// State is one of OSMO's task states.
	State     State      `json:"state"`
	AllocID   string     `json:"alloc_id,omitempty"`
	Node      string     `json:"node,omitempty"`
	Platform  string     `json:"platform,omitempty"`
	Exit      *wire.Exit `json:"exit,omitempty"`
	Message   string     `json:"message,omitempty"`
	LastLines []string   `json:"last_lines,omitempty"`
	// StartedUnixNanos is the command's start by its host's clock.
	StartedUnixNanos int64 `json:"started_unix_nanos,omitempty"`
}
