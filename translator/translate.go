package translator

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/template"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Source is a file that somebody has read: its name, for messages, and its bytes.
type Source struct {
	Name string
	Text []byte
}

// Options are what the command line adds to the file.
type Options struct {
	// ID is the workflow's id; empty means `<name>-1`.
	ID string
	// Set, SetString and SetEnv are each `name=value`.
	Set, SetString, SetEnv []string
	// Site describes the cluster; without text it is the built-in one.
	Site Source
	// Pool is one of the site's; empty means `default`, or the only one.
	Pool string
	// Namespace is Nomad's; empty means the pool's.
	Namespace string
	// Priority is HIGH, NORMAL or LOW; empty means NORMAL.
	Priority string
	// Labels are each `key=value`, and win over the file's.
	Labels []string
	// Strict makes errors of warnings about special tokens that mean nothing.
	Strict bool
	// ReadFile reads a local file that the workflow names, as it is written there;
	// what it is relative to is the caller's to say. Without it such a file is an
	// error.
	ReadFile ReadFile
}

// Plan is a translated workflow.
type Plan struct {
	// Name is the workflow's, ID that of this submission.
	Name, ID string
	// Rendered is the workflow as YAML, after templating.
	Rendered string
	// Gangs say what each gang needs; Jobs are theirs, in the same order.
	Gangs []job.Gang
	Jobs  []*api.Job
	// Later says what the jobs ask for and this version's plugin does not carry
	// out: one `not supported yet: <field>` for each place. Such a workflow can be
	// checked and translated, and must not be run.
	Later diag.List
}

// Namespace is the one of all the plan's jobs: "default" where nothing names
// another.
func (p *Plan) Namespace() string {
	if len(p.Jobs) == 0 || p.Jobs[0].Namespace == nil {
		return api.DefaultNamespace
	}
	return *p.Jobs[0].Namespace
}

// Translate is the whole way from a workflow file to Nomad jobs. It is a
// function of its arguments alone. The plan is nil when, and only when, the list
// has an error.
func Translate(src Source, o Options) (*Plan, diag.List) {
	plan, diags := translate(src, o)
	if o.Strict {
		diags = strictly(diags)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return plan, diags
}

// strictly makes errors of the warnings about special tokens.
func strictly(diags diag.List) diag.List {
	for i := range diags {
		if diags[i].Code == diag.Token {
			diags[i].Severity = diag.Error
			diags[i].Msg = strings.TrimSuffix(diags[i].Msg, "; the text stays as it is")
		}
	}
	return diags
}

func translate(src Source, o Options) (*Plan, diag.List) {
	w, rendered, diags := Load(src.Name, src.Text, template.Vars{Set: o.Set, SetString: o.SetString}, o.ReadFile)
	params, more := parameters(o)
	diags.Add(more)
	if diags.HasErrors() {
		return nil, diags
	}
	if params.ID == "" {
		params.ID = w.Name.V + "-1"
	}
	diags.Add(setEnvironment(w, o.SetEnv))
	diags.Add(setLabels(w, o.Labels))
	if diags.HasErrors() {
		return nil, diags
	}
	gangs, more := job.Build(w, params)
	diags.Add(more)
	plan := &Plan{Name: w.Name.V, ID: params.ID, Rendered: rendered.Text, Gangs: gangs}
	for _, g := range gangs {
		plan.Jobs = append(plan.Jobs, g.Job)
		plan.Later.Add(g.Later)
	}
	plan.Later = plan.Later.Sorted()
	return plan, diags
}

// idRE is OSMO's grammar of names, which an id `<name>-<n>` fulfils too.
var idRE = regexp.MustCompile(`^[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$`)

// maxID is OSMO's longest name with a number behind it.
const maxID = 64 + 1 + 10

// parameters checks what the options say about the jobs.
func parameters(o Options) (job.Params, diag.List) {
	var diags diag.List
	p := job.Params{ID: o.ID, Namespace: o.Namespace, BuiltInSite: len(o.Site.Text) == 0}
	if o.ID != "" && (!idRE.MatchString(o.ID) || len(o.ID) > maxID) {
		diags.Errorf(diag.Name, diag.Pos{File: "--id"}, "%q cannot be a workflow's id, expected a name and a number, e.g. hello-1, at most %d characters", o.ID, maxID)
	}
	s := site.Default()
	if len(o.Site.Text) > 0 {
		var more diag.List
		s, more = site.Decode(o.Site.Name, o.Site.Text)
		diags.Add(more)
		if s == nil {
			return p, diags
		}
	}
	var ok bool
	if p.Pool, ok = s.Pool(o.Pool); !ok {
		diags.Errorf(diag.Name, diag.Pos{File: "--pool"}, "%s", poolProblem(o.Pool, s.PoolNames()))
		return p, diags
	}
	if p.Priority, ok = p.Pool.Priority(cmp.Or(o.Priority, defaultPriority)); !ok {
		diags.Add(priorityProblem(cmp.Or(o.Priority, defaultPriority), p.Pool))
	}
	return p, diags
}

// defaultPriority is OSMO's.
const defaultPriority = "NORMAL"

func priorityProblem(name string, pool *site.Pool) (diags diag.List) {
	at := diag.Pos{File: "--priority"}
	if _, known := job.Priority(name); !known {
		diags.Errorf(diag.Type, at, "%q is no priority, expected HIGH, NORMAL or LOW", name)
		return diags
	}
	taken := make([]string, len(pool.Priorities))
	for i, p := range pool.Priorities {
		taken[i] = p.Name
	}
	diags.Errorf(diag.Pool, at, "pool %q does not take the priority %s, expected one of: %s", pool.Name, name, strings.Join(taken, ", "))
	return diags
}

func poolProblem(name string, pools []string) string {
	if name == "" {
		return "the site has several pools and none called \"default\": name one of " + strings.Join(pools, ", ")
	}
	return "the site has no pool \"" + name + "\"" + diag.DidYouMean(name, pools)
}

// setEnvironment gives every task the variables of the command line, which win
// over the file's (OSMO workflow_service.py:396, where a value ends at its first
// `=`; here it does not).
func setEnvironment(w *workflow.Workflow, args []string) diag.List {
	var diags diag.List
	at := diag.Pos{File: "--set-env"}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" || strings.ContainsRune(arg, 0) {
			diags.Errorf(diag.Variable, at, "%q is not an environment variable, expected name=value", arg)
			continue
		}
		v := workflow.EnvVar{Name: workflow.String{V: name, Pos: at}, Value: workflow.String{V: value, Pos: at}}
		for i := range w.Groups {
			for j := range w.Groups[i].Tasks {
				setVariable(&w.Groups[i].Tasks[j], v)
			}
		}
	}
	return diags
}

// setLabels gives the workflow the labels of the command line.
func setLabels(w *workflow.Workflow, args []string) diag.List {
	var diags diag.List
	at := diag.Pos{File: "--label"}
	var labels []workflow.Label
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			diags.Errorf(diag.Variable, at, "%q is not a label, expected key=value", arg)
			continue
		}
		labels = append(labels, workflow.Label{Key: workflow.String{V: key, Pos: at}, Value: workflow.String{V: value, Pos: at}})
	}
	diags.Add(w.SetLabels(labels))
	return diags
}

func setVariable(t *workflow.Task, v workflow.EnvVar) {
	for i := range t.Environment {
		if t.Environment[i].Name.V == v.Name.V {
			t.Environment[i] = v
			return
		}
	}
	t.Environment = append(t.Environment, v)
}
