//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// boxedRun runs a script in a sandbox, from a place outside of /tmp as real
// allocations are, and returns what it printed.
type boxedRun struct {
	*allocation
	welcome wire.Message
}

func newBoxedRun(t *testing.T, script string) boxedRun {
	if os.Geteuid() != 0 {
		t.Skip("a sandbox needs root")
	}
	data := hostDir(t)
	a := newAllocationIn(t, data, "bash", "-euc", script)
	a.command.Sandbox = true
	return boxedRun{a, wire.Message{Kind: wire.Welcome}}
}

// hostDir is a directory of the host that a sandbox does not replace.
func hostDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/var/tmp", "osmo gate-test") //nolint:usetesting // a sandbox replaces /tmp, where t.TempDir lies
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}

func (b boxedRun) run(code int) string {
	b.t.Helper()
	p := b.listen()
	r := b.start()
	s := p.accept()
	s.await(wire.Hello)
	s.send(b.welcome)
	s.await(wire.Ready)
	s.goEpoch(1)
	r.awaitCode(code)
	return r.stdout.String()
}

func mounts(t *testing.T) string {
	text, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	return string(text)
}

func TestSandboxKeepsTheHostUntouched(t *testing.T) {
	word := fmt.Sprintf("osmo-sandbox-%d", os.Getpid())
	b := newBoxedRun(t, `
		echo x > /`+word+`; echo x > /tmp/`+word+`; echo x > /usr/bin/`+word+`; echo x > /dev/shm/`+word+`
		mkdir -p /tmp/model /var/lib/`+word+`; mv /etc/debian_version /etc/`+word+`; rm -rf /usr/share/common-licenses
		hostname `+word+`; mount -t tmpfs none /mnt; ipcmk -M 77777 > /dev/null
		echo out > /osmo/data/output/result; echo alloc > "$NOMAD_ALLOC_DIR/shared"; echo task > "$NOMAD_TASK_DIR/mine"; echo secret > "$NOMAD_SECRETS_DIR/s"
		echo cwd > here
		ls / /tmp | grep -c `+word)
	hostname, err := os.Hostname()
	must(t, err)
	if got := b.run(0); got != "2\n" {
		t.Errorf("the command did not see its own files: %q", got)
	}
	for _, path := range []string{"/" + word, "/tmp/" + word, "/usr/bin/" + word, "/dev/shm/" + word, "/var/lib/" + word, "/etc/" + word, filepath.Join(filepath.Dir(b.task), "here"), filepath.Join(b.task, "osmo/sandbox")} {
		if exists(path) {
			t.Errorf("%s is there", path)
		}
	}
	for _, path := range []string{"/etc/debian_version", "/usr/share/common-licenses", b.path("osmo/train/data/output/result"), b.path("osmo/train/data/input"), b.path("shared"), filepath.Join(b.task, "mine"), filepath.Join(b.secrets, "s")} {
		if !exists(path) {
			t.Errorf("%s is missing", path)
		}
	}
	for line := range strings.Lines(mounts(t)) {
		if strings.Contains(line, "osmo-sandbox") || strings.Contains(line, b.task) {
			t.Errorf("the host has a mount: %s", line)
		}
	}
	if now, err := os.Hostname(); err != nil || now != hostname {
		t.Errorf("the host is called %q now", now)
	}
	if text, err := os.ReadFile("/proc/sysvipc/shm"); err != nil || strings.Contains(string(text), "77777") {
		t.Errorf("the host has the command's shared memory: %s %v", text, err)
	}
}

// A directory that the site allows is the host's own, at its path or another.
func TestSandboxShowsMounts(t *testing.T) {
	b := newBoxedRun(t, `
		echo own > "$OWN/own"; echo other > /mnt/other/other; cat /mnt/other/there
		echo gone > "$(dirname "$OWN")/gone"`)
	own, other := hostDir(t), hostDir(t)
	must(t, os.WriteFile(filepath.Join(other, "there"), []byte("there\n"), 0o600))
	b.command.Environment = map[string]string{"OWN": own}
	b.command.Mounts = []meta.Mount{{Source: own, Target: own}, {Source: other, Target: "/mnt/other"}}
	if got := b.run(0); got != "there\n" {
		t.Errorf("the command saw %q", got)
	}
	if !exists(filepath.Join(own, "own")) || !exists(filepath.Join(other, "other")) || exists(filepath.Join(filepath.Dir(own), "gone")) {
		t.Error("what was written is not where it should be")
	}
}

func TestSandboxIsWhatACommandExpects(t *testing.T) {
	b := newBoxedRun(t, `
		cat /tmp/train.sh /osmo/deep/er/config.yaml /etc/own.conf; cat /tmp/empty
		stat -c '%a %n' /tmp/train.sh /tmp
		(echo y >> /tmp/train.sh) 2>/dev/null && echo writable
		ls -A /tmp | sort | tr '\n' ' '; echo
		ls /osmo/data; ls -A "$NOMAD_TASK_DIR/osmo/sandbox" | wc -l
		test -c /dev/null && test -d /sys/class && test -d /proc/self && pwd
		ps ax -o comm= | head -1
		awk '$5 == "/" {print $9}' /proc/self/mountinfo`)
	b.inject("/tmp/train.sh", "echo train\n")
	b.inject("/osmo/deep/er/config.yaml", "a: ${b}\n")
	b.inject("/etc/own.conf", "own\n")
	b.inject("/tmp/empty", "")
	want := "echo train\na: ${b}\nown\n644 /tmp/train.sh\n1777 /tmp\nempty train.sh \ninput\noutput\n0\n" + filepath.Dir(b.task) + "\nosmo-gate-box\noverlay\n"
	if d := cmp.Diff(want, b.run(0)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestSandboxNames(t *testing.T) {
	b := newBoxedRun(t, `cat /etc/resolv.conf; echo; cat /etc/hosts; getent hosts sim-w-1.service.consul`)
	b.welcome.DNS = []string{"10.9.0.1", "10.9.0.2:53", "10.9.0.3:8600"}
	b.welcome.Hosts = map[string]string{"sim-w-1.service.consul": "10.9.0.7", "bad name": "10.9.0.8"}
	got := b.run(0)
	if !strings.HasPrefix(got, "nameserver 10.9.0.1\nnameserver 10.9.0.2\n") || strings.Contains(got, "10.9.0.3") {
		t.Errorf("resolv.conf: %s", got)
	}
	for _, want := range []string{"127.0.0.1\tlocalhost\n", "10.9.0.7\tsim-w-1.service.consul\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in %s", want, got)
		}
	}
	if strings.Contains(got, "bad name") {
		t.Errorf("a bad name is in %s", got)
	}
}

// A welcome with other names, from a plugin that was restarted, counts until the go.
func TestSandboxLaterNamesCount(t *testing.T) {
	b := newBoxedRun(t, `cat /etc/hosts`)
	p := b.listen()
	r := b.start()
	s := p.ready()
	must(t, s.conn.Close())
	s = p.accept()
	s.await(wire.Hello)
	s.send(wire.Message{Kind: wire.Welcome, Hosts: map[string]string{"late": "10.1.1.1"}}, wire.Message{Kind: wire.Go, Epoch: 1})
	s.await(wire.Ready)
	s.await(wire.Started)
	r.awaitCode(0)
	if !strings.Contains(r.stdout.String(), "10.1.1.1\tlate\n") {
		t.Errorf("hosts: %s", r.stdout.String())
	}
}

// The host's other mounts are there, and as safe as its root.
func TestSandboxLayersOtherMounts(t *testing.T) {
	rw, ro := hostDir(t), hostDir(t)
	for _, d := range []string{rw, ro} {
		must(t, syscall.Mount("osmo-test", d, "tmpfs", 0, ""))
		t.Cleanup(func() { must(t, syscall.Unmount(d, 0)) })
		must(t, os.WriteFile(filepath.Join(d, "f"), []byte("host\n"), 0o644))
	}
	must(t, syscall.Mount("", ro, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	b := newBoxedRun(t, `cat "$RW/f" "$RO/f"; echo task > "$RW/f"; cat "$RW/f"; (echo task > "$RO/f") 2>/dev/null || echo refused`)
	b.command.Environment = map[string]string{"RW": rw, "RO": ro}
	if got, want := b.run(0), "host\nhost\ntask\nrefused\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text, _ := os.ReadFile(filepath.Join(rw, "f")); string(text) != "host\n" {
		t.Errorf("the host's file says %q", text)
	}
}

// Where the disk cannot hold an upper layer, memory does.
func TestSandboxInMemory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a sandbox needs root")
	}
	dir := hostDir(t)
	for _, d := range []string{"lower", "upper", "work", "data"} {
		must(t, os.Mkdir(filepath.Join(dir, d), 0o755))
	}
	data := filepath.Join(dir, "data")
	must(t, syscall.Mount("overlay", data, "overlay", 0, fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir)))
	t.Cleanup(func() { must(t, syscall.Unmount(data, 0)) })
	a := newAllocationIn(t, data, "bash", "-euc", `echo x > /osmo-in-memory; echo x > /tmp/y; awk '$5 == "/" {print $9}' /proc/self/mountinfo; echo out > /osmo/data/output/o`)
	a.command.Sandbox = true
	if got := (boxedRun{a, wire.Message{Kind: wire.Welcome}}).run(0); got != "overlay\n" {
		t.Errorf("the root is %q", got)
	}
	if exists("/osmo-in-memory") || !exists(a.path("osmo/train/data/output/o")) {
		t.Error("the host was written to, or the output is missing")
	}
}

func TestSandboxThatCannotBeBuilt(t *testing.T) {
	t.Run("missing file", func(t *testing.T) {
		b := newBoxedRun(t, `true`)
		b.inject("/proc/nothing/here", "x")
		p := b.listen()
		r := b.start()
		r.awaitCode(1)
		if x := b.exit(); !x.Never || !strings.Contains(x.Message, "set up the sandbox: make room for /proc/nothing/here") {
			t.Errorf("exit file says %+v", x)
		}
		s := p.accept()
		for m := s.await(wire.Hello); m.Exit == nil; {
			m = s.await(wire.Exited)
		}
	})
	t.Run("no root", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("needs root to be nobody")
		}
		b := newBoxedRun(t, `true`)
		openForAll(t, b.alloc, filepath.Dir(b.task))
		b.as = &syscall.Credential{Uid: 65534, Gid: 65534}
		r := b.start()
		r.awaitCode(1)
		if x := b.exit(); !x.Never || !strings.Contains(x.Message, "start the sandbox (it needs root)") {
			t.Errorf("exit file says %+v", x)
		}
	})
}

// openForAll lets any user work below the directories, which are below hostDir, as Nomad's and the
// engine's would.
func openForAll(t *testing.T, dirs ...string) {
	for _, dir := range dirs {
		for d := dir; d != "/var/tmp"; d = filepath.Dir(d) {
			must(t, os.Chmod(d, 0o777))
		}
		must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chmod(path, 0o777)
		}))
	}
}

// In a container the gate is the first process, usually of an unprivileged
// user, and everything of its namespace ends with it.
func TestUnprivilegedUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to be nobody")
	}
	a := newAllocationIn(t, hostDir(t), "sh", "-c", "id -u; exit 6")
	p := a.listen()
	openForAll(t, a.alloc, filepath.Dir(a.task))
	a.as = &syscall.Credential{Uid: 65534, Gid: 65534}
	r := a.start()
	s := p.ready()
	s.goEpoch(1)
	s.await(wire.Exited)
	r.awaitCode(6)
	if r.stdout.String() != "65534\n" {
		t.Errorf("output %q", r.stdout.String())
	}
}

// The sandbox dies with its first process, and the gate says so.
func TestSandboxKilledFromOutside(t *testing.T) {
	b := newBoxedRun(t, `touch "$NOMAD_ALLOC_DIR/up"; sleep 1000`)
	p := b.listen()
	r := b.start()
	s := p.ready()
	s.goEpoch(1)
	eventually(t, "the command is up", func() bool { return exists(b.path("up")) })
	for pid, parent := range parents() {
		if parent == r.cmd.Process.Pid {
			must(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	r.awaitCode(137)
	if x := b.exit(); x.Signal != 9 || x.Message == "" || x.Never {
		t.Errorf("exit file says %+v", x)
	}
}

func TestChrootLinksItsData(t *testing.T) {
	root, data := t.TempDir(), t.TempDir()
	path := filepath.Join(root, "osmo", "data")
	for range 2 { // a task that is started again finds the link
		must(t, linkData(data, path))
	}
	must(t, os.WriteFile(filepath.Join(data, "x"), nil, 0o600))
	if !exists(filepath.Join(path, "x")) {
		t.Error("the link does not lead to the data")
	}
	if err := linkData(t.TempDir(), path); err == nil {
		t.Error("other data were hidden behind the old link")
	}
}
