//go:build linux

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpand(t *testing.T) {
	env := map[string]string{"A": "1", "B": "two words", "EMPTY": "", "A.b-c": "dotted", "REF": "$(A)"}
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"$(A)", "1"},
		{"x$(A)y$(B)z", "x1ytwo wordsz"},
		{"$(EMPTY)", ""},
		{"$(A.b-c)", "dotted"},
		{"$(NOT)", "$(NOT)"},
		{"$()", "$()"},
		{"$$(A)", "$(A)"},
		{"$$$(A)", "$1"},
		{"$$$$(A)", "$$(A)"},
		{"$$", "$"},
		{"echo $$ $1 ${A} ${A:-1} %{ {{ }}", "echo $ $1 ${A} ${A:-1} %{ {{ }}"},
		{"$", "$"},
		{"$(A", "$(A"},
		{"$(A $(B)", "$(A $(B)"},
		{"$(echo $(A))", "$(echo $(A))"},
		{"$(date) $(A)", "$(date) 1"},
		{"$(REF)", "$(A)"}, // what was put in is not read again
		{"$A$(A)", "$A1"},
		{"ä$(A)ß", "ä1ß"},
	} {
		if got := expandAll([]string{c.in}, env)[0]; got != c.want {
			t.Errorf("expand(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestExpandEnvironment(t *testing.T) {
	got := expandEnvironment(map[string]string{
		"Z": "z", "A": "$(Z)/$(HOME)", "CHAIN": "$(A):$(Z)", "PATH": "$(PATH):/x", "P": "$(Q)", "Q": "$(P)", "ESC": "$$(Z)", "AFTER": "$(ESC)",
	})
	want := map[string]string{
		"Z": "z", "A": "z/$(HOME)", "CHAIN": "z/$(HOME):z", "PATH": "$(PATH):/x", "P": "$(P)", "Q": "$(P)", "ESC": "$(Z)", "AFTER": "$(Z)",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestOverlayEnvironment(t *testing.T) {
	got := overlayEnvironment([]string{"A=1", "B=2", "A=3"}, map[string]string{"A": "own", "C": ""})
	if d := cmp.Diff([]string{"B=2", "A=own", "C="}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestHostsFile(t *testing.T) {
	host := hostText{name: "edge", hosts: "127.0.0.1 localhost\n127.0.1.1 edge.lab edge\n# note\n10.0.0.9 camera sim.service.consul # left\n\n10.0.0.3 sim.service.consul\n"}
	got := hostsFile(host, map[string]string{"sim.service.consul": "10.1.1.1", "a": "10.1.1.2", "evil": "1.1.1.1\n2.2.2.2"})
	want := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tedge\n10.1.1.2\ta\n10.1.1.1\tsim.service.consul\n127.0.1.1\tedge.lab\n10.0.0.9\tcamera\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestResolvFile(t *testing.T) {
	host := hostText{resolv: "nameserver 127.0.0.53\nsearch lab.example\noptions edns0 trust-ad\n"}
	for _, c := range []struct {
		servers []string
		want    string
	}{
		{nil, host.resolv},
		{
			[]string{"10.1.1.1", "[fd00::53]:53", "fd00::53", "10.1.1.2:8600", "10.1.1.3:53", "a b"},
			"nameserver 10.1.1.1\nnameserver fd00::53\nnameserver fd00::53\nnameserver 10.1.1.3\nsearch lab.example\noptions edns0 trust-ad\n",
		},
	} {
		if d := cmp.Diff(c.want, resolvFile(host, c.servers)); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.servers, d)
		}
	}
}

func TestFindProgram(t *testing.T) {
	for _, c := range []struct{ name, path, want, err string }{
		{"sh", "PATH=/nothing:/bin", "/bin/sh", ""},
		{"/bin/sh", "PATH=", "/bin/sh", ""},
		{"", "PATH=/bin", "", "the command's name is empty"},
		{"/etc", "PATH=/bin", "", `the command "/etc" is a directory`},
		{"etc", "PATH=/", "", `the command "//etc" is a directory`},
		{"/etc/passwd", "PATH=/bin", "", `the command "/etc/passwd" cannot be executed: permission denied`},
		{"none", "PATH=/bin:/usr/bin", "", `the command "none" is not found in PATH (/bin:/usr/bin)`},
	} {
		got, err := findProgram(c.name, []string{"PATH=/wrong", c.path})
		if c.err == "" && (err != nil || got != c.want) || c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("findProgram(%q, %q) = %q, %v; want %q, %q", c.name, c.path, got, err, c.want, c.err)
		}
	}
}

func TestDescendants(t *testing.T) {
	got := descendants(map[int]int{1: 0, 2: 1, 3: 2, 4: 3, 5: 1, 6: 5}, 2)
	if d := cmp.Diff([]int{3, 4}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := parentIn("12 (a) b) (c) S 7 12 12"); got != 7 {
		t.Errorf("parentIn = %d, want 7", got)
	}
}
