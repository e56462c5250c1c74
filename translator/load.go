package translator

import (
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Load renders a workflow file and reads what comes out. The file's name is for
// the diagnostics only. The workflow is usable when the list has no error; the
// rendered text is there whenever the templating step succeeded, so that it can
// be shown beside the errors of what comes after.
func Load(file string, src []byte, vars template.Vars) (*workflow.Workflow, template.Rendered, diag.List) {
	rendered, diags := template.Render(file, src, vars)
	if diags.HasErrors() {
		return nil, rendered, diags
	}
	w, more := workflow.Decode(rendered.Text, rendered.Map)
	diags.Add(more)
	return w, rendered, diags
}
