package workflow

import (
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// checkInputs checks what tasks need of tasks of this workflow: OSMO wants the
// other group declared before (OSMO workflow.py:321).
func (d *decoder) checkInputs(w *Workflow) {
	var loops []int
	for i := range w.Groups {
		for j := range w.Groups[i].Tasks {
			for _, in := range w.Groups[i].Tasks[j].Inputs {
				if in.Task.V == "" || in.Workflow.V != "" {
					continue
				}
				up, known := w.groupOf[in.Task.V]
				switch {
				case !known:
					d.noSuchTask(w, in.Task)
				case up == i:
					d.ownGroup(&w.Groups[i], &w.Groups[i].Tasks[j], in.Task)
				case up > i:
					if loops == nil {
						loops = w.loops()
					}
					d.tooEarly(w, i, up, in.Task, loops[i] == loops[up])
				}
			}
		}
	}
}

// noSuchTask reports a task that is not there. A group's name is not accepted.
func (d *decoder) noSuchTask(w *Workflow, name String) {
	if i, ok := d.groupNamed(w, name.V); ok {
		if g := &w.Groups[i]; g.Lead() != nil {
			d.diags.Errorf(diag.Dependency, name.Pos, "task input %q does not exist: it is a group, and an input names a task, did you mean its task %q?", brief(name.V), brief(g.Lead().Name.V))
			return
		}
	}
	d.diags.Errorf(diag.Dependency, name.Pos, "task input %q does not exist%s", brief(name.V), d.nearest(name.V, w.taskNames))
}

// groupNamed finds a group by its name as OSMO compares names.
func (d *decoder) groupNamed(w *Workflow, name string) (int, bool) {
	if d.groupNames == nil {
		d.groupNames = map[string]int{}
		for i := range w.Groups {
			d.groupNames[folded(w.Groups[i].Name.V)] = i
		}
	}
	i, ok := d.groupNames[folded(name)]
	return i, ok
}

// maxHints is how many messages say what might have been meant among names that
// can be many.
const maxHints = 50

// nearest is the hint of a message about a wrong name.
func (d *decoder) nearest(name string, names func() []string) string {
	if d.hints++; d.hints > maxHints {
		return ""
	}
	return didYouMean(name, names())
}

// taskNames are those of all tasks.
func (w *Workflow) taskNames() []string {
	var names []string
	for i := range w.Groups {
		names = append(names, w.Groups[i].taskNames()...)
	}
	return names
}

func (g *Group) taskNames() []string {
	var names []string
	for i := range g.Tasks {
		if n := g.Tasks[i].Name.V; n != "" && len(n) <= maxName {
			names = append(names, n)
		}
	}
	return names
}

func (d *decoder) ownGroup(g *Group, t *Task, name String) {
	if t.Name.V == name.V {
		d.diags.Errorf(diag.Dependency, name.Pos, "task %q cannot be its own input", brief(t.Name.V))
		return
	}
	d.diags.Errorf(diag.Dependency, name.Pos, "task %q cannot wait for %q: both are in group %q, and the tasks of a group start together", brief(t.Name.V), brief(name.V), brief(g.Name.V))
}

func (d *decoder) tooEarly(w *Workflow, i, up int, name String, loop bool) {
	hint := ""
	if loop {
		hint = ". That alone does not help: they wait for each other"
	}
	g, before := &w.Groups[i], &w.Groups[up]
	d.related(diag.Error, diag.Dependency, name.Pos, before.Name.Pos, "group %q requires input group %q to exist before itself: declare task %q first%s", brief(g.Name.V), brief(before.Name.V), brief(name.V), hint)
}

// loops returns a number for each group; groups that wait for each other, however
// many are between, have the same one (Tarjan's algorithm, without recursion).
func (w *Workflow) loops() []int {
	needs := make([][]int, len(w.Groups))
	for i := range w.Groups {
		needs[i] = w.upstream(&w.Groups[i])
	}
	t := tarjan{needs: needs, order: make([]int, len(w.Groups)), low: make([]int, len(w.Groups)), loop: make([]int, len(w.Groups))}
	for i := range w.Groups {
		if t.order[i] == 0 {
			t.visit(i)
		}
	}
	return t.loop
}

// tarjan finds the strongly connected parts of a graph. Order and loop count from
// 1; 0 is not yet.
type tarjan struct {
	needs            [][]int
	order, low, loop []int
	count, loopCount int
	open             []int
}

func (t *tarjan) visit(root int) {
	type step struct{ node, next int }
	path := []step{{node: root}}
	t.enter(root)
	for len(path) > 0 {
		s := &path[len(path)-1]
		if s.next == len(t.needs[s.node]) {
			node := s.node
			t.leave(node)
			if path = path[:len(path)-1]; len(path) > 0 {
				above := path[len(path)-1].node
				t.low[above] = min(t.low[above], t.low[node])
			}
			continue
		}
		to := t.needs[s.node][s.next]
		s.next++
		switch {
		case t.order[to] == 0:
			t.enter(to)
			path = append(path, step{node: to})
		case t.loop[to] == 0:
			t.low[s.node] = min(t.low[s.node], t.order[to])
		}
	}
}

func (t *tarjan) enter(node int) {
	t.count++
	t.order[node], t.low[node] = t.count, t.count
	t.open = append(t.open, node)
}

// leave closes the part that began with node.
func (t *tarjan) leave(node int) {
	if t.low[node] != t.order[node] {
		return
	}
	t.loopCount++
	for t.loop[node] == 0 {
		last := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.loop[last] = t.loopCount
	}
}
