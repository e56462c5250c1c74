package job

import (
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// taskMeta is what the plugin does for a member beside running its command.
func (b *builder) taskMeta(index int, m *Member, required map[together]bool) meta.Task {
	t := m.task
	out := meta.Task{
		Member: m.Name, Platform: m.Platform, DNSName: m.DNSName, Driver: m.Driver,
		// A task's own output is kept for those that read it, and where it would
		// else be lost (OSMO task.py:2639).
		Upload:       b.needed[&b.workflow.Groups[index]] || len(t.Outputs) == 0,
		ExitActions:  b.exitActions(t),
		DownloadType: t.DownloadType.V,
		CacheSize:    t.CacheSize.V,
	}
	for _, in := range t.Inputs {
		out.Inputs = append(out.Inputs, b.input(in, m.expand))
	}
	for _, o := range t.Outputs {
		out.Outputs = append(out.Outputs, meta.Output{URL: m.expand(o.URL.V), Regex: m.expand(o.Regex.V)})
	}
	for _, c := range t.Checkpoints {
		out.Checkpoints = append(out.Checkpoints, meta.Checkpoint{
			Path: filePath(m.expand(c.Path.V)), URL: m.expand(c.URL.V), Frequency: meta.Seconds(c.Frequency.V), Regex: m.expand(c.Regex.V),
		})
	}
	for _, c := range t.Credentials {
		out.Credentials = append(out.Credentials, credential(c, m.expand))
	}
	for _, k := range t.KPIs {
		out.KPIs = append(out.KPIs, meta.KPI{Index: m.expand(k.Index.V), Path: m.expand(k.Path.V)})
	}
	for _, n := range m.kind.topology {
		n.Required = required[together{n.Key, n.Group}]
		out.Topology = append(out.Topology, n)
	}
	return out
}

// input names a task with its workflow, so that the meta stands for itself.
func (b *builder) input(in workflow.Input, expand expander) meta.Input {
	out := meta.Input{Workflow: in.Workflow.V, Task: in.Task.V, URL: expand(in.URL.V), Regex: expand(in.Regex.V)}
	if out.Task != "" && out.Workflow == "" {
		out.Workflow = b.params.ID
	}
	return out
}

func credential(c workflow.Credential, expand expander) meta.Credential {
	out := meta.Credential{Name: c.Name.V, Path: expand(c.Path.V)}
	for _, e := range c.Env {
		out.Env = append(out.Env, meta.CredentialVar{Variable: expand(e.Variable.V), Key: expand(e.Key.V)})
	}
	return out
}

// exitActions are the task's own, then the pool's (OSMO jobs.py:1101).
func (b *builder) exitActions(t *workflow.Task) []meta.ExitAction {
	out := make([]meta.ExitAction, 0, len(t.ExitActions)+len(b.poolActions))
	for _, a := range t.ExitActions {
		codes := make(meta.Codes, len(a.Codes))
		for i, r := range a.Codes {
			codes[i] = meta.CodeRange(r)
		}
		out = append(out, meta.ExitAction{Action: string(a.Action.V), Codes: codes})
	}
	return append(out, b.poolActions...)
}
