package workflow

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// MaxMembers is how many members a gang can have: its go is one Consul
// transaction, and that holds so many records.
const MaxMembers = 120

// maxName is OSMO's longest name (OSMO postgres.py:2617).
const maxName = 64

// reservedName belongs to OSMO's own container.
const reservedName = "osmo-ctrl"

var nameRE = regexp.MustCompile(`^[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$`)

// folded is a name as OSMO compares names (OSMO workflow.py:278).
func folded(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// checkNames checks the grammar of all names and that groups and tasks, which
// share one namespace, are all different.
func (d *decoder) checkNames(w *Workflow) {
	d.checkName("workflow", w.Name)
	first := map[string]diag.Pos{}
	for _, g := range w.Groups {
		if g.Bare {
			d.checkBare(g.Tasks[0].Name)
		} else {
			d.checkName("group", g.Name)
			d.unique("group", g.Name, first)
		}
		for _, t := range g.Tasks {
			if !g.Bare {
				d.checkName("task", t.Name)
			}
			d.unique("task", t.Name, first)
			if clipped := folded(clip(t.Name.V, 63)); clipped == reservedName {
				d.diags.Errorf(diag.Name, t.Name.Pos, "a task cannot be called %q, OSMO reserves it", t.Name.V)
			}
		}
	}
	for _, g := range w.Groups {
		if g.Bare && g.Name.V != bareSuffix {
			d.unique("the group made for task "+g.Tasks[0].Name.V+",", g.Name, first)
		}
	}
}

func clip(s string, n int) string { return s[:min(n, len(s))] }

// checkName reports a name that breaks the grammar; one that is missing is
// reported elsewhere.
func (d *decoder) checkName(kind string, name String) {
	switch n := utf8.RuneCountInString(name.V); {
	case name.V == "":
	case !nameRE.MatchString(name.V):
		d.diags.Errorf(diag.Name, name.Pos, "%q cannot be the name of a %s, expected letters, digits, - and _, a letter first, no - or _ last", brief(name.V), kind)
	case n > maxName:
		d.diags.Errorf(diag.Name, name.Pos, "the name of this %s has %d characters, expected at most %d", kind, n, maxName)
	}
}

// checkBare checks a task that stands alone: its group's name is longer.
func (d *decoder) checkBare(name String) {
	if n := len(name.V) + len(bareSuffix); n > maxName && nameRE.MatchString(name.V) {
		d.diags.Errorf(diag.Name, name.Pos, "the name of this task has %d characters, expected at most %d outside of a group, because its own group is called <task>%s", len(name.V), maxName-len(bareSuffix), bareSuffix)
		return
	}
	d.checkName("task", name)
}

func (d *decoder) unique(kind string, name String, first map[string]diag.Pos) {
	if name.V == "" {
		return
	}
	if pos, taken := first[folded(name.V)]; taken {
		d.related(diag.Name, name.Pos, pos, "%s %q has a name that is taken: groups and tasks share names, in lower case and with _ read as -", kind, brief(name.V))
		return
	}
	first[folded(name.V)] = name.Pos
}

// checkGangs checks that each group has members, not too many, and one lead.
func (d *decoder) checkGangs(w *Workflow) {
	for i := range w.Groups {
		g := &w.Groups[i]
		var leads []diag.Pos
		for _, t := range g.Tasks {
			if t.Lead {
				leads = append(leads, t.Name.Pos)
			}
		}
		n := len(g.Tasks)
		switch {
		case g.Name.V == "":
		case n == 0:
			d.diags.Errorf(diag.Missing, g.Name.Pos, "group %q has no tasks, expected at least one", g.Name.V)
		case n > MaxMembers:
			d.diags.Errorf(diag.Size, g.Name.Pos, "group %q has %d tasks, a gang can have at most %d", g.Name.V, n, MaxMembers)
		case n > 1 && len(leads) == 0:
			d.diags.Errorf(diag.Lead, g.Name.Pos, "group %q has no lead, mark exactly one of its %d tasks with `lead: true`", g.Name.V, n)
		case n > 1 && len(leads) > 1:
			d.diags = append(d.diags, diag.Diagnostic{
				Code: diag.Lead, Pos: leads[1], Related: slices.Delete(slices.Clone(leads), 1, 2),
				Msg: "group \"" + g.Name.V + "\" has more than one lead, expected exactly one",
			})
		}
	}
}

// checkResources checks that each task's resource exists.
func (d *decoder) checkResources(w *Workflow) {
	var names []string
	for _, r := range w.Resources {
		names = append(names, r.Name)
	}
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			t := &w.Groups[i].Tasks[j]
			if t.Name.V == "" || w.ResourceOf(t) != nil {
				continue
			}
			if t.Resource.V == DefaultResource && d.explicitResources {
				d.diags.Errorf(diag.Resource, t.Resource.Pos, "task %q needs the resource \"default\", and the workflow's resources have none: name another with `resource`, or add it", brief(t.Name.V))
				continue
			}
			d.diags.Errorf(diag.Resource, t.Resource.Pos, "the workflow has no resource %q%s", brief(t.Resource.V), diag.DidYouMean(t.Resource.V, names))
		}
	}
}

// checkTokens warns of tokens that stay as they are: OSMO says nothing there.
func (d *decoder) checkTokens(w *Workflow) {
	for _, p := range d.texts {
		if p.group >= len(w.Groups) {
			continue
		}
		seen := map[string]int{}
		for _, t := range Tokens(p.text) {
			seen[t.Raw]++
			if msg := d.tokenProblem(w, p.group, t); msg != "" {
				d.diags.Warnf(diag.Token, d.locate(p, t.Raw, seen[t.Raw]), "%s: %s; the text stays as it is", t.Raw, msg)
			}
		}
	}
}

func (d *decoder) tokenProblem(w *Workflow, group int, t Token) string {
	switch t.Kind {
	case TokenInput:
		if d.diags.HasErrors() { // most likely that inputs are not supported
			return ""
		}
		return "this task has no inputs"
	case TokenHost:
	default:
		return ""
	}
	g := &w.Groups[group]
	if g.Task(t.Arg) != nil {
		return ""
	}
	for i := range w.Groups {
		if w.Groups[i].Task(t.Arg) != nil {
			return "task \"" + t.Arg + "\" is in group \"" + w.Groups[i].Name.V + "\", and only members of the same group have names for each other"
		}
	}
	var names []string
	for _, m := range g.Tasks {
		names = append(names, m.Name.V)
	}
	return "group \"" + g.Name.V + "\" has no task \"" + t.Arg + "\"" + strings.TrimSuffix(diag.DidYouMean(t.Arg, names), "?")
}

// locate finds the nth occurrence of a token of a text in the rendered file,
// from where the text begins on. A token that is written with escapes has the
// place of its text.
func (d *decoder) locate(p placed, raw string, nth int) diag.Pos {
	for i := p.node.Line - 1; i >= 0 && i < len(d.lines); i++ {
		line, from := d.lines[i], 0
		if i == p.node.Line-1 {
			from = byteOffset(line, p.node.Col)
		}
		for {
			j := strings.Index(line[from:], raw)
			if j < 0 {
				break
			}
			if nth--; nth == 0 {
				return d.at.Pos(i+1, 1+utf8.RuneCountInString(line[:from+j]))
			}
			from += j + len(raw)
		}
	}
	return p.node.Pos
}

// byteOffset returns where the col-th rune (1-based) of a line begins.
func byteOffset(line string, col int) int {
	for i := range line {
		if col--; col == 0 {
			return i
		}
	}
	return len(line)
}
