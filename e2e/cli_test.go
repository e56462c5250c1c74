package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// talking is a run of the CLI whose stderr is read line by line.
type talking struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	said   bytes.Buffer // stderr so far
	stdout bytes.Buffer
}

func (c *cluster) talk(t *testing.T, args ...string) *talking {
	t.Helper()
	p := &talking{t: t, cmd: exec.CommandContext(t.Context(), c.cli(), args...)}
	p.cmd.Env, p.cmd.Stdout = c.env, &p.stdout
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(errs)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// until reads stderr up to a line that contains the text.
func (p *talking) until(text string) {
	p.t.Helper()
	for p.lines.Scan() {
		fmt.Fprintln(&p.said, p.lines.Text())
		if strings.Contains(p.lines.Text(), text) {
			return
		}
	}
	p.t.Fatalf("it never said %q:\n%s", text, p.said.String())
}

// wait reads the rest and returns how the run ended.
func (p *talking) wait() result {
	p.t.Helper()
	for p.lines.Scan() {
		fmt.Fprintln(&p.said, p.lines.Text())
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return result{code: p.cmd.ProcessState.ExitCode(), stdout: p.stdout.String(), stderr: p.said.String()}
}

// TestLogsFromBeforeThePlacement: logs -f waits for a member that is not placed,
// prints everything it writes, and ends with the workflow.
func TestLogsFromBeforeThePlacement(t *testing.T) {
	busy := shared.submit(t, "testdata/solo.yaml", "--set", "name=busy", "--set", "memory=15Gi")
	busy.awaitState(rendezvous.Running, soon)
	w := shared.submit(t, "testdata/solo.yaml", "--set", "name=late", "--set", "memory=4Gi",
		"--set", "script=for i in 1 2 3; do echo line $i; sleep 0.3; done; echo aside >&2; printf end")
	logs := shared.talk(t, "logs", "-f", w.id)
	logs.until("solo has not been placed yet, waiting")
	if r := shared.run(t, "cancel", busy.id); r.code != 0 {
		t.Fatalf("cancel: %s", r.stderr)
	}
	r := logs.wait()
	if r.code != 0 {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	// The two streams are read side by side: each is in order, each line whole and once.
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	slices.Sort(lines)
	want := []string{"[solo] aside", "[solo] end", "[solo] line 1", "[solo] line 2", "[solo] line 3"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if first, last := strings.Index(r.stdout, "line 1"), strings.Index(r.stdout, "end"); first > last {
		t.Errorf("stdout is not in order:\n%s", r.stdout)
	}
}

// TestRunInterrupted: Ctrl-C ends the following, not the workflow.
func TestRunInterrupted(t *testing.T) {
	run := shared.talk(t, "run", "testdata/gang.yaml", "--set", "name=goeson", "--set", "trainer=sleep 1000")
	t.Cleanup(func() { shared.clearByOutput(t, run.stdout.String()) })
	run.until("started together")
	if err := run.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	r := run.wait()
	found := workflowID.FindStringSubmatch(r.stdout)
	if r.code != 130 || found == nil {
		t.Fatalf("exit code %d, expected 130\n%s%s", r.code, r.stdout, r.stderr)
	}
	if !strings.Contains(r.stderr, "The workflow goes on.") || !strings.Contains(r.stderr, "osmo-nomad cancel "+found[1]) {
		t.Errorf("it does not say how to go on:\n%s", r.stderr)
	}
	w := &workflow{c: shared, t: t, id: found[1]}
	if s := w.status(); s.Status != "RUNNING" {
		t.Errorf("the workflow is %s after the Ctrl-C", s.Status)
	}
}

// TestHoldHasNoPlace: a hold that Nomad cannot place cannot say so itself.
func TestHoldHasNoPlace(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site.yaml")
	writeFile(t, site, "pools:\n  default:\n    driver: raw_exec\n    datacenters: [nowhere]\n")
	hello := filepath.Join("..", "jobspecs", "hello-world.yaml")
	r := shared.run(t, "translate", hello, "--site", site, "--id", "nowhere-1")
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	w := &workflow{c: shared, t: t, id: "nowhere-1"}
	t.Cleanup(w.clear)
	if r := shared.nomadCLI(t, []byte(r.stdout), "job", "run", "-detach", "-"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	const why = "Nomad cannot place the hold: no client is up in the job's datacenters and node pool"
	await(t, soon, "the reason", func() error {
		r := shared.run(t, "status", w.id)
		if r.code != 0 || !strings.Contains(r.stdout, why) || !strings.Contains(r.stdout, "Status      : PENDING") {
			return fmt.Errorf("exit code %d: %s%s", r.code, r.stdout, r.stderr)
		}
		return nil
	})
}
