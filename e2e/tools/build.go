//go:build unix

package tools

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// progressEvery is how often a build says that it is alive.
	progressEvery = 5 * time.Second
	// lockEvery is how often a waiting process tries for the build lock again.
	lockEvery = 500 * time.Millisecond
	// keptLines is how much of a failed build's output is shown.
	keptLines = 12
)

// build makes the tool in a scratch folder beside its place and moves it there whole, under a lock that the kernel drops
// when its owner dies.
func (f finder) build(ctx context.Context, t tool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, buildTimeout, fmt.Errorf("not built after %s", buildTimeout))
	defer cancel()
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return fmt.Errorf("making the tool cache: %w", err)
	}
	unlock, err := f.lock(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := runVersion(ctx, filepath.Join(f.dir, t.dir(), t.name)); err == nil {
		return nil // the process that we waited for built it
	}
	scratch, err := f.scratch(t)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // what stays is removed by the next build
	if err := f.compile(ctx, t, scratch); err != nil {
		return err
	}
	return f.install(t, filepath.Join(scratch, "out"))
}

// scratch makes a fresh module folder for the build; those of builds that were killed go first.
func (f finder) scratch(t tool) (string, error) {
	old, err := filepath.Glob(filepath.Join(f.dir, ".build-"+t.name+"-*"))
	if err != nil {
		return "", fmt.Errorf("looking for earlier builds: %w", err)
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("removing an unfinished build: %w", err)
		}
	}
	dir, err := os.MkdirTemp(f.dir, ".build-"+t.name+"-")
	if err != nil {
		return "", fmt.Errorf("making a build folder: %w", err)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), t.mod, 0o644),
		os.WriteFile(filepath.Join(dir, "go.sum"), t.sum, 0o644),
		os.Mkdir(filepath.Join(dir, "out"), 0o755),
	)
	if err != nil {
		return "", fmt.Errorf("writing the build folder: %w", err)
	}
	return dir, nil
}

func (f finder) compile(ctx context.Context, t tool, dir string) error {
	goBin, err := f.lookPath("go")
	if err != nil {
		return fmt.Errorf("it is not on PATH, and building it needs Go, which is not there either: install %s or Go: %w", t, err)
	}
	fmt.Fprintf(f.progress, "%s is not on PATH: building it once into %s (%s)\n", t, filepath.Join(f.dir, t.dir()), t.takes)
	start := time.Now()
	args := []string{"build", "-v", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(dir, "out", t.name)}
	if t.tags != "" {
		args = append(args, "-tags="+t.tags)
	}
	cmd := exec.CommandContext(ctx, goBin, append(args, t.pkg)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	// The compilers are children of go: a cut-short build must end them too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := f.watch(cmd, t, start)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("building it was cut short after %s: %w", time.Since(start).Round(time.Second), context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("building it with %s: %w\n%s", goBin, err, out)
	}
	fmt.Fprintf(f.progress, "built %s in %s\n", t, time.Since(start).Round(time.Second))
	return nil
}

// watch runs the build and tells its progress. It returns the last lines of what go said.
func (f finder) watch(cmd *exec.Cmd, t tool, start time.Time) (string, error) {
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return "", fmt.Errorf("opening a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("starting it: %w", err)
	}
	lines := make(chan string)
	go readLines(pipe, lines)
	var c counts
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for open := true; open; {
		var line string
		select {
		case line, open = <-lines:
			if open {
				c.add(line)
			}
		case <-ticker.C:
			fmt.Fprintf(f.progress, "building %s: %s, %s\n", t, time.Since(start).Round(time.Second), c)
		}
	}
	return strings.Join(c.last, "\n"), cmd.Wait()
}

// readLines ends when the build has closed its side of the pipe.
func readLines(r io.Reader, lines chan<- string) {
	defer close(lines)
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			lines <- line
		}
		if err != nil {
			return
		}
	}
}

// counts is what `go build -v` has said so far.
type counts struct {
	fetched, compiled int
	last              []string
}

func (c *counts) add(line string) {
	if strings.HasPrefix(line, "go: downloading") {
		c.fetched++
	} else {
		c.compiled++
	}
	if c.last = append(c.last, line); len(c.last) > keptLines {
		c.last = c.last[1:]
	}
}

func (c counts) String() string {
	return fmt.Sprintf("%d modules fetched, %d packages compiled", c.fetched, c.compiled)
}

// install moves the folder with the finished program into its place. What is there already was found not to run.
func (f finder) install(t tool, out string) error {
	place := filepath.Join(f.dir, t.dir())
	if err := os.RemoveAll(place); err != nil {
		return fmt.Errorf("removing a broken %s: %w", t, err)
	}
	if err := os.Rename(out, place); err != nil {
		return fmt.Errorf("moving the built %s into its place: %w", t, err)
	}
	return nil
}

// lock waits until no other process builds the tool.
func (f finder) lock(ctx context.Context, t tool) (unlock func(), err error) {
	path := filepath.Join(f.dir, "."+t.dir()+".lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the build lock: %w", err)
	}
	ticker := time.NewTicker(lockEvery)
	defer ticker.Stop()
	for told := false; ; told = true {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // closing unlocks
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			_ = file.Close()
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		if !told {
			fmt.Fprintf(f.progress, "another process is building %s: waiting for it\n", t)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			_ = file.Close()
			return nil, fmt.Errorf("waiting for another process that builds it (it holds %s): %w", path, context.Cause(ctx))
		}
	}
}
