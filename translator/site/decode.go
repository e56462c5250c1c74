package site

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// Decode reads a site file. The site is nil when the list has an error.
func Decode(name string, text []byte) (*Site, diag.List) {
	root, diags := yaml.Parse(string(text), diag.SourceMap{File: name})
	if root == nil {
		return nil, diags
	}
	d := &decoder{diags: diags}
	s := d.site(root)
	if d.diags.HasErrors() {
		return nil, d.diags
	}
	return s, d.diags
}

// What names may look like; they go into constraints, meta and messages.
var (
	nameRE      = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	attributeRE = regexp.MustCompile(`^\$\{(?:attr|meta|node)\.[A-Za-z0-9_.-]+\}$`)
	deviceRE    = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:/[A-Za-z0-9 ._-]+){0,2}$`)
	durationRE  = regexp.MustCompile(`^([0-9]+)([dhms])$`)
)

// ValidName says whether a pool or platform can be called so.
func ValidName(name string) bool { return len(name) <= 64 && nameRE.MatchString(name) }

// operators are those of Nomad's constraints that compare with a value, and
// the two that do not.
func operators() []string {
	return []string{"=", "!=", ">", ">=", "<", "<=", "regexp", "version", "semver", "set_contains", "set_contains_any", "is_set", "is_not_set"}
}

type decoder struct{ diags diag.List }

// fields are the entries of a mapping that its reader knows.
type fields map[string]*yaml.Node

// object returns the fields of a mapping and reports those that are not known.
// An empty value, as in `ovx-a40:`, is a mapping without fields.
func (d *decoder) object(n *yaml.Node, what string, known ...string) fields {
	out := fields{}
	if !d.isMap(n, what) {
		return out
	}
	for _, p := range n.Pairs {
		if !slices.Contains(known, p.Key.Str()) {
			d.diags.Errorf(diag.UnknownField, p.Key.Pos, "unknown field %q in %s%s", p.Key.Str(), what, diag.DidYouMean(p.Key.Str(), known))
			continue
		}
		out[p.Key.Str()] = p.Value
	}
	return out
}

func (d *decoder) isMap(n *yaml.Node, what string) bool {
	if n == nil || n.Kind == yaml.None {
		return false
	}
	if n.Kind != yaml.Dict {
		d.wrong(n, what, "a mapping")
		return false
	}
	return true
}

func (d *decoder) wrong(n *yaml.Node, what, want string) {
	d.diags.Errorf(diag.Type, n.Pos, "%s must be %s, got %s", what, want, n.Kind)
}

func (d *decoder) site(root *yaml.Node) *Site {
	pools := d.object(root, "the site", "pools")["pools"]
	s := &Site{}
	if d.isMap(pools, "pools") {
		for _, p := range pools.Pairs {
			s.Pools = append(s.Pools, d.pool(p))
		}
	}
	if len(s.Pools) == 0 && !d.diags.HasErrors() {
		d.diags.Errorf(diag.Missing, root.Pos, "the site has no pools, expected at least one")
	}
	return s
}

func (d *decoder) pool(entry yaml.Pair) Pool {
	p := newPool(d.name(entry.Key, "pool"))
	f := d.object(entry.Value, fmt.Sprintf("pool %q", p.Name),
		"default_platform", "namespace", "node_pool", "datacenters", "driver", "cpu_unit", "mhz_per_cpu",
		"dns", "network", "exec_timeout", "queue_timeout", "platforms")
	p.Namespace = d.str(f["namespace"], "namespace", "")
	p.NodePool = d.str(f["node_pool"], "node_pool", p.NodePool)
	if dc := f["datacenters"]; dc != nil {
		p.Datacenters = d.strings(dc, "datacenters")
	}
	p.Driver = d.oneOf(f["driver"], "driver", p.Driver, Docker, RawExec)
	p.MHzPerCPU = d.cpu(f)
	p.DNS = d.dns(f["dns"])
	d.oneOf(f["network"], "network", "host", "host")
	p.ExecTimeout = d.duration(f["exec_timeout"], "exec_timeout")
	p.QueueTimeout = d.duration(f["queue_timeout"], "queue_timeout")
	if d.isMap(f["platforms"], "platforms") {
		for _, e := range f["platforms"].Pairs {
			p.Platforms = append(p.Platforms, d.platform(e, p))
		}
	}
	p.DefaultPlatform = d.defaultPlatform(f["default_platform"], p)
	return p
}

// cpu returns the MHz of one CPU, 0 for whole cores.
func (d *decoder) cpu(f fields) int {
	if d.oneOf(f["cpu_unit"], "cpu_unit", "cores", "cores", "mhz") == "mhz" {
		return d.count(f["mhz_per_cpu"], "mhz_per_cpu", DefaultMHz)
	}
	if n := f["mhz_per_cpu"]; n != nil {
		d.diags.Errorf(diag.Resource, n.Pos, "mhz_per_cpu has no meaning without `cpu_unit: mhz`")
	}
	return 0
}

func (d *decoder) dns(n *yaml.Node) []string {
	list := d.object(n, "dns", "servers")["servers"]
	servers := d.strings(list, "servers")
	for i, s := range servers {
		if _, err := netip.ParseAddr(s); err != nil {
			d.diags.Errorf(diag.Type, list.Items[i].Pos, "%q is not an IP address", s)
		}
	}
	return servers
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

func (d *decoder) platform(entry yaml.Pair, pool Pool) Platform {
	p := pool.assumed(d.name(entry.Key, "platform"))
	f := d.object(entry.Value, fmt.Sprintf("platform %q", p.Name), "constraints", "device", "driver")
	if list := f["constraints"]; list != nil {
		p.Constraints = d.constraints(list)
	}
	p.Device = d.device(f["device"])
	p.Driver = d.oneOf(f["driver"], "driver", p.Driver, Docker, RawExec)
	return p
}

func (d *decoder) constraints(n *yaml.Node) []Constraint {
	if n.Kind != yaml.List {
		d.wrong(n, "constraints", "a list")
	}
	var out []Constraint
	for _, item := range n.Items {
		f := d.object(item, "the constraint", "attribute", "operator", "value")
		c := Constraint{
			Attribute: d.str(f["attribute"], "attribute", ""),
			Operator:  d.oneOf(f["operator"], "operator", "=", operators()...),
			Value:     d.str(f["value"], "value", ""),
		}
		if !attributeRE.MatchString(c.Attribute) {
			d.diags.Errorf(diag.Type, item.Pos, "the constraint's attribute is %q, expected one of a node as Nomad writes it, e.g. ${attr.cpu.arch}, ${meta.room} or ${node.class}", c.Attribute)
		}
		if alone := c.Operator == "is_set" || c.Operator == "is_not_set"; alone != (c.Value == "") {
			d.diags.Errorf(diag.Type, item.Pos, "a constraint has a value, except with is_set and is_not_set")
		}
		out = append(out, c)
	}
	return out
}

func (d *decoder) device(n *yaml.Node) Device {
	f := d.object(n, "device", "name", "model")
	dev := Device{Name: d.str(f["name"], "the device's name", DefaultDevice), Model: d.str(f["model"], "the device's model", "")}
	if !deviceRE.MatchString(dev.Name) {
		d.diags.Errorf(diag.Name, f["name"].Pos, "%q is not a device, expected vendor/type, e.g. nvidia/gpu", dev.Name)
	}
	return dev
}

func (d *decoder) name(key *yaml.Node, kind string) string {
	d.grammar(key, key.Str(), kind)
	return key.Str()
}

func (d *decoder) grammar(n *yaml.Node, name, kind string) {
	if !ValidName(name) {
		d.diags.Errorf(diag.Name, n.Pos, "%q cannot be the name of a %s, expected at most 64 letters, digits, . - and _", name, kind)
	}
}

// str reads a string of printable characters that means the same in HCL.
func (d *decoder) str(n *yaml.Node, what, absent string) string {
	if n == nil {
		return absent
	}
	switch {
	case n.Kind != yaml.Str:
		d.wrong(n, what, "a string")
	case strings.ContainsFunc(n.Text, func(r rune) bool { return !strconv.IsPrint(r) }):
		d.diags.Errorf(diag.Type, n.Pos, "%s contains a character that cannot be printed", what)
	case !norm.NFC.IsNormalString(n.Text):
		d.diags.Errorf(diag.Type, n.Pos, "%s is not in Unicode's normal form NFC, and HCL would change it", what)
	}
	return n.Text
}

func (d *decoder) strings(n *yaml.Node, what string) []string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.List {
		d.wrong(n, what, "a list")
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, d.str(item, what, ""))
	}
	return out
}

func (d *decoder) oneOf(n *yaml.Node, what, absent string, allowed ...string) string {
	v := d.str(n, what, absent)
	if n != nil && n.Kind == yaml.Str && !slices.Contains(allowed, v) {
		d.diags.Errorf(diag.Type, n.Pos, "%s is %q, expected one of: %s", what, v, strings.Join(allowed, ", "))
	}
	return v
}

// count reads a number from 1 to a million.
func (d *decoder) count(n *yaml.Node, what string, absent int) int {
	if n == nil {
		return absent
	}
	if n.Kind != yaml.Int || !n.Int.IsInt64() || n.Int.Int64() < 1 || n.Int.Int64() > 1_000_000 {
		d.diags.Errorf(diag.Type, n.Pos, "%s must be a number from 1 to 1000000", what)
		return absent
	}
	return int(n.Int.Int64())
}

// duration reads `<number><d|h|m|s>` or a number of seconds, above zero.
func (d *decoder) duration(n *yaml.Node, what string) time.Duration {
	if n == nil {
		return 0
	}
	text := n.Text
	if n.Kind == yaml.Int {
		text += "s"
	}
	m := durationRE.FindStringSubmatch(text)
	if m == nil {
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %q, expected a number with one of d, h, m, s, e.g. 12h", what, n.Text)
		return 0
	}
	unit := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second}[m[2]]
	count, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || count < 1 || count > math.MaxInt32*int64(time.Second)/int64(unit) {
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %q, expected between 1s and 68 years", what, n.Text)
		return 0
	}
	return time.Duration(count) * unit
}
