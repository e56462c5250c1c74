package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// quick shortens the project's own robot simulation.
var quick = []string{"--set", "rounds=2", "--set", "steps=2"}

// TestDevRun is `make run`: a cluster of its own for one workflow. It runs
// twice, ends well, shows what it promises to show, and leaves nothing.
func TestDevRun(t *testing.T) {
	before := traces(t)
	for range 2 {
		r := shared.run(t, append([]string{"dev", "run", "../jobspecs/robot-simulation.yaml"}, quick...)...)
		if r.code != 0 {
			t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		}
		for _, want := range []string{"SCHEDULING", "waiting at the barrier", " on edge (agx-orin-jp6)", "skew", "COMPLETED"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("it does not say %q:\n%s", want, r.stderr)
			}
		}
		sameTraces(t, before)
	}
}

// TestDevRunInterrupted: Ctrl-C while the gang runs takes everything down.
func TestDevRunInterrupted(t *testing.T) {
	before := traces(t)
	cmd := exec.CommandContext(t.Context(), shared.cli(), "dev", "run", "../jobspecs/robot-simulation.yaml")
	cmd.Env = shared.env
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for lines := bufio.NewScanner(said); lines.Scan(); {
		fmt.Fprintln(&all, lines.Text())
		if strings.Contains(lines.Text(), "started together") {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("%v, expected exit code 130\n%s", err, all.String())
	}
	sameTraces(t, before)
}

// traces are what a cluster could leave on the machine: namespaces, links,
// mounts, files and processes of its name.
func traces(t *testing.T) []string {
	t.Helper()
	var out []string
	add := func(kind, text string) {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "osmo.run") || strings.Contains(line, "osmo-run") || strings.Contains(line, "osmo-nomad/run") {
				out = append(out, kind+" "+strings.TrimSpace(line))
			}
		}
	}
	for kind, command := range map[string][]string{
		"namespace": {"ip", "netns", "list"}, "link": {"ip", "-o", "link"}, "process": {"ps", "-eo", "args"},
	} {
		text, err := exec.CommandContext(t.Context(), command[0], command[1:]...).Output()
		if err != nil {
			t.Fatalf("%v: %v", command, err)
		}
		add(kind, string(text))
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	add("mount", string(mounts))
	if _, err := os.Stat("/var/lib/osmo-nomad/run"); err == nil {
		out = append(out, "folder /var/lib/osmo-nomad/run")
	}
	slices.Sort(out)
	return out
}

func sameTraces(t *testing.T, before []string) {
	t.Helper()
	if after := traces(t); !slices.Equal(before, after) {
		t.Errorf("left behind:\n%s\nthere was before:\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}
