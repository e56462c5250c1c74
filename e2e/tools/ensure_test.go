//go:build unix

package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/modfile"
)

// tiny is a tool that builds in a moment: the standard library's own, under a module with no requirements. Its version
// output has no version in it, so the build is checked only through the files that it leaves, unless a test says else.
func tiny(pkg string) tool {
	return tool{
		name: "tiny", version: "1.2.3", minimum: "1.2.0", pkg: pkg, takes: "a moment",
		mod: []byte("module tiny\n\ngo 1.24\n"),
	}
}

// onlyGo is a PATH with the go command and nothing else.
func onlyGo(name string) (string, error) {
	if name == "go" {
		return exec.LookPath("go")
	}
	return "", exec.ErrNotFound
}

// fake writes a program that answers `version` with the given text, and counts its runs.
func fake(t *testing.T, dir, name, script string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestModulesRequireTheirTool(t *testing.T) {
	for _, get := range []func() (tool, error){nomadTool, consulTool} {
		tl, err := get()
		if err != nil {
			t.Fatal(err)
		}
		f, err := modfile.Parse(tl.name+".mod", tl.mod, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range f.Require {
			found = found || r.Mod.Path == tl.pkg && r.Mod.Version == "v"+tl.version
		}
		if !found {
			t.Errorf("%s.mod does not require %s v%s", tl.name, tl.pkg, tl.version)
		}
		for _, r := range f.Replace {
			if r.New.Version == "" {
				t.Errorf("%s.mod replaces %s by the local folder %s", tl.name, r.Old.Path, r.New.Path)
			}
		}
		if !bytes.Contains(tl.sum, []byte(tl.pkg+" v"+tl.version+" h1:")) {
			t.Errorf("%s.sum has no sum of %s v%s", tl.name, tl.pkg, tl.version)
		}
	}
}

func TestOnPath(t *testing.T) {
	tests := []struct {
		name, script string
		taken        bool
		says         string
	}{
		{"new enough", "echo tiny v1.2.0", true, ""},
		{"newer", "echo Tiny v1.10.0+ent", true, ""},
		{"too old", "echo v1.1.9", false, "is version 1.1.9, older than 1.2.0"},
		{"does not run", "exit 3", false, "does not run"},
		{"says no version", "echo hello", false, `says "hello", which is no version`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := fake(t, t.TempDir(), "tiny", tt.script)
			var progress bytes.Buffer
			f := finder{lookPath: func(string) (string, error) { return path, nil }, progress: &progress}
			got, ok := f.onPath(t.Context(), tiny(""))
			if ok != tt.taken || ok && got != path {
				t.Errorf("onPath = %q, %v; want taken %v", got, ok, tt.taken)
			}
			if !strings.Contains(progress.String(), tt.says) {
				t.Errorf("progress = %q, want it to contain %q", progress.String(), tt.says)
			}
		})
	}
}

func TestFindPrefersTheCacheToABuild(t *testing.T) {
	dir := t.TempDir()
	want := fake(t, filepath.Join(dir, "tiny-1.2.3"), "tiny", "echo v1.2.3")
	f := finder{dir: dir, lookPath: func(string) (string, error) { return "", exec.ErrNotFound }, progress: new(bytes.Buffer)}
	got, err := f.find(t.Context(), tiny("no/such/package"))
	if err != nil || got != want {
		t.Errorf("find = %q, %v; want %q", got, err, want)
	}
}

func TestBuildReplacesABrokenOne(t *testing.T) {
	dir := t.TempDir()
	bin := fake(t, filepath.Join(dir, "tiny-1.2.3"), "tiny", "exit 1")
	var progress bytes.Buffer
	f := finder{dir: dir, lookPath: onlyGo, progress: &progress}
	if err := f.build(t.Context(), tiny("cmd/pack")); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 4)
	file, err := os.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Read(head); err != nil || string(head) != "\x7fELF" {
		t.Errorf("after the build %s begins with %q, %v", bin, head, err)
	}
	if !strings.Contains(progress.String(), "built tiny 1.2.3 in ") {
		t.Errorf("progress = %q", progress.String())
	}
	checkNothingUnfinished(t, dir)
}

func TestAFailedBuildLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f := finder{dir: dir, lookPath: onlyGo, progress: new(bytes.Buffer)}
	_, err := f.find(t.Context(), tiny("example.invalid/none"))
	if err == nil || !strings.Contains(err.Error(), "getting tiny 1.2.3: building it with") || !strings.Contains(err.Error(), "example.invalid/none") {
		t.Errorf("find = %v, want what go said", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tiny-1.2.3")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failed build left a tool: %v", err)
	}
	checkNothingUnfinished(t, dir)
}

func TestWithoutGoTheErrorSaysWhatToInstall(t *testing.T) {
	f := finder{dir: t.TempDir(), lookPath: func(string) (string, error) { return "", exec.ErrNotFound }, progress: new(bytes.Buffer)}
	_, err := f.find(t.Context(), tiny("cmd/pack"))
	if err == nil || !strings.Contains(err.Error(), "install tiny 1.2.3 or Go") {
		t.Errorf("find = %v", err)
	}
}

// The stand-in for go counts its runs and makes a program: so two callers at once must share one run.
func TestTwoCallersBuildOnce(t *testing.T) {
	dir, count := t.TempDir(), filepath.Join(t.TempDir(), "count")
	script := fmt.Sprintf(`echo run >> %q
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
printf '#!/bin/sh\necho v1.2.3\n' > "$out.new" && chmod 755 "$out.new" && mv "$out.new" "$out"`, count)
	goBin := fake(t, t.TempDir(), "go", script)
	look := func(name string) (string, error) {
		if name == "go" {
			return goBin, nil
		}
		return "", exec.ErrNotFound
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			f := finder{dir: dir, lookPath: look, progress: new(bytes.Buffer)}
			if _, err := f.find(t.Context(), tiny("x")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	runs, err := os.ReadFile(count)
	if err != nil || string(runs) != "run\n" {
		t.Errorf("go was run %d times, %v; want once", bytes.Count(runs, []byte("\n")), err)
	}
}

// A build that is cut short ends its children too, and says so.
func TestCancelEndsTheBuild(t *testing.T) {
	dir, pidFile := t.TempDir(), filepath.Join(t.TempDir(), "pid")
	goBin := fake(t, t.TempDir(), "go", fmt.Sprintf("sleep 1000 & echo $! > %q.new; mv %q.new %q; echo started >&2; wait", pidFile, pidFile, pidFile))
	ctx, cancel := context.WithCancelCause(t.Context())
	f := finder{dir: dir, progress: new(bytes.Buffer), lookPath: func(string) (string, error) { return goBin, nil }}
	done := make(chan error, 1)
	go func() {
		done <- f.build(ctx, tiny("x"))
	}()
	await(t, func() bool { _, err := os.Stat(pidFile); return err == nil })
	cancel(errors.New("interrupted"))
	err := <-done
	if err == nil || !strings.Contains(err.Error(), "cut short") || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("build = %v", err)
	}
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		return err != nil || bytes.Contains(stat, []byte(") Z "))
	})
	checkNothingUnfinished(t, dir)
}
