package job

import (
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// later lists what a gang's job says and this version's plugin does not carry
// out, each at its first place in a task. The job is in its final form all the
// same.
func (b *builder) later(group *workflow.Group, members []Member) diag.List {
	var diags diag.List
	for i := range group.Tasks {
		laterOfTask(&group.Tasks[i], &diags)
	}
	for i := range members {
		if m := &members[i]; m.network != site.Host {
			diags.Errorf(diag.Unsupported, m.kind.platform.NetworkPos, "not supported yet: network %s", m.network)
		}
	}
	if pool := b.params.Pool; pool.Names != site.NamesDNS {
		diags.Errorf(diag.Unsupported, pool.NamesPos, "not supported yet: names %s", pool.Names)
	}
	if len(b.poolActions) > 0 {
		diags.Errorf(diag.Unsupported, b.params.Pool.ExitActionsPos, "not supported yet: default_exit_actions")
	}
	return diags
}

func laterOfTask(t *workflow.Task, diags *diag.List) {
	later := func(there bool, field string, pos func() diag.Pos) {
		if there {
			diags.Errorf(diag.Unsupported, pos(), "not supported yet: %s", field)
		}
	}
	later(len(t.Inputs) > 0, "inputs", func() diag.Pos { return firstOf(t.Inputs[0].Task.Pos, t.Inputs[0].URL.Pos) })
	later(len(t.Outputs) > 0, "outputs", func() diag.Pos { return t.Outputs[0].URL.Pos })
	later(len(t.Checkpoints) > 0, "checkpoint", func() diag.Pos { return t.Checkpoints[0].Path.Pos })
	later(len(t.Credentials) > 0, "credentials", func() diag.Pos { return t.Credentials[0].Name.Pos })
	later(len(t.ExitActions) > 0, "exitActions", func() diag.Pos { return t.ExitActions[0].Action.Pos })
	later(len(t.KPIs) > 0, "kpis", func() diag.Pos { return firstOf(t.KPIs[0].Index.Pos, t.KPIs[0].Path.Pos) })
}

// firstOf returns the first place that is one.
func firstOf(places ...diag.Pos) diag.Pos {
	for _, p := range places {
		if p != (diag.Pos{}) {
			return p
		}
	}
	return diag.Pos{}
}
