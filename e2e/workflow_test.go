package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// workflow is one submitted workflow of a scenario.
type workflow struct {
	c  *cluster
	t  *testing.T
	id string
}

var workflowID = regexp.MustCompile(`(?m)^Workflow ID        - (\S+)$`)

// submit runs a workflow detached. It is canceled when the test ends, so that
// no scenario leaves anything in the next one's way.
func (c *cluster) submit(t *testing.T, file string, args ...string) *workflow {
	t.Helper()
	r := c.run(t, append([]string{"run", file, "--detach"}, args...)...)
	found := workflowID.FindStringSubmatch(r.stdout)
	if r.code != 0 || found == nil {
		t.Fatalf("run %s: exit code %d\n%s%s", file, r.code, r.stdout, r.stderr)
	}
	w := &workflow{c: c, t: t, id: found[1]}
	t.Cleanup(w.clear)
	return w
}

// submitText is submit for a workflow that stands in the test.
func (c *cluster) submitText(t *testing.T, text string, args ...string) *workflow {
	t.Helper()
	return c.submit(t, writeWorkflow(t, text), args...)
}

func writeWorkflow(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "workflow.yaml")
	writeFile(t, path, text)
	return path
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// clear shows what a failed test left and stops the workflow's jobs.
func (w *workflow) clear() {
	if w.t.Failed() {
		w.t.Log(w.describe())
	}
	for _, j := range w.jobs() {
		if _, _, err := w.c.nomad.Jobs().Deregister(j.ID, false, nil); err != nil {
			w.t.Errorf("stopping %s: %v", j.ID, err)
		}
	}
}

func (w *workflow) jobs() []*nomad.JobListStub {
	jobs, _, err := w.c.nomad.Jobs().PrefixList(w.id + "~")
	if err != nil {
		w.t.Fatalf("listing the jobs of %s: %v", w.id, err)
	}
	return jobs
}

// describe is what a person would look at first.
func (w *workflow) describe() string {
	var b strings.Builder
	for _, j := range w.jobs() {
		fmt.Fprintf(&b, "job %s: %s, stop %v\n", j.ID, j.Status, j.Stop)
		for _, a := range w.allocs(j.ID) {
			fmt.Fprintf(&b, "  %s %s on %s: desired %s, client %s\n", a.TaskGroup, a.ID[:8], a.NodeName, a.DesiredStatus, a.ClientStatus)
			for task, s := range a.TaskStates {
				for _, e := range s.Events {
					fmt.Fprintf(&b, "    %s: %s: %s\n", task, e.Type, e.DisplayMessage)
				}
			}
		}
	}
	entries, _, err := w.c.store.Watch(w.t.Context(), rendezvous.Prefix, 0)
	if err != nil {
		fmt.Fprintf(&b, "no records: %v\n", err)
	}
	for _, e := range entries {
		if strings.Contains(e.Key, w.id) {
			fmt.Fprintf(&b, "  %s = %s\n", e.Key, e.Value)
		}
	}
	return b.String()
}

func (w *workflow) allocs(job string) []*nomad.AllocationListStub {
	allocs, _, err := w.c.nomad.Jobs().Allocations(job, true, nil)
	if err != nil {
		w.t.Fatalf("listing the allocations of %s: %v", job, err)
	}
	return allocs
}

// allAllocs are those of all jobs of the workflow.
func (w *workflow) allAllocs() []*nomad.AllocationListStub {
	var all []*nomad.AllocationListStub
	for _, j := range w.jobs() {
		all = append(all, w.allocs(j.ID)...)
	}
	return all
}

// status is what `osmo-nomad status ID --json` says.
func (w *workflow) status() observe.Workflow {
	w.t.Helper()
	r := w.c.run(w.t, "status", w.id, "--json")
	var s observe.Workflow
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil || r.code != 0 {
		w.t.Fatalf("status %s: exit code %d, %v\n%s%s", w.id, r.code, err, r.stdout, r.stderr)
	}
	return s
}

// awaitStatus waits until the workflow has this status; another final one fails at once.
func (w *workflow) awaitStatus(want string, limit time.Duration) observe.Workflow {
	w.t.Helper()
	var last observe.Workflow
	await(w.t, limit, w.id+" "+want, func() error {
		last = w.status()
		if last.Status == want {
			return nil
		}
		if last.Finished() {
			w.t.Fatalf("workflow %s is %s, expected %s\n%s", w.id, last.Status, want, w.describe())
		}
		return fmt.Errorf("status %s: %+v", last.Status, last.Gangs)
	})
	return last
}

// awaitGang waits until the first gang satisfies the condition.
func (w *workflow) awaitGang(what string, limit time.Duration, ok func(observe.Gang) bool) observe.Gang {
	w.t.Helper()
	var last observe.Gang
	await(w.t, limit, w.id+" "+what, func() error {
		s := w.status()
		if len(s.Gangs) > 0 {
			last = s.Gangs[0]
			if ok(last) {
				return nil
			}
		}
		return fmt.Errorf("gang %+v", last)
	})
	return last
}

// awaitState waits until the first gang is in this state.
func (w *workflow) awaitState(want rendezvous.State, limit time.Duration) observe.Gang {
	w.t.Helper()
	return w.awaitGang(string(want), limit, func(g observe.Gang) bool { return g.State == want })
}

// log returns what a member wrote to stdout and stderr.
func (w *workflow) log(member string) string {
	w.t.Helper()
	r := w.c.run(w.t, "logs", w.id, member)
	if r.code != 0 {
		w.t.Fatalf("logs %s %s: exit code %d: %s", w.id, member, r.code, r.stderr)
	}
	return r.stdout
}

// awaitLog waits until a member's log says all of this, and returns it: what a
// container wrote reaches Nomad a moment after the container has ended.
func (w *workflow) awaitLog(member string, wants ...string) (log string) {
	w.t.Helper()
	await(w.t, soon, "log of "+member, func() error {
		log = w.log(member)
		for _, want := range wants {
			if !strings.Contains(log, want) {
				return fmt.Errorf("it does not say %q:\n%s", want, log)
			}
		}
		return nil
	})
	return log
}

// member returns one member of the first gang.
func (w *workflow) member(name string) observe.Member {
	w.t.Helper()
	for _, m := range w.status().Gangs[0].Members {
		if m.Name == name {
			return m
		}
	}
	w.t.Fatalf("no member %s in %s", name, w.id)
	return observe.Member{}
}
