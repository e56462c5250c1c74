package hold

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// fakeNomad answers the two questions that a hold asks, over HTTP.
type fakeNomad struct {
	mu      sync.Mutex
	index   uint64
	job     *nomadapi.Job
	allocs  []*nomadapi.AllocationListStub
	changed chan struct{}
	away    bool
	server  *httptest.Server
}

func newFakeNomad(t *testing.T, spec meta.Gang) *fakeNomad {
	t.Helper()
	f := &fakeNomad{index: 5, changed: make(chan struct{}), job: holdJob(spec)}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// holdJob is the gang's job as far as a hold reads it.
func holdJob(spec meta.Gang) *nomadapi.Job {
	id := spec.Workflow + "~" + spec.Group
	create, version := uint64(7), uint64(0)
	j := &nomadapi.Job{ID: &id, CreateIndex: &create, Version: &version, Meta: spec.Write()}
	for _, m := range spec.Members {
		g := nomadapi.NewTaskGroup(m, 0)
		g.Meta = map[string]string{meta.Member: m, meta.Platform: "ovx-a40"}
		g.Tasks = []*nomadapi.Task{{Name: meta.ArriveTask, Driver: meta.DriverName}, {Name: m, Driver: "docker"}}
		j.TaskGroups = append(j.TaskGroups, g)
	}
	return j
}

func (f *fakeNomad) client(t *testing.T) *nomadapi.Client {
	t.Helper()
	c, err := nomadapi.NewClient(&nomadapi.Config{Address: f.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// change changes what Nomad has.
func (f *fakeNomad) change(how func(*fakeNomad)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	how(f)
	f.index++
	close(f.changed)
	f.changed = make(chan struct{})
}

// place gives the job an allocation.
func (f *fakeNomad) place(id, group, node string, createIndex uint64) {
	f.change(func(f *fakeNomad) {
		f.allocs = append(f.allocs, &nomadapi.AllocationListStub{
			ID: id, TaskGroup: group, NodeName: node, CreateIndex: createIndex,
			DesiredStatus: "run", ClientStatus: "running", JobVersion: *f.job.Version,
		})
	})
}

func (f *fakeNomad) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	index, err := strconv.ParseUint(req.URL.Query().Get("index"), 10, 64)
	if err != nil {
		index = 0
	}
	for {
		f.mu.Lock()
		body, code, now, changed := f.answer(req.URL.Path), f.status(req.URL.Path), f.index, f.changed
		f.mu.Unlock()
		if code == http.StatusOK && index >= now {
			select {
			case <-changed:
				continue
			case <-req.Context().Done():
				return
			}
		}
		w.Header().Set("X-Nomad-Index", strconv.FormatUint(now, 10))
		w.WriteHeader(code)
		fmt.Fprint(w, body)
		return
	}
}

func (f *fakeNomad) status(path string) int {
	switch {
	case f.away:
		return http.StatusInternalServerError
	case f.job == nil && !strings.HasSuffix(path, "/allocations"):
		return http.StatusNotFound
	}
	return http.StatusOK
}

func (f *fakeNomad) answer(path string) string {
	var v any = f.job
	if strings.HasSuffix(path, "/allocations") {
		v = f.allocs
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// event is a task event, for the tests of what Nomad says.
func taskEvent(kind string, details map[string]string) *nomadapi.TaskEvent {
	return &nomadapi.TaskEvent{Type: kind, Time: time.Now().UnixNano(), Details: details, DisplayMessage: details["text"]}
}
