package site

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// nameRE is what names may look like; they go into constraints, meta and messages.
var nameRE = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// ValidName says whether a pool or platform can be called so.
func ValidName(name string) bool { return len(name) <= 64 && nameRE.MatchString(name) }

func (d *decoder) name(key *yaml.Node, kind string) string {
	d.grammar(key, key.Str(), kind)
	return key.Str()
}

func (d *decoder) grammar(n *yaml.Node, name, kind string) {
	if !ValidName(name) {
		d.diags.Errorf(diag.Name, n.Pos, "%q cannot be the name of a %s, expected at most 64 letters, digits, . - and _", name, kind)
	}
}

func posOf(n *yaml.Node) diag.Pos {
	if n == nil {
		return diag.Pos{}
	}
	return n.Pos
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

// list returns the items of a list; nothing is an empty one.
func (d *decoder) list(n *yaml.Node, what string) []*yaml.Node {
	if n == nil || n.Kind == yaml.None {
		return nil
	}
	if n.Kind != yaml.List {
		d.wrong(n, what, "a list")
	}
	return n.Items
}

func (d *decoder) strings(n *yaml.Node, what string) []string {
	var out []string
	for _, item := range d.list(n, what) {
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

func (d *decoder) flag(n *yaml.Node, what string, absent bool) bool {
	if n == nil {
		return absent
	}
	if n.Kind != yaml.Bool {
		d.wrong(n, what, "true or false")
	}
	return n.Bool
}

// most is more than any count of ours.
const most = 1_000_000

// count reads a number from 1 to a million.
func (d *decoder) count(n *yaml.Node, what string, absent int) int {
	return d.number(n, what, absent, 1)
}

// number reads a number from least to a million.
func (d *decoder) number(n *yaml.Node, what string, absent, least int) int {
	if n == nil {
		return absent
	}
	if n.Kind != yaml.Int || !n.Int.IsInt64() || n.Int.Int64() < int64(least) || n.Int.Int64() > most {
		d.diags.Errorf(diag.Type, n.Pos, "%s must be a number from %d to %d", what, least, most)
		return absent
	}
	return int(n.Int.Int64())
}

var durationRE = regexp.MustCompile(`^([0-9]+)([dhms])$`)

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
