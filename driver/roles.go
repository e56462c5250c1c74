package driver

import (
	"context"
	"errors"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/hold"
	"github.com/osmo-nomad/osmo-nomad/driver/member"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// gangRoles makes the real roles.
type gangRoles struct {
	nomad    *nomadapi.Client
	store    rendezvous.Store
	sessions *member.Sessions
	resolver *member.Resolver
	dns      []string
	// gate is the gate's binary for this host, or noGate says why there is none.
	gate   []byte
	noGate error
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

// memberEnv is how Nomad shows the group's meta to its tasks.
const memberEnv = "NOMAD_META_" + meta.Member

func (g *gangRoles) member(t task) (role, error) {
	name := t.cfg.Env[memberEnv]
	if name == "" {
		return nil, final(errors.New("the group has no meta " + meta.Member + ": only a job that osmo-nomad translated has members"))
	}
	if g.noGate != nil {
		return nil, retry(g.noGate)
	}
	dirs := t.cfg.TaskDir()
	m, err := member.New(member.Config{
		Namespace: t.cfg.Namespace, JobID: t.cfg.JobID, AllocID: t.cfg.AllocID, Group: t.cfg.TaskGroupName, Member: name,
		NodeID: t.cfg.NodeID, NodeName: t.cfg.NodeName, SharedDir: dirs.SharedAllocDir, LocalDir: dirs.LocalDir, Gate: g.gate,
		Nomad: g.nomad, Store: g.store, Sessions: g.sessions, Resolver: g.resolver, DNS: g.dns,
		Emit: t.emit, Out: t.out, Log: t.log,
	})
	if err != nil {
		return nil, retry(err)
	}
	return memberRole{m}, nil
}

// memberRole is a member.Member as a role. Its task ends well whatever became
// of the user's command: that is told by the command's own task.
type memberRole struct{ *member.Member }

func (m memberRole) Run(ctx context.Context) Result {
	m.Member.Run(ctx)
	return Result{}
}
