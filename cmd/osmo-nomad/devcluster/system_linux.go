package devcluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// systemDir is what all clusters of the machine, in whatever folder, know in common. Like what it is about, it does
	// not outlive a reboot.
	systemDir  = "/run/osmo-nomad"
	madeFile   = systemDir + "/made.json"
	systemLock = "system"
)

// systemPaths are the folders, and a file, outside its own that a cluster makes where they are missing.
func systemPaths() []string { return slices.Concat(nomadCgroups(), []string{netnsDir}, dockerPaths()) }

// nomadCgroups are the parents of all cgroups that Nomad clients make: one for version 2, one per controller for 1.
func nomadCgroups() []string {
	if _, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers")); err == nil {
		return []string{filepath.Join(cgroupRoot, "nomad.slice")}
	}
	var all []string
	for _, controller := range []string{"freezer", "memory", "cpu", "cpuset", "cpuacct", "pids", "devices", "blkio"} {
		all = append(all, filepath.Join(cgroupRoot, controller, "nomad"))
	}
	return all
}

// noteSystemPaths notes which folders of the system are not there, and so will be made by a cluster. The caller has the
// system lock.
func noteSystemPaths(docker bool) error {
	made, err := readMade()
	if err != nil {
		return err
	}
	for _, path := range systemPaths() {
		if !docker && slices.Contains(dockerPaths(), path) {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !slices.Contains(made, path) {
			made = append(made, path)
		}
	}
	return writeMade(made)
}

// removeSystemPaths removes the noted folders that nobody uses any more; the last cluster to go removes them all.
func removeSystemPaths(ctx context.Context, progress io.Writer) error {
	unlock, err := lock(ctx, systemDir, systemLock, progress)
	if err != nil {
		return err
	}
	defer unlock()
	made, err := readMade()
	if err != nil {
		return err
	}
	busy, docker := nomadRuns(), programRuns("dockerd")
	left := slices.DeleteFunc(made, func(path string) bool {
		switch {
		case path == netnsDir:
			return removeNetnsDir()
		case slices.Contains(dockerPaths(), path):
			return !docker && removeIfEmpty(path)
		default:
			return !busy && removeTree(path) == nil // what another Nomad uses is not empty, or has its agent running
		}
	})
	return writeMade(left)
}

func readMade() ([]string, error) {
	b, err := os.ReadFile(madeFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what clusters have made: %w", err)
	}
	var made []string
	if err := json.Unmarshal(b, &made); err != nil {
		return nil, fmt.Errorf("reading what clusters have made, in %s: %w", madeFile, err)
	}
	// It is about to be deleted from: believe only what can be meant.
	return slices.DeleteFunc(made, func(path string) bool { return !slices.Contains(systemPaths(), path) }), nil
}

func writeMade(made []string) error {
	if len(made) == 0 {
		if err := os.Remove(madeFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", madeFile, err)
		}
		return nil
	}
	b, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("noting what clusters make: %w", err)
	}
	if err := writeFile(madeFile, b); err != nil {
		return fmt.Errorf("noting what clusters make: %w", err)
	}
	return nil
}

// nomadRuns says whether any Nomad agent runs on the machine, ours or not. Its idle cgroups look unused.
func nomadRuns() bool { return programRuns("nomad", "agent") }

// programRuns says whether a process has a command line that begins so. It only ever keeps something from being removed.
func programRuns(program string, args ...string) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return true
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			return false
		}
		line := commandLine(pid)
		return len(line) > len(args) && filepath.Base(line[0]) == program && slices.Equal(line[1:len(args)+1], args)
	})
}

// removeNetnsDir removes the folder of named namespaces, which iproute2 may have mounted over itself, and says whether
// it is gone.
func removeNetnsDir() bool {
	entries, err := os.ReadDir(netnsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil || len(entries) > 0 {
		return false
	}
	_ = unix.Unmount(netnsDir, 0) // it may not be mounted
	return unix.Rmdir(netnsDir) == nil
}

// removeCgroups removes the cgroups of the cluster's allocations; one in use cannot be removed.
func removeCgroups(allocations []string) error {
	var errs []error
	for _, parent := range nomadCgroups() {
		errs = append(errs, filepath.WalkDir(parent, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() || !belongsTo(d.Name(), allocations) {
				return nil // what goes away while we walk is gone
			}
			if err := removeTree(path); err != nil {
				return fmt.Errorf("removing the cgroup of an allocation: %w", err)
			}
			return fs.SkipDir
		}))
	}
	return errors.Join(errs...)
}

// removeTree removes empty folders, the deepest first. The files of a cgroup are not removable and go with it.
func removeTree(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(path, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(path); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("removing %s: %w", path, err)
	}
	return nil
}
