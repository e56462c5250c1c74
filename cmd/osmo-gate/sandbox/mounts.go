//go:build linux

package sandbox

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// A mount is one line of /proc/self/mountinfo, as far as the sandbox cares.
type mount struct {
	path     string
	fstype   string
	readOnly bool
}

// parseMounts reads mountinfo text. Of several mounts stacked on one path only
// one is kept: a path shows the topmost anyway.
func parseMounts(text string) ([]mount, error) {
	var list []mount
	at := map[string]int{}
	for line := range strings.Lines(text) {
		m, err := parseMount(line)
		if err != nil {
			return nil, err
		}
		if i, ok := at[m.path]; ok {
			list[i] = m
			continue
		}
		at[m.path] = len(list)
		list = append(list, m)
	}
	return list, nil
}

// parseMount reads one line: `id parent major:minor root path options [tags…] - type source superoptions`.
func parseMount(line string) (mount, error) {
	left, right, ok := strings.Cut(line, " - ")
	l, r := strings.Fields(left), strings.Fields(right)
	if !ok || len(l) < 6 || len(r) < 1 {
		return mount{}, errors.New("mountinfo line " + strconv.Quote(line) + " has too few fields")
	}
	m := mount{path: unescape(l[4]), fstype: r[0], readOnly: hasOption(l[5], "ro")}
	if len(r) > 2 && hasOption(r[2], "ro") {
		m.readOnly = true
	}
	return m, nil
}

func hasOption(options, name string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == name {
			return true
		}
	}
	return false
}

// unescape undoes the kernel's `\040` spelling of blanks and backslashes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// A treatment is what becomes of one of the host's mounts below `/`: an overlay
// of the root does not carry them along.
type treatment int

const (
	leave treatment = iota // not visible in the sandbox
	layer                  // an overlay of its own: readable, writes are thrown away
	show                   // visible, read-only
)

// replaced are trees that the sandbox mounts itself.
var replaced = [...]string{"/proc", "/sys", "/dev", "/tmp"}

// foreign are trees that belong to container engines: other people's roots,
// which a bind would pin for as long as the sandbox lives.
var foreign = [...]string{"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/run/docker", "/run/containerd", "/run/netns"}

// treat decides about one mount. own are the trees of the allocation's agent,
// which the sandbox binds itself as far as they are the allocation's.
func treat(m mount, own []string) treatment {
	if m.path == "/" || below(m.path, replaced[:]) || below(m.path, foreign[:]) || below(m.path, own) {
		return leave
	}
	switch kind(m.fstype) {
	case kernelFS:
		return leave
	case remoteFS:
		return show
	}
	switch {
	case m.fstype == "tmpfs" && strings.Count(m.path, "/") > privateDepth:
		return leave
	case m.readOnly:
		return show
	}
	return layer
}

// privateDepth is how many names the path of a tmpfs may have that is part of
// the system (/run/user/1000). Deeper ones are some program's own: a machine
// with a few Nomad clients has hundreds of secrets directories, each a mount.
// (No rule about UUIDs in paths: desktops mount disks at those.)
const privateDepth = 3

// maxCarried bounds the mounts that are brought along. Parents are mounted
// before what is below them, so the first ones are those that matter.
const maxCarried = 64

// kinds of file systems.
type fsKind int

const (
	localFS  fsKind = iota
	remoteFS        // shared with other machines or served by a process: never layered
	kernelFS        // not files at all, or another container's root
)

func kind(fstype string) fsKind {
	switch fstype {
	case "proc", "sysfs", "devtmpfs", "devpts", "mqueue", "hugetlbfs", "cgroup", "cgroup2", "pstore", "bpf", "tracefs",
		"debugfs", "securityfs", "selinuxfs", "configfs", "fusectl", "efivarfs", "binfmt_misc", "autofs", "rpc_pipefs", "nsfs", "ramfs",
		"overlay", "aufs":
		return kernelFS
	case "nfs", "nfs4", "cifs", "smb3", "ceph", "lustre", "gpfs", "9p", "virtiofs", "fuse", "fuseblk",
		"squashfs", "iso9660", "erofs":
		return remoteFS
	}
	if strings.HasPrefix(fstype, "fuse.") {
		return remoteFS
	}
	return localFS
}

// below says whether path is one of the trees or inside one.
func below(path string, trees []string) bool {
	for _, t := range trees {
		if path == t || t != "" && strings.HasPrefix(path, filepath.Clean(t)+"/") {
			return true
		}
	}
	return false
}
