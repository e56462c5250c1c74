package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow/pyregex"
)

// checkTokens warns of tokens that stay as they are, where OSMO says nothing, and
// checks what becomes of those texts that OSMO checks again when they are
// replaced.
func (d *decoder) checkTokens(w *Workflow) {
	var of *tokens
	for i := range d.texts {
		p := &d.texts[i]
		if of == nil || of.group != p.group || of.task != p.task {
			of = of.next(w, p.group, p.task)
			d.checkExpanded(w, of)
		}
		d.checkText(of, p)
	}
}

// tokens is what the tokens of one task mean.
type tokens struct {
	w           *Workflow
	group, task int
	members     map[string]bool
	dirs        map[string]int // see dir
}

// next is for another task; the members are still right if it is of the same group.
func (of *tokens) next(w *Workflow, group, task int) *tokens {
	t := &tokens{w: w, group: group, task: task}
	if of != nil && of.group == group {
		t.members = of.members
		return t
	}
	g := &w.Groups[group]
	t.members = make(map[string]bool, len(g.Tasks))
	for i := range g.Tasks {
		t.members[g.Tasks[i].Name.V] = true
	}
	return t
}

// dir returns the number of an input.
func (of *tokens) dir(arg string) (int, bool) {
	if of.dirs == nil {
		of.dirs = of.w.Groups[of.group].Tasks[of.task].InputDirs()
	}
	n, ok := of.dirs[arg]
	return n, ok
}

func (d *decoder) checkText(of *tokens, p *placed) {
	var l *locator // needed for a problem only
	for t := range eachToken(p.text) {
		msg := d.tokenProblem(of, t)
		switch {
		case l != nil:
			l.next(t.Raw)
		case msg != "":
			l = locate(p, t)
		}
		if msg != "" {
			d.diags.Warnf(diag.Token, l.found, "%s: %s", brief(t.Raw), msg)
		}
	}
	if strings.Contains(p.text, "{{uuid}}") {
		d.diags.Warnf(diag.Token, locate(p, Token{Raw: "{{uuid}}"}).found, "{{uuid}}: OSMO knows this token and never replaces it; the text stays as it is")
	}
}

const stays = "; the text stays as it is"

func (d *decoder) tokenProblem(of *tokens, t Token) string {
	if t.Kind == TokenInput {
		if _, ok := of.dir(t.Arg); !ok {
			return d.inputProblem(of, t.Arg) + stays
		}
	}
	switch {
	case t.Kind == TokenHost && !of.members[t.Arg]:
		return d.hostProblem(of, t.Arg) + stays
	case strings.HasPrefix(t.Raw, "{{ "):
		return "OSMO's command line renders templates twice, and refuses a space before the name; write {{" + strings.TrimSpace(strings.Trim(t.Raw, "{}")) + "}}"
	}
	return ""
}

// inputProblem says why there is no such input.
func (d *decoder) inputProblem(of *tokens, arg string) string {
	t := &of.w.Groups[of.group].Tasks[of.task]
	if n := len(t.Inputs); n == 0 {
		return "this task has no inputs"
	} else if isNumber(arg) {
		return fmt.Sprintf("this task has %d inputs, numbered from 0", n)
	}
	names := func() []string {
		var names []string
		for _, in := range t.Inputs {
			if in.Task.V != "" {
				names = append(names, in.Task.V)
			}
		}
		return names
	}
	return fmt.Sprintf("this task has no input from a task %q%s", brief(arg), strings.TrimSuffix(d.nearest(arg, names), "?"))
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (d *decoder) hostProblem(of *tokens, arg string) string {
	if other, ok := of.w.groupOf[arg]; ok {
		return fmt.Sprintf("task %q is in group %q, and only members of the same group have names for each other", brief(arg), brief(of.w.Groups[other].Name.V))
	}
	g := &of.w.Groups[of.group]
	return fmt.Sprintf("group %q has no task %q%s", brief(g.Name.V), brief(arg), strings.TrimSuffix(d.nearest(arg, g.taskNames), "?"))
}

// expand replaces tokens as OSMO would, with names that have the shape of OSMO's.
func (of *tokens) expand(text string) string {
	return Expand(text, func(t Token) (string, bool) {
		switch t.Kind {
		case TokenWorkflowID:
			return of.w.Name.V + "-1", true
		case TokenOutput:
			return strings.TrimSuffix(outputDir, "/"), true
		case TokenHost:
			return "0123456789abcdef0123456789abcdef.osmo-0.osmo.svc.cluster.local", of.members[t.Arg]
		default:
			n, ok := of.dir(t.Arg)
			return fmt.Sprintf("/osmo/data/input/%d", n), ok
		}
	})
}

// checkExpanded checks a task again with its tokens replaced. OSMO does so when
// it has accepted the workflow, and answers with an internal error (OSMO
// task.py:806).
func (d *decoder) checkExpanded(w *Workflow, of *tokens) {
	t := &w.Groups[of.group].Tasks[of.task]
	if slices.ContainsFunc(t.Files, func(f File) bool { return hasToken(f.Path.V) }) {
		d.checkExpandedPaths(of, t)
	}
	for _, c := range t.Checkpoints {
		if u := of.expand(c.URL.V); u != c.URL.V && urlProblem(c.URL.V) == "" && urlProblem(u) != "" {
			d.diags.Errorf(diag.Storage, c.URL.Pos, "with its tokens replaced this is %q, and no address of storage%s", brief(u), urlProblem(u))
		}
		d.checkExpandedRegex(of, c.Regex)
	}
	for _, in := range t.Inputs {
		d.checkExpandedURL(of, in.URL)
		d.checkExpandedRegex(of, in.Regex)
	}
	for _, o := range t.Outputs {
		d.checkExpandedURL(of, o.URL)
		d.checkExpandedRegex(of, o.Regex)
	}
}

// checkExpandedPaths looks at the paths that change, and whether they meet others.
func (d *decoder) checkExpandedPaths(of *tokens, t *Task) {
	what := subject{kind: "task", name: t.Name.V}
	seen := newPaths()
	var changed []String
	for _, f := range t.Files {
		if p := of.expand(f.Path.V); p != f.Path.V {
			changed = append(changed, String{V: p, Pos: f.Path.Pos})
		} else if !forbidden(p) {
			seen.note(f.Path)
		}
	}
	for _, p := range changed {
		d.checkPath(p, what, seen)
	}
}

// checkExpandedURL warns only: OSMO does not look at inputs and outputs again.
func (d *decoder) checkExpandedURL(of *tokens, s String) {
	if u := of.expand(s.V); u != s.V && urlProblem(s.V) == "" && urlProblem(u) != "" {
		d.diags.Warnf(diag.Storage, s.Pos, "with its tokens replaced this is %q, and no address of storage%s", brief(u), urlProblem(u))
	}
}

func (d *decoder) checkExpandedRegex(of *tokens, s String) {
	r := of.expand(s.V)
	if r == s.V || pyregex.Check(s.V) != nil {
		return
	}
	if err := pyregex.Check(r); err != nil {
		d.diags.Errorf(diag.Regex, s.Pos, "with its tokens replaced this is the invalid regex %q: %v", brief(r), err)
	}
}
