package workflow

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// resourceFields are those of OSMO postgres.py:1756.
func resourceFields() []string {
	return []string{"cpu", "gpu", "memory", "storage", "platform", "nodesExcluded", "topology"}
}

func (d *decoder) resources(n *yaml.Node) []Resource {
	pairs := d.dict(n, field("resources"))
	if n == nil || n.Kind != yaml.Dict {
		return []Resource{{Name: DefaultResource, Pos: d.main.at.Pos(1, 1)}}
	}
	d.explicitResources = true
	d.whenUsed = map[string]diag.List{}
	var out []Resource
	for _, p := range pairs {
		if p.Key.Kind != yaml.Str {
			d.wrong(p.Key, field("the name of a resource"), aString)
			continue
		}
		r, later := d.resource(p.Value, subject{kind: "resource", name: p.Key.Text})
		r.Name, r.Pos = p.Key.Text, p.Key.Pos
		d.whenUsed[r.Name] = later
		out = append(out, r)
	}
	return out
}

// resource reads one; the list are the problems that a task has with it.
func (d *decoder) resource(n *yaml.Node, what subject) (Resource, diag.List) {
	var r Resource
	if !d.object(n, what, resourceFields()) {
		return r, nil
	}
	var later diag.List
	r.CPU = d.count(n.Get("cpu"), "cpu", &later)
	r.GPU = d.count(n.Get("gpu"), "gpu", &later)
	r.MemoryBytes = d.quantity(n.Get("memory"), "memory", &later)
	r.StorageBytes = d.quantity(n.Get("storage"), "storage", &later)
	r.Platform = d.coerced(given(n.Get("platform")), field("platform"))
	for i, it := range d.list(n.Get("nodesExcluded"), field("nodesExcluded")) {
		r.NodesExcluded = append(r.NodesExcluded, d.coerced(it, item("nodesExcluded", i)))
	}
	for i, it := range d.list(n.Get("topology"), field("topology")) {
		r.Topology = append(r.Topology, d.topology(it, item("topology", i)))
	}
	return r, later
}

func (d *decoder) topology(n *yaml.Node, what subject) Topology {
	t := Topology{Group: String{V: DefaultTopologyGroup, Pos: n.Pos}, Required: true}
	if !d.object(n, what, []string{"key", "group", "requirementType"}) {
		return t
	}
	t.Key = d.str(d.need(n, "key", what), field("key"))
	if g := n.Get("group"); g != nil {
		t.Group = d.str(g, field("group"))
	}
	if n := n.Get("requirementType"); n != nil {
		switch d.str(n, field("requirementType")).V {
		case "required":
		case "preferred":
			t.Required = false
		default:
			if n.Kind == yaml.Str {
				d.diags.Errorf(diag.Topology, n.Pos, "requirementType is %q, expected \"required\" or \"preferred\"", brief(n.Text))
			}
		}
	}
	return t
}

// maxCount is more cores or devices than any machine has.
const maxCount = 1_000_000

// count reads a whole number. Zero is "not given", as in OSMO (postgres.py:1834).
func (d *decoder) count(n *yaml.Node, what string, later *diag.List) Value[int64] {
	if given(n) == nil {
		return Value[int64]{}
	}
	v := Value[int64]{Pos: n.Pos}
	number, ok := whole(n)
	switch {
	case !ok:
		d.diags.Errorf(diag.Resource, n.Pos, "%s must be a whole number, got %s", what, shown(n))
	case number.Sign() < 0 && what == "gpu": // OSMO's shipped checks look at the others only (config/objects.py:76)
		later.Warnf(diag.Resource, n.Pos, "gpu is %s, which OSMO lets pass and no machine can give: it counts as none", brief(number.String()))
	case number.Sign() < 0:
		later.Errorf(diag.Resource, n.Pos, "%s is %s, and needs to be greater than 0", what, brief(number.String()))
	case number.Cmp(big.NewInt(maxCount)) > 0:
		later.Errorf(diag.Resource, n.Pos, "%s is %s, expected a number from 0 to %d", what, brief(number.String()), maxCount)
	default:
		v.V = number.Int64()
	}
	return v
}

var quantityRE = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([a-zA-Z]*)$`)

// unit returns how many bytes a unit of OSMO's has, as a power of two: G and Gi
// are both binary, and m is a 1024th (OSMO resource_quantities.py:32).
func unit(name string) (power int, ok bool) {
	switch name {
	case "", "B":
		return 0, true
	case "m":
		return -10, true
	case "K", "Ki", "KiB":
		return 10, true
	case "M", "Mi", "MiB":
		return 20, true
	case "G", "Gi", "GiB":
		return 30, true
	case "T", "Ti", "TiB":
		return 40, true
	}
	return 0, false
}

// unitNames are those that unit knows, for the nearest one to a wrong one.
func unitNames() []string {
	return []string{"Ki", "Mi", "Gi", "Ti", "KiB", "MiB", "GiB", "TiB", "K", "M", "G", "T", "B", "m"}
}

// amount reads a quantity in bytes, or says what is wrong with it.
func amount(s string) (bytes *big.Rat, problem string) {
	m := quantityRE.FindStringSubmatch(number.ASCII(s))
	if m == nil || len(s) > number.MaxDigits {
		return nil, "expected a number with a unit, e.g. 4Gi"
	}
	power, ok := unit(m[2])
	if !ok {
		near := diag.Nearest(m[2], unitNames())
		if near == "" {
			near = "Gi"
		}
		return nil, "and " + strconv.Quote(m[2]) + " is no unit, did you mean " + strconv.Quote(near) + "?"
	}
	bytes, _ = new(big.Rat).SetString(m[1])
	scale := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(max(power, -power))))
	if power < 0 {
		return bytes.Quo(bytes, scale), ""
	}
	return bytes.Mul(bytes, scale), ""
}

// quantity reads an amount of memory or storage in bytes, rounded up. OSMO's
// shipped check compares whole KiB with zero, for the resources that a task asks
// for (OSMO config/objects.py:76).
func (d *decoder) quantity(n *yaml.Node, what string, later *diag.List) Value[int64] {
	if given(n) == nil {
		return Value[int64]{}
	}
	s := d.coerced(n, field(what))
	v := Value[int64]{Pos: n.Pos}
	if n.Kind == yaml.Str || s.V != "" {
		v.V = d.bytes(s, what, later)
	}
	return v
}

func (d *decoder) bytes(s String, what string, later *diag.List) int64 {
	exact, problem := amount(s.V)
	if problem != "" {
		d.diags.Errorf(diag.Resource, s.Pos, "%s is %q, %s", what, brief(s.V), problem)
		return 0
	}
	up := new(big.Int).Add(exact.Num(), new(big.Int).Sub(exact.Denom(), big.NewInt(1)))
	up.Quo(up, exact.Denom())
	switch {
	case exact.Cmp(big.NewRat(1<<10, 1)) < 0:
		later.Errorf(diag.Resource, s.Pos, "%s is %q, and needs to be greater than 0, at least 1Ki (a number without a unit is bytes)", what, brief(s.V))
		return 0
	case !up.IsInt64():
		later.Errorf(diag.Resource, s.Pos, "%s is %q, more than any machine has", what, brief(s.V))
		return math.MaxInt64
	}
	return up.Int64()
}

// cacheSize reads a quantity, or a share of the storage as `90%` (OSMO
// postgres.py:1868).
func (d *decoder) cacheSize(n *yaml.Node) String {
	s := d.coerced(given(n), field("cacheSize"))
	if s.V == "" {
		return s
	}
	if share, ok := strings.CutSuffix(s.V, "%"); ok {
		f, ok := number.Float(share)
		if !ok || !(math.Floor(f) >= 0 && math.Floor(f) <= 100) {
			d.diags.Errorf(diag.Resource, s.Pos, "cacheSize is %q, expected 0%% to 100%%", brief(s.V))
		}
		return s
	}
	if _, problem := amount(s.V); problem != "" {
		d.diags.Errorf(diag.Resource, s.Pos, "cacheSize is %q, %s", brief(s.V), problem)
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
