package job

import (
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Later lists what a workflow's jobs say and this version's plugin does not
// carry out, each at its first place in a task. The jobs are in their final form
// all the same.
func Later(w *workflow.Workflow) diag.List {
	var diags diag.List
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			laterOfTask(&w.Groups[i].Tasks[j], &diags)
		}
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
