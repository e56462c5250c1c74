package wire

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLines compares what both sides write with what is recorded, to the byte:
// a gate of an earlier build, which a member carries to its end, and a plugin
// that was replaced meanwhile must understand each other.
func TestLines(t *testing.T) {
	start := &Start{Epoch: 2, UnixNanos: 1700000000123456789, AfterGoNanos: 250000, BootID: "boot"}
	exit := &Exit{Code: 143, Signal: 15, Ended: true, Started: start, ElapsedNanos: 5e9, Message: "why"}
	messages := []Message{
		{Kind: Hello, Version: Version, Member: "robot", BootID: "boot", StartedAt: start, Exit: exit, IsReady: true},
		{Kind: Ready},
		{Kind: Started, StartedAt: start},
		{Kind: Exited, Exit: exit},
		{Kind: Exited, Exit: &Exit{Never: true}},
		{Kind: Welcome, DNS: []string{"10.1.2.3"}, Hosts: map[string]string{"a.service.consul": "10.0.0.7"}, PartitionTimeoutMS: 180000},
		{Kind: Refused, Reason: "no"},
		{Kind: Go, Epoch: 2},
		{Kind: End, Reason: "lead ended", GraceMS: 5000},
		{Kind: Beat},
	}
	var lines []string
	for _, m := range messages {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
		var back Message
		if err := json.Unmarshal(b, &back); err != nil || !cmp.Equal(m, back) {
			t.Errorf("%s came back as %+v, %v", b, back, err)
		}
	}
	recorded := filepath.Join("testdata", "lines.jsonl")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(recorded, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), lines); diff != "" {
		t.Errorf("the wire has changed: raise Version if an old peer would misread it, then UPDATE_GOLDEN=1 (-want +got):\n%s", diff)
	}
}

// TestEveryFieldIsNamed: an untagged field would be on the wire under Go's name.
func TestEveryFieldIsNamed(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Message](), reflect.TypeFor[Start](), reflect.TypeFor[Exit]()} {
		for f := range typ.Fields() {
			if f.Tag.Get("json") == "" {
				t.Errorf("%s.%s has no json tag", typ, f.Name)
			}
		}
	}
}

// TestFiles: what two members of one allocation, or two epochs, leave never meets.
func TestFiles(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range []string{
		GateFile, SocketFile, ExitFile("a"), ExitFile("b"), StartedFile("a", 1), StartedFile("a", 2), StartedFile("b", 1), DataDir("a"), DataDir("b"),
	} {
		if seen[p] || !filepath.IsLocal(p) || !strings.HasPrefix(p, Dir+"/") {
			t.Errorf("%s is taken, or not below %s", p, Dir)
		}
		seen[p] = true
	}
}
