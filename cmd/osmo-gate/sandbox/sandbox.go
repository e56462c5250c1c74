//go:build linux

// Package sandbox makes a private root for one command on a host that has no
// container engine: everything of the host is there to read and to write, and
// nothing that is written reaches it.
//
// The root is an overlay of the host's, with a throw-away upper layer, in a
// mount namespace of its own. The host's other local mounts (/home, /var, /run)
// get an overlay each, what comes over a network is visible read-only, and
// container engines' trees and other allocations' mounts are left out. /proc is
// that of the sandbox's process namespace; /sys and /dev are the host's (GPUs
// and sensors live there); /tmp and /dev/shm are empty.
//
// The upper layer lies on disk, in the directory that the caller names: a
// command that installs a few gigabytes must not eat a robot's memory, and the
// allocation's disk is what its job asked for. Kernels before 5.13 refuse an
// upper layer below its own lower one, and so do some file systems: then it is
// a tmpfs. Every mount lives in the namespace alone and is gone with its last
// process, whatever killed that; the directory is the caller's to remove, and
// Nomad removes it with the allocation if the caller could not.
//
// It is no wall against a hostile root: that is what container engines are for.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Flags are the namespaces that the process which calls Build must be the
// first of. The process namespace makes the end certain: when its first process
// dies, the kernel kills all others.
const Flags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS

// Spec is what to build.
type Spec struct {
	// Work is a directory on disk for the upper layers and /tmp, absolute. It is
	// emptied first.
	Work string
	// Keep are directories that stay the host's own, at their own paths: the allocation's.
	Keep []string
	// Own are trees whose mounts are left out unless Keep names them.
	Own []string
	// Binds are made last, in order, and may lie anywhere; sources lie below Keep.
	Binds []Bind
	// Dir is the working directory afterwards.
	Dir string
}

// Bind shows Source, a file or a directory, at Target.
type Bind struct {
	Source, Target string
	ReadOnly       bool
}

// Build turns the calling process's mount namespace into the sandbox. The
// process must be the first of the namespaces in Flags; it needs root.
func Build(s Spec) error {
	b := builder{Spec: s}
	if err := b.layers(); err != nil {
		return err
	}
	for _, step := range []func() error{b.mounts, b.system, b.keep, b.enter, b.binds} {
		if err := step(); err != nil {
			return err
		}
	}
	return chdir(s.Dir)
}

// builder carries what the steps share.
type builder struct {
	Spec
	stage  string // holds the layers; on disk or a tmpfs
	root   string // the new root, until it is entered
	layerN int
}

// layers makes the namespace private and mounts the root's overlay.
func (b *builder) layers() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	work, err := fresh(b.Work)
	if err != nil {
		return err
	}
	b.Work, b.stage, b.root = work, filepath.Join(work, "layers"), filepath.Join(work, "root")
	if err := os.Mkdir(b.stage, 0o700); err != nil {
		return err
	}
	onDisk := b.overlay("/", b.root)
	if onDisk == nil {
		return nil
	}
	// Nothing of the failed try is mounted: a tmpfs goes on top.
	if err := syscall.Mount("osmo-sandbox", b.stage, "tmpfs", syscall.MS_NODEV, "mode=0700"); err != nil {
		return fmt.Errorf("mount a tmpfs for the sandbox: %w", err)
	}
	if err := b.overlay("/", b.root); err != nil {
		return fmt.Errorf("layer the host's root on disk: %w; in memory: %w", onDisk, err)
	}
	return nil
}

// fresh empties and makes a directory and returns its real path.
func fresh(dir string) (string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("empty the sandbox's directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the sandbox's directory: %w", err)
	}
	return filepath.EvalSymlinks(dir)
}

// overlay mounts a layered copy of lower at target. Syncing the throw-away
// layer is a waste (a package manager syncs each file), so `volatile` is tried
// first; kernels before 5.10 do not know it.
func (b *builder) overlay(lower, target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	var last error
	for _, extra := range []string{",volatile", ""} {
		b.layerN++
		upper, work, err := b.layerDirs(lower)
		if err != nil {
			return err
		}
		options := "lowerdir=" + escape(lower) + ",upperdir=" + escape(upper) + ",workdir=" + escape(work) + extra
		if last = syscall.Mount("overlay", target, "overlay", 0, options); last == nil {
			return nil
		}
	}
	return fmt.Errorf("overlay of %s: %w", lower, last)
}

// layerDirs makes the two directories of one overlay; the upper has the mode
// and owner of the directory that it covers.
func (b *builder) layerDirs(lower string) (upper, work string, err error) {
	n := strconv.Itoa(b.layerN)
	upper, work = filepath.Join(b.stage, "upper", n), filepath.Join(b.stage, "work", n)
	if err := errors.Join(os.MkdirAll(upper, 0o755), os.MkdirAll(work, 0o700)); err != nil {
		return "", "", err
	}
	info, err := os.Stat(lower)
	if err != nil {
		return "", "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", "", fmt.Errorf("reading the owner of %s: this system does not tell", lower)
	}
	return upper, work, errors.Join(os.Chown(upper, int(st.Uid), int(st.Gid)), os.Chmod(upper, info.Mode()))
}

// escape protects a path in overlay's option text.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `:`, `\:`).Replace(path)
}

// mounts brings the host's other mounts along. A mount that cannot be layered
// is shown read-only, and one that cannot even be shown is left out: a strange
// mount of the host must not keep a command from running.
func (b *builder) mounts() error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	list, err := parseMounts(string(text))
	if err != nil {
		return err
	}
	own := append([]string{b.Work}, b.Own...)
	left := maxCarried
	for _, m := range list {
		how := treat(m, own)
		if how == leave || left == 0 {
			continue
		}
		left--
		if how == show || b.layerMount(m.path) != nil {
			_ = b.showMount(m.path)
		}
	}
	return nil
}

func (b *builder) layerMount(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return errors.New("not a directory")
	}
	return b.overlay(path, filepath.Join(b.root, path))
}

// resolved are files that the sandbox writes itself; in a container they are mounts.
var resolved = [...]string{"/etc/resolv.conf", "/etc/hosts", "/etc/hostname"}

func (b *builder) showMount(path string) error {
	for _, r := range resolved {
		if path == r {
			return nil
		}
	}
	if _, err := os.Lstat(filepath.Join(b.root, path)); err != nil {
		return err
	}
	return bind(path, filepath.Join(b.root, path), true)
}

// bind shows source at target, with what is mounted below it left out.
func bind(source, target string, readOnly bool) error {
	if err := syscall.Mount(source, target, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s at %s: %w", source, target, err)
	}
	if !readOnly {
		return nil
	}
	// A remount must repeat the flags that the mount already has.
	var st syscall.Statfs_t
	if err := syscall.Statfs(target, &st); err != nil {
		return err
	}
	flags := uintptr(st.Flags) & (syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC | syscall.MS_NOATIME | syscall.MS_NODIRATIME | syscall.MS_RELATIME)
	if err := syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY|flags, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", target, err)
	}
	return nil
}

// system mounts what is no file: processes, devices, memory, and the own /tmp.
func (b *builder) system() error {
	tmp := filepath.Join(b.Work, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o777|os.ModeSticky); err != nil {
		return err
	}
	type step struct {
		source, target, fstype string
		flags                  uintptr
		data                   string
	}
	for _, s := range []step{
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC, ""},
		{"/sys", "/sys", "", syscall.MS_BIND | syscall.MS_REC, ""},
		{"/dev", "/dev", "", syscall.MS_BIND | syscall.MS_REC, ""},
		{"shm", "/dev/shm", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=1777"},
		{tmp, "/tmp", "", syscall.MS_BIND, ""},
	} {
		target, err := b.inside(s.target)
		if err != nil {
			return err
		}
		if err := syscall.Mount(s.source, target, s.fstype, s.flags, s.data); err != nil {
			return fmt.Errorf("mount %s: %w", s.target, err)
		}
	}
	return nil
}

// inside is where the host's directory path is in the new root, made if need
// be. Links are resolved on the host first, because one that is absolute would
// lead out of the new root.
func (b *builder) inside(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		real, err = path, nil
	}
	if err != nil {
		return "", err
	}
	target := filepath.Join(b.root, real)
	return target, os.MkdirAll(target, 0o755)
}

// keep binds the allocation's own directories, and covers the layers, which
// would else be seen a second time below them.
func (b *builder) keep() error {
	for _, dir := range b.Keep {
		target, err := b.inside(dir)
		if err != nil {
			return err
		}
		if err := bind(dir, target, false); err != nil {
			return err
		}
	}
	cover := filepath.Join(b.root, b.Work)
	if _, err := os.Lstat(cover); err != nil {
		return nil
	}
	if err := syscall.Mount("none", cover, "tmpfs", syscall.MS_RDONLY, "size=4k,mode=0"); err != nil {
		return fmt.Errorf("cover the sandbox's layers: %w", err)
	}
	return nil
}

// enter makes the new root the root and lets go of the old one.
func (b *builder) enter() error {
	if err := os.Chdir(b.root); err != nil {
		return err
	}
	// The old root lands on top of the new one, at the same place, and is
	// detached from there: no directory for it is needed.
	if err := syscall.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change to the sandbox's root: %w", err)
	}
	if err := syscall.Unmount(".", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("let go of the host's root: %w", err)
	}
	return os.Chdir("/")
}

func (b *builder) binds() error {
	for _, m := range b.Binds {
		if err := makeTarget(m); err != nil {
			return fmt.Errorf("make room for %s: %w", m.Target, err)
		}
		if err := bind(m.Source, m.Target, m.ReadOnly); err != nil {
			return err
		}
	}
	return nil
}

// makeTarget makes what a bind needs at its target: a directory or a file.
func makeTarget(m Bind) error {
	info, err := os.Stat(m.Source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(m.Target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(m.Target), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(m.Target, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

func chdir(dir string) error {
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("enter the working directory: %w", err)
	}
	return nil
}
