package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/e2e/corpus"
)

// Limits are generous: the machines are small and noisy, and no test measures time.
const (
	soon    = 45 * time.Second
	patient = 4 * time.Minute
)

// TestTutorial runs OSMO's own tutorial, unchanged.
func TestTutorial(t *testing.T) {
	w := shared.submit(t, corpus.Path(t, "robot_simulation.yaml"), "--set", "steps_per_epoch=2", "--set", "max_epochs=2")
	w.awaitLeadsEnd()
}

// TestRobotSimulation runs the project's own example of the same shape.
func TestRobotSimulation(t *testing.T) {
	w := shared.submit(t, filepath.Join(shared.root, "jobspecs", "robot-simulation.yaml"), "--set", "steps=2", "--set", "reaction_time=0.1")
	w.awaitLeadsEnd()
}

// awaitLeadsEnd waits until the workflow has completed, and checks that it did
// because its lead ended.
func (w *workflow) awaitLeadsEnd() {
	w.t.Helper()
	s := w.awaitStatus("COMPLETED", patient)
	for _, m := range s.Gangs[0].Members {
		if m.Name == s.Gangs[0].Lead {
			continue
		}
		if m.Exit == nil || !m.Exit.Ended {
			w.t.Errorf("%s did not end because the lead did: %+v", m.Name, m.Exit)
		}
	}
	w.awaitDeadAndComplete()
}

// awaitDeadAndComplete waits until Nomad shows every job dead, and checks that
// it shows every allocation complete.
func (w *workflow) awaitDeadAndComplete() {
	w.t.Helper()
	await(w.t, soon, "dead jobs", func() error {
		for _, j := range w.jobs() {
			if j.Status != "dead" {
				return fmt.Errorf("job %s is %s", j.ID, j.Status)
			}
		}
		return nil
	})
	await(w.t, soon, "complete allocations", func() error { // a client reports a moment later
		for _, a := range w.allAllocs() {
			if a.ClientStatus != nomad.AllocClientStatusComplete {
				return fmt.Errorf("allocation of %s on %s is %s", a.TaskGroup, a.NodeName, a.ClientStatus)
			}
		}
		return nil
	})
}

// TestHeldWhileABoardIsBusy: the edge host is taken, so nothing of the gang
// runs and no GPU is held; the reason names member and platform wherever a
// person looks; when the host is free the gang starts.
func TestHeldWhileABoardIsBusy(t *testing.T) {
	busy := shared.submit(t, "testdata/solo.yaml", "--set", "name=busy", "--set", "memory=15Gi")
	busy.awaitState(rendezvous.Running, soon)
	w := shared.submit(t, "testdata/gang.yaml", "--set", "name=held", "--set", "robot_memory=4Gi")
	says := func(text string) bool {
		return strings.Contains(text, "robot") && strings.Contains(text, "agx-orin-jp6")
	}
	w.awaitGang("held with its reason", soon, func(g observe.Gang) bool {
		return g.State == rendezvous.Scheduling && says(g.Reason)
	})
	for _, a := range w.allAllocs() {
		if a.TaskGroup != "lab" {
			t.Errorf("member %s has an allocation while the gang is held", a.TaskGroup)
		}
	}
	if gpus := shared.gpusTaken(t); gpus != 0 {
		t.Errorf("%d GPUs are taken while the gang is held", gpus)
	}
	await(t, soon, "the reason in the hold's log and events", func() error { // both come by way of the client
		if log := w.holdLog(); !says(log) {
			return fmt.Errorf("log %q", log)
		}
		if events := w.holdEvents(); !slices.ContainsFunc(events, says) {
			return fmt.Errorf("events %q", events)
		}
		return nil
	})
	if r := shared.run(t, "cancel", busy.id); r.code != 0 {
		t.Fatalf("cancel: %s", r.stderr)
	}
	w.awaitStatus("COMPLETED", patient)
}

// gpusTaken counts device instances of allocations that are not terminal.
func (c *cluster) gpusTaken(t *testing.T) int {
	t.Helper()
	allocs, _, err := c.nomad.Allocations().List((&nomad.QueryOptions{Params: map[string]string{"resources": "true"}}).WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range allocs {
		if a.AllocatedResources == nil || !slices.Contains([]string{"pending", "running", "unknown"}, a.ClientStatus) {
			continue
		}
		for _, task := range a.AllocatedResources.Tasks {
			for _, d := range task.Devices {
				n += len(d.DeviceIDs)
			}
		}
	}
	return n
}

// holdLog is what the hold wrote, read as Nomad's users read it.
func (w *workflow) holdLog() string {
	w.t.Helper()
	for _, a := range w.allAllocs() {
		if a.TaskStates["hold"] != nil {
			r := w.c.nomadCLI(w.t, nil, "alloc", "logs", a.ID, "hold")
			return r.stdout
		}
	}
	return "" // the client has not reported the task yet
}

// holdEvents are the events of the hold's task, as the UI shows them.
func (w *workflow) holdEvents() []string {
	w.t.Helper()
	var out []string
	for _, a := range w.allAllocs() {
		if s := a.TaskStates["hold"]; s != nil {
			for _, e := range s.Events {
				out = append(out, e.DisplayMessage)
			}
		}
	}
	return out
}

// TestLeadFails: the lead's code is the gang's, the workflow's and the run's.
func TestLeadFails(t *testing.T) {
	r := shared.run(t, "run", "testdata/gang.yaml", "--set", "name=leadfails", "--set", "trainer=echo good bye; sleep 2; exit 3")
	t.Cleanup(func() { shared.clearByOutput(t, r.stdout) })
	if r.code != 1 {
		t.Errorf("exit code %d, expected 1", r.code)
	}
	for _, want := range []string{"FAILED", "trainer", "code 3", "good bye"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("run does not say %q:\n%s", want, r.stderr)
		}
	}
	w := &workflow{c: shared, t: t, id: workflowID.FindStringSubmatch(r.stdout)[1]}
	s := w.awaitStatus("FAILED", soon)
	o := s.Gangs[0].Outcome
	if o == nil || o.Member != "trainer" || o.Code != 3 {
		t.Errorf("outcome %+v, expected trainer with code 3", o)
	}
	await(t, soon, "failed hold in Nomad with the sentence in its events", func() error {
		for _, a := range w.allAllocs() {
			if a.TaskGroup == "lab" && a.ClientStatus == "failed" && slices.ContainsFunc(w.holdEvents(), func(e string) bool { return strings.Contains(e, o.Sentence) }) {
				return nil
			}
		}
		return fmt.Errorf("events %q", w.holdEvents())
	})
}

func (c *cluster) clearByOutput(t *testing.T, stdout string) {
	if found := workflowID.FindStringSubmatch(stdout); found != nil {
		(&workflow{c: c, t: t, id: found[1]}).clear()
	}
}

// TestNonleadFails: by OSMO's default the gang goes on; with
// ignoreNonleadStatus false all end and it has failed.
func TestNonleadFails(t *testing.T) {
	t.Run("ignored", func(t *testing.T) {
		w := shared.submit(t, "testdata/gang.yaml", "--set", "name=ignored", "--set", "simulator=exit 3", "--set", "trainer=sleep 6")
		w.awaitStatus("COMPLETED", patient)
		if m := w.member("simulator"); m.Exit == nil || m.Exit.Code != 3 {
			t.Errorf("simulator %+v, expected exit code 3", m.Exit)
		}
	})
	t.Run("counted", func(t *testing.T) {
		w := shared.submit(t, "testdata/gang.yaml", "--set", "name=counted", "--set", "ignore=false", "--set", "simulator=exit 3", "--set", "trainer=sleep 1000")
		s := w.awaitStatus("FAILED", patient)
		if o := s.Gangs[0].Outcome; o == nil || o.Member != "simulator" || o.Code != 3 {
			t.Errorf("outcome %+v, expected simulator with code 3", o)
		}
		for _, m := range s.Gangs[0].Members {
			if m.Name != "simulator" && (m.Exit == nil || !m.Exit.Ended) {
				t.Errorf("%s was not ended: %+v", m.Name, m.Exit)
			}
		}
	})
}

// Commands whose output a test reads live for two seconds: the log collector of
// Nomad's docker driver can lose all that a container wrote in its only instant.

// TestTextReachesTheShell: nothing between the file and the shell interprets
// the user's text.
func TestTextReachesTheShell(t *testing.T) {
	w := shared.submitText(t, `
workflow:
  name: literal
  tasks:
  - name: say
    image: debian:12
    environment: {GREETING: 'hi ${HOME} %{x}', MARK: "[[ {{ '{{' }} ]]"}
    command: [bash, -c]
    args:
    - |
      echo "home=${HOME} default=${nothing:-1} env=$GREETING"
      echo 'raw ${HOME} ${x:-1} %{if true}x%{endif} {{ '{{' }} key }} $(GREETING) $$(GREETING) $(unknown)'
      echo "$MARK"
      sleep 2
`)
	w.awaitStatus("COMPLETED", patient)
	log := w.awaitLog("say",
		"default=1 env=hi ${HOME} %{x}",
		"raw ${HOME} ${x:-1} %{if true}x%{endif} {{ key }} hi ${HOME} %{x} $(GREETING) $(unknown)",
		"[[ {{ ]]",
	)
	if !regexp.MustCompile(`home=/\S* default`).MatchString(log) {
		t.Errorf("HOME was not the shell's:\n%s", log)
	}
}

// TestNamesResolveBeforeTheFirstCommand: each member asks Consul's DNS for all
// the others in its first command, without trying twice.
func TestNamesResolveBeforeTheFirstCommand(t *testing.T) {
	look := "getent ahostsv4 {{host:left}} && getent ahostsv4 {{host:right}}"
	w := shared.submitText(t, fmt.Sprintf(`
workflow:
  name: names
  resources:
    default: {cpu: 1, gpu: 1, memory: 1Gi, storage: 1Gi, platform: ovx-a40}
  groups:
  - name: both
    ignoreNonleadStatus: false
    tasks:
    - {name: left, lead: true, image: debian:12, command: [bash, -c, %q]}
    - {name: right, image: debian:12, command: [bash, -c, %q]}
`, look+" && sleep 4", look+" && sleep 2"))
	w.awaitStatus("COMPLETED", patient)
	for _, m := range []string{"left", "right"} {
		w.awaitLog(m, shared.hosts["train"].Address, shared.hosts["sim"].Address)
	}
}

// TestOnePortTwoHosts: two members of one gang that listen on the same port
// are never put on one node, though both would fit there.
func TestOnePortTwoHosts(t *testing.T) {
	w := shared.submitText(t, `
workflow:
  name: ports
  resources:
    default: {cpu: 1, memory: 1Gi, storage: 1Gi}
  groups:
  - name: both
    tasks:
    - {name: left, lead: true, image: debian:12, command: [bash, -c, "echo http://{{host:right}}:8080; sleep 1"]}
    - {name: right, image: debian:12, command: [bash, -c, "echo http://{{host:left}}:8080; sleep 1"]}
`)
	w.awaitStatus("COMPLETED", patient)
	if l, r := w.member("left").Node, w.member("right").Node; l == r || l == "" {
		t.Errorf("left on %q, right on %q, expected two hosts", l, r)
	}
}

// TestHelloWithNomadAlone: what translate prints is all there is.
func TestHelloWithNomadAlone(t *testing.T) {
	id := "hello-alone-" + strconv.FormatInt(time.Now().Unix(), 10)
	translated := shared.run(t, "translate", "../jobspecs/hello-world.yaml", "--id", id)
	if translated.code != 0 {
		t.Fatalf("translate: %s", translated.stderr)
	}
	w := &workflow{c: shared, t: t, id: id}
	t.Cleanup(w.clear)
	if r := shared.nomadCLI(t, []byte(translated.stdout), "job", "run", "-detach", "-"); r.code != 0 {
		t.Fatalf("nomad job run: %s%s", r.stdout, r.stderr)
	}
	w.awaitStatus("COMPLETED", patient)
	w.awaitDeadAndComplete()
}
