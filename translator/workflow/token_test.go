package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func TestExpand(t *testing.T) {
	values := func(tok Token) (string, bool) {
		switch tok.Kind {
		case TokenWorkflowID:
			return "w-1", true
		case TokenOutput:
			return "/out", true
		case TokenInput:
			return "/in/" + tok.Arg, true
		default:
			return "<" + tok.Arg + ">", tok.Arg == "x"
		}
	}
	for in, want := range map[string]string{
		"":                                       "",
		"{{workflow_id}}/{{output}}":             "w-1//out",
		"{{input:0}} {{input:wf-1:prev}}":        "/in/0 /in/wf-1:prev",
		"{{host:x}}{{host:x }}{{ host:x}}":       "<x><x><x>",
		"<<host:x>> << host:x >>":                "<x> <x>",
		"{{host: x}} {{host:y}} <<host:y>>":      "{{host: x}} {{host:y}} <<host:y>>",
		"{{uuid}} {{other}} {{outputs}} {{host}": "{{uuid}} {{other}} {{outputs}} {{host}",
		"{{{{host:x}}}}":                         "{{<x>}}",
		"cat <<host:x":                           "cat <<host:x",
		"é{{host:x}}é":                           "é<x>é",
	} {
		if got := Expand(in, values); got != want {
			t.Errorf("Expand(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Expand("{{host:x}}", func(Token) (string, bool) { return "{{output}}", true }); got != "{{output}}" {
		t.Errorf("what was put in was expanded again: %q", got)
	}
}

func TestHostPorts(t *testing.T) {
	for in, want := range map[string][]HostPort{
		`sim="http://{{host:physics-sim}}:8080"`:    {{"physics-sim", 8080}},
		"nc -w 30 {{host:server}} 24831":            nil,
		"{{host:a}}:1,{{host:b}}:65535/x":           {{"a", 1}, {"b", 65535}},
		"<<host:a>>:80":                             {{"a", 80}},
		"{{host:a}}:0 {{host:a}}:65536":             nil,
		"{{host:a}}:80a {{host:a}}:8080808":         nil,
		"{{host:a}}:$PORT {{host:a}}: 80":           nil,
		"{{output}}:80 {{workflow_id}}:80":          nil,
		"{{host:a}}:80 and again {{host:a}}:80":     {{"a", 80}, {"a", 80}},
		"--master_addr={{host:a}} --master_port=29": nil,
	} {
		if diff := cmp.Diff(want, HostPorts(in)); diff != "" {
			t.Errorf("HostPorts(%q) (-want +got):\n%s", in, diff)
		}
	}
}

// TestMaxMembers: the plugin's bound is what the diagnostic promises.
func TestMaxMembers(t *testing.T) {
	if MaxMembers != meta.MaxMembers {
		t.Errorf("MaxMembers is %d, the job's is %d", MaxMembers, meta.MaxMembers)
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]string{
		"15m": "15m0s", "'10 m'": "10m0s", "+5m": "5m0s", "1_0m": "10m0s", "90": "1m30s", "1.5": "1.5s", "PT1H30M": "1h30m0s",
		"P1DT0.5S": "24h0m0.5s", "60d": "1440h0m0s", "250ms": "250ms", "7us": "7µs", "0": "0s", "null": "0s", "true": "1s", "1:30": "1m30s",
	} {
		w, diags := Decode("workflow: {name: w, timeout: {exec_timeout: "+in+"}, tasks: [{name: t, image: a, command: [a]}]}", diag.SourceMap{})
		if diags != nil || w.Timeout.Exec.V.String() != want {
			t.Errorf("exec_timeout: %s: got %v %v, want %s", in, w, diags, want)
		}
	}
	for _, in := range []string{"1D", "1w", "1.5h", "10h5m", "'8'", "P", "PT", "P1DT", "pt10s", "''", "[1]", "m", ".nan", ".inf", "99999999999d"} {
		_, diags := Decode("workflow: {name: w, timeout: {exec_timeout: "+in+"}, tasks: [{name: t, image: a, command: [a]}]}", diag.SourceMap{})
		if len(diags) != 1 || !strings.HasPrefix(diags[0].Msg, "exec_timeout is ") {
			t.Errorf("exec_timeout: %s: got %v", in, diags)
		}
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]int64{
		"1Gi": 1 << 30, "1G": 1 << 30, "1GiB": 1 << 30, "1.5Ki": 1536, "2Ti": 2 << 40, "4096": 4096, "0": 0, "1536000m": 1536, "1024.5B": 1025, "2000000": 2000000, "0x800": 2048,
	} {
		w, diags := Decode("workflow: {name: w, resources: {default: {memory: "+in+"}}, tasks: [{name: t, image: a, command: [a]}]}", diag.SourceMap{})
		if diags != nil || w.Resources[0].MemoryBytes.V != want {
			t.Errorf("memory: %s: got %v %v, want %d", in, w, diags, want)
		}
	}
}

func TestImages(t *testing.T) {
	for _, in := range []string{
		"ubuntu", "ubuntu:22.04", "nvcr.io/nvidia/pytorch:24.01-py3", "localhost/x", "localhost:5000/x/y_z.w-v:T", "10.0.0.1:80/x",
		"reg:5000/x@sha256:0123abcdef", "a/b/c@sha256:00", "arm64v8/python:3.11-slim",
	} {
		if _, diags := Decode("workflow: {name: w, tasks: [{name: t, image: '"+in+"', command: [a]}]}", diag.SourceMap{}); diags != nil {
			t.Errorf("%s: %v", in, diags)
		}
	}
	for _, in := range []string{"-a", "a-", "a//b", "a/", "/a", "a:", "a@sha256", "a b", "A/b", "a:5/b/C"} {
		if _, diags := Decode("workflow: {name: w, tasks: [{name: t, image: '"+in+"', command: [a]}]}", diag.SourceMap{}); len(diags) != 1 || diags[0].Code != diag.Image {
			t.Errorf("%q: %v", in, diags)
		}
	}
}
