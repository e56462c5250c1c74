// Package workflow is the OSMO workflow as its author wrote it: a tree in
// which every value knows its place in the file, decoded and checked by OSMO's
// rules. It knows OSMO and nothing of Nomad.
//
// Decode reads the tree and reports every problem it finds; a tree that came
// with an error is for inspection only. The aim is OSMO's own verdict: an error
// where OSMO refuses a workflow, at whatever step before it runs, and a warning
// where OSMO accepts what cannot be meant.
//
// Words: a workflow has groups, a group is a gang, a gang has members (OSMO's
// tasks), exactly one of them is the lead. A bare OSMO task `t` is the gang
// `t-group` with one member.
package workflow

import (
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// Value is a value with its place in the user's file.
type Value[T any] struct {
	V   T
	Pos diag.Pos
}

// String is a text with its place. Special tokens in it are still as written;
// see Expand.
type String = Value[string]

// Workflow is one OSMO workflow.
type Workflow struct {
	Name String
	// Labels are in the order of the file.
	Labels []Label
	// Groups are in the order of the file, bare tasks already wrapped.
	Groups []Group
	// Resources are in the order of the file. OSMO's implicit empty `default`
	// is there when the file has no `resources` at all.
	Resources []Resource
	Timeout   Timeout

	// resourceOf and groupOf lead from the name of a resource and of a task to
	// its place in the lists above; see index.
	resourceOf, groupOf map[string]int
}

// Label is one `key: value` of a workflow, in Kubernetes' syntax. It is for
// finding workflows and changes nothing about them.
type Label struct{ Key, Value String }

// Timeout holds the limits of every gang of the workflow. Zero means that the
// file gives none.
type Timeout struct {
	// Exec counts from the start of the commands. The pool's maximum may cut it.
	Exec Value[time.Duration]
	// Queue counts while the gang waits for its place.
	Queue Value[time.Duration]
}

// Group is one gang.
type Group struct {
	Name String
	// Bare says that the file has a task of its own, not a group; Name is
	// then `<task>-group` and its place the task's name.
	Bare  bool
	Tasks []Task
	// Barrier says whether the commands of several members wait for each other.
	Barrier bool
	// IgnoreNonleadStatus says whether only the lead decides how the gang ends.
	IgnoreNonleadStatus bool
}

// Lead is the member whose end ends the gang: the only one marked, or the only
// one at all. It is nil in a group that Decode has reported.
func (g *Group) Lead() *Task {
	if len(g.Tasks) == 1 {
		return &g.Tasks[0]
	}
	for i := range g.Tasks {
		if g.Tasks[i].Lead {
			return &g.Tasks[i]
		}
	}
	return nil
}

// Task returns the member of that exact name, or nil.
func (g *Group) Task(name string) *Task {
	for i := range g.Tasks {
		if g.Tasks[i].Name.V == name {
			return &g.Tasks[i]
		}
	}
	return nil
}

// Task is one member.
type Task struct {
	Name String
	// Lead is as the file says; Group.Lead knows the rule for one-task groups.
	Lead  bool
	Image String
	// Command has at least one element; Args are appended to it.
	Command []String
	Args    []String
	// Environment is in the order of the file, each name once.
	Environment []EnvVar
	Files       []File
	// Resource is the name of an entry of the workflow's Resources. When the
	// file leaves it out, it is `default` at the place of the task.
	Resource String

	// Inputs are brought before the command starts; the place in this list is
	// the number of the directory, /osmo/data/input/<n>.
	Inputs []Input
	// Outputs are uploaded from the output directory when the command has ended.
	Outputs []Output
	// Checkpoints are uploaded again and again while the command runs.
	Checkpoints []Checkpoint
	// ExitActions are in the order in which they are tried: the first whose codes
	// hold the exit code decides.
	ExitActions []ExitAction
	Credentials []Credential
	Mounts      []Mount
	// Privileged and HostNetwork need the platform's permission.
	Privileged, HostNetwork Value[bool]
	// DownloadType is "" or "download", the only one that OSMO has left.
	DownloadType String
	// CacheSize is a quantity as in Resource, or a percentage of the storage, as
	// it is written; empty when the file gives none.
	CacheSize String
	KPIs      []KPI
}

// Input is data that a task reads: the output of an earlier task, or what is at
// a URL. Exactly one of Task and URL is given.
type Input struct {
	// Task is a task of this workflow, or of an earlier one where Workflow is
	// its id.
	Task, Workflow String
	URL            String
	// Regex picks files; empty means all.
	Regex String
}

// Output is a URL to which the task's output directory is uploaded.
type Output struct{ URL, Regex String }

// Checkpoint is a directory of the task that is uploaded every Frequency, and
// once more when the command has ended.
type Checkpoint struct {
	// Path is absolute, or begins with a token: OSMO puts a missing `/` in front
	// (OSMO task.py:2657).
	Path, URL String
	Frequency Value[time.Duration]
	Regex     String
}

// Action is what an exit code means: it overrides what the code says by itself.
type Action string

// OSMO's actions (OSMO task.py:136), in upper case.
const (
	ActionComplete   Action = "COMPLETE"
	ActionFail       Action = "FAIL"
	ActionReschedule Action = "RESCHEDULE"
)

// ExitAction applies Action to the exit codes of Codes.
type ExitAction struct {
	Action Value[Action]
	// Written is the text of the file, e.g. "1-5,137".
	Written String
	Codes   []CodeRange
}

// CodeRange is First to Last, inclusive; First above Last holds nothing.
type CodeRange struct{ First, Last int }

// Credential is a secret of the user's store that the task gets: as files below
// Path, one for each of its keys, or as environment variables.
type Credential struct {
	Name String
	Path String
	// Env are the variables in the order of the file. It is nil where Path is
	// meant; an empty mapping is accepted, and is neither.
	Env []CredentialVar
}

// CredentialVar is an environment variable whose value is a key of a secret.
type CredentialVar struct{ Variable, Key String }

// Mount is a directory of the host that the task sees: `source[:destination]`.
type Mount struct {
	// Written is the text of the file. Destination is Source where none is given.
	Written             String
	Source, Destination string
}

// KPI is a file of the output directory with key figures, as OSMO's undocumented
// field has it.
type KPI struct{ Index, Path String }

// EnvVar is one environment variable of a task.
type EnvVar struct {
	Name  String
	Value String
}

// File is one text file that is put into the task before its command starts.
// It is not executable and cannot be written.
type File struct {
	// Path is where the task sees it; a relative one counts from the root. With its
	// tokens replaced it is legal, but may still contain `..` or name a place twice,
	// of which Decode has warned.
	Path String
	// Contents is the text; it may be empty. Where the file of the workflow names
	// a local file instead, it is that file's text, and its place is there.
	Contents String
	// Base64 says that Contents is the base64 of what the task sees; tokens in it
	// are not replaced. Where it is not base64, Decode has warned.
	Base64 bool
}

// Resource is what one member asks for. Zero means "not given": OSMO treats an
// explicit zero so too (OSMO postgres.py:1834), and the pool's default applies,
// which is OSMO's own (Default…) where the site has none.
type Resource struct {
	Name string
	Pos  diag.Pos
	// CPU counts whole cores, GPU whole devices. A task's resource has none below
	// zero, and no memory or storage below one KiB.
	CPU Value[int64]
	GPU Value[int64]
	// MemoryBytes and StorageBytes are rounded up to whole bytes.
	MemoryBytes  Value[int64]
	StorageBytes Value[int64]
	// Platform is empty when the pool's default platform is meant.
	Platform String
	// NodesExcluded are names of nodes that must not be used.
	NodesExcluded []String
	Topology      []Topology
}

// Topology asks that all tasks which name the same Key and Group are put on nodes
// with the same value of what the pool calls Key: one rack, one node.
type Topology struct {
	Key, Group String
	// Required says that the gang waits rather than be spread; else it is a wish.
	Required bool
}

// DefaultTopologyGroup is the group of a topology requirement that names none.
const DefaultTopologyGroup = "default"

// What OSMO gives a task that asks for nothing (OSMO objects.py:122); GPU is 0.
const (
	DefaultCPU          int64 = 1
	DefaultMemoryBytes  int64 = 1 << 30
	DefaultStorageBytes int64 = 1 << 30
)

// DefaultResource is the resource of a task that names none.
const DefaultResource = "default"

// index makes the maps by name. Of two tasks or resources of one name, which
// Decode has reported, the last counts.
func (w *Workflow) index() {
	w.resourceOf, w.groupOf = make(map[string]int, len(w.Resources)), make(map[string]int, len(w.Groups))
	for i := range w.Resources {
		w.resourceOf[w.Resources[i].Name] = i
	}
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			w.groupOf[w.Groups[i].Tasks[j].Name.V] = i
		}
	}
}

// ResourceOf returns the resource of a task, or nil when the task names one
// that does not exist, which Decode has reported.
func (w *Workflow) ResourceOf(t *Task) *Resource {
	if w.resourceOf == nil {
		w.index() // a workflow that was not decoded
	}
	if i, ok := w.resourceOf[t.Resource.V]; ok {
		return &w.Resources[i]
	}
	return nil
}

// Upstream returns the groups that must complete before g starts: those of the
// tasks that g's tasks have as inputs, each once, in the order of the file. Inputs
// of earlier workflows are not among them.
func (w *Workflow) Upstream(g *Group) []*Group {
	var out []*Group
	for _, i := range w.upstream(g) {
		if up := &w.Groups[i]; up != g {
			out = append(out, up)
		}
	}
	return out
}

func (w *Workflow) upstream(g *Group) []int {
	if w.groupOf == nil {
		w.index() // a workflow that was not decoded
	}
	var out []int
	for i := range g.Tasks {
		for _, in := range g.Tasks[i].Inputs {
			if up, known := w.groupOf[in.Task.V]; known && in.Task.V != "" && in.Workflow.V == "" {
				out = append(out, up)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
