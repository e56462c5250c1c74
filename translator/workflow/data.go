package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow/pyregex"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// inputs reads what a task gets: each has exactly one of `task` and `url` (OSMO
// task.py:268).
func (d *decoder) inputs(n *yaml.Node) []Input {
	items := d.list(n, field("inputs"))
	if len(items) == 0 {
		return nil
	}
	out := make([]Input, len(items))
	for i, it := range items {
		out[i] = d.input(it, item("inputs", i))
	}
	return out
}

func (d *decoder) input(n *yaml.Node, what subject) Input {
	var in Input
	if !d.object(n, what, []string{"task", "url", "regex"}) {
		return in
	}
	task, url := n.Get("task"), n.Get("url")
	switch {
	case task != nil && url != nil:
		d.diags.Errorf(diag.Type, keyOf(n, "url"), "%s has both a task and a url, expected exactly one of them", what)
	case task != nil:
		in.Workflow, in.Task = d.taskName(task)
	case url != nil:
		in.URL = d.url(url)
	default:
		d.diags.Errorf(diag.Missing, n.Pos, "%s has neither task nor url, expected exactly one of them", what)
	}
	in.Regex = d.regex(n.Get("regex"))
	return in
}

// taskName reads `task`, or `workflow-id:task` for one of an earlier workflow
// (OSMO job/common.py:31).
func (d *decoder) taskName(n *yaml.Node) (workflow, task String) {
	s := d.str(n, field("task"))
	if n.Kind != yaml.Str {
		return workflow, task
	}
	id, name, earlier := strings.Cut(s.V, ":")
	if !earlier {
		id, name = "", s.V
	}
	if earlier && !isName(id) || !isName(name) {
		d.diags.Errorf(diag.Name, n.Pos, "%q cannot be the name of a task, expected one of this workflow, or <workflow id>:<task>", brief(s.V))
		return workflow, task
	}
	if earlier {
		workflow = String{V: id, Pos: n.Pos}
	}
	return workflow, String{V: name, Pos: n.Pos}
}

// outputs reads where a task's output goes.
func (d *decoder) outputs(n *yaml.Node) []Output {
	var out []Output
	for i, it := range d.list(n, field("outputs")) {
		what := item("outputs", i)
		if !d.object(it, what, []string{"url", "regex"}) {
			continue
		}
		o := Output{Regex: d.regex(it.Get("regex"))}
		if u := d.need(it, "url", what); u != nil {
			o.URL = d.url(u)
		}
		out = append(out, o)
	}
	return out
}

func (d *decoder) checkpoints(n *yaml.Node) []Checkpoint {
	var out []Checkpoint
	for i, it := range d.list(n, field("checkpoint")) {
		what := item("checkpoint", i)
		if !d.object(it, what, []string{"path", "url", "frequency", "regex"}) {
			continue
		}
		c := Checkpoint{
			Path:      d.token(d.need(it, "path", what), field("path")),
			URL:       d.token(d.need(it, "url", what), field("url")),
			Frequency: d.frequency(d.need(it, "frequency", what)),
			Regex:     d.regex(it.Get("regex")),
		}
		if u := it.Get("url"); u != nil && u.Kind == yaml.Str {
			d.checkURL(c.URL)
		}
		if !strings.HasPrefix(c.Path.V, "/") && !strings.HasPrefix(c.Path.V, "{{") {
			c.Path.V = "/" + c.Path.V
		}
		out = append(out, c)
	}
	return out
}

// url reads the address of an input or output.
func (d *decoder) url(n *yaml.Node) String {
	s := d.token(n, field("url"))
	if n.Kind == yaml.Str && d.checkURL(s) && strings.ContainsAny(authority(s.V), "[]") {
		d.diags.Errorf(diag.Storage, n.Pos, "%q cannot be read, brackets are for IPv6 addresses", brief(s.V))
	}
	return s
}

// authority is what stands between `//` and the path.
func authority(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// shapes are the addresses of storage: how many components there are at least, and
// what they are (OSMO api/storage.py:22).
func shapes() []struct {
	scheme string
	least  int
	shape  string
} {
	return []struct {
		scheme string
		least  int
		shape  string
	}{
		{"s3", 1, "s3://bucket/path"},
		{"gs", 1, "gs://bucket/path"},
		{"tos", 2, "tos://endpoint/bucket/path"},
		{"azure", 2, "azure://account/container/path"},
		{"swift", 3, "swift://endpoint/namespace/container/path"},
	}
}

// checkURL checks an address of storage, as it is written: OSMO parses it before
// it replaces tokens.
func (d *decoder) checkURL(s String) bool {
	problem := urlProblem(s.V)
	if problem != "" {
		d.diags.Errorf(diag.Storage, s.Pos, "%q is no address of storage%s", brief(s.V), problem)
	}
	return problem == ""
}

// urlProblem returns how a message about an address ends, nothing for a good one.
func urlProblem(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	var known []string
	for _, s := range shapes() {
		known = append(known, s.scheme)
		if ok && s.scheme == scheme {
			parts := strings.Split(strings.TrimRight(rest, "/"), "/")
			if len(parts) < s.least || !components(parts) {
				return ", expected " + s.shape + " (no empty component, no , ; or *)"
			}
			return ""
		}
	}
	switch exact := strings.ToLower(strings.TrimSpace(scheme)); {
	case ok && slices.Contains(known, exact):
		return fmt.Sprintf(", expected it to begin with %q: in lower case, nothing before it", exact+"://")
	case ok && len(scheme) <= 10:
		return fmt.Sprintf(": %q is none of OSMO's schemes%s", scheme, diag.DidYouMean(scheme, known))
	case strings.Contains(url, "{{"):
		return ", OSMO reads it before it replaces tokens; expected one that begins with " + strings.Join(known, "://, ") + "://"
	}
	return ", expected one that begins with " + strings.Join(known, "://, ") + "://"
}

func components(parts []string) bool {
	for _, p := range parts {
		if p == "" || strings.ContainsAny(p, ",;*") {
			return false
		}
	}
	return true
}

// regex reads a pattern, which OSMO compiles with Python's re (task.py:275).
func (d *decoder) regex(n *yaml.Node) String {
	s := d.token(n, field("regex"))
	if err := pyregex.Check(s.V); err != nil {
		d.diags.Errorf(diag.Regex, s.Pos, "invalid regex %q: %v", brief(s.V), err)
	}
	return s
}
