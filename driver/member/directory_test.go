package member

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

func testDirectory(t *testing.T) (*directory, string) {
	t.Helper()
	shared := t.TempDir()
	d, err := openDirectory(shared)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.close() })
	return d, shared
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestInstall(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	d, shared := testDirectory(t)
	for _, gate := range []string{"one", "one", "two"} { // again, and a newer plugin's
		if err := d.install("robot", []byte(gate)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(shared, wire.GateFile))
		if err != nil || string(got) != gate {
			t.Errorf("gate is %q, %v, want %q", got, err, gate)
		}
	}
	modes := map[string]os.FileMode{
		wire.GateFile: 0o755, wire.Dir: 0o755, wire.MemberDir("robot"): 0o777,
		wire.DataDir("robot") + "/output": 0o777, wire.DataDir("robot") + "/input": 0o777,
	}
	for name, want := range modes {
		info, err := os.Stat(filepath.Join(shared, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %v", name, info.Mode(), err, want)
		}
	}
}

func TestExitFile(t *testing.T) {
	d, shared := testDirectory(t)
	path := filepath.Join(shared, wire.ExitFile("robot"))
	if e, err := d.exit("robot"); e != nil || err != nil {
		t.Errorf("without a file: %v, %v", e, err)
	}
	write(t, path, `{"code":3,"started":{"epoch":2}}`)
	want := &wire.Exit{Code: 3, Started: &wire.Start{Epoch: 2}}
	e, err := d.exit("robot")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	write(t, path, `{"code":`)
	if _, err := d.exit("robot"); err == nil {
		t.Error("half a file was believed")
	}
}

// TestHostileFiles: the command owns its directory, and the plugin is root.
func TestHostileFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, `{"code":0,"message":"root:x"}`)
	d, shared := testDirectory(t)
	exit, log := filepath.Join(shared, wire.ExitFile("robot")), filepath.Join(shared, "logs", "robot.stderr.0")
	write(t, exit, "")
	write(t, log, "")
	t.Run("link out of the directory", func(t *testing.T) {
		for _, path := range []string{exit, log} {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(secret, path); err != nil {
				t.Fatal(err)
			}
		}
		if e, err := d.exit("robot"); e != nil || err == nil || strings.Contains(err.Error(), "root:x") {
			t.Errorf("the exit file's link was followed: %v, %v", e, err)
		}
		if lines := d.lastLines("robot"); len(lines) != 0 {
			t.Errorf("the log's link was followed: %q", lines)
		}
	})
	t.Run("pipe", func(t *testing.T) {
		for _, path := range []string{exit, log} {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if e, err := d.exit("robot"); e != nil || err == nil { // and it does not wait
			t.Errorf("a pipe was read: %v, %v", e, err)
		}
		if lines := d.lastLines("robot"); len(lines) != 0 {
			t.Errorf("a pipe was read: %q", lines)
		}
	})
}

func numbered(prefix string, from, to int) []string {
	var lines []string
	for i := from; i <= to; i++ {
		lines = append(lines, fmt.Sprintf("%s%d", prefix, i))
	}
	return lines
}

func TestLastLines(t *testing.T) {
	text := func(lines []string) string { return strings.Join(lines, "\n") + "\n" }
	tests := []struct {
		name   string
		files  map[string]string
		want   []string
		maxLen int
	}{
		{"nothing", nil, nil, 0},
		{"stdout only", map[string]string{"stdout.0": text(numbered("o", 1, 30))}, numbered("o", 11, 30), 0},
		{
			"both are long",
			map[string]string{"stdout.0": text(numbered("o", 1, 30)), "stderr.0": text(numbered("e", 1, 30))},
			append(numbered("o", 21, 30), numbered("e", 21, 30)...), 0,
		},
		{
			"stderr is short",
			map[string]string{"stdout.0": text(numbered("o", 1, 30)), "stderr.0": text(numbered("e", 1, 2))},
			append(numbered("o", 13, 30), "e1", "e2"), 0,
		},
		{
			"stdout is short",
			map[string]string{"stdout.0": text(numbered("o", 1, 2)), "stderr.0": text(numbered("e", 1, 30))},
			append(numbered("o", 1, 2), numbered("e", 13, 30)...), 0,
		},
		{"the newest file counts", map[string]string{"stdout.9": "old\n", "stdout.10": "new\n", "stdout.x": "no\n"}, []string{"new"}, 0},
		{"empty lines and control characters", map[string]string{"stdout.0": "\x1b[31ma\x00\n\n\xffb\r\n"}, []string{"[31ma", "b"}, 0},
		{"a long line", map[string]string{"stdout.0": strings.Repeat("é", 3000)}, nil, maxLineBytes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, shared := testDirectory(t)
			for name, content := range tt.files {
				write(t, filepath.Join(shared, "logs", "robot."+name), content)
			}
			got := d.lastLines("robot")
			if tt.maxLen > 0 {
				if len(got) != 1 || len(got[0]) > tt.maxLen || len(got[0]) < tt.maxLen-4 {
					t.Errorf("got %d lines, %q", len(got), got)
				}
				return
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("lines (-want +got):\n%s", d)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	dir := t.TempDir()
	if _, ok, err := recall(dir, "R1"); ok || err != nil {
		t.Errorf("nothing was written, recalled %v, %v", ok, err)
	}
	want := memory{Version: memoryVersion, Self: testSelf(), Session: "s3", Told: "start"}
	if err := remember(dir, want); err != nil {
		t.Fatal(err)
	}
	got, ok, err := recall(dir, "R1")
	if !ok || err != nil {
		t.Fatalf("recalled %v, %v", ok, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, ok, _ := recall(dir, "R2"); ok {
		t.Error("recalled another allocation's memory")
	}
	write(t, filepath.Join(dir, memoryFile), `{"version":2,"self":{"alloc_id":"R1"}}`)
	if _, ok, _ := recall(dir, "R1"); ok {
		t.Error("recalled the memory of another version")
	}
}
