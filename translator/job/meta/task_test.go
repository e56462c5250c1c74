package meta

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// full is a task in which everything is set.
func full() Task {
	return Task{
		Member: "a", Platform: "ovx-a40", DNSName: "a-w-1.service.consul", Driver: "docker",
		Inputs:      []Input{{Workflow: "w-1", Task: "b", Regex: `.*\.bin`}, {URL: "s3://bucket/x"}},
		Outputs:     []Output{{URL: "s3://bucket/y", Regex: "^z"}},
		Upload:      true,
		Checkpoints: []Checkpoint{{Path: "/osmo/data/output", URL: "s3://bucket/c", Frequency: Seconds(90 * time.Second), Regex: "x"}},
		Credentials: []Credential{{Name: "c", Path: "/run/c"}, {Name: "d", Env: []CredentialVar{{"TOKEN", "key"}, {"A", "b"}}}},
		ExitActions: []ExitAction{{"RESCHEDULE", Codes{{1, 5}, {137, 137}}}, {"FAIL", Codes{{0, 0}}}},
		KPIs:        []KPI{{"speed", "kpi.json"}}, DownloadType: "download", CacheSize: "90%",
		Topology: []TopologyNeed{{Key: "rack", Attribute: "${meta.rack}", Group: "default/a", Required: true}},
	}
}

// What the keys hold is an agreement with plugins that are out there.
func TestTaskIsWrittenSo(t *testing.T) {
	want := map[string]string{
		"osmo_member": "a", "osmo_platform": "ovx-a40", "osmo_dns_name": "a-w-1.service.consul", "osmo_driver": "docker",
		"osmo_inputs":        `[{"workflow":"w-1","task":"b","regex":".*\\.bin"},{"url":"s3://bucket/x"}]`,
		"osmo_outputs":       `[{"url":"s3://bucket/y","regex":"^z"}]`,
		"osmo_upload":        "true",
		"osmo_checkpoints":   `[{"path":"/osmo/data/output","url":"s3://bucket/c","frequency":90,"regex":"x"}]`,
		"osmo_credentials":   `[{"name":"c","path":"/run/c"},{"name":"d","env":[{"variable":"TOKEN","key":"key"},{"variable":"A","key":"b"}]}]`,
		"osmo_exit_actions":  `[{"action":"RESCHEDULE","codes":"1-5,137"},{"action":"FAIL","codes":"0"}]`,
		"osmo_kpis":          `[{"index":"speed","path":"kpi.json"}]`,
		"osmo_download_type": "download", "osmo_cache_size": "90%",
		"osmo_topology": `[{"key":"rack","attribute":"${meta.rack}","group":"default/a","required":true}]`,
	}
	if diff := cmp.Diff(want, full().Write()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Task{Member: "a", DNSName: "b", Driver: "c"}).Write(); len(got) != 3 {
		t.Errorf("what is not there is written: %v", got)
	}
	if got := whole().Write()[Labels]; got != `{"example.com/\u00fcb":"a","team":"robots"}` {
		t.Errorf("labels %s", got)
	}
}

// What the translator writes of a task, the plugin reads, and HCL reads it as it is.
func TestTaskRoundTrip(t *testing.T) {
	name := rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_-]{0,8}`)
	word := rapid.StringN(0, 8, -1)
	code := rapid.IntRange(0, 1<<20)
	input := rapid.Custom(func(t *rapid.T) Input {
		return Input{Workflow: name.Draw(t, "workflow"), Task: name.Draw(t, "task"), URL: word.Draw(t, "url"), Regex: word.Draw(t, "regex")}
	})
	output := rapid.Custom(func(t *rapid.T) Output { return Output{URL: word.Draw(t, "url"), Regex: word.Draw(t, "regex")} })
	checkpoint := rapid.Custom(func(t *rapid.T) Checkpoint {
		seconds := rapid.IntRange(1, 1<<30).Draw(t, "seconds")
		return Checkpoint{word.Draw(t, "path"), word.Draw(t, "url"), Seconds(time.Duration(seconds) * time.Second), word.Draw(t, "regex")}
	})
	credential := rapid.Custom(func(t *rapid.T) Credential {
		return Credential{Name: name.Draw(t, "name"), Path: word.Draw(t, "path"), Env: []CredentialVar{{word.Draw(t, "variable"), word.Draw(t, "key")}}}
	})
	action := rapid.Custom(func(t *rapid.T) ExitAction {
		return ExitAction{name.Draw(t, "action"), Codes{{code.Draw(t, "first"), code.Draw(t, "last")}, {code.Draw(t, "first"), code.Draw(t, "last")}}}
	})
	need := rapid.Custom(func(t *rapid.T) TopologyNeed {
		return TopologyNeed{word.Draw(t, "key"), word.Draw(t, "attribute"), word.Draw(t, "group"), rapid.Bool().Draw(t, "required")}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := Task{
			Member: name.Draw(t, "member"), DNSName: name.Draw(t, "name"), Driver: name.Draw(t, "driver"), Upload: rapid.Bool().Draw(t, "upload"),
			Inputs: rapid.SliceOfN(input, 1, 3).Draw(t, "inputs"), Outputs: rapid.SliceOfN(output, 1, 3).Draw(t, "outputs"),
			Checkpoints: rapid.SliceOfN(checkpoint, 1, 3).Draw(t, "checkpoints"), Credentials: rapid.SliceOfN(credential, 1, 3).Draw(t, "credentials"),
			ExitActions: rapid.SliceOfN(action, 1, 3).Draw(t, "actions"), Topology: rapid.SliceOfN(need, 1, 3).Draw(t, "topology"),
		}
		written := want.Write()
		for key, value := range written {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) && !strings.ContainsRune(value, '\x7f') {
				t.Errorf("%s is not plain: %q", key, value)
			}
		}
		got, err := ParseTask(written)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func TestParseTaskRefuses(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{Member, "", `meta osmo_member is "", expected a name`},
		{Driver, "", `meta osmo_driver is "", expected a name`},
		{Upload, "maybe", `meta osmo_upload is "maybe", expected true or false`},
		{Inputs, "{}", `meta osmo_inputs is "{}", expected the JSON of this protocol: json: cannot unmarshal object into Go value of type []meta.Input`},
		{Inputs, `[{"dataset":"x"}]`, `meta osmo_inputs is "[{\"dataset\":\"x\"}]", expected the JSON of this protocol: json: unknown field "dataset"`},
		{Outputs, "[] []", `meta osmo_outputs is "[] []", expected the JSON of this protocol: something follows it`},
		{Checkpoints, `[{"frequency":0}]`, `meta osmo_checkpoints is "[{\"frequency\":0}]", expected the JSON of this protocol: 0 is no positive number of seconds`},
		{ExitActions, `[{"action":"FAIL","codes":"1;2"}]`, `meta osmo_exit_actions is "[{\"action\":\"FAIL\",\"codes\":\"1;2\"}]", expected the JSON of this protocol: "1;2" are no exit codes`},
		{Topology, "[", `meta osmo_topology is "[", expected the JSON of this protocol: unexpected EOF`},
	} {
		m := maps.Clone(full().Write())
		m[c.key] = c.value
		if _, err := ParseTask(m); err == nil || err.Error() != c.want {
			t.Errorf("%s = %q: got %v\nwant %s", c.key, c.value, err, c.want)
		}
	}
}

func TestCodesHold(t *testing.T) {
	codes := Codes{{1, 5}, {137, 137}, {9, 7}}
	for code, want := range map[int]bool{0: false, 1: true, 5: true, 6: false, 8: false, 137: true, 138: false} {
		if codes.Hold(code) != want {
			t.Errorf("%d: %t", code, !want)
		}
	}
}

// A checkpoint every millisecond is one every second: nobody can do more.
func TestFrequencyRoundsUp(t *testing.T) {
	task := full()
	task.Checkpoints[0].Frequency = Seconds(time.Millisecond)
	back, err := ParseTask(task.Write())
	if err != nil || time.Duration(back.Checkpoints[0].Frequency) != time.Second {
		t.Errorf("%v, %v", back.Checkpoints, err)
	}
}
