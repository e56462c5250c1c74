package admit

import (
	"slices"
	"sort"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// gang is one gang as Decide sees it: its records beside what Nomad says of its
// job. All its methods answer questions; the rules are in rules.go.
type gang struct {
	id   rendezvous.Gang
	view rendezvous.View
	// job is nil when Nomad has no job with this CreateIndex.
	job    *job
	allocs []alloc
	// node looks a node up; one that Nomad does not know is neither up nor sick.
	node    func(id string) node
	meta    meta.Gang
	metaErr error
	// asks are the members as fit sees them.
	asks []fit.Member
	// refused is Nomad's own reason why the last release did not work, if any.
	refused string
}

// job is what the rules need of a job.
type job struct {
	version, modifyIndex uint64
	stop                 bool
	priority             int
	counts               map[string]int    // by group
	pins                 map[string]string // member -> node id, "" without a pin
	names                map[string]string // member -> DNS name
}

// alloc is what the rules need of an allocation.
type alloc struct {
	id, group, node string
	// wanted: Nomad's servers want it to run.
	wanted bool
	// client is the client's word: pending, running, complete, failed, lost, unknown.
	client                  string
	jobVersion, createIndex uint64
}

// node is what the rules need of a node.
type node struct {
	name, address string
	// up: its client is in touch with the servers. An allocation of a node that
	// is not up is not waited for.
	up bool
	// sick says why an evaluation could destroy what runs there, or "".
	sick string
}

func (a alloc) terminal() bool {
	return a.client == "complete" || a.client == "failed" || a.client == "lost"
}

// alive: the client may be running it and can be asked to stop.
func (g *gang) alive(a alloc) bool {
	return !a.terminal() && a.client != "unknown" && g.node(a.node).up
}

func (g *gang) isMember(group string) bool { return group != g.meta.Group }

// memberGroups are the groups of the job that are members, sorted.
func (g *gang) memberGroups() []string {
	var out []string
	for name := range g.job.counts {
		if g.isMember(name) {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

func (g *gang) epoch() rendezvous.Epoch {
	if g.view.Epoch == nil {
		return rendezvous.Epoch{}
	}
	return *g.view.Epoch
}

func (g *gang) hold() rendezvous.Hold {
	if g.view.Hold == nil {
		return rendezvous.Hold{}
	}
	return *g.view.Hold
}

func (g *gang) holdAllocs() []alloc {
	var out []alloc
	for _, a := range g.allocs {
		if a.group == g.meta.Group {
			out = append(out, a)
		}
	}
	return out
}

// livingHold is the newest hold that runs or is about to and is meant to, or nil.
func (g *gang) livingHold() *alloc {
	var newest *alloc
	for _, a := range g.holdAllocs() {
		if a.wanted && g.alive(a) && (newest == nil || a.createIndex > newest.createIndex) {
			newest = &a
		}
	}
	return newest
}

// someHoldAlive also counts a hold that was told to stop and has not yet.
func (g *gang) someHoldAlive() bool { return slices.ContainsFunc(g.holdAllocs(), g.alive) }

func (g *gang) newestHold() *alloc {
	var newest *alloc
	for _, a := range g.holdAllocs() {
		if newest == nil || a.createIndex > newest.createIndex {
			newest = &a
		}
	}
	return newest
}

// members are the allocations of members for which keep says yes.
func (g *gang) members(keep func(alloc) bool) []alloc {
	var out []alloc
	for _, a := range g.allocs {
		if g.isMember(a.group) && keep(a) {
			out = append(out, a)
		}
	}
	return out
}

// notBack are the members whose resources their nodes still hold: a node's
// resources are free only when its client has said so. Those that Nomad has not
// come to stop yet are too, wherever they are: the next release would find them
// running as it wants them, and an allocation whose epoch was aborted is never
// to start.
func (g *gang) notBack() []alloc {
	return g.members(func(a alloc) bool { return g.alive(a) || a.wanted && !a.terminal() })
}

// cutOff are copies of members that may still run where nobody can be asked,
// and that were told to go once. Nomad calls such a one unknown, or still
// running if it was to stop before its node fell silent.
func (g *gang) cutOff() []alloc {
	if g.view.Verdict == nil || !g.view.Verdict.Go {
		return nil // they never started, and the verdict keeps them from it
	}
	return g.members(func(a alloc) bool { return !a.terminal() && !g.alive(a) })
}

// running are the members that Nomad wants running and that have not ended.
func (g *gang) running() []alloc {
	return g.members(func(a alloc) bool { return a.wanted && !a.terminal() })
}

// left are those running members that will not end by themselves: a member
// whose command's exit is recorded only waits for its client to say so, and a
// register would do nothing but touch a job that is ending.
func (g *gang) left() []alloc {
	return slices.DeleteFunc(g.running(), func(a alloc) bool { return g.view.Exits[a.group].AllocID == a.id })
}

// finished says whether the gang has an outcome that counts. An outcome is for
// a version of the job; a later version counts as new only if the user wrote
// it, which shows in its content and not in its number: what we register
// carries the pins of the epoch, or no longer has a hold.
func (g *gang) finished() bool {
	o := g.hold().Outcome
	switch {
	case o == nil:
		return false
	case g.job.counts[g.meta.Group] == 0, g.job.version <= o.JobVersion:
		return true
	}
	return g.view.Epoch != nil && len(g.epoch().Assignment) > 0 && g.asPinned()
}

// asPinned says whether the job pins exactly the members of the epoch record
// to exactly their nodes.
func (g *gang) asPinned() bool {
	e := g.epoch()
	groups := g.memberGroups()
	if len(groups) != len(e.Assignment) {
		return false
	}
	for _, m := range groups {
		if e.Assignment[m] == "" || g.job.pins[m] != e.Assignment[m] {
			return false
		}
	}
	return true
}

// rewritten says whether the user has written the job since the epoch was
// placed: we leave the pins in place until the next release.
func (g *gang) rewritten() bool {
	for _, m := range g.memberGroups() {
		if g.job.counts[m] > 1 {
			return true
		}
	}
	return !g.asPinned()
}

// stale says whether Nomad's side of the picture is older than the record.
func (g *gang) stale() bool { return g.job.version < g.epoch().JobVersion }

// unreadable names a record that decides about the gang and was not believed.
func (g *gang) unreadable() string {
	for _, bad := range g.view.Bad {
		key, _, _ := strings.Cut(bad, ": ")
		if strings.HasSuffix(key, "/epoch") || strings.HasSuffix(key, "/verdict") {
			return bad
		}
	}
	return ""
}

// placedAsWritten returns member -> allocation id if the job was registered
// and placed as the epoch record says, else nil. A member that has failed in
// the meantime was placed all the same: what that means is the hold's to say.
func (g *gang) placedAsWritten() map[string]string {
	if !g.asPinned() {
		return nil
	}
	e := g.epoch()
	placed := map[string]string{}
	newest := map[string]uint64{}
	for _, a := range g.members(func(a alloc) bool { return a.wanted && a.jobVersion == g.job.version }) {
		if g.job.counts[a.group] == 1 && a.node == e.Assignment[a.group] && a.createIndex >= newest[a.group] {
			placed[a.group], newest[a.group] = a.id, a.createIndex
		}
	}
	if len(placed) != len(e.Assignment) {
		return nil
	}
	return placed
}

// inTheWay says why the job must not be registered with these counts now, or
// "": an evaluation while the node of a living allocation is sick destroys what
// runs there, so only a register that stops that allocation is allowed.
func (g *gang) inTheWay(counts map[string]int) string {
	for _, a := range g.allocs {
		sick := g.node(a.node).sick
		if sick == "" || !a.wanted || a.terminal() || a.client == "unknown" {
			continue
		}
		if n, set := counts[a.group]; !set || n > 0 {
			return "waiting for host " + g.node(a.node).name + ", where " + a.group + " runs: " + sick
		}
	}
	return ""
}
