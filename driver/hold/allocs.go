package hold

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	nomadapi "github.com/hashicorp/nomad/api"
)

// alloc is one allocation of the gang's job, as far as a hold cares.
type alloc struct {
	ID, Group, Node         string
	CreateIndex, JobVersion uint64
	// Stop says that Nomad wants it gone (drain, `alloc stop`, count 0, job
	// stopped), Why what Nomad says about that.
	Stop bool
	Why  string
	// Client is what its node says, or what the servers say for a node that is silent.
	Client string
	Tasks  map[string]task
}

// task is one task of an allocation: what its events add up to.
type task struct {
	Dead, Failed bool
	// Ran says that it was started at least once.
	Ran bool
	// Killed says that Nomad ended it, or meant to; not its own end.
	Killed bool
	// Last is the newest event in words, At its time (Unix nanoseconds).
	Last string
	At   int64
	// Code and Signal are those of the last termination.
	Code, Signal int
	OOM          bool
	// Trouble is the newest failure to start, in Nomad's words.
	Trouble string
	// Pull says that Trouble is about the image, Refused that trying again will not help.
	Pull, Refused bool
}

// terminal says that the node's last word on the allocation is said.
func (a alloc) terminal() bool {
	switch a.Client {
	case nomadapi.AllocClientStatusComplete, nomadapi.AllocClientStatusFailed:
		return true
	}
	return false
}

// silent says that the servers have given the allocation's node up.
func (a alloc) silent() bool {
	return a.Client == nomadapi.AllocClientStatusLost || a.Client == nomadapi.AllocClientStatusUnknown
}

// allDead says that no task of the allocation runs or will.
func (a alloc) allDead() bool {
	for _, t := range a.Tasks {
		if !t.Dead {
			return false
		}
	}
	return len(a.Tasks) > 0
}

// latest is the newest event of the allocation in words.
func (a alloc) latest() string {
	var newest task
	for _, t := range a.Tasks {
		if t.Last != "" && (t.At > newest.At || t.At == newest.At && t.Last > newest.Last) {
			newest = t
		}
	}
	return newest.Last
}

// summarize reads Nomad's list of allocations.
func summarize(stubs []*nomadapi.AllocationListStub) []alloc {
	allocs := make([]alloc, 0, len(stubs))
	for _, stub := range stubs {
		a := alloc{
			ID: stub.ID, Group: stub.TaskGroup, Node: stub.NodeName,
			CreateIndex: stub.CreateIndex, JobVersion: stub.JobVersion,
			Stop:   stub.DesiredStatus != nomadapi.AllocDesiredStatusRun,
			Why:    cmp.Or(stub.ClientDescription, stub.DesiredDescription),
			Client: stub.ClientStatus, Tasks: map[string]task{},
		}
		if a.Stop {
			a.Why = cmp.Or(stub.DesiredDescription, stub.ClientDescription)
		}
		for name, state := range stub.TaskStates {
			a.Tasks[name] = sumUp(state)
		}
		allocs = append(allocs, a)
	}
	slices.SortFunc(allocs, func(a, b alloc) int { return cmp.Compare(a.CreateIndex, b.CreateIndex) })
	return allocs
}

// sumUp folds a task's events, oldest first.
func sumUp(state *nomadapi.TaskState) task {
	t := task{Dead: state.State == "dead", Failed: state.Failed, Ran: !state.StartedAt.IsZero()}
	for _, e := range state.Events {
		t.fold(e)
		if text := oneLine(cmp.Or(e.DisplayMessage, e.Message, e.Type)); text != "" {
			t.Last, t.At = text, e.Time
		}
	}
	return t
}

func (t *task) fold(e *nomadapi.TaskEvent) {
	switch e.Type {
	case nomadapi.TaskStarted:
		t.Ran = true
	case nomadapi.TaskKilling:
		t.Killed = true
	case nomadapi.TaskTerminated:
		t.Code, t.Signal = number(e, "exit_code", e.ExitCode), number(e, "signal", e.Signal)
		t.OOM = e.Details["oom_killed"] == "true"
	case nomadapi.TaskDriverFailure, nomadapi.TaskSetupFailure, nomadapi.TaskFailedValidation,
		nomadapi.TaskArtifactDownloadFailed:
		t.Trouble = oneLine(cmp.Or(e.DisplayMessage, e.DriverError, e.SetupError, e.Message, e.Type))
		t.Pull, t.Refused = imageTrouble(t.Trouble)
	}
}

func number(e *nomadapi.TaskEvent, key string, old int) int {
	if n, err := strconv.Atoi(e.Details[key]); err == nil {
		return n
	}
	return old // the field that Nomad deprecated
}

// imageTrouble tells a failed image pull, and among those the ones that the
// registry (or the name itself) refuses from those that a network caused. The
// words are those of the docker and podman drivers and of the registries.
func imageTrouble(text string) (pull, refused bool) {
	low := strings.ToLower(text)
	if !strings.Contains(low, "failed to pull") && !strings.Contains(low, "pull image") &&
		!strings.Contains(low, "pulling image") {
		return false, false
	}
	for _, word := range []string{
		"not found", "no such image", "does not exist", "manifest unknown", "name unknown",
		"denied", "unauthorized", "authentication required", "forbidden", "invalid reference", "no matching manifest",
	} {
		if strings.Contains(low, word) {
			return true, true
		}
	}
	return true, false
}

// maxReason bounds the words of others inside ours, in bytes.
const maxReason = 240

// oneLine makes a single bounded line of somebody else's text.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxReason {
		return s
	}
	return strings.ToValidUTF8(s[:maxReason], "") + "…"
}
