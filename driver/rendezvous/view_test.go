package rendezvous

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ value, err string }{
		{`{"version": 1, "state": "RUNNING"}`, ""},
		{`{"version": 1, "state": "RUNNING", "of a later day": true}`, ""},
		{`{"version": 2, "state": "RUNNING"}`, "record has version 2, this program reads 1"},
		{`{"state": "RUNNING"}`, "record has version 0, this program reads 1"},
		{`{"version": 1, "state": 7}`, "json: cannot unmarshal number"},
		{`RUNNING`, "decoding a record: "},
		{``, "decoding a record: "},
	} {
		var h Hold
		err := Decode([]byte(c.value), &h)
		switch {
		case c.err == "" && (err != nil || h.State != Running):
			t.Errorf("%s: got %+v, %v", c.value, h, err)
		case c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)):
			t.Errorf("%s: got %v, want %s", c.value, err, c.err)
		}
	}
}

// whole is a gang with a record of every kind in epoch 2, and leftovers of 1.
func whole(g Gang) []Entry {
	ready := Ready{Version: 1, AllocID: "a1", NodeID: "n1", Node: "edge", Address: "10.0.0.7"}
	return []Entry{
		{Key: g.HoldKey(), ModifyIndex: 11, Value: Encode(Hold{Version: 1, State: Running, Rollbacks: map[string]int{"robot": 1}})},
		{Key: g.EpochKey(), ModifyIndex: 12, Value: Encode(Epoch{Version: 1, Epoch: 2, Phase: Placed, Allocs: map[string]string{"robot": "a1"}})},
		{Key: g.QueueKey(), Value: Encode(Queue{Version: 1, Position: 3, Reason: "full"})},
		{Key: g.ReadyKey(2, "robot"), Session: "s1", Value: Encode(ready)},
		{Key: g.VerdictKey(2), Value: Encode(Verdict{Version: 1, Go: true, By: "robot"})},
		{Key: g.StartedKey(2, "robot"), Value: Encode(Started{Version: 1, Start: wire.Start{Epoch: 2, UnixNanos: 5}})},
		{Key: g.ExitKey(2, "robot"), Value: Encode(Exit{Version: 1, Exit: wire.Exit{Code: 3}, LastLines: []string{"bye"}})},
		{Key: g.EndKey(2), Value: Encode(End{Version: 1, Why: "lead ended"})},
		{Key: g.VerdictKey(1), Value: Encode(Verdict{Version: 1, Why: "too late"})},
		{Key: g.ReadyKey(1, "old"), Value: Encode(ready)},
		{Key: g.ExitKey(21, "robot"), Value: Encode(Exit{Version: 1, Exit: wire.Exit{Code: 9}})}, // begins with a 2, too
	}
}

// TestReadView: the current epoch's records, and no others.
func TestReadView(t *testing.T) {
	g := Gang{Namespace: "default", Job: "w-1~g", CreateIndex: 7}
	v := ReadView(g, whole(g))
	want := View{
		Hold: &Hold{Version: 1, State: Running, Rollbacks: map[string]int{"robot": 1}}, HoldIndex: 11,
		Epoch: &Epoch{Version: 1, Epoch: 2, Phase: Placed, Allocs: map[string]string{"robot": "a1"}}, EpochIndex: 12,
		Queue:   &Queue{Version: 1, Position: 3, Reason: "full"},
		Ready:   map[string]ReadyEntry{"robot": {Ready: Ready{Version: 1, AllocID: "a1", NodeID: "n1", Node: "edge", Address: "10.0.0.7"}, Session: "s1"}},
		Verdict: &Verdict{Version: 1, Go: true, By: "robot"},
		Started: map[string]Started{"robot": {Version: 1, Start: wire.Start{Epoch: 2, UnixNanos: 5}}},
		Exits:   map[string]Exit{"robot": {Version: 1, Exit: wire.Exit{Code: 3}, LastLines: []string{"bye"}}},
		End:     &End{Version: 1, Why: "lead ended"},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
}

// TestReadViewDoubts: a record that cannot be believed is named and left out;
// its index is kept, so that its owner can write over it.
func TestReadViewDoubts(t *testing.T) {
	g := Gang{Namespace: "default", Job: "w-1~g", CreateIndex: 7}
	entries := whole(g)
	entries[0].Value = []byte(`{"version": 9}`)
	entries[4].Value = []byte(`{"go": true}`)
	entries[5].Value = []byte(`nonsense`)
	v := ReadView(g, entries)
	if v.Hold != nil || v.HoldIndex != 11 || v.Verdict != nil || len(v.Started) > 0 {
		t.Errorf("believed %+v", v)
	}
	want := []string{
		g.HoldKey() + ": record has version 9, this program reads 1",
		g.VerdictKey(2) + ": record has version 0, this program reads 1",
	}
	if len(v.Bad) != 3 || !cmp.Equal(v.Bad[:2], want) || !strings.HasPrefix(v.Bad[2], g.StartedKey(2, "robot")+": decoding") {
		t.Errorf("bad: %q", v.Bad)
	}
}

// TestReadViewWithoutEpoch: without an epoch record no epoch's records count.
func TestReadViewWithoutEpoch(t *testing.T) {
	g := Gang{Namespace: "default", Job: "w-1~g", CreateIndex: 7}
	entries := whole(g)
	v := ReadView(g, append(entries[:1:1], entries[3:]...))
	if v.Hold == nil || v.Verdict != nil || len(v.Ready)+len(v.Started)+len(v.Exits) > 0 || v.End != nil {
		t.Errorf("got %+v", v)
	}
}

func TestFinished(t *testing.T) {
	for s, want := range map[State]bool{
		"": false, Waiting: false, Scheduling: false, Initializing: false, Running: false,
		Completed: true, Failed: true, FailedCanceled: true, FailedUpstream: true,
	} {
		if s.Finished() != want {
			t.Errorf("%q", s)
		}
	}
}
