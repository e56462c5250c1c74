package site

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

func settingsFields() []string {
	return []string{
		"driver", "driver_options", "cpu_unit", "mhz_per_cpu", "dns", "network", "privileged", "host_network",
		"allowed_mounts", "default_mounts",
	}
}

func (d *decoder) platform(entry yaml.Pair, pool Pool) Platform {
	p := pool.assumed(d.name(entry.Key, "platform"))
	f := d.object(entry.Value, fmt.Sprintf("platform %q", p.Name), append([]string{"description", "constraints", "device"}, settingsFields()...)...)
	p.Description = d.str(f["description"], "description", "")
	if list := f["constraints"]; list != nil {
		p.Constraints = d.constraints(list)
	}
	p.Device = d.device(f["device"])
	p.Settings = d.settings(f, p.Settings)
	return p
}

// settings reads what replaces the inherited ones. Options are those of one
// driver, so another driver does not inherit them; nor does exec, which has no
// mounts, inherit those.
func (d *decoder) settings(f fields, s Settings) Settings {
	if driver := d.oneOf(f["driver"], "driver", s.Driver, Docker, Podman, Exec, RawExec); driver != s.Driver {
		s.Driver, s.DriverOptions = driver, nil
	}
	if s.Driver == Exec {
		s.AllowedMounts, s.DefaultMounts = nil, nil
	}
	if n := f["driver_options"]; n != nil {
		s.DriverOptions = d.driverOptions(n, s.Driver)
	}
	s.MHzPerCPU = d.cpu(f, s.MHzPerCPU)
	if n := f["dns"]; n != nil {
		s.DNS = d.dns(n)
	}
	if n := f["network"]; n != nil {
		s.Network, s.NetworkPos = d.network(n), n.Pos
	}
	s.Privileged = d.flag(f["privileged"], "privileged", s.Privileged)
	s.HostNetwork = d.flag(f["host_network"], "host_network", s.HostNetwork)
	if n := f["allowed_mounts"]; n != nil {
		s.AllowedMounts = d.allowedMounts(n)
	}
	if n := f["default_mounts"]; n != nil {
		s.DefaultMounts = d.defaultMounts(n)
	}
	if s.Driver == Exec && len(s.AllowedMounts)+len(s.DefaultMounts) > 0 {
		d.diags.Errorf(diag.Mount, posOf(cmp.Or(f["allowed_mounts"], f["default_mounts"])), "the driver exec cannot show a task a directory of the node")
	}
	return s
}

// cpu returns the MHz of one CPU, 0 for whole cores.
func (d *decoder) cpu(f fields, inherited int) int {
	unit := "cores"
	if inherited > 0 {
		unit = "mhz"
	} else {
		inherited = DefaultMHz
	}
	if d.oneOf(f["cpu_unit"], "cpu_unit", unit, "cores", "mhz") == "mhz" {
		return d.count(f["mhz_per_cpu"], "mhz_per_cpu", inherited)
	}
	if n := f["mhz_per_cpu"]; n != nil {
		d.diags.Errorf(diag.Resource, n.Pos, "mhz_per_cpu has no meaning without `cpu_unit: mhz`")
	}
	return 0
}

// dnsWordRE is what a line of resolv.conf can hold as one word.
var dnsWordRE = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

func (d *decoder) dns(n *yaml.Node) DNS {
	f := d.object(n, "dns", "servers", "searches", "options")
	for _, item := range d.list(f["servers"], "servers") {
		if _, err := netip.ParseAddr(item.Str()); err != nil {
			d.diags.Errorf(diag.Type, item.Pos, "%q is not an IP address", item.Str())
		}
	}
	return DNS{
		Servers:  d.strings(f["servers"], "servers"),
		Searches: d.words(f["searches"], "searches", "a domain"),
		Options:  d.words(f["options"], "options", "an option of resolv.conf"),
	}
}

func (d *decoder) words(n *yaml.Node, what, want string) []string {
	words := d.strings(n, what)
	for i, w := range words {
		if !dnsWordRE.MatchString(w) {
			d.diags.Errorf(diag.Type, n.Items[i].Pos, "%q is not %s", w, want)
		}
	}
	return words
}

var cniRE = regexp.MustCompile(`^cni/[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (d *decoder) network(n *yaml.Node) string {
	v := d.str(n, "network", Host)
	if n.Kind == yaml.Str && v != Host && v != Bridge && !cniRE.MatchString(v) {
		d.diags.Errorf(diag.Type, n.Pos, "network is %q, expected one of: host, bridge, cni/<name>", v)
	}
	return v
}

func (d *decoder) allowedMounts(n *yaml.Node) []string {
	out := d.strings(n, "allowed_mounts")
	for i, m := range out {
		d.mountPath(n.Items[i], m)
	}
	return out
}

// defaultMounts reads `source` or `source:destination`.
func (d *decoder) defaultMounts(n *yaml.Node) []Mount {
	var out []Mount
	for i, text := range d.strings(n, "default_mounts") {
		m := Mount{Source: text, Destination: text}
		if source, destination, ok := strings.Cut(text, ":"); ok {
			m = Mount{source, destination}
		}
		d.mountPath(n.Items[i], m.Source)
		if m.Destination != m.Source {
			d.mountPath(n.Items[i], m.Destination)
		}
		out = append(out, m)
	}
	return out
}

// mountPath checks a path that becomes part of a driver's configuration, where
// a colon separates and `${` is for Nomad.
func (d *decoder) mountPath(n *yaml.Node, p string) {
	if n.Kind == yaml.Str && (!path.IsAbs(p) || p == "/" || path.Clean(p) != p || strings.ContainsAny(p, ":$%")) {
		d.diags.Errorf(diag.Mount, n.Pos, "%q cannot be mounted, expected an absolute path below /, without .. : $ %% and a last /", p)
	}
}

// attributeRE is a node's attribute as Nomad's constraints name it.
var attributeRE = regexp.MustCompile(`^\$\{(?:attr|meta|node)\.[A-Za-z0-9_.-]+\}$`)

const anAttribute = "one of a node as Nomad writes it, e.g. ${attr.cpu.arch}, ${meta.room} or ${node.class}"

// operators are those of Nomad's constraints that compare with a value, and
// the two that do not.
func operators() []string {
	return []string{"=", "!=", ">", ">=", "<", "<=", "regexp", "version", "semver", "set_contains", "set_contains_any", "is_set", "is_not_set"}
}

func (d *decoder) constraints(n *yaml.Node) []Constraint {
	var out []Constraint
	for _, item := range d.list(n, "constraints") {
		f := d.object(item, "the constraint", "attribute", "operator", "value")
		c := Constraint{
			Attribute: d.str(f["attribute"], "attribute", ""),
			Operator:  d.oneOf(f["operator"], "operator", "=", operators()...),
			Value:     d.str(f["value"], "value", ""),
		}
		if !attributeRE.MatchString(c.Attribute) {
			d.diags.Errorf(diag.Type, item.Pos, "the constraint's attribute is %q, expected %s", c.Attribute, anAttribute)
		}
		if alone := c.Operator == "is_set" || c.Operator == "is_not_set"; alone != (c.Value == "") {
			d.diags.Errorf(diag.Type, item.Pos, "a constraint has a value, except with is_set and is_not_set")
		}
		out = append(out, c)
	}
	return out
}

var deviceRE = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:/[A-Za-z0-9 ._-]+){0,2}$`)

func (d *decoder) device(n *yaml.Node) Device {
	f := d.object(n, "device", "name", "model")
	dev := Device{Name: d.str(f["name"], "the device's name", DefaultDevice), Model: d.str(f["model"], "the device's model", "")}
	if !deviceRE.MatchString(dev.Name) {
		d.diags.Errorf(diag.Name, f["name"].Pos, "%q is not a device, expected vendor/type, e.g. nvidia/gpu", dev.Name)
	}
	return dev
}

// ours are the options of a driver that the translation sets itself.
func ours(driver string) []string {
	switch driver {
	case Docker:
		return []string{"image", "entrypoint", "command", "args", "network_mode", "mount", "mounts", "volumes", "privileged"}
	case Podman:
		return []string{"image", "entrypoint", "command", "args", "network_mode", "volumes", "privileged"}
	}
	return []string{"command", "args"}
}

// optionRE is what HCL takes as the name of an attribute.
var optionRE = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// driverOptions reads a mapping of anything that a driver's configuration can hold.
func (d *decoder) driverOptions(n *yaml.Node, driver string) map[string]any {
	if !d.isMap(n, "driver_options") {
		return nil
	}
	for _, p := range n.Pairs {
		switch name := p.Key.Str(); {
		case slices.Contains(ours(driver), name):
			d.diags.Errorf(diag.Ignored, p.Key.Pos, "the option %q of %s is not the site's to set, the translation needs it", name, driver)
		case !optionRE.MatchString(name):
			d.diags.Errorf(diag.Name, p.Key.Pos, "%q cannot be the name of a driver's option", name)
		}
	}
	return d.mapping(n)
}

func (d *decoder) mapping(n *yaml.Node) map[string]any {
	out := map[string]any{}
	for _, p := range n.Pairs {
		if key := d.str(p.Key, "the name of an option", ""); key != "" {
			out[key] = d.option(p.Value, key)
		}
	}
	return out
}

// option reads one value. A list holds either single values or mappings: that
// is what a driver's attributes and blocks are.
func (d *decoder) option(n *yaml.Node, what string) any {
	switch n.Kind {
	case yaml.Bool:
		return n.Bool
	case yaml.Float:
		if math.IsNaN(n.Float) || math.IsInf(n.Float, 0) {
			d.diags.Errorf(diag.Type, n.Pos, "%s is no number that a driver can take", what)
		}
		return n.Float
	case yaml.Int:
		if n.Int.IsInt64() {
			return n.Int.Int64()
		}
		d.diags.Errorf(diag.Type, n.Pos, "%s is larger than a driver can take", what)
	case yaml.Dict:
		return d.mapping(n)
	case yaml.List:
		return d.options(n, what)
	default:
		return d.str(n, what, "")
	}
	return nil
}

func (d *decoder) options(n *yaml.Node, what string) []any {
	out := []any{}
	for _, item := range n.Items {
		if item.Kind == yaml.List || (item.Kind == yaml.Dict) != (n.Items[0].Kind == yaml.Dict) {
			d.wrong(item, "an item of "+what, "a single value, or a mapping like all the others")
			continue
		}
		out = append(out, d.option(item, "an item of "+what))
	}
	return out
}
