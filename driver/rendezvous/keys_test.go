package rendezvous

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKeys(t *testing.T) {
	g := Gang{Namespace: "labs", Job: "w-1~drive", CreateIndex: 42}
	for want, got := range map[string]string{
		"osmo/v1/gangs/labs/w-1~drive/42/hold":            g.HoldKey(),
		"osmo/v1/gangs/labs/w-1~drive/42/epoch":           g.EpochKey(),
		"osmo/v1/gangs/labs/w-1~drive/42/queue":           g.QueueKey(),
		"osmo/v1/gangs/labs/w-1~drive/42/3/ready/robot":   g.ReadyKey(3, "robot"),
		"osmo/v1/gangs/labs/w-1~drive/42/3/verdict":       g.VerdictKey(3),
		"osmo/v1/gangs/labs/w-1~drive/42/3/started/robot": g.StartedKey(3, "robot"),
		"osmo/v1/gangs/labs/w-1~drive/42/3/exit/robot":    g.ExitKey(3, "robot"),
		"osmo/v1/gangs/labs/w-1~drive/42/3/end":           g.EndKey(3),
		"osmo/v1/status/labs/w-1/drive":                   StatusKey("labs", "w-1", "drive"),
		"osmo/v1/workflows/my-sim":                        CounterKey("My_Sim"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if strings.HasPrefix(want, GangsPrefix) {
			back, rest, ok := ParseGangKey(want)
			if !ok || back != g || g.Prefix()+rest != want {
				t.Errorf("%s: parsed as %+v, %s, %v", want, back, rest, ok)
			}
		}
	}
}

func TestParseGangKeyRefuses(t *testing.T) {
	for _, key := range []string{
		"", "osmo/v1/admitter", "osmo/v1/gangs/", "osmo/v1/gangs/ns/job/7", "osmo/v1/gangs/ns/job/seven/hold",
		"osmo/v1/gangs/ns/job/-1/hold", "osmo/v2/gangs/ns/job/7/hold", "x/osmo/v1/gangs/ns/job/7/hold",
	} {
		if g, rest, ok := ParseGangKey(key); ok {
			t.Errorf("%q was taken for %+v, %q", key, g, rest)
		}
	}
}

// TestCounterFolds: members of two workflows have the same names in Consul when
// the workflows' ids differ in case or in `_` and `-` alone, so their numbers
// must come from one counter.
func TestCounterFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_-]{0,20}`).Draw(t, "name")
		label := strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if CounterKey(name) != CounterKey(label) {
			t.Errorf("%s and %s have counters of their own", name, label)
		}
	})
	if CounterKey("a-b") == CounterKey("ab") {
		t.Error("two names share a counter")
	}
}
