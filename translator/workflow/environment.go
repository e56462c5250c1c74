package workflow

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// environment reads names and values. OSMO makes strings of the names, and the
// last of two that became equal counts (OSMO task.py:459).
func (d *decoder) environment(n *yaml.Node) []EnvVar {
	pairs := d.dict(n, field("environment"))
	if len(pairs) == 0 {
		return nil
	}
	last := make(map[string]int, len(pairs))
	for i, p := range pairs {
		last[p.Key.Str()] = i
	}
	out := make([]EnvVar, 0, len(pairs))
	for i, p := range pairs {
		e := EnvVar{Name: key(p.Key)}
		if by := last[e.Name.V]; by != i {
			d.related(diag.Warning, diag.DuplicateKey, e.Name.Pos, pairs[by].Key.Pos, "the environment variable %q is set again, and that value counts", brief(e.Name.V))
			continue
		}
		e.Value = d.envValue(p)
		if d.envName(e.Name) {
			out = append(out, e)
		}
	}
	return out
}

func (d *decoder) envValue(p yaml.Pair) String {
	what := subject{kind: "environment variable", name: p.Key.Str()}
	v := d.scalar(p.Value, what)
	d.place(p.Key, what.name)
	d.place(p.Value, v.V)
	d.noNUL(key(p.Key), field("the variable's name"))
	d.noNUL(v, what)
	return v
}

// envName says whether a process can have such a variable. OSMO does not ask, and
// Kubernetes then refuses the pod.
func (d *decoder) envName(name String) bool {
	if name.V != "" && !strings.Contains(name.V, "=") {
		return true
	}
	d.diags.Warnf(diag.Name, name.Pos, "%q cannot be the name of an environment variable, expected a name without =: it is left out", brief(name.V))
	return false
}

// credentials reads where a task gets which secret (OSMO task.py:477).
func (d *decoder) credentials(n *yaml.Node) []Credential {
	var out []Credential
	for _, p := range d.dict(n, field("credentials")) {
		c := Credential{Name: key(p.Key)}
		what := subject{kind: "credential", name: c.Name.V}
		d.place(p.Key, c.Name.V)
		switch p.Value.Kind {
		case yaml.Dict:
			c.Env = d.credentialVars(p.Value, what)
		case yaml.None, yaml.List, yaml.Timestamp:
			d.diags.Errorf(diag.Credential, p.Value.Pos, "%s must be a path, or a mapping from environment variables to keys of the secret, got %s", what, p.Value.Kind)
		default:
			c.Path = d.scalar(p.Value, what)
			d.place(p.Value, c.Path.V)
		}
		out = append(out, c)
	}
	return out
}

func (d *decoder) credentialVars(n *yaml.Node, what subject) []CredentialVar {
	out := []CredentialVar{}
	for _, p := range n.Pairs {
		v := CredentialVar{Variable: key(p.Key), Key: String{Pos: p.Value.Pos}}
		if p.Value.Kind == yaml.Timestamp || !isScalar(p.Value) {
			d.diags.Errorf(diag.Credential, p.Value.Pos, "the key for %q of %s must be a string, got %s", brief(v.Variable.V), what, p.Value.Kind)
		} else {
			v.Key = d.scalar(p.Value, what)
		}
		d.place(p.Key, v.Variable.V)
		d.place(p.Value, v.Key.V)
		out = append(out, v)
	}
	return out
}

// mounts reads `source[:destination]`; whether the platform allows it is not for
// this package (OSMO task.py:638).
func (d *decoder) mounts(n *yaml.Node) []Mount {
	var out []Mount
	for i, it := range d.list(n, field("volumeMounts")) {
		m := Mount{Written: d.text(it, item("volumeMounts", i))}
		parts := strings.Split(m.Written.V, ":")
		m.Source, m.Destination = parts[0], parts[len(parts)-1]
		if len(parts) > 2 || m.Destination == "" && len(parts) == 2 {
			d.diags.Errorf(diag.Mount, it.Pos, "%q is no volume mount, expected source or source:destination", brief(m.Written.V))
		}
		out = append(out, m)
	}
	return out
}

// codesRE is OSMO's (task.py:88): it lets `1-23-4` pass, of which the first and the
// last number count.
var codesRE = regexp.MustCompile(`^(?:[0-9]+(?:-[0-9]+)?)+(?:,[0-9]+(?:-[0-9]+)?)*$`)

// exitActions reads what exit codes mean. The first that holds a code decides, in
// the order of the keys as they are written: OSMO's command line sorts them.
func (d *decoder) exitActions(n *yaml.Node) []ExitAction {
	var out []ExitAction
	pairs := slices.Clone(d.dict(n, field("exitActions")))
	slices.SortStableFunc(pairs, func(a, b yaml.Pair) int { return strings.Compare(a.Key.Str(), b.Key.Str()) })
	for _, p := range pairs {
		name := p.Key.Str()
		a := ExitAction{Action: Value[Action]{V: Action(strings.ToUpper(name)), Pos: p.Key.Pos}}
		known := []string{string(ActionComplete), string(ActionFail), string(ActionReschedule)}
		if !slices.Contains(known, string(a.Action.V)) {
			d.diags.Errorf(diag.ExitAction, p.Key.Pos, "%q is no exit action%s", brief(name), didYouMean(name, known))
		}
		a.Written = d.scalar(p.Value, subject{kind: "exit action", name: name})
		d.place(p.Value, a.Written.V)
		if isScalar(p.Value) && p.Value.Kind != yaml.Timestamp {
			a.Codes = d.codes(a.Written)
		}
		out = append(out, a)
	}
	return out
}

// didYouMean names the nearest of few names, or all of them.
func didYouMean(name string, known []string) string {
	return diag.DidYouMean(brief(name), known)
}

func (d *decoder) codes(s String) []CodeRange {
	written := number.ASCII(s.V)
	if !codesRE.MatchString(written) {
		d.diags.Errorf(diag.ExitAction, s.Pos, "%q are no exit codes, expected numbers and ranges such as 1,3-5,137, without spaces", brief(s.V))
		return nil
	}
	var out []CodeRange
	for part := range strings.SplitSeq(written, ",") {
		numbers := strings.Split(part, "-")
		r := CodeRange{First: exitCode(numbers[0]), Last: exitCode(numbers[len(numbers)-1])}
		if r.First > r.Last {
			d.diags.Warnf(diag.ExitAction, s.Pos, "%s holds no exit code, its first number is the greater one", part)
		}
		out = append(out, r)
	}
	return out
}

// exitCode reads a number; one that no process can exit with is the greatest.
func exitCode(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return math.MaxInt
	}
	return n
}
