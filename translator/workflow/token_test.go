package workflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
