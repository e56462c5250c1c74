package admit

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"sort"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// fakeNomad is Nomad with the faults that matter to a gang: a greedy scheduler
// that looks at groups and nodes in random order and places what fits,
// resources that are free only when the client has said so, finished batch
// groups that run again at a new version of their job, evaluations that destroy
// what runs on a sick node, and a model that lags behind.
type fakeNomad struct {
	rng     *rand.Rand
	index   uint64
	nodes   []*fakeNode
	jobs    map[string]*fakeJob
	allocs  []*fakeAlloc
	evals   []*fakeEval
	shown   *cluster.Snapshot
	changed chan struct{}
	// refuse makes the scheduler refuse a group for a reason of its own.
	refuse func(job, group string) bool
	// placing is called for each new allocation, before it is added.
	placing func(*fakeAlloc)
}

type fakeNode struct {
	id                 string
	memory             int
	platform           string
	up, sick, draining bool
	// down: silent, and Nomad does not expect it back (else it is disconnected).
	down               bool
	foreign            int // memory that other jobs hold
	upAgain, wellAgain int // ticks
}

type fakeJob struct {
	id                      string
	create, modify, version uint64
	stop                    bool
	meta                    map[string]string
	groups                  map[string]*fakeGroup
	hold                    string
}

type fakeGroup struct {
	count    int
	pin      string
	memory   int
	platform string
}

type fakeAlloc struct {
	id, job, group, node string
	wanted               bool
	client               string
	version, create      uint64
	// ready, started: what the member inside has done. listed is the epoch that
	// lists it, epoch the same as far as the member's plugin remembers; 0 if none.
	ready, started bool
	listed, epoch  int
}

type fakeEval struct {
	id, job string
	done    bool
	failed  map[string]*nomadapi.AllocationMetric
	index   uint64
}

func newFakeNomad(seed int64) *fakeNomad {
	return &fakeNomad{
		rng: rand.New(rand.NewSource(seed)), index: 10, jobs: map[string]*fakeJob{},
		changed: make(chan struct{}, 1),
		refuse:  func(string, string) bool { return false },
		placing: func(*fakeAlloc) {},
	}
}

func (a *fakeAlloc) terminal() bool {
	return a.client == "complete" || a.client == "failed" || a.client == "lost"
}

func (f *fakeNomad) next() uint64 { f.index++; return f.index }

func (f *fakeNomad) node(id string) *fakeNode {
	for _, n := range f.nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}

func (f *fakeNomad) allocsOf(job string) []*fakeAlloc {
	var out []*fakeAlloc
	for _, a := range f.allocs {
		if a.job == job {
			out = append(out, a)
		}
	}
	return out
}

// evaluate queues an evaluation of the job.
func (f *fakeNomad) evaluate(job string) string {
	e := &fakeEval{id: fmt.Sprintf("eval-%d", f.next()), job: job}
	f.evals = append(f.evals, e)
	return e.id
}

// schedule does one pending evaluation.
func (f *fakeNomad) schedule(e *fakeEval) {
	e.done, e.failed = true, map[string]*nomadapi.AllocationMetric{}
	defer func() { e.index = f.next() }()
	j := f.jobs[e.job]
	if j == nil || j.stop {
		for _, a := range f.allocsOf(e.job) {
			f.giveUp(a, j != nil && a.group == j.hold, true)
			a.wanted = false
		}
		return
	}
	names := sortedKeys(j.groups)
	f.rng.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	for _, name := range names {
		if !f.scheduleGroup(j, name) {
			e.failed[name] = &nomadapi.AllocationMetric{DimensionExhausted: map[string]int{"memory": 1}}
		}
	}
}

// scheduleGroup brings one group to its count and says whether it could.
func (f *fakeNomad) scheduleGroup(j *fakeJob, name string) bool {
	g := j.groups[name]
	have := 0
	for _, a := range f.allocsOf(j.id) {
		if a.group != name {
			continue
		}
		f.giveUp(a, name == j.hold, g.count == 0)
		if !a.wanted {
			continue // stopped ones are replaced
		}
		switch n := f.node(a.node); {
		case a.terminal() && a.version < j.version:
			continue // a finished batch group runs again at a new version
		case a.terminal() && name == j.hold && a.client != "complete":
			a.wanted = false
			continue // the hold's reschedule policy
		case a.terminal():
		case have >= g.count, g.pin != "" && g.pin != a.node:
			a.wanted = false
			continue
		case n.sick && n.up && a.version < j.version:
			a.wanted = false // what an update in a sick moment does
			continue
		default:
			a.version = j.version
		}
		have++
	}
	for ; have < g.count; have++ {
		if !f.place(j, name, g) {
			return false
		}
	}
	return true
}

// giveUp is what an evaluation does about an allocation on a silent node (Nomad
// scheduler/reconciler/filters.go filterByTainted, scheduler/util.go
// updateNonTerminalAllocsToLost): a hold or what never ran is lost and replaced,
// a member that runs is unknown, unless it is to stop: that one keeps its status.
func (f *fakeNomad) giveUp(a *fakeAlloc, hold, stop bool) {
	n := f.node(a.node)
	switch {
	case n.up || a.terminal():
	case !a.wanted:
		if n.down && a.client != "unknown" {
			a.client = "lost"
		}
	case hold || a.client == "pending":
		a.client, a.wanted = "lost", false
	case !stop:
		a.client = "unknown"
	}
}

// place puts an allocation on a random node that has room.
func (f *fakeNomad) place(j *fakeJob, name string, g *fakeGroup) bool {
	if f.refuse(j.id, name) {
		return false
	}
	var able []*fakeNode
	for _, n := range f.nodes {
		if n.up && !n.sick && !n.draining && (g.pin == "" || g.pin == n.id) &&
			(g.platform == "" || g.platform == n.platform) && f.free(n) >= g.memory {
			able = append(able, n)
		}
	}
	if len(able) == 0 {
		return false
	}
	n := able[f.rng.Intn(len(able))]
	at := f.next()
	a := &fakeAlloc{
		id: fmt.Sprintf("%s.%s.%d", j.id, name, at), job: j.id, group: name, node: n.id,
		wanted: true, client: "pending", version: j.version, create: at,
	}
	f.placing(a)
	f.allocs = append(f.allocs, a)
	return true
}

// free is the node's memory that no client still holds.
func (f *fakeNomad) free(n *fakeNode) int {
	free := n.memory - n.foreign
	for _, a := range f.allocs {
		if a.node == n.id && !a.terminal() {
			free -= f.needOf(a)
		}
	}
	return free
}

func (f *fakeNomad) needOf(a *fakeAlloc) int {
	if j := f.jobs[a.job]; j != nil && j.groups[a.group] != nil {
		return j.groups[a.group].memory
	}
	return 0
}

// Run implements nomad.
func (f *fakeNomad) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Changed implements nomad.
func (f *fakeNomad) Changed() <-chan struct{} { return f.changed }

// Snapshot implements nomad: the model as it was last shown.
func (f *fakeNomad) Snapshot() *cluster.Snapshot {
	if f.shown == nil || f.rng.Intn(3) > 0 {
		f.shown = f.picture()
	}
	return f.shown
}

// AwaitIndex implements nomad.
func (f *fakeNomad) AwaitIndex(_ context.Context, index uint64) error {
	if f.shown == nil || f.shown.Seen < index {
		f.shown = f.picture()
	}
	return nil
}

func (f *fakeNomad) picture() *cluster.Snapshot {
	s := &cluster.Snapshot{Seen: f.index, NodeStates: map[string]cluster.NodeState{}}
	for _, n := range f.nodes {
		s.Nodes = append(s.Nodes, f.fitNode(n))
		state := cluster.NodeState{Name: n.id, Address: "10.0.0." + n.id[len(n.id)-1:], Up: n.up}
		if n.sick || !n.up {
			state.Sick = "it is not well"
		}
		s.NodeStates[n.id] = state
	}
	for _, id := range sortedKeys(f.jobs) {
		s.Gangs = append(s.Gangs, f.gang(f.jobs[id]))
	}
	return s
}

func (f *fakeNomad) fitNode(n *fakeNode) fit.Node {
	out := fit.Node{
		ID: n.id, Name: n.id, Values: map[string]string{"node.unique.id": n.id, "attr.osmo.platform": n.platform},
		Total: fit.Resources{MemoryMB: n.memory}, Free: fit.Resources{MemoryMB: f.free(n)},
	}
	switch {
	case !n.up:
		out.NotReady = "is down"
	case n.sick:
		out.NotReady = "has no healthy driver"
	case n.draining:
		out.NotReady = "is draining"
	}
	if n.foreign > 0 {
		out.Uses = append(out.Uses, fit.Use{Owner: "other/group", Resources: fit.Resources{MemoryMB: n.foreign}})
	}
	for _, a := range f.allocs {
		if a.node == n.id && !a.terminal() {
			j := f.jobs[a.job]
			out.Uses = append(out.Uses, fit.Use{
				Owner: a.job + "/" + a.group, Hold: j != nil && j.hold == a.group,
				Resources: fit.Resources{MemoryMB: f.needOf(a)},
			})
		}
	}
	return out
}

func (f *fakeNomad) gang(j *fakeJob) cluster.Gang {
	g := cluster.Gang{
		Namespace: "default", ID: j.id, CreateIndex: j.create, ModifyIndex: j.modify, JobModifyIndex: j.modify,
		Version: j.version, Stop: j.stop, Priority: 50, Meta: j.meta,
	}
	for _, name := range sortedKeys(j.groups) {
		x := j.groups[name]
		group := cluster.Group{
			Name: name, Count: x.count, Pin: x.pin, Meta: map[string]string{"osmo_dns_name": name + ".service.consul"},
			Need: fit.Member{Name: name, Platform: x.platform, Need: fit.Resources{MemoryMB: x.memory}},
		}
		if x.platform != "" {
			group.Need.Constraints = []fit.Constraint{{LTarget: "${attr.osmo.platform}", Operand: "=", RTarget: x.platform}}
		}
		g.Groups = append(g.Groups, group)
	}
	for _, a := range f.allocsOf(j.id) {
		desired := "stop"
		if a.wanted {
			desired = "run"
		}
		g.Allocs = append(g.Allocs, cluster.Alloc{
			ID: a.id, Group: a.group, NodeID: a.node, NodeName: a.node, CreateIndex: a.create,
			JobVersion: a.version, DesiredStatus: desired, ClientStatus: a.client,
		})
	}
	return g
}

// Register implements nomad.
func (f *fakeNomad) Register(_ context.Context, g rendezvous.Gang, expect uint64, edit Edit) (cluster.Registered, error) {
	j := f.jobs[g.Job]
	switch {
	case j == nil || j.create != g.CreateIndex:
		return cluster.Registered{}, cluster.ErrGone
	case j.stop:
		return cluster.Registered{}, cluster.ErrStopped
	case j.modify != expect:
		return cluster.Registered{}, cluster.ErrConflict
	}
	for name, n := range edit.Counts {
		if j.groups[name] == nil {
			return cluster.Registered{}, fmt.Errorf("no group %s", name)
		}
		j.groups[name].count = n
	}
	for name, pin := range edit.Pins {
		j.groups[name].pin = pin
	}
	j.version++
	j.modify = f.next()
	return cluster.Registered{EvalID: f.evaluate(j.id), Index: j.modify}, nil
}

// AwaitEvaluation implements nomad: the scheduler works while we wait.
func (f *fakeNomad) AwaitEvaluation(_ context.Context, id string) (cluster.Evaluation, error) {
	for _, e := range f.evals {
		if e.id == id {
			f.scheduleAll()
			return cluster.Evaluation{ID: id, Status: "complete", FailedGroups: e.failed, Index: e.index}, nil
		}
	}
	return cluster.Evaluation{}, fmt.Errorf("no evaluation %s", id)
}

func (f *fakeNomad) scheduleAll() {
	for _, e := range f.evals {
		if !e.done {
			f.schedule(e)
		}
	}
}

// Evaluate implements nomad.
func (f *fakeNomad) Evaluate(_ context.Context, _, id string) (string, error) {
	return f.evaluate(id), nil
}

// Gang implements nomad.
func (f *fakeNomad) Gang(_ context.Context, _, id string) (cluster.Gang, error) {
	if j := f.jobs[id]; j != nil {
		return f.gang(j), nil
	}
	return cluster.Gang{}, cluster.ErrGone
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// submit registers a gang as its user does: counts 0, no pins. An existing job
// gets a new version.
func (f *fakeNomad) submit(id, group string, members map[string]fakeGroup) *fakeJob {
	j := f.jobs[id]
	if j == nil {
		j = &fakeJob{id: id, create: f.next(), hold: group, meta: gangMeta(id, group, members)}
		f.jobs[id] = j
	} else {
		j.version++
	}
	j.stop, j.modify = false, f.next()
	j.groups = map[string]*fakeGroup{group: {count: 1, memory: 1}}
	for name, m := range members {
		m.count, m.pin = 0, ""
		j.groups[name] = &m
	}
	f.evaluate(id)
	return j
}

// stopJob is `nomad job stop`.
func (f *fakeNomad) stopJob(id string) {
	if j := f.jobs[id]; j != nil && !j.stop {
		j.stop, j.modify = true, f.next()
		j.version++
		f.evaluate(id)
	}
}

// tick is a moment of the clients: they start what is wanted and report what
// has stopped, each in its own time.
func (f *fakeNomad) tick() {
	for _, a := range f.allocs {
		n := f.node(a.node)
		if a.terminal() || !n.up || f.rng.Intn(2) == 0 {
			continue
		}
		before := a.client
		switch {
		case !a.wanted && f.rng.Intn(2) == 0:
			a.client = "complete"
		case a.wanted && (a.client == "pending" || a.client == "unknown"):
			a.client = "running"
		}
		if before != a.client {
			f.next()
		}
	}
	for _, e := range f.evals {
		if !e.done && f.rng.Intn(2) == 0 {
			f.schedule(e)
		}
	}
	f.evals = slices.DeleteFunc(f.evals, func(e *fakeEval) bool { return e.done })
	f.retryBlocked()
}

// retryBlocked is Nomad's blocked evaluations: a hold without a place gets one
// when there is room.
func (f *fakeNomad) retryBlocked() {
	for _, id := range sortedKeys(f.jobs) {
		j := f.jobs[id]
		if j.stop || j.groups[j.hold].count == 0 {
			continue
		}
		has := slices.ContainsFunc(f.allocsOf(id), func(a *fakeAlloc) bool { return a.group == j.hold })
		if !has && f.rng.Intn(4) == 0 {
			f.evaluate(id)
		}
	}
}

// crash takes a node down. It is disconnected while Nomad wants a member there,
// be it one that has ended (Nomad nomad/heartbeat.go disconnectState).
func (f *fakeNomad) crash(n *fakeNode) {
	n.up, n.down = false, true
	for _, a := range f.allocs {
		if a.node != n.id {
			continue
		}
		j := f.jobs[a.job]
		n.down = n.down && (!a.wanted || a.group == j.hold)
		if !a.terminal() {
			f.evaluate(a.job)
		}
	}
	f.next()
}
