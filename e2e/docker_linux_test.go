package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	nomad "github.com/hashicorp/nomad/api"
	"golang.org/x/sys/unix"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// TestDockerSimulations: the robot simulations, OSMO's (unchanged) and our own,
// run in containers.
func TestDockerSimulations(t *testing.T) {
	t.Run("ours", TestRobotSimulation)
	t.Run("tutorial", TestTutorial)
}

// TestDockerScenarios are scenarios about no container, which are to be the
// same in one.
func TestDockerScenarios(t *testing.T) {
	scenarios := []struct {
		name string
		run  func(*testing.T)
	}{
		{"HelloWithNomadAlone", TestHelloWithNomadAlone},
		{"TextReachesTheShell", TestTextReachesTheShell},
		{"NamesResolveBeforeTheFirstCommand", TestNamesResolveBeforeTheFirstCommand},
		{"OnePortTwoHosts", TestOnePortTwoHosts},
		{"LeadFails", TestLeadFails},
		{"NonleadFails", TestNonleadFails},
		{"StoppedWithNomad", TestStoppedWithNomad},
	}
	for _, s := range scenarios {
		t.Run(s.name, s.run)
	}
}

// TestDockerPluginKilled: the gate is in a container and the plugin is not; the
// socket between them outlives the plugin.
func TestDockerPluginKilled(t *testing.T) {
	w := shared.submit(t, "testdata/gang.yaml", "--set", "name=killdocker", "--set", "trainer=sleep 8")
	w.awaitState(rendezvous.Running, soon)
	for name := range shared.hosts {
		shared.killPlugin(t, name)
	}
	w.awaitStatus("COMPLETED", patient)
	w.startedOnce("trainer", "simulator", "robot")
}

// TestDockerContainer: what a member finds in its container, as root and as
// another user: the gate first, its files, its data, its names; and of the image
// all but the entrypoint.
func TestDockerContainer(t *testing.T) {
	for image, user := range map[string]string{imageNames[0]: "root", nobodyImage: "nobody"} {
		t.Run(user, func(t *testing.T) {
			w := shared.submit(t, "testdata/container.yaml", "--set", "name=container-"+user, "--set", "image="+image)
			w.awaitStatus("COMPLETED", patient)
			w.awaitLog("inside",
				"user "+user, "in /srv", "image hello from the image",
				"first /alloc/osmo/osmo-gate", "gpu <>", "nameserver 127.0.0.1",
				"text ${HOME} %{if} {{ [[", "empty 0 bytes", "data kept",
				shared.hosts["edge"].Address+" is mine",
			)
			w.awaitLog("beside", "gpu <GPU-", "told to end")
		})
	}
}

// TestDockerImageRefused: a member without an image ends its workflow, which
// says whose it is, where, and which. A registry that says no is asked once; one
// that cannot be reached may be back the next time, so there are three.
func TestDockerImageRefused(t *testing.T) {
	registry := httptest.NewUnstartedServer(http.HandlerFunc(emptyRegistry))
	registry.Listener = listenIn(t, shared.hosts["edge"].Namespace)
	registry.Start()
	t.Cleanup(registry.Close)
	tests := []struct {
		name, image string
		attempts    int
	}{
		{"no", registry.Listener.Addr().String() + "/lab/robot:9", 1},
		{"nobody", "registry.invalid/lab/robot:9", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := shared.submitText(t, fmt.Sprintf(`
workflow:
  name: refused-%s
  tasks:
  - {name: robot, image: %q, command: [bash, -c, "true"]}
  resources:
    default: {cpu: 1, memory: 128Mi, storage: 256Mi, platform: agx-orin-jp6}
`, tt.name, tt.image))
			s := w.awaitStatus("FAILED_IMAGE_PULL", patient)
			o := s.Gangs[0].Outcome
			if o == nil || o.Member != "robot" || o.Node != "edge" || o.Code != 302 {
				t.Fatalf("outcome %+v, expected robot on edge with OSMO's code 302", o)
			}
			for _, want := range []string{"robot on edge", tt.image} {
				if !strings.Contains(o.Sentence, want) {
					t.Errorf("the sentence does not say %q: %s", want, o.Sentence)
				}
			}
			if got := w.attempts("robot"); got != tt.attempts {
				t.Errorf("%d attempts, expected %d: %s", got, tt.attempts, o.Sentence)
			}
		})
	}
}

// attempts counts a member's allocations.
func (w *workflow) attempts(member string) int {
	w.t.Helper()
	n := 0
	for _, a := range w.allAllocs() {
		if a.TaskGroup == member && a.ClientStatus != nomad.AllocClientStatusPending {
			n++
		}
	}
	return n
}

// emptyRegistry is a registry that has no image.
func emptyRegistry(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	if r.URL.Path == "/v2/" {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}`)
}

// listenIn listens on the loopback of a host, which Docker takes for safe
// without TLS. Only the thread that makes the socket enters the host's network,
// and it comes back: it may be the main thread, whose network counts as the
// whole program's, and what is in a host's network ends with the cluster.
func listenIn(t *testing.T, namespace string) (listener net.Listener) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home := openNamespace(t, "/proc/thread-self/ns/net")
	defer home.Close()
	host := openNamespace(t, filepath.Join("/run/netns", namespace))
	defer host.Close()
	if err := unix.Setns(int(host.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatalf("entering %s: %v", namespace, err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		t.Fatalf("leaving %s: %v", namespace, back)
	}
	if err != nil {
		t.Fatalf("listening in %s: %v", namespace, err)
	}
	return listener
}

func openNamespace(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
