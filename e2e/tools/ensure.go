//go:build unix

package tools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// versionTimeout bounds how long a program may take to say its version.
	versionTimeout = 20 * time.Second
	// buildTimeout bounds one build, with its downloads, on a slow machine with a slow line.
	buildTimeout = 60 * time.Minute
)

// Ensure returns runnable Nomad and Consul programs. What is on PATH and new enough is taken; else what an earlier call
// built; else it is built, which takes minutes and tells its progress, a line every few seconds. Two processes that call
// Ensure at once build once. A build that fails or is cut short leaves nothing that a later call could take for a
// program.
func Ensure(ctx context.Context, progress io.Writer) (Paths, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Paths{}, fmt.Errorf("finding the cache directory for nomad and consul (is HOME set?): %w", err)
	}
	f := finder{dir: filepath.Join(cache, "osmo-nomad", "tools"), lookPath: exec.LookPath, progress: progress}
	nomad, err := nomadTool()
	if err != nil {
		return Paths{}, err
	}
	consul, err := consulTool()
	if err != nil {
		return Paths{}, err
	}
	var p Paths
	if p.Nomad, err = f.find(ctx, nomad); err != nil {
		return Paths{}, err
	}
	if p.Consul, err = f.find(ctx, consul); err != nil {
		return Paths{}, err
	}
	return p, nil
}

// A finder looks for tools in their three places.
type finder struct {
	// dir is the cache of built tools.
	dir      string
	lookPath func(string) (string, error)
	progress io.Writer
}

func (f finder) find(ctx context.Context, t tool) (string, error) {
	if path, ok := f.onPath(ctx, t); ok {
		return path, nil
	}
	bin := filepath.Join(f.dir, t.dir(), t.name)
	if _, err := runVersion(ctx, bin); err == nil {
		return bin, nil
	}
	if err := f.build(ctx, t); err != nil {
		return "", fmt.Errorf("getting %s: %w", t, err)
	}
	if _, err := runVersion(ctx, bin); err != nil {
		return "", fmt.Errorf("running the %s that was just built: %w", t, err)
	}
	return bin, nil
}

// onPath says why a program on PATH is not taken: whoever installed it will wonder.
func (f finder) onPath(ctx context.Context, t tool) (string, bool) {
	path, err := f.lookPath(t.name)
	if err != nil {
		return "", false
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", false
	}
	version, err := runVersion(ctx, path)
	if err != nil {
		fmt.Fprintf(f.progress, "%s does not run, taking another one: %v\n", path, err)
		return "", false
	}
	if older(version, t.minimum) {
		fmt.Fprintf(f.progress, "%s is version %s, older than %s: taking another one\n", path, version, t.minimum)
		return "", false
	}
	return path, true
}

var versionPattern = regexp.MustCompile(`v([0-9]+\.[0-9]+\.[0-9]+)`)

// runVersion runs `bin version` and returns what it says, in the form 1.2.3.
func runVersion(ctx context.Context, bin string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, bin, "version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", bin, err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		line, _, _ := strings.Cut(string(out), "\n")
		return "", fmt.Errorf("%s version says %q, which is no version", bin, line)
	}
	return string(m[1]), nil
}

// older compares two versions of the form 1.2.3.
func older(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errors.Join(errX, errY) != nil || x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}
