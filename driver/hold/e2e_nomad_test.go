package hold

import (
	"fmt"
	"strings"
	"testing"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// stories are members as raw_exec tasks, and what is to be made of them when
// no exit record ever comes.
var stories = map[string]struct {
	command, sidecar string
	stop             bool
	fate             fate
	code             int
	why              string
}{
	"succeeds":   {"exit 0", "exec sleep 600", false, ended, 0, "exited with code 0"},
	"fails":      {"exit 3", "exec sleep 600", false, ended, 3, "exited with code 3"},
	"signalled":  {"kill -9 $$", "exec sleep 600", false, ended, 137, "was ended by signal 9"},
	"taken-away": {"exec sleep 600", "exec sleep 600", true, lost, 3004, "was "},
	"no-sidecar": {"exec sleep 600", "exit 1", false, lost, 3004, "was lost: its sidecar failed"},
}

// TestE2EFates lets a real Nomad end members in every way, and judges them by
// what it says.
func TestE2EFates(t *testing.T) {
	client := agents.Nomad(t)
	if _, _, err := client.Jobs().Register(storyJob(), nil); err != nil {
		t.Fatal(err)
	}
	defer stopStories(t, client)
	stopped := map[string]bool{}
	var s state
	agents.Await(t, 90*time.Second, "end of the members", func() error {
		stubs, _, err := client.Jobs().Allocations("wf-1~gang", false, nil)
		if err != nil {
			return err
		}
		stopOnce(t, client, stubs, stopped)
		s = storyState(stubs)
		for _, m := range s.members() {
			if !m.over() {
				return fmt.Errorf("%s: fate %d, %+v", m.name, m.fate, m.alloc)
			}
		}
		if len(s.view.Epoch.Allocs) < len(stories) {
			return fmt.Errorf("%d of %d placed", len(s.view.Epoch.Allocs), len(stories))
		}
		return nil
	})
	for _, m := range s.members() {
		want := stories[m.name]
		if m.fate != want.fate || m.code != want.code || !strings.HasPrefix(m.why, want.why) {
			t.Errorf("%s: fate %d code %d %q, want %d, %d, %q; allocation %+v", m.name, m.fate, m.code, m.why, want.fate, want.code, want.why, m.alloc)
		}
	}
}

// storyJob is a job with a group for each story, each with a sidecar and a main
// task, set as the translator sets them.
func storyJob() *nomadapi.Job {
	j := nomadapi.NewBatchJob("wf-1~gang", "wf-1~gang", "global", 50)
	none, seconds := 0, time.Second
	disk := 10
	for name, story := range stories {
		group := nomadapi.NewTaskGroup(name, 1)
		group.RestartPolicy = &nomadapi.RestartPolicy{Attempts: &none, Mode: &[]string{"fail"}[0]}
		group.ReschedulePolicy = &nomadapi.ReschedulePolicy{Attempts: &none, Unlimited: new(bool)}
		group.EphemeralDisk = &nomadapi.EphemeralDisk{SizeMB: &disk}
		for task, command := range map[string]string{meta.ArriveTask: story.sidecar, name: story.command} {
			group.AddTask(storyTask(task, command, seconds))
		}
		j.AddTaskGroup(group)
	}
	return j
}

func storyTask(name, command string, kill time.Duration) *nomadapi.Task {
	cpu, memory, files, size := 20, 16, 1, 1
	task := nomadapi.NewTask(name, "raw_exec")
	task.SetConfig("command", "/bin/sh").SetConfig("args", []string{"-c", command})
	task.Resources = &nomadapi.Resources{CPU: &cpu, MemoryMB: &memory}
	task.LogConfig = &nomadapi.LogConfig{MaxFiles: &files, MaxFileSizeMB: &size}
	task.KillTimeout = &kill
	if name == meta.ArriveTask {
		task.Lifecycle = &nomadapi.TaskLifecycle{Hook: nomadapi.TaskLifecycleHookPrestart, Sidecar: true}
	}
	return task
}

// stopStories ends everything that the job started: an agent that is ended
// first leaves its tasks behind.
func stopStories(t *testing.T, client *nomadapi.Client) {
	t.Helper()
	if _, _, err := client.Jobs().Deregister("wf-1~gang", false, nil); err != nil {
		t.Error(err)
	}
	agents.Await(t, 30*time.Second, "end of the job's tasks", func() error {
		stubs, _, err := client.Jobs().Allocations("wf-1~gang", true, nil)
		for _, a := range summarize(stubs) {
			if !a.terminal() || !a.allDead() {
				return fmt.Errorf("%s is %s", a.Group, a.Client)
			}
		}
		return err
	})
}

// stopOnce does `alloc stop` to the members whose story says so, once they run.
func stopOnce(t *testing.T, client *nomadapi.Client, stubs []*nomadapi.AllocationListStub, stopped map[string]bool) {
	t.Helper()
	for _, stub := range stubs {
		if !stories[stub.TaskGroup].stop || stub.ClientStatus != "running" || stopped[stub.TaskGroup] {
			continue
		}
		stopped[stub.TaskGroup] = true
		if _, err := client.Allocations().Stop(&nomadapi.Allocation{ID: stub.ID}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// storyState is a hold that runs this gang, late enough for all patience.
func storyState(stubs []*nomadapi.AllocationListStub) state {
	epoch := &rendezvous.Epoch{Assignment: map[string]string{}, Allocs: map[string]string{}}
	s := state{now: time.Hour, since: map[string]time.Duration{}, allocs: summarize(stubs)}
	for _, a := range s.allocs { // oldest first: a replacement is not listed
		if epoch.Allocs[a.Group] == "" {
			epoch.Assignment[a.Group], epoch.Allocs[a.Group] = "node", a.ID
		}
	}
	s.view = rendezvous.View{Epoch: epoch, Verdict: &rendezvous.Verdict{Go: true}}
	for _, thing := range s.passing() {
		s.since[thing] = 0
	}
	return s
}
