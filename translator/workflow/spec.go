package workflow

import (
	"fmt"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// The fields of each mapping (OSMO workflow.py:247, task.py:429, postgres.py:1756).
func workflowSchema() schema {
	return schema{
		known:       []string{"name", "groups", "tasks", "resources", "timeout"},
		unsupported: []string{"labels", "pool", "backend"},
	}
}

func groupSchema() schema {
	return schema{known: []string{"name", "tasks", "barrier", "ignoreNonleadStatus"}}
}

func taskSchema() schema {
	return schema{
		known: []string{"name", "lead", "image", "command", "args", "environment", "files", "resource"},
		unsupported: []string{
			"inputs", "outputs", "exitActions", "checkpoint", "credentials", "volumeMounts", "privileged",
			"hostNetwork", "downloadType", "cacheSize", "kpis", "resources", "backend",
		},
	}
}

func fileSchema() schema {
	return schema{known: []string{"path", "contents"}, unsupported: []string{"localpath", "base64"}}
}

func resourceSchema() schema {
	return schema{
		known:       []string{"cpu", "gpu", "memory", "storage", "platform"},
		unsupported: []string{"nodesExcluded", "topology"},
	}
}

func timeoutSchema() schema { return schema{known: []string{"exec_timeout", "queue_timeout"}} }

func (d *decoder) workflow(n *yaml.Node) *Workflow {
	f, ok := d.object(n, "the workflow", workflowSchema())
	if !ok {
		return nil
	}
	w := &Workflow{}
	w.Name = d.name(d.need(n, f, "name", "the workflow"), d.str)
	if t := f["timeout"]; t != nil {
		w.Timeout = d.timeout(t)
	}
	w.Resources = d.resources(f["resources"])
	groups, tasks := d.list(f["groups"], "groups"), d.list(f["tasks"], "tasks")
	switch {
	case len(groups) > 0 && len(tasks) > 0:
		d.diags.Errorf(diag.Type, f["tasks"].Pos, "a workflow has either groups or tasks, this one has both")
	case len(groups)+len(tasks) == 0 && !d.diags.HasErrors():
		d.diags.Errorf(diag.Missing, n.Pos, "the workflow has no groups and no tasks, expected at least one")
	}
	for _, g := range groups {
		d.owner = len(w.Groups)
		w.Groups = append(w.Groups, d.group(g))
	}
	for _, t := range tasks {
		d.owner = len(w.Groups)
		w.Groups = append(w.Groups, d.bare(t))
	}
	return w
}

func (d *decoder) group(n *yaml.Node) Group {
	g := Group{Barrier: true, IgnoreNonleadStatus: true, Name: String{Pos: n.Pos}}
	what := describe("group", n)
	f, ok := d.object(n, what, groupSchema())
	if !ok {
		return g
	}
	if name := d.need(n, f, "name", what); name != nil {
		g.Name = d.name(name, d.str)
	}
	g.Barrier = d.bool(f["barrier"], "barrier", true)
	g.IgnoreNonleadStatus = d.bool(f["ignoreNonleadStatus"], "ignoreNonleadStatus", true)
	if tasks := d.need(n, f, "tasks", what); tasks != nil {
		for _, t := range d.list(tasks, "tasks") {
			g.Tasks = append(g.Tasks, d.task(t))
		}
	}
	return g
}

// bare wraps a task that stands alone (OSMO workflow.py:364).
func (d *decoder) bare(n *yaml.Node) Group {
	t := d.task(n)
	return Group{
		Name: String{V: t.Name.V + bareSuffix, Pos: t.Name.Pos}, Bare: true, Tasks: []Task{t},
		Barrier: true, IgnoreNonleadStatus: true,
	}
}

const bareSuffix = "-group"

func (d *decoder) task(n *yaml.Node) Task {
	t := Task{Name: String{Pos: n.Pos}, Resource: String{V: DefaultResource, Pos: n.Pos}}
	what := describe("task", n)
	f, ok := d.object(n, what, taskSchema())
	if !ok {
		return t
	}
	if name := d.need(n, f, "name", what); name != nil {
		t.Name = d.name(name, d.coerced)
	}
	t.Lead = d.bool(f["lead"], "lead", false)
	t.Image = d.image(d.need(n, f, "image", what))
	t.Command = d.command(d.need(n, f, "command", what), what)
	for i, a := range d.list(f["args"], "args") {
		t.Args = append(t.Args, d.text(a, fmt.Sprintf("args[%d]", i)))
	}
	t.Environment = d.environment(f["environment"])
	t.Files = d.files(f["files"], what)
	if r := f["resource"]; r != nil {
		t.Resource = d.coerced(r, "resource")
	}
	return t
}

// describe names a group or task for a message, by its name if it has one.
func describe(kind string, n *yaml.Node) string {
	if name := n.Get("name"); name != nil && name.Str() != "" {
		return fmt.Sprintf("%s %q", kind, brief(name.Str()))
	}
	return "this " + kind
}

func (d *decoder) command(n *yaml.Node, what string) []String {
	var out []String
	for i, c := range d.list(n, "command") {
		out = append(out, d.text(c, fmt.Sprintf("command[%d]", i)))
	}
	if n != nil && n.Kind == yaml.List && len(out) == 0 {
		d.diags.Errorf(diag.Missing, n.Pos, "the command of %s is empty, expected a program and its arguments", what)
	}
	return out
}

// environment reads names and values; booleans become True and False, as in
// Python (OSMO task.py:459).
func (d *decoder) environment(n *yaml.Node) []EnvVar {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.Dict {
		d.wrong(n, "environment", "a mapping")
		return nil
	}
	var out []EnvVar
	first := map[string]diag.Pos{}
	for _, p := range n.Pairs {
		e := EnvVar{Name: String{V: p.Key.Str(), Pos: p.Key.Pos}}
		d.place(p.Key, e.Name.V, "the variable's name")
		d.envName(e.Name, first)
		what := "environment variable " + brief(e.Name.V)
		if p.Value.Kind == yaml.Bool {
			e.Value = String{V: p.Value.Str(), Pos: p.Value.Pos}
		} else {
			e.Value = d.text(p.Value, what)
		}
		out = append(out, e)
	}
	return out
}

func (d *decoder) envName(name String, first map[string]diag.Pos) {
	if name.V == "" || strings.Contains(name.V, "=") {
		d.diags.Errorf(diag.Name, name.Pos, "%q cannot be the name of an environment variable, expected a name without =", brief(name.V))
	}
	if pos, taken := first[name.V]; taken {
		d.related(diag.DuplicateKey, name.Pos, pos, "the environment variable %q is already set", brief(name.V))
	}
	first[name.V] = name.Pos
}

// related adds an error with a second place.
func (d *decoder) related(code diag.Code, pos, other diag.Pos, format string, args ...any) {
	d.diags = append(d.diags, diag.Diagnostic{Code: code, Pos: pos, Related: []diag.Pos{other}, Msg: fmt.Sprintf(format, args...)})
}

func (d *decoder) files(n *yaml.Node, what string) []File {
	var out []File
	first := map[string]diag.Pos{}
	for _, item := range d.list(n, "files") {
		f, ok := d.object(item, "this file", fileSchema())
		if !ok {
			continue
		}
		path := d.need(item, f, "path", "this file")
		file := File{Path: d.text(path, "path")}
		if f["contents"] != nil {
			file.Contents = d.text(f["contents"], "contents")
		} else if item.Get("localpath") == nil {
			d.need(item, f, "contents", "this file")
		}
		if path != nil {
			d.checkPath(file.Path, what, first)
		}
		out = append(out, file)
	}
	return out
}

func (d *decoder) resources(n *yaml.Node) []Resource {
	if n == nil {
		return []Resource{{Name: DefaultResource, Pos: d.at.Pos(1, 1)}}
	}
	d.explicitResources = true
	if n.Kind != yaml.Dict {
		d.wrong(n, "resources", "a mapping")
		return nil
	}
	var out []Resource
	for _, p := range n.Pairs {
		if p.Key.Kind != yaml.Str {
			d.wrong(p.Key, "the name of a resource", "a string")
		}
		out = append(out, d.resource(p))
	}
	return out
}

func (d *decoder) resource(p yaml.Pair) Resource {
	r := Resource{Name: p.Key.Text, Pos: p.Key.Pos}
	f, ok := d.object(p.Value, fmt.Sprintf("resource %q", brief(r.Name)), resourceSchema())
	if !ok {
		return r
	}
	r.CPU, r.GPU = d.count(f["cpu"], "cpu"), d.count(f["gpu"], "gpu")
	r.MemoryBytes, r.StorageBytes = d.quantity(f["memory"], "memory"), d.quantity(f["storage"], "storage")
	r.Platform = d.coerced(f["platform"], "platform")
	return r
}

func (d *decoder) timeout(n *yaml.Node) Timeout {
	f, ok := d.object(n, "timeout", timeoutSchema())
	if !ok {
		return Timeout{}
	}
	return Timeout{Exec: d.duration(f["exec_timeout"], "exec_timeout"), Queue: d.duration(f["queue_timeout"], "queue_timeout")}
}
