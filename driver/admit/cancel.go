package admit

import (
	"context"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// canceled is what the status of a gang says whose job was stopped or purged
// while it had no hold.
const canceled = "the job was stopped while the gang had no hold"

// cancel writes the last status of a gang that has no hold to do it, unless it
// has one already.
func (t *term) cancel(ctx context.Context, a Cancel) error {
	key, status, index, err := t.lastStatus(ctx, a)
	if err != nil {
		return err
	}
	if key != "" && !status.State.Finished() {
		status = finalStatus(status, a, t.now().Unix())
		if err := t.commit(ctx, rendezvous.Swap(key, rendezvous.Encode(status), index)); err != nil {
			return err
		}
	}
	t.memory.Settled[a.Gang] = true
	return nil
}

// lastStatus finds the status of this life of the gang. Without a key there is
// none to write: the job is gone and nobody has ever shown it, or another life
// of it has the place.
func (t *term) lastStatus(ctx context.Context, a Cancel) (key string, s rendezvous.Status, index uint64, err error) {
	if a.Workflow == "" {
		return t.statusOfGone(ctx, a.Gang)
	}
	key = rendezvous.StatusKey(a.Gang.Namespace, a.Workflow, a.Group)
	entry, err := t.cfg.Store.Get(ctx, key)
	if err != nil || entry == nil {
		return key, rendezvous.Status{}, 0, err
	}
	var found rendezvous.Status
	if rendezvous.Decode(entry.Value, &found) == nil && ofLife(found, a.Gang) {
		s = found
	}
	return key, s, entry.ModifyIndex, nil
}

// statusOfGone looks for the status of a job that no longer says to which
// workflow and group it belonged.
func (t *term) statusOfGone(ctx context.Context, g rendezvous.Gang) (string, rendezvous.Status, uint64, error) {
	prefix := strings.TrimSuffix(rendezvous.StatusPrefix(g.Namespace, workflowOf(g.Job)), "/")
	entries, _, err := t.cfg.Store.Watch(ctx, prefix, 0)
	if err != nil {
		return "", rendezvous.Status{}, 0, err
	}
	for _, e := range entries {
		var s rendezvous.Status
		if rendezvous.Decode(e.Value, &s) == nil && s.Job == g.Job && ofLife(s, g) {
			return e.Key, s, e.ModifyIndex, nil
		}
	}
	return "", rendezvous.Status{}, 0, nil
}

// ofLife says whether the status is about this life of the job.
func ofLife(s rendezvous.Status, g rendezvous.Gang) bool {
	return s.JobCreateIndex == 0 || s.JobCreateIndex == g.CreateIndex
}

// finalStatus is the status of a gang that was canceled; what its members
// reached stays to be seen.
func finalStatus(s rendezvous.Status, a Cancel, now int64) rendezvous.Status {
	s.Version, s.Job, s.JobCreateIndex, s.UpdatedUnix = rendezvous.RecordVersion, a.Gang.Job, a.Gang.CreateIndex, now
	if a.Workflow != "" {
		s.Workflow, s.Group = a.Workflow, a.Group
	}
	s.State, s.Reason = rendezvous.FailedCanceled, canceled
	s.Outcome = &rendezvous.Outcome{State: s.State, Sentence: string(s.State) + ": " + canceled}
	members := map[string]rendezvous.Member{}
	for name, m := range s.Members {
		if !m.State.Finished() {
			m.State, m.Message = rendezvous.FailedCanceled, canceled
		}
		members[name] = m
	}
	s.Members = members
	return s
}
