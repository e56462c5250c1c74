// Package workflow is the OSMO workflow as its author wrote it: a tree in
// which every value knows its place in the file, decoded and checked by OSMO's
// rules. It knows OSMO and nothing of Nomad.
//
// Decode reads the tree and reports every problem it finds; a tree that came
// with an error is for inspection only. What OSMO knows and this version does
// not is refused by name, nothing is ignored.
//
// Words: a workflow has groups, a group is a gang, a gang has members (OSMO's
// tasks), exactly one of them is the lead. A bare OSMO task `t` is the gang
// `t-group` with one member.
package workflow

import (
	"iter"
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
	// Groups are in the order of the file, bare tasks already wrapped.
	Groups []Group
	// Resources are in the order of the file. OSMO's implicit empty `default`
	// is there when the file has no `resources` at all.
	Resources []Resource
	Timeout   Timeout
}

// Timeout holds the limits of every gang of the workflow. Zero means that the
// file gives none.
type Timeout struct {
	// Exec counts from the start of the commands.
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
	// Environment is in the order of the file.
	Environment []EnvVar
	Files       []File
	// Resource is the name of an entry of the workflow's Resources. When the
	// file leaves it out, it is `default` at the place of the task.
	Resource String
}

// EnvVar is one environment variable of a task.
type EnvVar struct {
	Name  String
	Value String
}

// File is one text file that is put into the task before its command starts.
// It is not executable and cannot be written.
type File struct {
	// Path is where the task sees it, usually absolute.
	Path String
	// Contents is the text; it may be empty.
	Contents String
}

// Resource is what one member asks for. Zero means "not given": OSMO treats an
// explicit zero so too (OSMO postgres.py:1834), and the pool's default applies,
// which is OSMO's own (Default…) where the site has none.
type Resource struct {
	Name string
	Pos  diag.Pos
	// CPU counts whole cores, GPU whole devices.
	CPU Value[int64]
	GPU Value[int64]
	// MemoryBytes and StorageBytes are rounded up to whole bytes.
	MemoryBytes  Value[int64]
	StorageBytes Value[int64]
	// Platform is empty when the pool's default platform is meant.
	Platform String
}

// What OSMO gives a task that asks for nothing (OSMO objects.py:122); GPU is 0.
const (
	DefaultCPU          int64 = 1
	DefaultMemoryBytes  int64 = 1 << 30
	DefaultStorageBytes int64 = 1 << 30
)

// DefaultResource is the resource of a task that names none.
const DefaultResource = "default"

// ResourceOf returns the resource of a task, or nil when the task names one
// that does not exist, which Decode has reported.
func (w *Workflow) ResourceOf(t *Task) *Resource {
	for i := range w.Resources {
		if w.Resources[i].Name == t.Resource.V {
			return &w.Resources[i]
		}
	}
	return nil
}

// Texts yields every text of the task in which special tokens are replaced, in
// the order of the fields above. The image is not among them: OSMO checks its
// grammar before it substitutes, so an image has no tokens.
func (t *Task) Texts() iter.Seq[String] {
	return func(yield func(String) bool) {
		for _, list := range [][]String{t.Command, t.Args} {
			for _, s := range list {
				if !yield(s) {
					return
				}
			}
		}
		for _, e := range t.Environment {
			if !yield(e.Name) || !yield(e.Value) {
				return
			}
		}
		for _, f := range t.Files {
			if !yield(f.Path) || !yield(f.Contents) {
				return
			}
		}
	}
}
