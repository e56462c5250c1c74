package site

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// poolFields are those of a pool alone, settingsFields those that its platforms
// have too.
func poolFields() []string {
	return append([]string{
		"description", "status", "default_platform", "namespace", "node_pool", "datacenters", "quota", "priorities",
		"topology_keys", "exec_timeout", "max_exec_timeout", "queue_timeout", "max_queue_timeout", "max_tasks",
		"default_exit_actions", "names", "platforms",
	}, settingsFields()...)
}

func (d *decoder) pool(entry yaml.Pair) Pool {
	p := newPool(d.name(entry.Key, "pool"))
	f := d.object(entry.Value, fmt.Sprintf("pool %q", p.Name), poolFields()...)
	p.Description = d.str(f["description"], "description", "")
	p.Status = d.oneOf(f["status"], "status", p.Status, Online, Offline, Maintenance)
	p.Namespace = d.str(f["namespace"], "namespace", "")
	p.NodePool = d.str(f["node_pool"], "node_pool", p.NodePool)
	if dc := f["datacenters"]; dc != nil {
		p.Datacenters = d.strings(dc, "datacenters")
	}
	d.quota(f["quota"], &p.Quota)
	p.Priorities = d.priorities(f["priorities"], p.Priorities)
	p.Topology = d.topology(f["topology_keys"])
	p.Exec, p.Queue = d.limit(f, "exec_timeout"), d.limit(f, "queue_timeout")
	p.MaxTasks = d.count(f["max_tasks"], "max_tasks", p.MaxTasks)
	p.ExitActions = d.exitActions(f["default_exit_actions"])
	p.ExitActionsPos = posOf(f["default_exit_actions"])
	p.Names = d.oneOf(f["names"], "names", p.Names, NamesDNS, NamesHosts)
	p.NamesPos = posOf(f["names"])
	p.Settings = d.settings(f, p.Settings)
	if d.isMap(f["platforms"], "platforms") {
		for _, e := range f["platforms"].Pairs {
			p.Platforms = append(p.Platforms, d.platform(e, p))
		}
	}
	p.DefaultPlatform = d.defaultPlatform(f["default_platform"], p)
	return p
}

func (d *decoder) defaultPlatform(n *yaml.Node, p Pool) string {
	name := d.str(n, "default_platform", "")
	if name == "" {
		return ""
	}
	if _, ok := p.Platform(name); !ok {
		d.diags.Errorf(diag.Name, n.Pos, "pool %q has no platform %q%s", p.Name, name, diag.DidYouMean(name, p.PlatformNames()))
	}
	d.grammar(n, name, "platform")
	return name
}

func (d *decoder) quota(n *yaml.Node, q *Quota) {
	f := d.object(n, "quota", "guarantee", "maximum", "weight")
	q.Guarantee = d.number(f["guarantee"], "guarantee", q.Guarantee, Unlimited)
	q.Maximum = d.number(f["maximum"], "maximum", q.Maximum, Unlimited)
	q.Weight = d.number(f["weight"], "weight", q.Weight, 0)
	if q.Maximum != Unlimited && q.Guarantee > q.Maximum {
		d.diags.Errorf(diag.Pool, n.Pos, "the quota guarantees %d GPUs and allows %d, expected a guarantee up to the maximum", q.Guarantee, q.Maximum)
	}
}

// maxPriority is Nomad's highest, unless its servers are told otherwise.
const maxPriority = 100

// priorities reads the allowed priorities: a list of names, or a mapping of
// names to Nomad's numbers.
func (d *decoder) priorities(n *yaml.Node, standard []Priority) []Priority {
	if n == nil || n.Kind == yaml.None {
		return standard
	}
	numbers := map[string]int{}
	switch n.Kind {
	case yaml.List:
		for _, item := range n.Items {
			numbers[d.priorityName(item)] = 0
		}
	case yaml.Dict:
		for _, p := range n.Pairs {
			numbers[d.priorityName(p.Key)] = d.priorityNumber(p.Value)
		}
	default:
		d.wrong(n, "priorities", "a list, or a mapping to Nomad's numbers")
		return standard
	}
	var out []Priority
	for _, p := range standard {
		number, allowed := numbers[p.Name]
		if number > 0 {
			p.Number = number
		}
		if allowed {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		d.diags.Errorf(diag.Pool, n.Pos, "the pool takes no priority, expected at least one of HIGH, NORMAL, LOW")
	}
	return out
}

func (d *decoder) priorityName(n *yaml.Node) string {
	return d.oneOf(n, "a priority", "", "HIGH", "NORMAL", "LOW")
}

// priorityNumber reads Nomad's number; an empty value is the standard one.
func (d *decoder) priorityNumber(n *yaml.Node) int {
	if n.Kind == yaml.None {
		return 0
	}
	number := d.number(n, "a priority", 0, 1)
	if number > maxPriority {
		d.diags.Errorf(diag.Pool, n.Pos, "a priority is %d, expected a number from 1 to %d", number, maxPriority)
	}
	return number
}

// keyRE is what can follow `meta.` in a node attribute.
var keyRE = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// topology reads the keys, each a name or a name and a node attribute.
func (d *decoder) topology(n *yaml.Node) []TopologyKey {
	var out []TopologyKey
	for _, item := range d.list(n, "topology_keys") {
		k := d.topologyKey(item)
		if slices.ContainsFunc(out, func(o TopologyKey) bool { return o.Key == k.Key }) {
			d.diags.Errorf(diag.Topology, item.Pos, "the topology key %q is already there", k.Key)
		}
		out = append(out, k)
	}
	return out
}

func (d *decoder) topologyKey(n *yaml.Node) TopologyKey {
	if n.Kind != yaml.Dict {
		return d.plainKey(n)
	}
	f := d.object(n, "the topology key", "key", "attribute")
	k := TopologyKey{Key: d.str(f["key"], "key", ""), Attribute: d.str(f["attribute"], "attribute", "")}
	if k.Key == "" {
		d.diags.Errorf(diag.Missing, n.Pos, "the topology key has no key")
	}
	if !attributeRE.MatchString(k.Attribute) {
		d.diags.Errorf(diag.Topology, n.Pos, "the attribute of topology key %q is %q, expected %s", k.Key, k.Attribute, anAttribute)
	}
	return k
}

// plainKey is a name alone: `node`, or a key of the nodes' metadata.
func (d *decoder) plainKey(n *yaml.Node) TopologyKey {
	k := TopologyKey{Key: d.str(n, "a topology key", "")}
	k.Attribute = "${meta." + k.Key + "}"
	if k.Key == nodeKey {
		k.Attribute = nodeAttribute
	}
	if n.Kind == yaml.Str && !keyRE.MatchString(k.Key) {
		d.diags.Errorf(diag.Topology, n.Pos, "%q cannot be the name of a node's metadata: say {key: …, attribute: …}", k.Key)
	}
	return k
}

// limit reads a timeout and the longest that a workflow can ask for.
func (d *decoder) limit(f fields, name string) Limit {
	l := Limit{Default: d.duration(f[name], name), Max: d.duration(f["max_"+name], "max_"+name)}
	if l.Max > 0 && l.Default > l.Max {
		d.diags.Errorf(diag.Duration, f[name].Pos, "%s is longer than max_%s", name, name)
	}
	return l
}

// codesRE is OSMO's grammar of exit codes (OSMO task.py:136), with numbers that a
// job's meta can hold: what it cannot hold would be dropped there without a word.
var codesRE = regexp.MustCompile(`^[0-9]{1,9}(?:-[0-9]{1,9})?(?:,[0-9]{1,9}(?:-[0-9]{1,9})?)*$`)

func (d *decoder) exitActions(n *yaml.Node) []ExitAction {
	if !d.isMap(n, "default_exit_actions") {
		return nil
	}
	var out []ExitAction
	for _, p := range n.Pairs {
		a := ExitAction{Action: strings.ToUpper(p.Key.Str()), Codes: p.Value.Str()}
		if known := []string{"COMPLETE", "FAIL", "RESCHEDULE"}; !slices.Contains(known, a.Action) {
			d.diags.Errorf(diag.ExitAction, p.Key.Pos, "%q is no exit action%s", p.Key.Str(), diag.DidYouMean(p.Key.Str(), known))
		}
		if !codesRE.MatchString(a.Codes) {
			d.diags.Errorf(diag.ExitAction, p.Value.Pos, "the exit codes of %s are %q, expected codes and ranges as in 1-5,137", a.Action, a.Codes)
		}
		out = append(out, a)
	}
	return out
}
