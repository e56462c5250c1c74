package hold

import (
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// state is all that a hold knows. Its maps are never changed in place: a step
// that learns something makes a new one.
type state struct {
	self self
	gang rendezvous.Gang
	job  job

	// now is the monotonic clock of the last event, from the start of this run.
	now time.Duration
	// phase is the gang's state as the last step saw it; the time until the next
	// event counts for it.
	phase   rendezvous.State
	elapsed elapsed

	// What was last observed.
	viewSeen  bool
	view      rendezvous.View
	viewIndex uint64
	allocSeen bool
	allocs    []alloc
	upstream  map[string]upstream

	// since is when something that may pass was first seen, by a name for it.
	since map[string]time.Duration
	// askedFor is, per allocation that has an exit record or is missing, the number
	// of the reading of allocations after which it is judged; asked and answered
	// count those readings.
	askedFor        map[string]int
	asked, answered int
	// jobAsked is the job version that a reading of the job was asked for.
	jobAsked uint64

	stop stop
	// busy: a commit is under way; its result is an event.
	busy   bool
	sent   *rendezvous.Status
	shown  *rendezvous.Status // the status as it was last written
	commit time.Duration      // when the last commit was sent
	// said is the last line said on each topic.
	said map[string]saying
	done bool
}

// saying is a line that was said: in which state of the gang, and when.
type saying struct {
	text  string
	phase rendezvous.State
	at    time.Duration
}

// self is this hold's own allocation.
type self struct {
	AllocID     string
	CreateIndex uint64
	Node        string
}

// job is the gang's job as Nomad has it.
type job struct {
	Version uint64
	Spec    meta.Gang
	// Trouble says why Spec could not be read.
	Trouble string
	// Pins is member -> node id, where the admitter has put one: a version
	// without any is the user's.
	Pins map[string]string
	// Platforms and Arrive are member -> platform, member -> its sidecar's task name.
	Platforms map[string]string
	Arrive    map[string]string
}

// upstream is how far a gang that this one needs has come.
type upstream struct {
	State    rendezvous.State
	Sentence string
}

// elapsed is how long the gang has been in what it is in. Hosts' clocks differ,
// so this is what is persisted, and never an instant.
type elapsed struct {
	queued                     time.Duration
	starting, barrier, running time.Duration // of one epoch
}

// stop is what Nomad told this task.
type stop int

const (
	stopNot      stop = iota
	stopAside         // this allocation is to go, the job stays
	stopCanceled      // the job was stopped
	stopNow           // canceled, and no more time
)

// event is what happened, and when.
type event struct {
	now  time.Duration
	what any
}

// What can happen.
type (
	// seen is the gang's records as a watch found them. Reset says that the
	// store's indexes started over.
	seen struct {
		view  rendezvous.View
		index uint64
		reset bool
	}
	// committed ends a commit, with the records as they are after it.
	committed struct {
		ok    bool
		view  rendezvous.View
		index uint64
	}
	// allocsSeen is Nomad's allocations of the job; answers is the number of the
	// reading, 0 for a watch's.
	allocsSeen struct {
		allocs  []alloc
		answers int
	}
	// jobSeen is the job as Nomad has it now.
	jobSeen struct{ job job }
	// upstreamSeen is job id -> state, of those that are known.
	upstreamSeen struct{ upstream map[string]upstream }
	// stopAsked is Nomad's wish that this task ends.
	stopAsked struct{ stop stop }
	// tick is time gone by.
	tick struct{}
)

// effect is something for the runner to do.
type effect interface{ String() string }

// What a step can ask for.
type (
	// commit writes records in one transaction that checks the hold record.
	commit struct {
		gang      rendezvous.Gang
		hold      *rendezvous.Hold // nil: only checked
		holdIndex uint64
		epoch     int
		// fenced: the epoch record must be as it was seen (0: absent).
		fenced     bool
		epochIndex uint64
		verdict    *rendezvous.Verdict
		end        *rendezvous.End
		status     *rendezvous.Status
		// outcome: fill in the job's version, read from Nomad now.
		outcome bool
	}
	// askGo asks for the verdict go.
	askGo struct {
		gang       rendezvous.Gang
		epoch      int
		epochIndex uint64
		sessions   map[string]string // member -> session of its ready record
		verdict    rendezvous.Verdict
	}
	// say tells people: the hold's log and the allocation's recent events.
	say struct{ text string }
	// readAllocs asks for a reading of the allocations from now on.
	readAllocs struct{ number int }
	// readJob asks for the job.
	readJob struct{}
	// leave writes the outcome into the allocation's directory.
	leave struct{ outcome rendezvous.Outcome }
	// wake asks for a tick at this time of the run, at the latest.
	wake struct{ at time.Duration }
	// exit ends the run.
	exit struct {
		code    int
		outcome *rendezvous.Outcome
	}
)
