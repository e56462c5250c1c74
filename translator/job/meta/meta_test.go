package meta

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// whole is a gang in which everything is set.
func whole() Gang {
	return Gang{
		Workflow: "w-1", Group: "g", Lead: "a", Members: []string{"a", "b"}, Barrier: true, IgnoreNonleadStatus: true,
		ExecTimeout: time.Hour, QueueTimeout: time.Minute, StartTimeout: 2 * time.Minute, BarrierTimeout: 30 * time.Second, Needs: []string{"w-1~x", "w-1~y"},
		Pool: "lab", Priority: "LOW", Labels: map[string]string{"team": "robots", "example.com/üb": "a"}, Names: NamesHosts,
	}
}

// TestRoundTrip: what the translator writes, the plugin reads.
func TestRoundTrip(t *testing.T) {
	name := rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_-]{0,8}`)
	seconds := func(t *rapid.T, least int) time.Duration {
		return time.Duration(rapid.IntRange(least, 1<<30).Draw(t, "seconds")) * time.Second
	}
	rapid.Check(t, func(t *rapid.T) {
		g := Gang{
			Workflow: name.Draw(t, "workflow"), Group: name.Draw(t, "group"), Lead: name.Draw(t, "lead"),
			Members: rapid.SliceOfN(name, 1, 5).Draw(t, "members"), Barrier: rapid.Bool().Draw(t, "barrier"),
			IgnoreNonleadStatus: rapid.Bool().Draw(t, "ignore"), ExecTimeout: seconds(t, 0), QueueTimeout: seconds(t, 0),
			StartTimeout: seconds(t, 1), BarrierTimeout: seconds(t, 1), Pool: rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "pool"),
		}
		if needs := rapid.SliceOfN(name, 0, 3).Draw(t, "needs"); len(needs) > 0 {
			g.Needs = needs
		}
		back, err := Parse(g.Write())
		if diff := cmp.Diff(g, back); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if !IsGang(g.Write()) {
			t.Error("the meta is not known as a gang's")
		}
	})
}

// TestDefaults: what the translator leaves out.
func TestDefaults(t *testing.T) {
	g := whole()
	g.ExecTimeout, g.QueueTimeout, g.StartTimeout, g.BarrierTimeout, g.Needs, g.Pool = 0, 0, 0, 0, nil, ""
	written := g.Write()
	for _, key := range []string{ExecTimeout, QueueTimeout, StartTimeout, BarrierTimeout, Needs, Pool} {
		if v, ok := written[key]; ok {
			t.Errorf("%s is written as %q", key, v)
		}
	}
	g.StartTimeout, g.BarrierTimeout = DefaultStartTimeout, DefaultBarrierTimeout
	if back, err := Parse(written); err != nil || !cmp.Equal(g, back) {
		t.Errorf("%v\n%s", err, cmp.Diff(g, back))
	}
}

// TestRoundsUp: a limit below a second must not become none.
func TestRoundsUp(t *testing.T) {
	g := whole()
	g.ExecTimeout = time.Millisecond
	if back, err := Parse(g.Write()); err != nil || back.ExecTimeout != time.Second {
		t.Errorf("got %v, %v", back.ExecTimeout, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{Protocol, "2", `meta osmo_protocol is "2", this plugin speaks "1": translate the workflow with an osmo-nomad of the plugin's version`},
		{Workflow, "", `meta osmo_workflow is "", expected a name`},
		{Members, "", `meta osmo_members is "", expected a name`},
		{Barrier, "perhaps", `meta osmo_barrier is "perhaps", expected true or false`},
		{IgnoreNonleadStatus, "", `meta osmo_ignore_nonlead_status is "", expected true or false`},
		{ExecTimeout, "0", `meta osmo_exec_timeout is "0", expected a positive number of seconds`},
		{QueueTimeout, "-5", `meta osmo_queue_timeout is "-5", expected a positive number of seconds`},
		{StartTimeout, "1h", `meta osmo_start_timeout is "1h", expected a positive number of seconds`},
		{Names, "dns", `meta osmo_names is "dns", expected hosts`},
		{Labels, "[]", `meta osmo_labels is "[]", expected the JSON of this protocol: json: cannot unmarshal array into Go value of type map[string]string`},
		{BarrierTimeout, "99999999999", `meta osmo_barrier_timeout is "99999999999", expected a positive number of seconds`},
	} {
		m := maps.Clone(whole().Write())
		m[c.key] = c.value
		if g, err := Parse(m); err == nil || err.Error() != c.want {
			t.Errorf("%s = %q: got %+v, %v\nwant %s", c.key, c.value, g, err, c.want)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("a job without meta was taken for a gang")
	}
	if IsGang(nil) || IsGang(map[string]string{Workflow: "w"}) {
		t.Error("a job that is not a gang was taken for one")
	}
}
