package workflow

import (
	"math"
	"math/big"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

var (
	// imageRE is OSMO's grammar of an image (OSMO common.py:50): an optional
	// registry, lower-case path components, an optional tag, an optional digest.
	imageRE = regexp.MustCompile(`^(?:(?:(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d{1,5})?|[A-Za-z0-9-]+:\d{1,5})/)?` +
		`[0-9a-z](?:[0-9a-z_.-]*[0-9a-z])?(?:/[0-9a-z](?:[0-9a-z_.-]*[0-9a-z])?)*` +
		`(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]+)?$`)
	quantityRE = regexp.MustCompile(`^(\d+(?:\.\d+)?)([a-zA-Z]*)$`)
	durationRE = regexp.MustCompile(`^\s*([+-]?\d+(?:_\d+)*)\s*(d|h|m|s|ms|us)$`)
	isoRE      = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)
)

// image reads an image reference. OSMO parses it before it substitutes tokens,
// so there can be none in it.
func (d *decoder) image(n *yaml.Node) String {
	s := d.coerced(n, "image")
	if n == nil || n.Kind != yaml.Str && s.V == "" {
		return s
	}
	if imageRE.MatchString(s.V) {
		return s
	}
	switch {
	case len(Tokens(s.V)) > 0:
		d.diags.Errorf(diag.Image, n.Pos, "an image cannot contain %s, OSMO reads it before it replaces tokens", Tokens(s.V)[0].Raw)
	case s.V != strings.ToLower(s.V) && imageRE.MatchString(strings.ToLower(s.V)):
		d.diags.Errorf(diag.Image, n.Pos, "%q is not an image, its path must be in lower case", brief(s.V))
	default:
		d.diags.Errorf(diag.Image, n.Pos, "%q is not an image, expected [registry/]path[:tag][@digest]", brief(s.V))
	}
	return s
}

// unit returns the bytes of a unit of OSMO's, where G and Gi are both binary
// (OSMO resource_quantities.py:25).
func unit(name string) (*big.Rat, bool) {
	switch name {
	case "", "B":
		return big.NewRat(1, 1), true
	case "m":
		return big.NewRat(1, 1000), true
	case "K", "Ki", "KiB":
		return big.NewRat(1<<10, 1), true
	case "M", "Mi", "MiB":
		return big.NewRat(1<<20, 1), true
	case "G", "Gi", "GiB":
		return big.NewRat(1<<30, 1), true
	case "T", "Ti", "TiB":
		return big.NewRat(1<<40, 1), true
	}
	return nil, false
}

// unitNames are those that unit knows, for the nearest one to a wrong one.
func unitNames() []string {
	return []string{"Ki", "Mi", "Gi", "Ti", "KiB", "MiB", "GiB", "TiB", "K", "M", "G", "T", "B", "m"}
}

// quantity reads an amount of memory or storage in bytes, rounded up. Zero is
// "not given"; below one KiB OSMO's own check compares with zero and refuses.
func (d *decoder) quantity(n *yaml.Node, what string) Value[int64] {
	s := d.coerced(n, what)
	v := Value[int64]{Pos: s.Pos}
	if n == nil || n.Kind != yaml.Str && s.V == "" {
		return v
	}
	m := quantityRE.FindStringSubmatch(s.V)
	if m == nil {
		d.diags.Errorf(diag.Resource, n.Pos, "%s is %q, expected a number with a unit, e.g. 4Gi", what, brief(s.V))
		return v
	}
	scale, ok := unit(m[2])
	if !ok {
		near := diag.Nearest(m[2], unitNames())
		if near == "" {
			near = "Gi"
		}
		d.diags.Errorf(diag.Resource, n.Pos, "%s is %q, and %q is no unit, did you mean %q?", what, brief(s.V), m[2], near)
		return v
	}
	amount, _ := new(big.Rat).SetString(m[1])
	amount.Mul(amount, scale)
	bytes := new(big.Int).Add(amount.Num(), new(big.Int).Sub(amount.Denom(), big.NewInt(1)))
	bytes.Quo(bytes, amount.Denom())
	switch {
	case !bytes.IsInt64():
		d.diags.Errorf(diag.Resource, n.Pos, "%s is %q, more than any machine has", what, brief(s.V))
	case bytes.Sign() > 0 && bytes.Int64() < 1<<10:
		d.diags.Errorf(diag.Resource, n.Pos, "%s is %q, expected at least 1Ki (a number without a unit is bytes)", what, brief(s.V))
	default:
		v.V = bytes.Int64()
	}
	return v
}

// duration reads a timeout: a number of seconds, `<int><unit>`, or ISO 8601
// (OSMO common.py:580). Null and zero mean "not given".
func (d *decoder) duration(n *yaml.Node, what string) Value[time.Duration] {
	if n == nil {
		return Value[time.Duration]{}
	}
	v := Value[time.Duration]{Pos: n.Pos}
	var seconds *big.Rat
	switch n.Kind {
	case yaml.None:
		return v
	case yaml.Bool:
		seconds = new(big.Rat)
		if n.Bool {
			seconds.SetInt64(1)
		}
	case yaml.Int:
		seconds = new(big.Rat).SetInt(n.Int)
	case yaml.Float:
		seconds = new(big.Rat).SetFloat64(n.Float)
	case yaml.Str:
		seconds = parseDuration(n.Text)
	default:
	}
	switch {
	case seconds == nil:
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %s, expected seconds, a whole number with one of d, h, m, s, ms, us, or ISO 8601 such as PT10S", what, shown(n))
	case seconds.Sign() < 0:
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %s, expected a time above zero", what, shown(n))
	case seconds.Cmp(big.NewRat(math.MaxInt64/int64(time.Second), 1)) > 0:
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %s, expected at most 292 years", what, shown(n))
	default:
		f, _ := seconds.Mul(seconds, big.NewRat(int64(time.Second), 1)).Float64()
		v.V = time.Duration(f)
	}
	return v
}

// parseDuration returns the seconds of a text, nil when it is no duration.
func parseDuration(s string) *big.Rat {
	if m := durationRE.FindStringSubmatch(s); m != nil {
		n, _ := new(big.Rat).SetString(strings.ReplaceAll(m[1], "_", ""))
		return n.Mul(n, secondsOf(m[2]))
	}
	m := isoRE.FindStringSubmatch(s)
	if m == nil || s == "P" || strings.HasSuffix(s, "T") {
		return nil
	}
	sum := new(big.Rat)
	for i, u := range []string{"d", "h", "m", "s"} {
		if part, ok := new(big.Rat).SetString(m[i+1]); ok {
			sum.Add(sum, part.Mul(part, secondsOf(u)))
		}
	}
	return sum
}

func secondsOf(u string) *big.Rat {
	switch u {
	case "d":
		return big.NewRat(24*3600, 1)
	case "h":
		return big.NewRat(3600, 1)
	case "m":
		return big.NewRat(60, 1)
	case "ms":
		return big.NewRat(1, 1000)
	case "us":
		return big.NewRat(1, 1_000_000)
	}
	return big.NewRat(1, 1)
}

// outputDir is the one place below /osmo where a file may go (OSMO task.py:568).
const outputDir = "/osmo/data/output/"

// checkPath applies OSMO's rules for the path of a file, and two of our own: no
// `..`, and no second path that means the same place.
func (d *decoder) checkPath(p String, what string, first map[string]diag.Pos) {
	real := Expand(p.V, func(t Token) (string, bool) {
		switch t.Kind {
		case TokenOutput:
			return strings.TrimSuffix(outputDir, "/"), true
		case TokenInput:
			return "/osmo/data/input", true
		default:
			return "", false
		}
	})
	clean := path.Clean("/" + real)
	top, _, _ := strings.Cut(clean[1:], "/")
	switch {
	case top == "" || strings.HasSuffix(real, "/"):
		d.diags.Errorf(diag.File, p.Pos, "the path %q names no file", brief(p.V))
	case strings.Contains("/"+real+"/", "/../"):
		d.diags.Errorf(diag.File, p.Pos, "the path %q contains .., write where the file really goes", brief(p.V))
	case top == "osmo" && !strings.HasPrefix(clean, outputDir):
		d.diags.Errorf(diag.File, p.Pos, "a file cannot be put into /osmo, except below /osmo/data/output: %q", brief(p.V))
	}
	if pos, taken := first[clean]; taken {
		d.related(diag.File, p.Pos, pos, "%s already has a file at %q", what, brief(p.V))
	}
	first[clean] = p.Pos
}
