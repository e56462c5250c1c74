package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// startedOnce checks that each member's command ran exactly once, by its own
// log and by the number of its allocations that ran.
func (w *workflow) startedOnce(members ...string) {
	w.t.Helper()
	for _, m := range members {
		if n := strings.Count(w.log(m), "start "); n != 1 {
			w.t.Errorf("%s's command started %d times in its last allocation, expected once", m, n)
		}
		ran := 0
		for _, a := range w.allAllocs() {
			if s := a.TaskStates[m]; s != nil && !s.StartedAt.IsZero() {
				ran++
			}
		}
		if ran != 1 {
			w.t.Errorf("%s ran in %d allocations, expected one", m, ran)
		}
	}
}

// TestPluginKilled: kill -9 of the plugin on each host, while the gang is held
// and while it runs. The gang goes on, and each command ran once.
func TestPluginKilled(t *testing.T) {
	for _, h := range []string{"train", "sim", "edge", "spare"} {
		t.Run("held/"+h, func(t *testing.T) {
			busy := shared.submit(t, "testdata/solo.yaml", "--set", "name=busy", "--set", "memory=15Gi")
			busy.awaitState(rendezvous.Running, soon)
			w := shared.submit(t, "testdata/gang.yaml", "--set", "name=killheld", "--set", "robot_memory=4Gi")
			w.awaitState(rendezvous.Scheduling, soon)
			shared.killPlugin(t, h)
			shared.run(t, "cancel", busy.id)
			w.awaitStatus("COMPLETED", patient)
			w.startedOnce("trainer", "simulator", "robot")
		})
		t.Run("running/"+h, func(t *testing.T) {
			w := shared.submit(t, "testdata/gang.yaml", "--set", "name=killrun", "--set", "trainer=sleep 12")
			w.awaitState(rendezvous.Running, soon)
			shared.killPlugin(t, h)
			w.awaitStatus("COMPLETED", patient)
			w.startedOnce("trainer", "simulator", "robot")
		})
	}
}

// TestPluginKilledAtTheBarrier: two members have arrived and wait for the
// third, whose gate hangs; the plugin of each of the three is killed.
func TestPluginKilledAtTheBarrier(t *testing.T) {
	for _, h := range []string{"train", "sim", "edge"} {
		t.Run(h, func(t *testing.T) {
			w, resume := shared.atBarrier(t)
			shared.killPlugin(t, h)
			resume()
			w.awaitStatus("COMPLETED", patient)
			w.startedOnce("trainer", "simulator", "robot")
		})
	}
}

// atBarrier returns a gang of which two members have arrived and the robot has
// not, until resume is called. A gate that was ready before it could be caught
// costs another try.
func (c *cluster) atBarrier(t *testing.T) (w *workflow, resume func()) {
	t.Helper()
	for range 5 {
		w = c.submit(t, "testdata/gang.yaml", "--set", "name=barrier")
		resume = c.catchGate(t, "edge")
		g := w.awaitGang("at the barrier, or past it", soon, func(g observe.Gang) bool {
			return g.State != rendezvous.Initializing && g.State != rendezvous.Scheduling || w.arrivals(g) == 2
		})
		if g.State == rendezvous.Initializing {
			return w, resume
		}
		t.Logf("the robot was faster: the gang is %s", g.State)
		resume()
		w.awaitStatus("COMPLETED", patient)
	}
	t.Fatal("in 5 tries the robot's gate was never caught before it was ready")
	return nil, nil
}

// arrivals counts the ready records of the gang's epoch.
func (w *workflow) arrivals(g observe.Gang) int {
	w.t.Helper()
	entries, _, err := w.c.store.Watch(w.t.Context(), rendezvous.GangsPrefix+"default/"+g.Job+"/", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		_, rest, ok := rendezvous.ParseGangKey(e.Key)
		if ok && strings.HasPrefix(rest, fmt.Sprintf("%d/ready/", g.Epoch)) {
			n++
		}
	}
	return n
}

// TestHoldDrained: the host that carries the hold and no member is drained,
// while the gang is held and while it runs: a new hold takes over.
func TestHoldDrained(t *testing.T) {
	for _, state := range []rendezvous.State{rendezvous.Scheduling, rendezvous.Running} {
		t.Run(string(state), func(t *testing.T) {
			busy := shared.submit(t, "testdata/solo.yaml", "--set", "name=busy", "--set", "memory=15Gi")
			busy.awaitState(rendezvous.Running, soon)
			reopen := shared.onlyEligible(t, "spare")
			w := shared.submit(t, "testdata/gang.yaml", "--set", "name=drained", "--set", "robot_memory=4Gi", "--set", "trainer=sleep 40")
			w.awaitState(rendezvous.Scheduling, soon)
			reopen()
			first := w.livingHold()
			if state == rendezvous.Running {
				shared.run(t, "cancel", busy.id)
				w.awaitState(rendezvous.Running, patient)
			}
			if on := first.NodeName; on != "spare" {
				t.Fatalf("the hold is on %s, and the scenario needs it on spare", on)
			}
			shared.drain(t, first.NodeName)
			await(t, 30*time.Second, "new hold in charge", func() error {
				h, err := w.holdRecord()
				if err != nil {
					return err
				}
				if h.AllocID == first.ID {
					return fmt.Errorf("hold record is still of %s", first.ID)
				}
				return nil
			})
			shared.run(t, "cancel", busy.id)
			w.awaitStatus("COMPLETED", patient)
			w.startedOnce("trainer", "simulator", "robot")
		})
	}
}

// onlyEligible keeps new work away from every other host, so that a hold goes
// where the scenario needs it, until the returned function is called.
func (c *cluster) onlyEligible(t *testing.T, hostName string) (reopen func()) {
	t.Helper()
	set := func(eligible bool) {
		for name := range c.hosts {
			if name == hostName {
				continue
			}
			if _, err := c.nomad.Nodes().ToggleEligibility(c.nodeID(t, name), eligible, nil); err != nil {
				t.Errorf("setting the eligibility of %s: %v", name, err)
			}
		}
	}
	set(false)
	reopen = sync.OnceFunc(func() { set(true) })
	t.Cleanup(reopen)
	return reopen
}

func (w *workflow) livingHold() (living *nomad.AllocationListStub) {
	w.t.Helper()
	await(w.t, soon, "living hold in "+w.id, func() error {
		for _, a := range w.allAllocs() {
			if a.TaskStates["hold"] != nil && a.ClientStatus == "running" && a.DesiredStatus == "run" {
				living = a
				return nil
			}
		}
		return errors.New("none")
	})
	return living
}

func (w *workflow) holdRecord() (rendezvous.Hold, error) {
	var h rendezvous.Hold
	entries, _, err := w.c.store.Watch(w.t.Context(), rendezvous.GangsPrefix+"default/"+w.id+"~", 0)
	if err != nil {
		return h, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Key, "/hold") {
			return h, rendezvous.Decode(e.Value, &h)
		}
	}
	return h, errors.New("no hold record")
}

// drain forces everything off a host, and lets it be used again when the test ends.
func (c *cluster) drain(t *testing.T, hostName string) {
	t.Helper()
	id := c.nodeID(t, hostName)
	if r := c.nomadCLI(t, nil, "node", "drain", "-enable", "-force", "-yes", "-detach", id); r.code != 0 {
		t.Fatalf("draining %s: %s%s", hostName, r.stdout, r.stderr)
	}
	t.Cleanup(func() {
		if _, err := c.nomad.Nodes().UpdateDrain(id, nil, true, nil); err != nil {
			t.Errorf("ending the drain of %s: %v", hostName, err)
		}
	})
}

// TestAdmitterKilledInARelease: the admitter dies after it has registered the
// gang and before it has recorded the placement. Its successor adopts or rolls
// back, and the gang runs.
func TestAdmitterKilledInARelease(t *testing.T) {
	const tries = 12 // the window is short: each try says whether it was met
	for range tries {
		w := shared.submit(t, "testdata/gang.yaml", "--set", "name=orphaned")
		phase := w.killAdmitterAtRelease()
		w.awaitStatus("COMPLETED", patient)
		w.startedOnce("trainer", "simulator", "robot")
		if phase == rendezvous.Releasing {
			return
		}
		t.Logf("the admitter was faster: the record is %s", phase)
	}
	t.Errorf("in %d tries the admitter was never killed within a release", tries)
}

// killAdmitterAtRelease kills the admitter when Nomad has the job's second
// version, and returns the phase that it left in the record.
func (w *workflow) killAdmitterAtRelease() rendezvous.Phase {
	w.t.Helper()
	node := w.c.admitterNode(w.t)
	pids := w.c.plugins(w.t, node)
	w.awaitRegistered()
	for _, pid := range pids {
		kill(w.t, pid)
	}
	entries, _, err := w.c.store.Watch(w.t.Context(), rendezvous.GangsPrefix+"default/"+w.id+"~", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		var r rendezvous.Epoch
		if strings.HasSuffix(e.Key, "/epoch") && rendezvous.Decode(e.Value, &r) == nil {
			return r.Phase
		}
	}
	w.t.Fatalf("no epoch record of %s", w.id)
	return ""
}

// awaitRegistered blocks until the job has a version after its first.
func (w *workflow) awaitRegistered() {
	w.t.Helper()
	q := (&nomad.QueryOptions{WaitTime: soon}).WithContext(w.t.Context())
	deadline := time.Now().Add(soon)
	for time.Now().Before(deadline) {
		j, m, err := w.c.nomad.Jobs().Info(w.id+"~lab", q)
		if err != nil {
			w.t.Fatal(err)
		}
		if *j.Version > 0 {
			return
		}
		q.WaitIndex = m.LastIndex
	}
	w.t.Fatalf("%s was not released", w.id)
}

// admitterNode is the host whose plugin has the admitter's lock.
func (c *cluster) admitterNode(t *testing.T) string {
	t.Helper()
	var value struct {
		Node string `json:"node"`
	}
	await(t, soon, "admitter", func() error {
		e, err := c.store.Get(t.Context(), rendezvous.AdmitterKey)
		if err != nil {
			return err
		}
		if e == nil || e.Session == "" {
			return errors.New("nobody has the lock")
		}
		return json.Unmarshal(e.Value, &value)
	})
	return value.Node
}

// TestFinishedMemberIsNotRunAgain: a member that has finished stays so,
// whatever happens later in its gang: another member fails, the hold moves, a
// plugin dies, the gang ends.
func TestFinishedMemberIsNotRunAgain(t *testing.T) {
	w := shared.submit(t, "testdata/gang.yaml", "--set", "name=onceonly",
		"--set", "simulator=true", "--set", "robot=sleep 8; exit 5", "--set", "trainer=sleep 50")
	w.awaitState(rendezvous.Running, soon)
	await(t, soon, "finished simulator", func() error {
		if m := w.member("simulator"); m.Exit == nil {
			return errors.New("still running")
		}
		return nil
	})
	shared.killPlugin(t, "sim")
	if h := w.livingHold(); h.NodeName == "spare" {
		shared.drain(t, "spare")
	}
	if _, _, err := shared.nomad.Jobs().ForceEvaluate(w.id+"~lab", nil); err != nil {
		t.Fatal(err)
	}
	w.awaitStatus("COMPLETED", patient)
	w.startedOnce("trainer", "simulator", "robot")
}

// TestCancel in each state of a gang: everything ends, nothing is left, and the
// workflow says so.
func TestCancel(t *testing.T) {
	cases := map[rendezvous.State]func(t *testing.T) *workflow{
		rendezvous.Scheduling: func(t *testing.T) *workflow {
			return shared.submit(t, "testdata/solo.yaml", "--set", "name=cancelheld", "--set", "memory=15Gi")
		},
		rendezvous.Initializing: func(t *testing.T) *workflow {
			w, _ := shared.atBarrier(t)
			return w
		},
		rendezvous.Running: func(t *testing.T) *workflow {
			return shared.submit(t, "testdata/gang.yaml", "--set", "name=cancelrun", "--set", "trainer=sleep 1000")
		},
	}
	for state, start := range cases {
		t.Run(string(state), func(t *testing.T) {
			if state == rendezvous.Scheduling {
				busy := shared.submit(t, "testdata/solo.yaml", "--set", "name=busy", "--set", "memory=15Gi")
				busy.awaitState(rendezvous.Running, soon)
			}
			w := start(t)
			w.awaitState(state, soon)
			if r := shared.run(t, "cancel", w.id); r.code != 0 || !strings.Contains(r.stdout, "Cancel job for workflow "+w.id+" is submitted!") {
				t.Fatalf("cancel: exit code %d: %s%s", r.code, r.stdout, r.stderr)
			}
			w.awaitStatus("FAILED_CANCELED", soon)
			w.awaitNothingRuns(state == rendezvous.Initializing)
		})
	}
}

// awaitNothingRuns waits until every allocation is terminal; those on a host
// that hangs need not be.
func (w *workflow) awaitNothingRuns(edgeHangs bool) {
	w.t.Helper()
	await(w.t, soon, "end of all allocations", func() error {
		for _, a := range w.allAllocs() {
			if edgeHangs && a.NodeName == "edge" {
				continue
			}
			if a.ClientStatus == "running" || a.ClientStatus == "pending" {
				return fmt.Errorf("%s on %s is %s", a.TaskGroup, a.NodeName, a.ClientStatus)
			}
		}
		return nil
	})
}

// TestStoppedWithNomad: `nomad job stop` is a cancel.
func TestStoppedWithNomad(t *testing.T) {
	w := shared.submit(t, "testdata/gang.yaml", "--set", "name=stopped", "--set", "trainer=sleep 1000")
	w.awaitState(rendezvous.Running, soon)
	if r := shared.nomadCLI(t, nil, "job", "stop", "-detach", w.id+"~lab"); r.code != 0 {
		t.Fatalf("nomad job stop: %s%s", r.stdout, r.stderr)
	}
	w.awaitStatus("FAILED_CANCELED", soon)
	w.awaitNothingRuns(false)
}

// TestBrokenWorkflows: every broken example gives exit code 3, and its message
// names the file.
func TestBrokenWorkflow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "broken.yaml")
	writeFile(t, file, "workflow:\n  name: broken\n  tasks:\n  - name: a\n    image: debian:12\n    comand: [x]\n")
	r := shared.run(t, "run", file)
	if r.code != 3 || !strings.Contains(r.stderr, file+":6:5: ") || !strings.Contains(r.stderr, "command") {
		t.Errorf("exit code %d:\n%s", r.code, r.stderr)
	}
}

// TestImpossible: a gang that no cluster of these nodes could ever run is
// refused before anything is registered.
func TestImpossible(t *testing.T) {
	r := shared.run(t, "run", "testdata/solo.yaml", "--set", "platform=agx-thor-jp7")
	if r.code == 0 || !strings.Contains(r.stderr, "no node has platform agx-thor-jp7") || !strings.Contains(r.stderr, "agx-orin-jp6") {
		t.Errorf("exit code %d:\n%s", r.code, r.stderr)
	}
	if found := workflowID.FindString(r.stdout); found != "" {
		t.Errorf("it was registered: %s", found)
	}
}
