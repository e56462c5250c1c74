package driver

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/hold"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// gangRoles makes the real roles.
type gangRoles struct {
	nomad *nomadapi.Client
	store rendezvous.Store
	log   hclog.Logger
}

// hold refuses, finally and with the outcome in words, a gang that has ended
// badly in this allocation: that is how the outcome comes to stand in Nomad's UI.
func (g *gangRoles) hold(t task) (role, error) {
	shared := t.cfg.TaskDir().SharedAllocDir
	outcome, err := hold.LeftOutcome(shared)
	if err != nil {
		// An outcome that cannot be read is in the gang's record too.
		t.log.Warn("reading the outcome that was left here", "error", err)
	}
	if outcome != nil && outcome.State != rendezvous.Completed {
		return nil, final(errors.New(outcome.Sentence))
	}
	return holdRole{hold.New(hold.Config{
		Namespace: t.cfg.Namespace, JobID: t.cfg.JobID, AllocID: t.cfg.AllocID, AllocSharedDir: shared, NodeName: t.cfg.NodeName,
		Nomad: g.nomad, Store: g.store, Emit: t.emit, Out: t.out, Log: t.log,
	})}, nil
}

// holdRole is a hold.Hold as a role.
type holdRole struct{ *hold.Hold }

func (h holdRole) Run(ctx context.Context) Result { return Result{ExitCode: h.Hold.Run(ctx).ExitCode} }

func (g *gangRoles) member(task) (role, error) {
	return nil, retry(errors.New("the role member is not built into this plugin yet"))
}
