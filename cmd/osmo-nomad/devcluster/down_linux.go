package devcluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Down ends everything of a cluster and removes everything that it made, whatever state it is in. A cluster that is
// not there is no error.
func Down(ctx context.Context, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("the dev cluster belongs to root: run this as root (sudo)")
	}
	unlock, err := lock(ctx, o.Root, o.Name, o.Progress)
	if err != nil {
		return err
	}
	defer unlock()
	rec, err := load(o.Root, o.Name)
	if err != nil {
		fmt.Fprintf(o.Progress, "%v: removing what is left of that cluster\n", err)
		rec = nil
	}
	l := layout{name: o.Name, root: o.Root}
	if rec == nil && !l.leftovers() {
		fmt.Fprintf(o.Progress, "cluster %s is not up\n", o.Name)
		return nil
	}
	if err := clean(ctx, o, rec); err != nil {
		return fmt.Errorf("taking down cluster %s: %w", o.Name, err)
	}
	fmt.Fprintf(o.Progress, "cluster %s is down\n", o.Name)
	return nil
}

// leftovers says whether anything bears the cluster's name.
func (l layout) leftovers() bool {
	_, errDir := os.Stat(l.dir())
	_, errLink := os.Stat(filepath.Join("/sys/class/net", l.link()))
	return errDir == nil || errLink == nil || len(l.namespaces()) > 0
}

// clean removes a cluster. rec may be nil: names are enough.
// Every step is tried, and nothing is deleted while something is still mounted below the cluster's folder.
func clean(ctx context.Context, o Options, rec *record) error {
	l := layout{name: o.Name, root: o.Root}
	if rec == nil {
		rec = &record{Name: o.Name}
	}
	if err := killAll(ctx, l.namespaceIDs(rec)); err != nil {
		return err
	}
	allocations := l.allocations()
	err := errors.Join(
		l.removeNetwork(ctx),
		removeCgroups(allocations),
		l.removeDocker(),
		removeSystemPaths(ctx, o.Progress),
	)
	if mounted := unmountBelow(l.dir()); mounted != nil {
		return errors.Join(err, mounted)
	}
	if removed := os.RemoveAll(l.dir()); removed != nil {
		err = errors.Join(err, fmt.Errorf("removing the cluster's folder: %w", removed))
	}
	return err
}

// namespaces are the names of the cluster's namespaces that exist.
func (l layout) namespaces() []string {
	entries, err := os.ReadDir(netnsDir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), l.namespacePrefix()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// namespaceIDs are the identities of the cluster's namespaces: by their names, and by the agents that still live in
// one whose name is gone. The machine's own is never among them.
func (l layout) namespaceIDs(rec *record) map[netns]bool {
	ids := map[netns]bool{}
	for _, name := range l.namespaces() {
		if id, err := netnsOf(filepath.Join(netnsDir, name)); err == nil {
			ids[id] = true
		}
	}
	for _, a := range rec.Agents {
		id, err := netnsOf(fmt.Sprintf("/proc/%d/ns/net", a.PID))
		if err == nil && a.alive() {
			ids[id] = true
		}
	}
	for _, own := range []string{"/proc/self/ns/net", "/proc/1/ns/net"} {
		if id, err := netnsOf(own); err == nil {
			delete(ids, id)
		}
	}
	return ids
}

func (l layout) removeNetwork(ctx context.Context) error {
	var errs []error
	if _, err := os.Stat(filepath.Join("/sys/class/net", l.link())); err == nil {
		_, err := ip(ctx, "link", "del", l.link())
		errs = append(errs, err)
	}
	for _, name := range l.namespaces() {
		_, err := ip(ctx, "netns", "del", name)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// allocations returns the ids of the allocations whose folders the hosts still have.
func (l layout) allocations() []string {
	hosts, err := os.ReadDir(l.dir())
	if err != nil {
		return nil
	}
	var ids []string
	for _, h := range hosts {
		entries, err := os.ReadDir(l.allocDir(h.Name()))
		if err != nil {
			continue
		}
		for _, e := range entries {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// belongsTo says whether a cgroup's name begins with the id of one of the allocations.
func belongsTo(name string, allocations []string) bool {
	return slices.ContainsFunc(allocations, func(id string) bool {
		return strings.HasPrefix(name, id)
	})
}

// unmountBelow unmounts everything at or below a folder, the last mounted first.
func unmountBelow(dir string) error {
	mounts, err := mountsBelow(dir)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(mounts) {
		if err := unix.Unmount(m, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("unmounting %s: %w", m, err)
		}
	}
	left, err := mountsBelow(dir)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s is still mounted", left[0])
	}
	return err
}

func mountsBelow(dir string) ([]string, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	return parseMounts(b, dir), nil
}

// parseMounts returns the mount points at or below dir, in the order in which they were mounted.
func parseMounts(mountinfo []byte, dir string) []string {
	var found []string
	lines := bufio.NewScanner(bytes.NewReader(mountinfo))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		if point := unescapeMount(fields[4]); point == dir || strings.HasPrefix(point, dir+"/") {
			found = append(found, point)
		}
	}
	return found
}

// unescapeMount undoes the kernel's octal escapes for spaces and the like.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
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
