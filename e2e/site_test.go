package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSite: what only a site allows works on a cluster: members that must be on
// one node are, nodes that a resource excludes are left alone, a directory of the
// node is the node's own, and bytes that are no text arrive.
func TestSite(t *testing.T) {
	dir, err := os.MkdirTemp("/var/tmp", "osmo-e2e") //nolint:usetesting // a sandbox replaces /tmp, where t.TempDir lies
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	site := filepath.Join(t.TempDir(), "site.yaml")
	writeFile(t, site, fmt.Sprintf("pools:\n  default:\n    driver: raw_exec\n    cpu_unit: mhz\n    mhz_per_cpu: 100\n    topology_keys: [node]\n    allowed_mounts: [%s]\n", dir))
	w := shared.submitText(t, fmt.Sprintf(`
workflow:
  name: site
  labels: {team: robots}
  resources:
    pair: {cpu: 1, memory: 256Mi, storage: 1Gi, platform: ovx-a40, topology: [{key: node, group: together}]}
    not-train: {cpu: 1, memory: 256Mi, storage: 1Gi, platform: ovx-a40, nodesExcluded: [train]}
  groups:
  - name: all
    ignoreNonleadStatus: false
    tasks:
    - name: left
      lead: true
      image: debian:12
      resource: pair
      command: [bash, -c, "cp /tmp/bytes /mnt/out/bytes && sleep 2"]
      files: [{path: /tmp/bytes, base64: true, contents: AAH//gpoaQ==}]
      volumeMounts: ["%s:/mnt/out"]
    - {name: right, image: debian:12, resource: pair, command: [sleep, "1"]}
    - {name: other, image: debian:12, resource: not-train, command: [sleep, "1"]}
`, dir), "--site", site)
	w.awaitStatus("COMPLETED", patient)
	left, right, other := w.member("left").Node, w.member("right").Node, w.member("other").Node
	if left == "" || left != right || other != "sim" {
		t.Errorf("left on %q, right on %q, other on %q", left, right, other)
	}
	got, err := os.ReadFile(filepath.Join(dir, "bytes"))
	if want := []byte("\x00\x01\xff\xfe\nhi"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the node has %q, %v; expected %q", got, err, want)
	}
}

// TestTopologyThatNoNodeMeets is refused before anything is registered.
func TestTopologyThatNoNodeMeets(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site.yaml")
	writeFile(t, site, "pools:\n  default:\n    driver: raw_exec\n    cpu_unit: mhz\n    topology_keys: [{key: platform, attribute: '${attr.osmo.platform}'}]\n")
	r := shared.run(t, "run", writeWorkflow(t, `
workflow:
  name: apart
  resources:
    one: {cpu: 1, memory: 256Mi, platform: ovx-a40, topology: [{key: platform}]}
    two: {cpu: 1, memory: 256Mi, platform: agx-orin-jp6, topology: [{key: platform}]}
  groups:
  - name: all
    tasks:
    - {name: left, lead: true, image: debian:12, resource: one, command: ["true"]}
    - {name: right, image: debian:12, resource: two, command: ["true"]}
`), "--site", site)
	const want = "each of 2 members fits alone, but left and right do not fit at the same time with the same platform, as their topology requires"
	if r.code == 0 || !strings.Contains(r.stderr, want) {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
