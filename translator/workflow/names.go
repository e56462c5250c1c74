package workflow

import (
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

// isName is OSMO's grammar of names: letters, digits, - and _, a letter first, no
// - or _ last (OSMO job/common.py:30).
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		sign := c == '-' || c == '_'
		if !isLetter(c) && (i == 0 || !isDigit(c) && !sign || sign && i == len(s)-1) {
			return false
		}
	}
	return s != ""
}

// folded is a name as OSMO compares names (OSMO workflow.py:278).
func folded(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// checkNames checks the grammar of all names and that groups and tasks, which
// share one namespace, are all different.
func (d *decoder) checkNames(w *Workflow) {
	d.checkName("workflow", w.Name)
	first := map[string]diag.Pos{}
	for i := range w.Groups {
		g := &w.Groups[i]
		if g.Bare {
			d.checkBare(g.Tasks[0].Name)
		} else {
			d.checkName("group", g.Name)
			d.unique("group", g.Name, first)
		}
		for j := range g.Tasks {
			d.checkTaskName(g.Bare, g.Tasks[j].Name, first)
		}
	}
	for i := range w.Groups {
		if g := &w.Groups[i]; g.Bare && g.Name.V != bareSuffix {
			d.unique("the group made for task "+g.Tasks[0].Name.V+",", g.Name, first)
		}
	}
}

func (d *decoder) checkTaskName(bare bool, name String, first map[string]diag.Pos) {
	if !bare {
		d.checkName("task", name)
	}
	d.unique("task", name, first)
	if folded(shortened(name.V)) == reservedName {
		d.diags.Errorf(diag.Name, name.Pos, "a task cannot be named %q, it is a restricted name of OSMO's", brief(name.V))
	}
}

// shortened is a name as OSMO fits it into a label (OSMO task.py:124).
func shortened(s string) string {
	if len(s) <= 63 {
		return s
	}
	return strings.TrimRight(s[:63], "-_")
}

// checkName reports a name that breaks the grammar; one that is missing is
// reported elsewhere.
func (d *decoder) checkName(kind string, name String) {
	switch n := len(name.V); {
	case n == 0:
	case !isName(name.V):
		d.diags.Errorf(diag.Name, name.Pos, "%q cannot be the name of a %s, expected letters, digits, - and _, a letter first, no - or _ last", brief(name.V), kind)
	case n > maxName:
		d.diags.Errorf(diag.Name, name.Pos, "the name of this %s is too long: it has %d characters, expected at most %d", kind, n, maxName)
	}
}

// checkBare checks a task that stands alone: its group's name is longer.
func (d *decoder) checkBare(name String) {
	if n := utf8.RuneCountInString(name.V) + len(bareSuffix); n > maxName && isName(name.V) {
		d.diags.Errorf(diag.Name, name.Pos, "the name of this task is too long: it has %d characters, expected at most %d outside of a group, because its own group is called <task>%s", len(name.V), maxName-len(bareSuffix), bareSuffix)
		return
	}
	d.checkName("task", name)
}

func (d *decoder) unique(kind string, name String, first map[string]diag.Pos) {
	if name.V == "" {
		return
	}
	id := folded(name.V)
	switch pos, taken := first[id]; {
	case taken && pos == name.Pos:
		d.diags.Errorf(diag.Name, pos, "%s %q has a name that is taken: each turn of the loop makes the same one", kind, brief(name.V))
		return
	case taken:
		d.related(diag.Error, diag.Name, name.Pos, pos, "%s %q has a name that is taken: groups and tasks share names, in lower case and with _ read as -", kind, brief(name.V))
		return
	}
	first[id] = name.Pos
}

// checkGangs checks that each group has members, not too many, and one lead.
func (d *decoder) checkGangs(w *Workflow) {
	for i := range w.Groups {
		g := &w.Groups[i]
		if g.Bare || g.Name.V == "" {
			continue
		}
		switch n := len(g.Tasks); {
		case n == 0:
			d.diags.Errorf(diag.Missing, g.Name.Pos, "group %q has no tasks, it needs to have at least one", brief(g.Name.V))
		case n > MaxMembers:
			d.diags.Errorf(diag.Size, g.Name.Pos, "group %q has %d tasks, a gang can have at most %d", brief(g.Name.V), n, MaxMembers)
		case n > 1:
			d.checkLead(g)
		}
	}
}

func (d *decoder) checkLead(g *Group) {
	var leads []diag.Pos
	for i := range g.Tasks {
		if g.Tasks[i].Lead {
			leads = append(leads, g.Tasks[i].Name.Pos)
		}
	}
	switch {
	case len(leads) == 0:
		d.diags.Errorf(diag.Lead, g.Name.Pos, "group %q has no lead, mark exactly one of its %d tasks with `lead: true`", brief(g.Name.V), len(g.Tasks))
	case len(leads) > 1:
		d.diags = append(d.diags, diag.Diagnostic{
			Code: diag.Lead, Pos: leads[1], Related: slices.Delete(slices.Clone(leads), 1, 2),
			Msg: "group \"" + brief(g.Name.V) + "\" has more than one lead, it must have exactly one",
		})
	}
}

// checkResources checks that each task's resource exists, and that those that
// tasks ask for can be had.
func (d *decoder) checkResources(w *Workflow) {
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			t := &w.Groups[i].Tasks[j]
			switch {
			case t.Resource.Pos.File == "" && t.Name.V == "":
			case w.ResourceOf(t) == nil:
				d.noResource(w, t)
			default:
				d.diags.Add(d.whenUsed[t.Resource.V])
				delete(d.whenUsed, t.Resource.V)
			}
		}
	}
}

func (d *decoder) noResource(w *Workflow, t *Task) {
	if t.Name.V == "" {
		return
	}
	if t.Resource.V == DefaultResource && d.explicitResources {
		d.diags.Errorf(diag.Resource, t.Resource.Pos, "task %q needs the resource \"default\", and the workflow's resources have none: name another with `resource`, or add it", brief(t.Name.V))
		return
	}
	names := func() []string {
		var names []string
		for _, r := range w.Resources {
			names = append(names, brief(r.Name))
		}
		return names
	}
	d.diags.Errorf(diag.Resource, t.Resource.Pos, "the workflow has no resource %q%s", brief(t.Resource.V), d.nearest(t.Resource.V, names))
}

// checkTopology checks that all tasks with requirements have the same set of
// keys, where a key that is there twice makes another set (OSMO topology.py:92).
func (d *decoder) checkTopology(w *Workflow) {
	sets := make([]string, len(w.Resources))
	for i, r := range w.Resources {
		var keys []string
		for _, t := range r.Topology {
			keys = append(keys, t.Key.V)
		}
		slices.Sort(keys)
		sets[i] = strings.Join(keys, ", ")
	}
	first := -1
	done := make([]bool, len(sets))
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			r, ok := w.resourceOf[w.Groups[i].Tasks[j].Resource.V]
			if !ok || len(w.Resources[r].Topology) == 0 || done[r] {
				continue
			}
			done[r] = true
			if first < 0 {
				first = r
			}
			if sets[r] != sets[first] {
				d.related(diag.Error, diag.Topology, w.Resources[r].Topology[0].Key.Pos, w.Resources[first].Topology[0].Key.Pos,
					"all tasks must use the same topology keys: resource %q has %s, resource %q has %s",
					brief(w.Resources[r].Name), sets[r], brief(w.Resources[first].Name), sets[first])
			}
		}
	}
}
