package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// against is the program with a cluster that answers as the test says.
func against(t *testing.T, answer http.HandlerFunc) (a *app, out, errs *bytes.Buffer) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	n, err := nomad.NewClient(&nomad.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	c, err := consul.NewClient(&consul.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	return &app{
		in: strings.NewReader(""), out: out, err: errs, version: "1.2.3", getenv: func(string) string { return "" },
		readFile: func(string) ([]byte, error) {
			return []byte("workflow:\n  name: w\n  tasks:\n  - {name: a, image: i, command: [c]}\n"), nil
		},
		connect: func() (clients, error) { return clients{nomad: n, store: rendezvous.NewConsul(c)}, nil },
	}, out, errs
}

// TestExitCodes: every class of error has its code, and says what it has to say.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		code int
		says string
	}{
		{"none", nil, 0, ""},
		{"the workflow failed", silentError{1}, 1, ""},
		{"any", errors.New("something"), 1, "osmo-nomad: something\n"},
		{"usage", usageError{errors.New("what")}, 2, "osmo-nomad: what\n"},
		{"file", fmt.Errorf("x: %w", fileError{list: diag.List{{Msg: "bad", Pos: diag.Pos{File: "f", Line: 1, Col: 2}}}}), 3, "f:1:2: bad\n"},
	} {
		a, _, errs := against(t, http.NotFound)
		if got := a.exitCode(t.Context(), c.err); got != c.code || errs.String() != c.says {
			t.Errorf("%s: exit code %d, %q; want %d, %q", c.name, got, errs, c.code, c.says)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a, _, errs := against(t, http.NotFound)
	if got := a.exitCode(ctx, ctx.Err()); got != 130 || errs.String() != "interrupted\n" {
		t.Errorf("interrupted: exit code %d, %q", got, errs)
	}
}

// TestAnswers: a cluster that answers but cannot serve.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		code   int
	}{
		{http.StatusInternalServerError, "No cluster leader", 4},
		{http.StatusInternalServerError, "rpc error: something", 1},
		{http.StatusForbidden, "Permission denied", 1},
	} {
		a, out, errs := against(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, c.body, c.status) })
		if got := a.run(t.Context(), []string{"list"}); got != c.code || !strings.Contains(errs.String(), c.body) || out.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d\n%s%s", c.body, got, c.code, out, errs)
		}
	}
}

// TestPluginsChecked: what can never work is said before anything is registered.
func TestPluginsChecked(t *testing.T) {
	node := func(protocol string) *nomad.NodeListStub {
		return &nomad.NodeListStub{Name: "edge", Status: "ready", Drivers: map[string]*nomad.DriverInfo{meta.DriverName: {
			Detected: true, Attributes: map[string]string{"driver.gang.protocol": protocol, "driver.gang.version": "9.9"},
		}}}
	}
	for _, c := range []struct {
		nodes []*nomad.NodeListStub
		want  string
	}{
		{nil, "none of the 0 nodes that are up has the plugin nomad-driver-gang"},
		{[]*nomad.NodeListStub{{Name: "bare", Status: "ready"}, {Name: "down", Status: "down"}}, "none of the 1 nodes that are up has the plugin nomad-driver-gang"},
		{[]*nomad.NodeListStub{node("0")}, "the plugin on node edge (9.9) speaks protocol 0, this osmo-nomad speaks " + meta.ProtocolVersion},
	} {
		registered := false
		a, out, errs := against(t, func(w http.ResponseWriter, r *http.Request) {
			registered = registered || r.Method != http.MethodGet
			if err := json.NewEncoder(w).Encode(c.nodes); err != nil {
				t.Error(err)
			}
		})
		if code := a.run(t.Context(), []string{"run", "wf.yaml"}); code != 1 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("exit code %d, want %q\n%s%s", code, c.want, out, errs)
		}
		if registered {
			t.Errorf("%s: something was written", c.want)
		}
	}
}

// TestEmptyList has OSMO's words, and JSON that is a list.
func TestEmptyList(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/kv/") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, "[]")
	}
	a, out, errs := against(t, answer)
	if code := a.run(t.Context(), []string{"list"}); code != 0 || out.Len() > 0 || errs.String() != "There are no workflows to view.\n" {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	a, out, _ = against(t, answer)
	if code := a.run(t.Context(), []string{"status", "--json"}); code != 0 || out.String() != "[]\n" {
		t.Errorf("exit code %d, %q", code, out)
	}
	a, _, errs = against(t, answer)
	if code := a.run(t.Context(), []string{"status", "w-1"}); code != 1 || !strings.HasPrefix(errs.String(), "osmo-nomad: no workflow w-1: `osmo-nomad list` shows") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}

// TestInterruptedRun: following ends, the workflow does not, and the words say how to go on.
func TestInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a, _, errs := against(t, func(http.ResponseWriter, *http.Request) { cancel() })
	c, err := a.cluster()
	if err != nil {
		t.Fatal(err)
	}
	a.connect = nil
	code := a.exitCode(ctx, a.follow(ctx, c, "w-1", false))
	want := "\nThe workflow goes on. Follow it: osmo-nomad status w-1, osmo-nomad logs -f w-1; end it: osmo-nomad cancel w-1\n"
	if code != 130 || errs.String() != want {
		t.Errorf("exit code %d, %q", code, errs)
	}
}
