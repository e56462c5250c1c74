package hold

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// register makes the gang's job.
func (w *world) register(kv map[string]string) {
	spec := meta.Gang{
		Workflow: "wf-1", Group: "gang", Lead: kv["lead"], Members: strings.Split(kv["members"], ","),
		Barrier: kv["barrier"] != "false", IgnoreNonleadStatus: kv["ignore"] != "false",
		StartTimeout: meta.DefaultStartTimeout, BarrierTimeout: meta.DefaultBarrierTimeout,
	}
	for key, d := range map[string]*time.Duration{
		"exec": &spec.ExecTimeout, "queue": &spec.QueueTimeout, "start": &spec.StartTimeout, "arrive": &spec.BarrierTimeout,
	} {
		if kv[key] != "" {
			*d = w.duration(kv[key])
		}
	}
	if kv["needs"] != "" {
		spec.Needs = strings.Split(kv["needs"], ",")
	}
	w.job = job{Spec: spec, Trouble: kv["trouble"]}
}

// registerAgain is the user writing the job: a new version without pins, which
// takes all members away.
func (w *world) registerAgain(map[string]string) {
	w.job.Version, w.job.Pins = w.job.Version+1, nil
	for i := range w.nomad {
		w.nomad[i].JobVersion = w.job.Version
		if w.nomad[i].Group != "gang" {
			w.nomad[i].Stop, w.nomad[i].Why = true, "alloc not needed due to job update"
		}
	}
	w.listAllocs(0)
}

// startHold is Nomad starting the hold in a new allocation, which knows nothing
// but the records, the job and the allocations.
func (w *world) startHold(id string, kv map[string]string) {
	index, err := strconv.ParseUint(kv["index"], 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	if kv["version"] != "" {
		w.job.Version, _ = strconv.ParseUint(kv["version"], 10, 64)
		w.job.Pins = nil
	}
	w.nomad = slices.DeleteFunc(w.nomad, func(a alloc) bool { return a.Group == "gang" })
	w.nomad = append(w.nomad, alloc{ID: id, Group: "gang", Client: "running", CreateIndex: index, JobVersion: w.job.Version})
	w.s = state{self: self{AllocID: id, Node: kv["node"]}, gang: w.gang, job: w.job}
	w.wakeAt, w.now = 0, w.now+time.Millisecond
	w.s.now = w.now
	w.listAllocs(0)
	if w.up != nil {
		w.send(upstreamSeen{w.up})
	}
	w.sendView()
}

// place writes the epoch record, and what Nomad does with it.
func (w *world) place(phase string, args []string, kv map[string]string) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		w.t.Fatal(err)
	}
	if n != w.epoch.Epoch {
		w.epoch = rendezvous.Epoch{Version: 1, Epoch: n, Assignment: map[string]string{}, Nodes: map[string]string{}}
		w.job.Version++
		w.epoch.JobVersion = w.job.Version
		for _, m := range w.job.Spec.Members {
			node := m + "-host"
			if kv[m] != "" {
				node = kv[m]
			}
			w.epoch.Assignment[m], w.epoch.Nodes["id-"+node] = "id-"+node, node
		}
		w.job.Pins = w.epoch.Assignment
	}
	w.epoch.Phase = rendezvous.Phase(phase)
	if phase == "placed" && w.epoch.Allocs == nil {
		w.placeAllocs(n)
	}
	if phase == "ended" {
		w.job.Version++
		w.job.Pins = nil
		for i := range w.nomad {
			if w.nomad[i].Group != "gang" && !w.nomad[i].terminal() {
				w.nomad[i].Stop, w.nomad[i].Client = true, "complete"
			}
			w.nomad[i].JobVersion = w.job.Version
		}
		w.listAllocs(0)
	}
	w.put(w.gang.EpochKey(), w.epoch)
}

func (w *world) placeAllocs(n int) {
	w.epoch.Allocs = map[string]string{}
	for _, m := range w.job.Spec.Members {
		id := fmt.Sprintf("%s.%d", m, n)
		w.epoch.Allocs[m] = id
		w.nomad = append(w.nomad, alloc{
			ID: id, Group: m, Node: w.epoch.Nodes[w.epoch.Assignment[m]], Client: "pending", CreateIndex: uint64(20 + n),
			JobVersion: w.job.Version, Tasks: map[string]task{m: {Last: "Task received by client", At: 1}, "arrive": {}},
		})
	}
	for i := range w.nomad {
		w.nomad[i].JobVersion = w.job.Version
	}
	w.listAllocs(0)
}

// record writes what members and others write.
func (w *world) record(verb string, args []string, kv map[string]string) {
	n := w.epoch.Epoch
	if verb == "verdict" {
		w.verdict(args[0] == "go")
		w.sendView()
		return
	}
	m := args[0]
	id, node := w.epoch.Allocs[m], w.epoch.Nodes[w.epoch.Assignment[m]]
	switch verb {
	case "ready":
		ready := rendezvous.Ready{Version: 1, AllocID: id, Node: node}
		w.write(rendezvous.Acquire(w.gang.ReadyKey(n, m), rendezvous.Encode(ready), w.session(node)))
		w.sendView()
	case "unready":
		w.write(rendezvous.Delete(w.gang.ReadyKey(n, m)))
		w.sendView()
	case "started":
		at, _ := time.ParseDuration(args[1])
		start := wire.Start{Epoch: n, UnixNanos: int64(time.Hour + at)}
		w.put(w.gang.StartedKey(n, m), rendezvous.Started{Version: 1, AllocID: id, Node: node, Start: start})
	case "exit":
		w.put(w.gang.ExitKey(n, m), w.exitRecord(m, id, node, args[1:], kv))
	}
}

// session is the one session of a node's plugin.
func (w *world) session(node string) string {
	if w.sessions[node] == "" {
		id, err := w.store.OpenSession(context.Background(), node, false)
		if err != nil {
			w.t.Fatal(err)
		}
		w.sessions[node] = id
	}
	return w.sessions[node]
}

func (w *world) exitRecord(m, id, node string, args []string, kv map[string]string) rendezvous.Exit {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		w.t.Fatal(err)
	}
	e := wire.Exit{Code: code, Message: kv["message"], Ended: slices.Contains(args, "ended"), Never: slices.Contains(args, "never")}
	e.Signal, _ = strconv.Atoi(kv["signal"])
	if kv["after"] != "" {
		e.ElapsedNanos = int64(w.duration(kv["after"]))
	}
	if slices.Contains(args, "foreign") {
		id = "some-other-allocation"
	}
	return rendezvous.Exit{Version: 1, AllocID: id, Node: node, Exit: e, LastLines: []string{"last line of " + m}}
}

// tamper writes nonsense, or another version, into a record of the gang.
func (w *world) tamper(name string) {
	w.write(rendezvous.Put(w.gang.Prefix()+name, []byte(`{"version":2}`)))
	w.sendView()
}

// mend puts the record back that a tampered one stood for.
func (w *world) mend(name string) {
	if name == "epoch" {
		w.put(w.gang.EpochKey(), w.epoch)
		return
	}
	w.write(rendezvous.Delete(w.gang.Prefix() + name))
	w.sendView()
}

func (w *world) verdict(isGo bool) {
	v := rendezvous.Verdict{Version: 1, Go: isGo, By: "somebody", Why: "somebody else decided"}
	w.write(rendezvous.Create(w.gang.VerdictKey(w.epoch.Epoch), rendezvous.Encode(v)))
}

// changeAlloc changes what Nomad says about a member's allocation in this
// epoch: `alloc sim client=failed why=…`, and with `task=sim` also that task:
// `dead`, `failed`, `killed`, `ran`, `oom`, code, signal, trouble, last.
func (w *world) changeAlloc(args []string, kv map[string]string) {
	id := cmp.Or(w.epoch.Allocs[args[0]], args[0]) // a member, or an allocation such as the hold's own
	if slices.Contains(args, "vanish") {
		w.nomad = slices.DeleteFunc(w.nomad, func(a alloc) bool { return a.ID == id })
	}
	for i := range w.nomad {
		if a := &w.nomad[i]; a.ID == id {
			w.nomad[i] = changed(*a, args, kv)
		}
	}
	w.listAllocs(0)
}

func changed(a alloc, args []string, kv map[string]string) alloc {
	has := func(word string) bool { return slices.Contains(args, word) }
	if kv["client"] != "" {
		a.Client = kv["client"]
	}
	if has("stop") {
		a.Stop = true
	}
	if kv["why"] != "" {
		a.Why = kv["why"]
	}
	tasks := map[string]task{}
	for name, t := range a.Tasks {
		if name == kv["task"] || kv["task"] == "all" {
			t = changedTask(t, has, kv)
		}
		tasks[name] = t
	}
	a.Tasks = tasks
	return a
}

func changedTask(t task, has func(string) bool, kv map[string]string) task {
	t.Dead, t.Failed, t.Killed = t.Dead || has("dead"), t.Failed || has("failed"), t.Killed || has("killed")
	t.Ran, t.OOM = t.Ran || has("ran"), t.OOM || has("oom")
	if kv["code"] != "" {
		t.Code, _ = strconv.Atoi(kv["code"])
	}
	if kv["last"] != "" {
		t.Last, t.At = kv["last"], t.At+1
	}
	if kv["trouble"] != "" {
		t.Trouble, t.Last = kv["trouble"], kv["trouble"]
		t.Pull, t.Refused = imageTrouble(t.Trouble)
	}
	return t
}

func (w *world) put(key string, record any) {
	w.write(rendezvous.Put(key, rendezvous.Encode(record)))
	w.sendView()
}

func (w *world) write(op rendezvous.Op) {
	if ok, err := w.store.Commit(context.Background(), op); err != nil || !ok {
		w.t.Fatalf("writing %s: %v, %v", op.Key, ok, err)
	}
}

func (w *world) view() (rendezvous.View, uint64) {
	entries, index, err := w.store.Watch(context.Background(), w.gang.Prefix(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return rendezvous.ReadView(w.gang, entries), index
}

func (w *world) sendView() {
	v, index := w.view()
	w.send(seen{view: v, index: index})
}

func (w *world) listAllocs(answers int) {
	if w.deaf {
		return
	}
	w.send(allocsSeen{slices.Clone(w.nomad), answers})
}

// send gives the hold an event, and does what it asks for.
func (w *world) send(what any) {
	if w.s.self.AllocID == "" {
		return // there is no hold yet
	}
	var effects []effect
	w.wakeAt = 0
	w.s, effects = step(w.s, event{w.now, what})
	for _, e := range effects {
		w.perform(e)
	}
}

func (w *world) perform(e effect) {
	if at, ok := e.(wake); ok {
		w.wakeAt = at.at
		return
	}
	switch e := e.(type) {
	case readAllocs:
		w.listAllocs(e.number)
		return
	case readJob:
		if !w.deaf {
			w.send(jobSeen{w.job})
		}
		return
	case commit:
		w.commit(e.String(), e.at(w.job.Version).ops(time.Unix(0, 0)))
		return
	case askGo:
		w.commit(e.String(), e.ops())
		return
	}
	fmt.Fprintln(&w.out, "   ", e)
}

func (w *world) commit(what string, ops []rendezvous.Op) {
	if w.before != nil {
		race := w.before
		w.before = nil
		race()
	}
	ok, err := w.store.Commit(context.Background(), ops...)
	if err != nil {
		w.t.Fatal(err)
	}
	if !ok {
		what += " -- refused"
	}
	if what != "commit: status" {
		fmt.Fprintln(&w.out, "   ", what)
	}
	v, index := w.view()
	w.send(committed{ok, v, index})
}

// pass lets time go by, waking the hold when it asked for it.
func (w *world) pass(d time.Duration) {
	end := w.now + d
	for i := 0; w.wakeAt > 0 && w.wakeAt <= end && !w.s.done; i++ {
		if i > 10000 {
			w.t.Fatal("the hold wakes up without end")
		}
		w.now = max(w.now, w.wakeAt)
		w.send(tick{})
	}
	w.now = end
	w.send(tick{})
}

// racer is what somebody else writes before the hold's next commit.
func (w *world) racer(what string) func() {
	if what == "placed" {
		return func() {
			w.epoch = rendezvous.Epoch{Version: 1, Epoch: 1, Phase: rendezvous.Releasing, Assignment: map[string]string{"train": "id-a"}}
			w.write(rendezvous.Put(w.gang.EpochKey(), rendezvous.Encode(w.epoch)))
		}
	}
	return func() { w.verdict(what == "go") }
}
