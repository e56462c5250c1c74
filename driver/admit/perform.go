package admit

import (
	"context"
	"errors"
	"fmt"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// errOutdated: the world has changed between the look and the action. Nothing
// was done, and the next look decides again.
var errOutdated = errors.New("the records have changed since they were looked at")

// perform does the actions one at a time. It ends after a release: what that
// did to the cluster is looked at before the next gang's turn.
func (t *term) perform(ctx context.Context, w World, actions []Action) (acted bool) {
	var told []Tell
	for _, a := range actions {
		if ctx.Err() != nil {
			return acted
		}
		if tell, ok := a.(Tell); ok {
			told = append(told, tell)
			continue
		}
		err := t.do(ctx, w, a)
		if ctx.Err() != nil {
			return acted // out of office: not this action's fault
		}
		t.note(a, err)
		acted = acted || err == nil
		if _, ok := a.(Release); ok {
			return true
		}
	}
	return t.tell(ctx, told) || acted
}

// note remembers and logs how an action went.
func (t *term) note(a Action, err error) {
	switch {
	case err == nil:
		delete(t.memory.Failed, a.About())
		if _, said := a.(Release); !said {
			t.cfg.Log.Info(a.String())
		}
		return
	case outdated(err):
		t.cfg.Log.Debug("not done, the world has changed", "action", a.String(), "error", err)
	default:
		t.cfg.Log.Warn("an action did not work", "action", a.String(), "error", err)
	}
	t.memory.failed(a.About(), t.now(), err.Error())
}

func outdated(err error) bool {
	return errors.Is(err, errOutdated) || errors.Is(err, cluster.ErrConflict) ||
		errors.Is(err, cluster.ErrStopped) || errors.Is(err, cluster.ErrGone)
}

func (t *term) do(ctx context.Context, w World, a Action) error {
	if r, ok := a.(Release); ok {
		return t.release(ctx, w, r)
	}
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	switch a := a.(type) {
	case Register:
		return t.register(ctx, a)
	case Record:
		return t.commit(ctx, rendezvous.Swap(a.Gang.EpochKey(), rendezvous.Encode(a.Epoch), a.EpochIndex))
	case Abort:
		return t.abort(ctx, a)
	case Evaluate:
		t.memory.swept(a.Gang, t.now())
		_, err := t.nomad.Evaluate(ctx, a.Gang.Namespace, a.Gang.Job)
		return err
	case Cancel:
		return t.cancel(ctx, a)
	case Prune:
		return t.prune(ctx, a)
	}
	return fmt.Errorf("unknown action %T", a)
}

// commit writes to Consul while we hold the lock, or not at all.
func (t *term) commit(ctx context.Context, ops ...rendezvous.Op) error {
	fenced := append([]rendezvous.Op{rendezvous.CheckSession(rendezvous.AdmitterKey, t.session)}, ops...)
	ok, err := t.cfg.Store.Commit(ctx, fenced...)
	if err == nil && !ok {
		return errOutdated
	}
	return err
}

// release carries out steps whose every prefix a successor can go on from: the
// record says what is meant, Nomad says what has become of it.
func (t *term) release(ctx context.Context, w World, a Release) error {
	bounded, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	err := t.commit(bounded,
		rendezvous.CheckIndex(a.Gang.HoldKey(), a.HoldIndex),
		rendezvous.Swap(a.Gang.EpochKey(), rendezvous.Encode(a.Record), a.EpochIndex),
		rendezvous.Delete(a.Gang.QueueKey()))
	if err != nil {
		return err
	}
	t.cfg.Log.Info(a.String())
	t.cfg.Pause(PointReleasing)
	registered, err := t.nomad.Register(bounded, a.Gang, a.JobModifyIndex, a.Edit)
	if err != nil {
		return err
	}
	t.written = max(t.written, registered.Index)
	t.cfg.Pause(PointRegistered)
	return t.await(ctx, w, a, registered.EvalID)
}

// await follows the release's own evaluation to its end.
func (t *term) await(ctx context.Context, w World, a Release, eval string) error {
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	e, err := t.nomad.AwaitEvaluation(ctx, eval)
	if err != nil {
		t.memory.refused(a, t.now(), err.Error(), nil)
		return err
	}
	t.written = max(t.written, e.Index)
	t.cfg.Pause(PointEvaluated)
	if len(e.FailedGroups) > 0 {
		why, groups := refusalOf(e.FailedGroups)
		t.memory.refused(a, t.now(), why, groups)
		return nil // the next look takes the others back
	}
	return t.settle(ctx, w, a)
}

// settle writes the placed record at once, by the same rule by which a
// successor would adopt the release. What does not look as it should is left to
// the next look.
func (t *term) settle(ctx context.Context, w World, a Release) error {
	entry, err := t.cfg.Store.Get(ctx, a.Gang.EpochKey())
	if err != nil || entry == nil {
		return err
	}
	c, err := t.nomad.Gang(ctx, a.Gang.Namespace, a.Gang.Job)
	if err != nil {
		return err
	}
	w.Records = map[rendezvous.Gang]rendezvous.View{a.Gang: rendezvous.ReadView(a.Gang, []rendezvous.Entry{*entry})}
	g := w.gang(c)
	if g.id != a.Gang || g.job.stop || g.epoch().Phase != rendezvous.Releasing {
		return nil
	}
	record, ok := g.findReleasing().action.(Record)
	if !ok || record.Epoch.Phase != rendezvous.Placed {
		return nil
	}
	if err := t.do(ctx, w, record); err != nil {
		return err
	}
	delete(t.memory.Refused, a.Gang)
	t.note(record, nil)
	t.cfg.Pause(PointPlaced)
	return nil
}

func (t *term) register(ctx context.Context, a Register) error {
	registered, err := t.nomad.Register(ctx, a.Gang, a.JobModifyIndex, a.Edit)
	if err != nil {
		return err
	}
	t.written = max(t.written, registered.Index)
	t.cfg.Pause(PointTakenBack)
	return nil
}

// abort decides against an epoch, if nobody has decided before.
func (t *term) abort(ctx context.Context, a Abort) error {
	verdict := rendezvous.Verdict{Version: rendezvous.RecordVersion, By: "the admitter on " + t.cfg.Node, Why: a.Why}
	return t.commit(ctx,
		rendezvous.CheckIndex(a.Gang.EpochKey(), a.EpochIndex),
		rendezvous.Create(a.Gang.VerdictKey(a.Epoch), rendezvous.Encode(verdict)))
}

// tell writes the queue records, many in one transaction: a release moves
// everybody in the queue.
func (t *term) tell(ctx context.Context, told []Tell) (acted bool) {
	const most = rendezvous.MaxOps - 1
	for len(told) > 0 {
		n := min(most, len(told))
		ops := make([]rendezvous.Op, n)
		for i, a := range told[:n] {
			ops[i] = rendezvous.Put(a.Gang.QueueKey(), rendezvous.Encode(a.Queue))
		}
		bounded, cancel := context.WithTimeout(ctx, actionTimeout)
		err := t.commit(bounded, ops...)
		cancel()
		for _, a := range told[:n] {
			if err != nil {
				t.note(a, err)
			} else {
				t.cfg.Log.Debug(a.String())
			}
		}
		acted, told = acted || err == nil, told[n:]
	}
	return acted
}

// prune removes the records of a gang, all in one transaction, after Nomad
// itself has said once more that the job is gone.
func (t *term) prune(ctx context.Context, a Prune) error {
	c, err := t.nomad.Gang(ctx, a.Gang.Namespace, a.Gang.Job)
	if err != nil && !errors.Is(err, cluster.ErrGone) {
		return err
	}
	if err == nil && idOf(c) == a.Gang {
		return errOutdated
	}
	return t.commit(ctx, rendezvous.DeleteTree(a.Gang.Prefix()))
}
