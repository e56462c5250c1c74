package hold

import (
	"testing"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// TestJudge goes through OSMO's table for leads and others (OSMO jobs.py:695).
func TestJudge(t *testing.T) {
	ok := member{fate: ended, state: rendezvous.Completed, why: "exited with code 0"}
	bad := member{fate: ended, state: rendezvous.Failed, code: 3, why: "exited with code 3"}
	gone := member{}
	gone.lose("was lost")
	runs, unsure := member{fate: running}, member{fate: uncertain}
	tests := []struct {
		name         string
		lead, other  member
		ignore       bool
		want, reason string
		code         int
	}{
		{"both run", runs, runs, true, "", "", 0},
		{"lead completed", ok, runs, true, "COMPLETED: lead (lead) exited with code 0", "Lead task finished", 0},
		{"lead completed, statuses count", ok, runs, false, "COMPLETED: lead (lead) exited with code 0", "Lead task finished", 0},
		{"lead failed", bad, runs, true, "FAILED: lead on n exited with code 3", "Lead task finished", 3},
		{"lead lost", gone, runs, false, "FAILED: lead on n was lost", "Lead task finished", 3004},
		{"other completed", runs, ok, true, "", "", 0},
		{"other completed, statuses count", runs, ok, false, "", "", 0},
		{"other failed", runs, bad, true, "", "", 0},
		{"other failed, statuses count", runs, bad, false, "FAILED: other on n exited with code 3", "Task other Failed.", 3},
		{"other lost, statuses count", runs, gone, false, "FAILED: other on n was lost", "Task other Failed.", 3004},
		{"lead completed, other failed, statuses count", ok, bad, false, "COMPLETED: lead (lead) exited with code 0", "Lead task finished", 0},
		{"lead uncertain, other failed, statuses count", unsure, bad, false, "", "", 0},
		{"lead runs, other uncertain", runs, unsure, false, "", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.lead.name, test.lead.node = "lead", "n"
			test.other.name, test.other.node = "other", "n"
			spec := meta.Gang{Lead: "lead", IgnoreNonleadStatus: test.ignore}
			o, why := judge(spec, []member{test.other, test.lead})
			if o == nil {
				o = &rendezvous.Outcome{}
			}
			if o.Sentence != test.want || why != test.reason || o.Code != test.code {
				t.Errorf("%q code %d (%q), want %q code %d (%q)", o.Sentence, o.Code, why, test.want, test.code, test.reason)
			}
		})
	}
}
