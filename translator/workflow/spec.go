package workflow

import (
	"math/big"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// The fields of each mapping (OSMO workflow.py:247, task.py:429 and 817).
func topFields() []string { return []string{"workflow", "version"} }

func workflowFields() []string {
	return []string{"name", "tasks", "groups", "resources", "timeout", "labels", "pool", "backend"}
}

func groupFields() []string {
	return []string{"name", "tasks", "barrier", "ignoreNonleadStatus"}
}

func taskFields() []string {
	return []string{
		"name", "image", "command", "args", "environment", "files", "resource", "lead", "inputs", "outputs",
		"checkpoint", "exitActions", "credentials", "volumeMounts", "privileged", "hostNetwork", "downloadType",
		"cacheSize", "kpis", "resources", "backend",
	}
}

// version reads what a template wrote below the workflow: the section of that name
// is dropped before (OSMO workflow.py:736).
func (d *decoder) version(n *yaml.Node) {
	if n == nil {
		return
	}
	var v *big.Int
	ok := false
	switch n.Kind {
	case yaml.Int, yaml.Float:
		v, ok = whole(n)
	case yaml.Str:
		v, ok = number.Int(n.Text, 10)
	default:
	}
	if !ok || v.Cmp(big.NewInt(2)) != 0 {
		d.diags.Errorf(diag.Section, n.Pos, "unsupported workflow version: %s, expected 2", shown(n))
	}
}

func (d *decoder) workflow(n *yaml.Node) *Workflow {
	what := subject{name: "the workflow"}
	if !d.object(n, what, workflowFields()) {
		return nil
	}
	w := &Workflow{}
	w.Name = d.name(d.need(n, "name", what))
	w.Labels = d.labels(n.Get("labels"))
	d.ignored(n, "pool", "choose the pool with --pool")
	d.ignored(n, "backend", "it has no meaning here")
	w.Timeout = d.timeout(n.Get("timeout"))
	w.Resources = d.resources(n.Get("resources"))
	groups, tasks := d.list(n.Get("groups"), field("groups")), d.list(n.Get("tasks"), field("tasks"))
	switch {
	case len(groups) > 0 && len(tasks) > 0:
		d.diags.Errorf(diag.Type, keyOf(n, "tasks"), "a workflow has either groups or tasks, this one has both")
	case len(groups)+len(tasks) == 0 && isListOrNone(n.Get("groups")) && isListOrNone(n.Get("tasks")):
		d.diags.Errorf(diag.Missing, n.Pos, "the workflow has no groups and no tasks, expected at least one")
	}
	w.Groups = make([]Group, 0, len(groups)+len(tasks))
	for _, g := range groups {
		d.group = len(w.Groups)
		w.Groups = append(w.Groups, d.readGroup(g))
	}
	for _, t := range tasks {
		d.group = len(w.Groups)
		w.Groups = append(w.Groups, d.bare(t))
	}
	return w
}

func isListOrNone(n *yaml.Node) bool { return n == nil || n.Kind == yaml.List }

// ignored checks a field that OSMO accepts and overwrites (OSMO workflow.py:369).
func (d *decoder) ignored(n *yaml.Node, name, instead string) {
	v := n.Get(name)
	if v == nil {
		return
	}
	if s := d.str(v, field(name)); s.V != "" {
		d.diags.Warnf(diag.Ignored, keyOf(n, name), "OSMO ignores %s in the file: %s", name, instead)
	}
}

// name reads a name: what is empty is reported here, the grammar is checked when
// all names are known. OSMO compares names before it makes strings of numbers, so
// no number passes (OSMO workflow.py:278).
func (d *decoder) name(n *yaml.Node) String {
	s := d.str(n, field("name"))
	if n != nil && n.Kind == yaml.Str && s.V == "" {
		d.diags.Errorf(diag.Name, n.Pos, "the name is empty")
	}
	return s
}

func (d *decoder) readGroup(n *yaml.Node) Group {
	g := Group{Barrier: true, IgnoreNonleadStatus: true, Name: String{Pos: n.Pos}}
	what := named("group", n)
	if !d.object(n, what, groupFields()) {
		return g
	}
	if name := d.need(n, "name", what); name != nil {
		g.Name = d.name(name)
	}
	g.Barrier = d.bool(n.Get("barrier"), field("barrier"), true).V
	g.IgnoreNonleadStatus = d.bool(n.Get("ignoreNonleadStatus"), field("ignoreNonleadStatus"), true).V
	tasks := d.list(d.need(n, "tasks", what), field("tasks"))
	g.Tasks = make([]Task, len(tasks))
	for i, t := range tasks {
		d.task = i
		g.Tasks[i] = d.readTask(t)
	}
	return g
}

const bareSuffix = "-group"

// bare wraps a task that stands alone (OSMO workflow.py:364).
func (d *decoder) bare(n *yaml.Node) Group {
	d.task = 0
	t := d.readTask(n)
	return Group{
		Name: String{V: t.Name.V + bareSuffix, Pos: t.Name.Pos}, Bare: true, Tasks: []Task{t},
		Barrier: true, IgnoreNonleadStatus: true,
	}
}

func (d *decoder) readTask(n *yaml.Node) Task {
	t := Task{Name: String{Pos: n.Pos}, Resource: String{V: DefaultResource, Pos: n.Pos}}
	what := named("task", n)
	if !d.object(n, what, taskFields()) {
		return t
	}
	if name := d.need(n, "name", what); name != nil {
		t.Name = d.name(name)
	}
	t.Lead = d.bool(n.Get("lead"), field("lead"), false).V
	t.Image = d.image(d.need(n, "image", what))
	t.Command = d.command(d.need(n, "command", what), what)
	t.Args = d.listOfTexts(n.Get("args"), "args")
	t.Environment = d.environment(n.Get("environment"))
	t.Files = d.files(n.Get("files"), what)
	if r := n.Get("resource"); r != nil {
		if s := d.text(r, field("resource")); s.V != "" || r.Kind == yaml.Str {
			t.Resource = s
		}
	}
	d.readData(n, &t)
	t.ExitActions = d.exitActions(n.Get("exitActions"))
	t.Credentials = d.credentials(n.Get("credentials"))
	t.Mounts = d.mounts(n.Get("volumeMounts"))
	t.Privileged = d.bool(n.Get("privileged"), field("privileged"), false)
	t.HostNetwork = d.bool(n.Get("hostNetwork"), field("hostNetwork"), false)
	d.overwritten(n, what)
	return t
}

// readData reads what a task has to do with data.
func (d *decoder) readData(n *yaml.Node, t *Task) {
	t.Inputs = d.inputs(n.Get("inputs"))
	t.Outputs = d.outputs(n.Get("outputs"))
	t.Checkpoints = d.checkpoints(n.Get("checkpoint"))
	t.DownloadType = d.downloadType(n.Get("downloadType"))
	t.CacheSize = d.cacheSize(n.Get("cacheSize"))
	t.KPIs = d.kpis(n.Get("kpis"))
}

// overwritten checks the fields of a task that are OSMO's own: it accepts them in
// a file, if they are right, and puts others in their place (OSMO workflow.py:373,
// task.py:596).
func (d *decoder) overwritten(n *yaml.Node, what subject) {
	if r := n.Get("resources"); r != nil {
		d.resource(r, field("resources"))
		d.diags.Warnf(diag.Ignored, keyOf(n, "resources"), "OSMO ignores the resources of a task: name an entry of the workflow's resources with `resource` in %s", what)
	}
	if b := n.Get("backend"); b != nil {
		if s := d.coerced(b, field("backend")); s.V != "" {
			d.diags.Warnf(diag.Ignored, keyOf(n, "backend"), "OSMO ignores backend in the file: it has no meaning here")
		}
	}
}

func (d *decoder) command(n *yaml.Node, what subject) []String {
	out := d.listOfTexts(n, "command")
	if n != nil && n.Kind == yaml.List && len(out) == 0 {
		d.diags.Errorf(diag.Missing, n.Pos, "the command of %s is empty, it should have at least one element: a program, then its arguments", what)
	}
	return out
}

// downloadType has one value left (OSMO task.py:514).
func (d *decoder) downloadType(n *yaml.Node) String {
	s := d.str(given(n), field("downloadType"))
	if n != nil && n.Kind == yaml.Str && s.V != "download" {
		d.diags.Errorf(diag.Type, n.Pos, "downloadType is %q, expected \"download\"", brief(s.V))
	}
	return s
}

func (d *decoder) kpis(n *yaml.Node) []KPI {
	var out []KPI
	for i, it := range d.list(n, field("kpis")) {
		what := item("kpis", i)
		if d.object(it, what, []string{"index", "path"}) {
			index, path := d.need(it, "index", what), d.need(it, "path", what)
			out = append(out, KPI{Index: d.text(index, field("index")), Path: d.text(path, field("path"))})
		}
	}
	return out
}
