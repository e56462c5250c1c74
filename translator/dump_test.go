package translator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// dumper writes what a workflow says, without the places. What a workflow does
// not say is left out.
type dumper struct{ strings.Builder }

func (d *dumper) line(indent int, format string, args ...any) {
	d.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(d, format, args...)
	d.WriteString("\n")
}

func dump(w *workflow.Workflow) string {
	var d dumper
	d.line(0, "%s exec=%s queue=%s", w.Name.V, w.Timeout.Exec.V, w.Timeout.Queue.V)
	for _, l := range w.Labels {
		d.line(0, "label %s=%s", l.Key.V, l.Value.V)
	}
	for i := range w.Resources {
		d.resource(&w.Resources[i])
	}
	for i := range w.Groups {
		g := &w.Groups[i]
		d.line(0, "group %s bare=%t barrier=%t ignoreNonleadStatus=%t lead=%s ports=%v", g.Name.V, g.Bare, g.Barrier, g.IgnoreNonleadStatus, g.Lead().Name.V, g.Ports())
		for _, up := range w.Upstream(g) {
			d.line(1, "after %s", up.Name.V)
		}
		for j := range g.Tasks {
			d.task(&g.Tasks[j])
		}
	}
	return d.String()
}

func (d *dumper) resource(r *workflow.Resource) {
	d.line(0, "resource %s cpu=%d gpu=%d memory=%d storage=%d platform=%s", r.Name, r.CPU.V, r.GPU.V, r.MemoryBytes.V, r.StorageBytes.V, r.Platform.V)
	for _, n := range r.NodesExcluded {
		d.line(1, "not on %s", n.V)
	}
	for _, t := range r.Topology {
		d.line(1, "topology %s group=%s required=%t", t.Key.V, t.Group.V, t.Required)
	}
}

func (d *dumper) task(t *workflow.Task) {
	d.line(1, "task %s image=%s resource=%s", t.Name.V, t.Image.V, t.Resource.V)
	if t.Privileged.V || t.HostNetwork.V || t.DownloadType.V != "" || t.CacheSize.V != "" {
		d.line(2, "privileged=%t hostNetwork=%t downloadType=%s cacheSize=%s", t.Privileged.V, t.HostNetwork.V, t.DownloadType.V, t.CacheSize.V)
	}
	for i, in := range t.Inputs {
		d.line(2, "input %d task=%s workflow=%s url=%s regex=%s", i, in.Task.V, in.Workflow.V, in.URL.V, in.Regex.V)
	}
	for _, o := range t.Outputs {
		d.line(2, "output %s regex=%s", o.URL.V, o.Regex.V)
	}
	for _, c := range t.Checkpoints {
		d.line(2, "checkpoint %s to %s every %s regex=%s", c.Path.V, c.URL.V, c.Frequency.V, c.Regex.V)
	}
	for _, e := range t.ExitActions {
		d.line(2, "exit %s %s %v", e.Action.V, e.Written.V, e.Codes)
	}
	for _, c := range t.Credentials {
		d.line(2, "credential %s path=%s", c.Name.V, c.Path.V)
		for _, v := range c.Env {
			d.line(3, "%s=%s", v.Variable.V, v.Key.V)
		}
	}
	for _, m := range t.Mounts {
		d.line(2, "mount %s at %s", m.Source, m.Destination)
	}
	for _, k := range t.KPIs {
		d.line(2, "kpi %s %s", k.Index.V, k.Path.V)
	}
	d.run(t)
}

// run writes what the task runs with.
func (d *dumper) run(t *workflow.Task) {
	for _, s := range slices.Concat(t.Command, t.Args) {
		d.line(2, "%q", s.V)
	}
	for _, e := range t.Environment {
		d.line(2, "%q = %q", e.Name.V, e.Value.V)
	}
	for _, f := range t.Files {
		if f.Base64 {
			d.line(2, "file %q: base64 %s", f.Path.V, f.Contents.V)
		} else {
			d.line(2, "file %q: %q", f.Path.V, f.Contents.V)
		}
	}
}
