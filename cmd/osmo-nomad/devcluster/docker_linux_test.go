package devcluster

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nomadapi "github.com/hashicorp/nomad/api"
)

func TestDockerConfigFiles(t *testing.T) {
	l := testLayout()
	golden(t, "containerd.toml", l.containerdConfig("train"))
	b, err := render(l.dockerConfig("train", "WARN"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "docker.json", b)
}

// sayAddress is the program of the image: it notes the addresses that it sees, and stays.
const sayAddress = `package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		panic(err)
	}
	text := ""
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			text += ip.IP.String()
		}
	}
	// The name of the next host, as a container asks for it.
	if found, err := net.LookupHost(os.Args[1]); err != nil || len(found) != 1 || found[0] != os.Args[2] {
		text += fmt.Sprintf(" and %s is %v, %v", os.Args[1], found, err)
	}
	if err := os.WriteFile("/alloc/new", []byte(text), 0o644); err != nil {
		panic(err)
	}
	if err := os.Rename("/alloc/new", "/alloc/address"); err != nil {
		panic(err)
	}
	c, err := net.Listen("unix", "@stay")
	if err != nil {
		panic(err)
	}
	_, err = c.Accept()
	panic(err)
}
`

// image returns a file system with the one static program.
func image(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	src, bin := filepath.Join(dir, "main.go"), filepath.Join(dir, "say")
	if err := os.WriteFile(src, []byte(sayAddress), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", bin, src)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the image's program: %v\n%s", err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: "say", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func importImage(t *testing.T, n Node, image []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", strings.TrimPrefix(n.DockerHost, "unix://"))
	}}}
	resp, err := client.Post("http://docker/images/create?fromSrc=-&repo=say&tag=1", "application/x-tar", bytes.NewReader(image))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("importing the image: %s %s, %v", resp.Status, answer, err)
	}
}

// Containers run on every host's own daemon, see its address, and are gone with all that Docker made after down, though
// everything that looks after them was killed.
func TestDockerUpDownLeavesNothing(t *testing.T) {
	real(t)
	o := options(t, "test7")
	o.Docker = true
	o.Hosts = []Host{{Name: "one", Platform: "p", CPUs: 1, MemoryMB: 512}, {Name: "two", Platform: "p", CPUs: 1, MemoryMB: 512}}
	mustDown(t, o)
	before := systemState(t)
	c, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustDown(t, o) })
	img := image(t)
	job := nomadapi.NewBatchJob("say", "say", "global", 50)
	for i, n := range c.Hosts {
		importImage(t, n, img)
		next := c.Hosts[(i+1)%len(c.Hosts)]
		task := nomadapi.NewTask("say", "docker")
		task.Config = map[string]any{"image": "say:1", "command": "/say", "args": []string{next.Name + ".node.consul", next.Address}, "network_mode": "host", "force_pull": false}
		cpu, memory := 100, 64
		task.Require(&nomadapi.Resources{CPU: &cpu, MemoryMB: &memory})
		group := nomadapi.NewTaskGroup(n.Name, 1).Constrain(nomadapi.NewConstraint("${node.unique.name}", "=", n.Name)).AddTask(task)
		group.Networks = []*nomadapi.NetworkResource{{Mode: "host", DNS: &nomadapi.DNSConfig{Servers: []string{"127.0.0.1"}}}}
		job.AddTaskGroup(group)
	}
	register(t, c, job)
	for _, n := range c.Hosts {
		awaitAddress(t, c, n)
	}
	for _, kind := range []AgentKind{Nomad, Docker, Containerd} {
		if err := c.KillAgent(t.Context(), "one", kind); err != nil {
			t.Fatal(err)
		}
	}
	mustDown(t, o)
	if left := traces(t); len(left) > 0 {
		t.Errorf("after down there is still\n%s", strings.Join(left, "\n"))
	}
	if diff := cmp.Diff(before, systemState(t)); diff != "" {
		t.Errorf("the system's folders (-before +after):\n%s", diff)
	}
}

// awaitAddress returns when a task on the host has said that it sees the host's address.
func awaitAddress(t *testing.T, c *Cluster, n Node) {
	t.Helper()
	pattern := filepath.Join(c.l.allocDir(n.Name), "*/alloc/address")
	err := c.await(t.Context(), func(context.Context) error {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no %s", pattern)
		}
		if got, err := os.ReadFile(files[0]); err != nil || string(got) != n.Address {
			return fmt.Errorf("a task on %s has the address %q (%w), not %s", n.Name, got, err, n.Address)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
