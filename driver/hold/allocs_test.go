package hold

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func TestSummarize(t *testing.T) {
	pull := "Failed to pull `nope:1`: Error response from daemon: pull access denied for nope"
	tests := map[string]struct {
		state *nomadapi.TaskState
		want  task
	}{
		"downloading": {
			&nomadapi.TaskState{State: "pending", Events: []*nomadapi.TaskEvent{
				taskEvent(nomadapi.TaskReceived, map[string]string{"text": "Task received by client"}),
				taskEvent(nomadapi.TaskDriverMessage, map[string]string{"text": "Downloading\n image"}),
			}},
			task{Last: "Downloading image"},
		},
		"exited": {
			&nomadapi.TaskState{State: "dead", Failed: true, StartedAt: time.Unix(1, 0), Events: []*nomadapi.TaskEvent{
				taskEvent(nomadapi.TaskStarted, nil),
				taskEvent(nomadapi.TaskTerminated, map[string]string{"exit_code": "3", "signal": "0", "oom_killed": "false", "text": "Exit Code: 3"}),
			}},
			task{Dead: true, Failed: true, Ran: true, Code: 3, Last: "Exit Code: 3"},
		},
		"killed by a drain": {
			&nomadapi.TaskState{State: "dead", StartedAt: time.Unix(1, 0), Events: []*nomadapi.TaskEvent{
				taskEvent(nomadapi.TaskKilling, map[string]string{"text": "Sent interrupt"}),
				taskEvent(nomadapi.TaskTerminated, map[string]string{"exit_code": "143", "signal": "15", "text": "Exit Code: 143"}),
			}},
			task{Dead: true, Ran: true, Killed: true, Code: 143, Signal: 15, Last: "Exit Code: 143"},
		},
		"out of memory": {
			&nomadapi.TaskState{State: "dead", Events: []*nomadapi.TaskEvent{
				taskEvent(nomadapi.TaskTerminated, map[string]string{"exit_code": "137", "oom_killed": "true"}),
			}},
			task{Dead: true, Code: 137, OOM: true, Last: "Terminated"},
		},
		"image refused": {
			&nomadapi.TaskState{State: "dead", Failed: true, Events: []*nomadapi.TaskEvent{
				taskEvent(nomadapi.TaskDriverFailure, map[string]string{"text": pull}),
				taskEvent(nomadapi.TaskNotRestarting, map[string]string{"text": "Error was unrecoverable"}),
			}},
			task{Dead: true, Failed: true, Trouble: pull, Pull: true, Refused: true, Last: "Error was unrecoverable"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := sumUp(test.state)
			got.At = 0
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSummarizeAllocations(t *testing.T) {
	stubs := []*nomadapi.AllocationListStub{
		{ID: "b", TaskGroup: "sim", NodeName: "n2", CreateIndex: 20, JobVersion: 3, DesiredStatus: "stop", DesiredDescription: "alloc is being migrated", ClientStatus: "running"},
		{ID: "a", TaskGroup: "gang", NodeName: "n1", CreateIndex: 10, DesiredStatus: "run", ClientStatus: "failed", ClientDescription: "Failed tasks"},
	}
	want := []alloc{
		{ID: "a", Group: "gang", Node: "n1", CreateIndex: 10, Why: "Failed tasks", Client: "failed", Tasks: map[string]task{}},
		{ID: "b", Group: "sim", Node: "n2", CreateIndex: 20, JobVersion: 3, Stop: true, Why: "alloc is being migrated", Client: "running", Tasks: map[string]task{}},
	}
	if diff := cmp.Diff(want, summarize(stubs)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestImageTrouble(t *testing.T) {
	tests := []struct {
		text          string
		pull, refused bool
	}{
		{"Failed to pull `nope:1`: API error (404): pull access denied for nope", true, true},
		{"Failed to pull `busybox:9.9`: manifest unknown: manifest unknown", true, true},
		{"Failed to pull `x`: Error response from daemon: Get \"https://r/v2/\": unauthorized: authentication required", true, true},
		{"Failed to pull `busybox:1`: dial tcp: lookup registry on 10.0.0.1:53: no such host", true, false},
		{"Failed to pull `busybox:1`: context deadline exceeded", true, false},
		{"failed to launch command with executor: file not found", false, false},
		{"Failed to start container: permission denied", false, false},
	}
	for _, test := range tests {
		if pull, refused := imageTrouble(test.text); pull != test.pull || refused != test.refused {
			t.Errorf("%s: pull %t, refused %t; want %t, %t", test.text, pull, refused, test.pull, test.refused)
		}
	}
}

func TestOneLine(t *testing.T) {
	long := oneLine(strings.Repeat("ä\n", 400))
	if strings.Contains(long, "\n") || len(long) > maxReason+len("…") || !strings.HasSuffix(long, "…") || strings.Contains(long, "\uFFFD") {
		t.Errorf("got %d bytes: %q", len(long), long)
	}
}

func TestReadSpec(t *testing.T) {
	spec := meta.Gang{Workflow: "wf-1", Group: "gang", Lead: "a", Members: []string{"a", "b"}, StartTimeout: time.Minute, BarrierTimeout: time.Minute}
	j := holdJob(spec)
	j.TaskGroups = append(j.TaskGroups, nomadapi.NewTaskGroup("gang", 1)) // the hold's own group is no member
	j.TaskGroups[1].Constraints = []*nomadapi.Constraint{{LTarget: "${attr.cpu.arch}", RTarget: "arm64"}, {LTarget: pinTarget, RTarget: "node-1"}}
	j.TaskGroups[0].Tasks = []*nomadapi.Task{{Name: "arrive", Driver: "docker"}, {Name: "arrive_", Driver: meta.DriverName}}
	want := job{
		Spec: spec, Pins: map[string]string{"b": "node-1"},
		Platforms: map[string]string{"a": "ovx-a40", "b": "ovx-a40"}, Arrive: map[string]string{"a": "arrive_", "b": "arrive"},
	}
	if diff := cmp.Diff(want, readSpec(j)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	j.Meta[meta.Protocol] = "9"
	if got := readSpec(j); got.Trouble == "" || got.Spec.Workflow != "wf-1" || got.Spec.Group != "gang" {
		t.Errorf("a job of another protocol was read as %+v", got)
	}
}
