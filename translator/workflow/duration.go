package workflow

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/number"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

func (d *decoder) timeout(n *yaml.Node) Timeout {
	if n == nil || !d.object(n, field("timeout"), []string{"exec_timeout", "queue_timeout"}) {
		return Timeout{}
	}
	return Timeout{Exec: d.limit(n.Get("exec_timeout"), "exec_timeout"), Queue: d.limit(n.Get("queue_timeout"), "queue_timeout")}
}

// limit reads a timeout. Null and zero mean "not given".
func (d *decoder) limit(n *yaml.Node, what string) Value[time.Duration] {
	v := d.duration(given(n), what)
	if v.V < 0 {
		d.diags.Warnf(diag.Duration, v.Pos, "%s is %s: OSMO takes a time below zero and ends every group at once, here it counts as not given", what, shown(n))
		v.V = 0
	}
	return v
}

// frequency reads the time between two uploads of a checkpoint. OSMO writes it
// down as ISO 8601 and reads it again when it has accepted the workflow, and does
// not read everything that it writes: signs and years (OSMO task.py:801).
func (d *decoder) frequency(n *yaml.Node) Value[time.Duration] {
	if n == nil {
		return Value[time.Duration]{}
	}
	if n.Kind == yaml.Bool || n.Kind == yaml.None {
		d.diags.Errorf(diag.Duration, n.Pos, "frequency must be a duration, not %s", n.Kind)
		return Value[time.Duration]{Pos: n.Pos}
	}
	v := d.duration(n, "frequency")
	switch {
	case v.V < 0:
		d.diags.Errorf(diag.Duration, n.Pos, "frequency is %s, expected a time above zero", shown(n))
	case v.V >= 365*24*time.Hour:
		d.diags.Errorf(diag.Duration, n.Pos, "frequency is %s, expected less than 365 days", shown(n))
	}
	return v
}

// duration reads a number of seconds, `<int><unit>`, or ISO 8601 (OSMO
// common.py:580), to the microsecond. What is beyond 292 years is 292 years.
func (d *decoder) duration(n *yaml.Node, what string) Value[time.Duration] {
	if n == nil {
		return Value[time.Duration]{}
	}
	v := Value[time.Duration]{Pos: n.Pos}
	seconds := secondsOf(n)
	if seconds == nil {
		d.diags.Errorf(diag.Duration, n.Pos, "cannot recognize %s %s, expected seconds, a whole number with one of d, h, m, s, ms, us, or ISO 8601 such as PT10S", what, shown(n))
		return v
	}
	if new(big.Rat).Abs(seconds).Cmp(big.NewRat(1_000_000_000*24*3600, 1)) >= 0 {
		d.diags.Errorf(diag.Duration, n.Pos, "%s is %s, expected less than 1000000000 days", what, shown(n))
		return v
	}
	v.V = rounded(seconds)
	return v
}

// rounded is the nearest microsecond, the even one of two.
func rounded(seconds *big.Rat) time.Duration {
	twice := seconds.Mul(seconds, big.NewRat(2_000_000, 1))
	floor := new(big.Int).Div(twice.Num(), twice.Denom()) // of two halves
	micros, odd := new(big.Int), new(big.Int)
	micros.DivMod(floor, big.NewInt(2), odd)
	if odd.Sign() > 0 && (!twice.IsInt() || micros.Bit(0) == 1) {
		micros.Add(micros, big.NewInt(1))
	}
	const most = math.MaxInt64 / int64(time.Microsecond)
	switch {
	case micros.Cmp(big.NewInt(most)) > 0:
		return math.MaxInt64
	case micros.Cmp(big.NewInt(-most)) < 0:
		return math.MinInt64
	}
	return time.Duration(micros.Int64()) * time.Microsecond
}

// secondsOf returns nil for what is no duration.
func secondsOf(n *yaml.Node) *big.Rat {
	switch n.Kind {
	case yaml.Bool, yaml.Int:
		seconds, _ := whole(n)
		return new(big.Rat).SetInt(seconds)
	case yaml.Float:
		return new(big.Rat).SetFloat64(n.Float) // nil for an infinite one and for none
	case yaml.Str:
		return parseDuration(n.Text)
	default:
		return nil
	}
}

var isoRE = regexp.MustCompile(`^P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?\n?$`)

// parseDuration returns the seconds of a text, nil when it is no duration.
func parseDuration(s string) *big.Rat {
	if strings.HasPrefix(s, "P") {
		return parseISO(number.ASCII(s))
	}
	for _, u := range []struct {
		name    string
		seconds *big.Rat
	}{
		{"ms", big.NewRat(1, 1000)},
		{"us", big.NewRat(1, 1_000_000)},
		{"d", big.NewRat(24*3600, 1)},
		{"h", big.NewRat(3600, 1)},
		{"m", big.NewRat(60, 1)},
		{"s", big.NewRat(1, 1)},
	} {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			count, ok := number.Int(digits, 10)
			if !ok {
				return nil
			}
			return new(big.Rat).Mul(new(big.Rat).SetInt(count), u.seconds)
		}
	}
	return nil
}

func parseISO(s string) *big.Rat {
	m := isoRE.FindStringSubmatch(s)
	if m == nil || m[1]+m[2]+m[3]+m[4] == "" || len(s) > number.MaxDigits {
		return nil
	}
	sum := new(big.Rat)
	for i, seconds := range []int64{24 * 3600, 3600, 60, 1} {
		if part, ok := new(big.Rat).SetString(m[i+1]); ok {
			sum.Add(sum, part.Mul(part, big.NewRat(seconds, 1)))
		}
	}
	return sum
}
