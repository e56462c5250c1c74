package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
)

// realNomad starts a real Nomad and bounds the test.
func realNomad(t *testing.T) (context.Context, *nomad.Client) {
	t.Helper()
	client := agents.Nomad(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx, client
}

// until waits for a picture that is as it should be.
func until(ctx context.Context, t *testing.T, c *Cluster, what string, ok func(*Snapshot) bool) *Snapshot {
	t.Helper()
	for {
		if s := c.Snapshot(); s != nil && ok(s) {
			return s
		}
		select {
		case <-c.Changed():
		case <-ctx.Done():
			t.Fatalf("%s: the picture is\n%s", what, describe(c.Snapshot()))
		}
	}
}

func describe(s *Snapshot) string {
	if s == nil {
		return "none"
	}
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// gangJob is a job as the translator makes it, in what matters here; the tasks
// need no plugin. The rest is there to be kept.
func gangJob(namespace string) *nomad.Job {
	text := `{"ID":"wf-1~g","Name":"wf-1~g","Type":"batch","AllAtOnce":true,"Priority":60,"Datacenters":["*"],
	"Meta":{"osmo_workflow":"wf-1","osmo_group":"g"},"UI":{"Description":"a gang"},
	"TaskGroups":[
	 {"Name":"g","Count":1,"EphemeralDisk":{"SizeMB":300},"Tasks":[{"Name":"hold","Driver":"raw_exec","Config":{"command":"/bin/sleep","args":["3600"]},"Resources":{"CPU":20,"MemoryMB":16}}]},
	 {"Name":"m","Count":0,"Meta":{"osmo_member":"m","osmo_platform":"p"},"EphemeralDisk":{"SizeMB":320},
	  "Constraints":[{"LTarget":"${node.unique.id}","Operand":"!=","RTarget":"not-this-one"},{"LTarget":"${attr.kernel.name}","Operand":"regexp","RTarget":"^lin"}],
	  "RestartPolicy":{"Attempts":0,"Mode":"fail","Interval":3600000000001,"Delay":7},
	  "Networks":[{"Mode":"host","ReservedPorts":[{"Label":"web","Value":28080}]}],
	  "Tasks":[
	   {"Name":"arrive","Driver":"raw_exec","Lifecycle":{"Hook":"prestart","Sidecar":true},"Config":{"command":"/bin/sleep","args":["3600"]},"Resources":{"CPU":20,"MemoryMB":16}},
	   {"Name":"m","Driver":"raw_exec","Env":{"A":"${B} %{C} \u00e9"},"KillTimeout":9007199254740993,
	    "Config":{"command":"/bin/sleep","args":["3600"]},
	    "Templates":[{"EmbeddedTmpl":"\"{{ x }}\"","LeftDelim":"[[[","RightDelim":"]]]","DestPath":"local/a","ChangeMode":"noop"}],
	    "Resources":{"CPU":100,"MemoryMB":64}}]}]}`
	j := &nomad.Job{}
	if err := json.Unmarshal([]byte(text), j); err != nil {
		panic(err)
	}
	j.Namespace = &namespace
	return j
}

func register(ctx context.Context, t *testing.T, client *nomad.Client, j *nomad.Job) {
	t.Helper()
	if _, _, err := client.Jobs().Register(j, (&nomad.WriteOptions{Namespace: *j.Namespace}).WithContext(ctx)); err != nil {
		t.Fatal(err)
	}
}

// kept is the job's JSON without what every register changes.
func kept(ctx context.Context, t *testing.T, c *Cluster) map[string]any {
	t.Helper()
	d, err := c.document(ctx, "default", "wf-1~g")
	if err != nil {
		t.Fatal(err)
	}
	for _, volatile := range []string{"ModifyIndex", "JobModifyIndex", "Version", "SubmitTime", "Status", "Stable"} {
		delete(d.job, volatile)
	}
	return d.job
}

// TestE2EEdit: what an edit changes, what it keeps, and when it refuses.
func TestE2EEdit(t *testing.T) {
	ctx, client := realNomad(t)
	c := New(client, hclog.NewNullLogger())
	running := follow(ctx, t, c)
	node := until(ctx, t, c, "the node is ready", func(s *Snapshot) bool {
		return len(s.Nodes) == 1 && s.Nodes[0].NotReady == "" && s.Nodes[0].Drivers["raw_exec"] == "" && len(s.Nodes[0].Drivers) > 0
	}).Nodes[0]
	register(ctx, t, client, gangJob("default"))
	s := until(ctx, t, c, "the hold runs", func(s *Snapshot) bool {
		return len(s.Gangs) == 1 && len(s.Gangs[0].Allocs) == 1 && s.Gangs[0].Allocs[0].ClientStatus == "running"
	})
	if u := s.Nodes[0].Uses; len(u) != 1 || !u[0].Hold || u[0].Resources.MemoryMB != 16 {
		t.Fatalf("the node is used by %+v, want the hold only", u)
	}
	before, index := kept(ctx, t, c), s.Gangs[0].JobModifyIndex

	t.Run("placed", func(t *testing.T) {
		e := edit(ctx, t, c, index, func(d *Document) error { return errors.Join(d.SetCount("m", 1), d.Pin("m", node.ID)) })
		if len(e.FailedGroups) > 0 || e.Status != "complete" {
			t.Fatalf("the evaluation ended %+v", e)
		}
		if err := c.AwaitIndex(ctx, e.Index); err != nil {
			t.Fatal(err)
		}
		now := c.Snapshot()
		g := now.Gangs[0]
		m, _ := g.Group("m")
		if len(g.Allocs) != 2 || g.Allocs[1].Group != "m" || g.Allocs[1].JobVersion != g.Version || m.Pin != node.ID || m.Count != 1 {
			t.Fatalf("after the evaluation the picture is\n%s", describe(now))
		}
		if free := s.Nodes[0].Free.MemoryMB - now.Nodes[0].Free.MemoryMB; free != 80 || now.Nodes[0].Ports[28080] != "wf-1~g/m" {
			t.Fatalf("the member took %d MB, want 80; ports %v", free, now.Nodes[0].Ports)
		}
	})
	t.Run("conflict", func(t *testing.T) {
		_, err := c.Edit(ctx, "default", "wf-1~g", index, func(d *Document) error { return d.SetCount("m", 0) })
		if !errors.Is(err, ErrConflict) {
			t.Fatalf("an edit at an old index: %v", err)
		}
		_, err = c.Edit(ctx, "default", "wf-1~g", 0, func(d *Document) error {
			edit(ctx, t, c, 0, func(d *Document) error { return d.Unpin("m") }) // somebody is faster
			return d.SetCount("m", 0)
		})
		if !errors.Is(err, ErrConflict) {
			t.Fatalf("an edit that somebody else overtook: %v", err)
		}
	})
	t.Run("nothing else changes", func(t *testing.T) {
		e := edit(ctx, t, c, 0, func(d *Document) error { return errors.Join(d.SetCount("m", 0), d.Unpin("m")) })
		until(ctx, t, c, "the member has ended", func(s *Snapshot) bool {
			return s.Seen >= e.Index && len(s.Gangs) == 1 && len(s.Gangs[0].Allocs) >= 2 && s.Gangs[0].Allocs[1].Terminal() && s.Nodes[0].Free == node.Free.Minus(s.Nodes[0].Uses[0].Resources)
		})
		if diff := cmp.Diff(before, kept(ctx, t, c)); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	})
	t.Run("a pin that cannot be met", func(t *testing.T) {
		e := edit(ctx, t, c, 0, func(d *Document) error {
			return errors.Join(d.SetCount("m", 1), d.Pin("m", "00000000-0000-0000-0000-000000000000"))
		})
		if e.FailedGroups["m"] == nil || e.Blocked == "" {
			t.Errorf("the evaluation ended %+v", e)
		}
		edit(ctx, t, c, 0, func(d *Document) error { return errors.Join(d.SetCount("m", 0), d.Unpin("m")) })
	})
	t.Run("the hold moves", func(t *testing.T) { movesHold(ctx, t, c) })
	t.Run("stopped, then gone", func(t *testing.T) { stopsJob(ctx, t, c, client) })
	running()
}

// edit does an edit and waits for its evaluation.
func edit(ctx context.Context, t *testing.T, c *Cluster, expect uint64, fn func(*Document) error) Evaluation {
	t.Helper()
	r, err := c.Edit(ctx, "default", "wf-1~g", expect, fn)
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.AwaitEvaluation(ctx, r.EvalID)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// movesHold: a stopped batch allocation is placed again, at the latest by the
// job's next evaluation.
func movesHold(ctx context.Context, t *testing.T, c *Cluster) {
	g, err := c.Gang(ctx, "default", "wf-1~g")
	if err != nil {
		t.Fatal(err)
	}
	old := g.Allocs[0]
	stop, err := c.StopAlloc(ctx, "default", old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitEvaluation(ctx, stop); err != nil {
		t.Fatal(err)
	}
	again, err := c.Evaluate(ctx, "default", "wf-1~g")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitEvaluation(ctx, again); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, c, "another hold runs", func(s *Snapshot) bool {
		for _, a := range s.Gangs[0].Allocs {
			if a.Group == "g" && a.ID != old.ID && a.ClientStatus == "running" {
				return true
			}
		}
		return false
	})
}

func stopsJob(ctx context.Context, t *testing.T, c *Cluster, client *nomad.Client) {
	count := func(d *Document) error { return d.SetCount("m", 1) }
	w := (&nomad.WriteOptions{Namespace: "default"}).WithContext(ctx)
	if _, _, err := client.Jobs().Deregister("wf-1~g", false, w); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Edit(ctx, "default", "wf-1~g", 0, count); !errors.Is(err, ErrStopped) {
		t.Errorf("an edit of a stopped job: %v", err)
	}
	until(ctx, t, c, "the job is stopped", func(s *Snapshot) bool { return len(s.Gangs) == 1 && s.Gangs[0].Stop })
	if _, _, err := client.Jobs().Deregister("wf-1~g", true, w); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, c, "the job is gone", func(s *Snapshot) bool { return len(s.Gangs) == 0 })
	if _, err := c.Edit(ctx, "default", "wf-1~g", 0, count); !errors.Is(err, ErrGone) {
		t.Errorf("an edit of a job that is gone: %v", err)
	}
	if _, err := c.Evaluate(ctx, "default", "wf-1~g"); !errors.Is(err, ErrGone) {
		t.Errorf("an evaluation of a job that is gone: %v", err)
	}
	if _, err := c.AwaitEvaluation(ctx, "00000000-0000-0000-0000-000000000000"); !errors.Is(err, ErrGone) {
		t.Errorf("an evaluation that never was: %v", err)
	}
}

// follow runs the cluster; the function that it returns ends it.
func follow(ctx context.Context, t *testing.T, c *Cluster) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	t.Cleanup(end)
	return end
}

// TestE2ENewNamespace: a stream tells only of the namespaces that there were
// when it began, and a gang in a new one must not wait for the slow re-list.
func TestE2ENewNamespace(t *testing.T) {
	ctx, client := realNomad(t)
	c := New(client, hclog.NewNullLogger())
	follow(ctx, t, c)
	until(ctx, t, c, "the node is ready", func(s *Snapshot) bool { return len(s.Nodes) == 1 && s.Nodes[0].NotReady == "" })
	w := (&nomad.WriteOptions{}).WithContext(ctx)
	if _, err := client.Namespaces().Register(&nomad.Namespace{Name: "robots"}, w); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	register(ctx, t, client, gangJob("robots"))
	s := until(ctx, t, c, "the hold in the new namespace runs", func(s *Snapshot) bool {
		return len(s.Gangs) == 1 && len(s.Gangs[0].Allocs) == 1 && s.Gangs[0].Allocs[0].ClientStatus == "running"
	})
	if took := time.Since(started); took > relistInterval/2 {
		t.Errorf("seen after %s only", took)
	}
	if g := s.Gangs[0]; g.Namespace != "robots" || !strings.HasPrefix(g.ID, "wf-1") {
		t.Errorf("the gang is %s/%s", g.Namespace, g.ID)
	}
}
