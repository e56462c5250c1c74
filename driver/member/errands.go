package member

import (
	"context"
	"errors"
	"fmt"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// The runner's errands: everything that waits for something outside.

const (
	// nomadWait bounds one question to Nomad.
	nomadWait = 10 * time.Second
	// watchLimit is longer than Consul holds a blocking query.
	watchLimit = 90 * time.Second
	// maxBackoff bounds the pause between two tries.
	maxBackoff = 5 * time.Second
)

// identify asks Nomad for this allocation until it knows which gang it is of.
func (r *runner) identify() {
	for pause := retryAfter; r.ctx.Err() == nil; pause = min(2*pause, maxBackoff) {
		who, err := r.askNomad()
		if err == nil {
			r.post(identified{who})
			return
		}
		r.post(unreachable{err.Error()})
		sleep(r.ctx, pause)
	}
}

func (r *runner) askNomad() (self, error) {
	ctx, cancel := context.WithTimeout(r.ctx, nomadWait)
	defer cancel()
	q := (&nomadapi.QueryOptions{Namespace: r.cfg.Namespace}).WithContext(ctx)
	alloc, _, err := r.cfg.Nomad.Allocations().Info(r.cfg.AllocID, q)
	if err != nil {
		return self{}, fmt.Errorf("reading this allocation from Nomad at %s: %w", r.cfg.Nomad.Address(), err)
	}
	return r.gangOf(alloc)
}

// gangOf reads the gang out of the allocation's own version of its job: the
// job of that name may be another one by now.
func (r *runner) gangOf(alloc *nomadapi.Allocation) (self, error) {
	if alloc.Job == nil || alloc.Job.CreateIndex == nil {
		return self{}, errors.New("Nomad gave this allocation without its job")
	}
	gang, err := meta.Parse(alloc.Job.Meta)
	if err != nil {
		return self{}, fmt.Errorf("the job %s: %w", r.cfg.JobID, err)
	}
	group := alloc.Job.LookupTaskGroup(r.cfg.Group)
	if group == nil {
		return self{}, fmt.Errorf("the job %s has no group %s", r.cfg.JobID, r.cfg.Group)
	}
	who := selfOf(r.cfg)
	who.Gang = rendezvous.Gang{Namespace: r.cfg.Namespace, Job: r.cfg.JobID, CreateIndex: *alloc.Job.CreateIndex}
	who.Meta = gang
	for _, t := range group.Tasks {
		if t.Lifecycle == nil {
			who.Task = t.Name
		}
	}
	return who, nil
}

// selfOf is what is known without asking anybody.
func selfOf(c Config) self {
	return self{Member: c.Member, AllocID: c.AllocID, NodeID: c.NodeID, Node: c.NodeName}
}

// watch follows the gang's records.
func (r *runner) watch(gang rendezvous.Gang) {
	var index uint64
	for r.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(r.ctx, watchLimit)
		entries, next, err := r.cfg.Store.Watch(ctx, gang.Prefix(), index)
		cancel()
		if err != nil {
			index = 0
			r.post(unreachable{err.Error()})
			sleep(r.ctx, retryAfter)
			continue
		}
		index = next
		view := rendezvous.ReadView(gang, entries)
		for _, bad := range view.Bad {
			r.cfg.Log.Warn("a record is not believed", "record", bad)
		}
		r.post(records{view})
	}
}

// followSession reports the node's session.
func (r *runner) followSession() {
	for r.ctx.Err() == nil {
		id, changed := r.cfg.Sessions.current()
		r.post(sessionIs{id})
		select {
		case <-changed:
		case <-r.ctx.Done():
		}
	}
}

func (r *runner) commit(what errand, ops []rendezvous.Op) event {
	ctx, cancel := context.WithTimeout(r.ctx, callWait)
	defer cancel()
	ok, err := r.cfg.Store.Commit(ctx, ops...)
	return wrote{what, ok && err == nil, err}
}

const (
	// settleTick and settleMost bound the wait for the last lines of the output,
	// which Nomad's log collector writes a little after the command wrote them.
	settleTick = 100 * time.Millisecond
	settleMost = time.Second
)

// publishExit writes the Exit record; a command that failed by itself shows its
// last lines.
func (r *runner) publishExit(e publishExit) event {
	if x := e.record.Exit; x.Code != 0 && !x.Ended && !x.Never {
		r.settle(e.task)
		e.record.LastLines = r.dir.lastLines(e.task)
	}
	return r.commit(errandExit, []rendezvous.Op{e.check, rendezvous.Put(e.key, rendezvous.Encode(e.record))})
}

// settle waits until the output does not grow any more.
func (r *runner) settle(task string) {
	size, still := r.dir.logSizes(task), 0
	for waited := time.Duration(0); waited < settleMost && still < 2 && r.ctx.Err() == nil; waited += settleTick {
		sleep(r.ctx, settleTick)
		now := r.dir.logSizes(task)
		if still++; now != size {
			size, still = now, 0
		}
	}
}
