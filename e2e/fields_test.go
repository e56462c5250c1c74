package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
)

// TestFields runs a workflow that is written with most of what the translator
// knows: a macro, a loop, a local file, a file that is no text, nodes that must
// not be used, labels. What arrives in the tasks is what was written.
func TestFields(t *testing.T) {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	sum := sha256.Sum256(bytes)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "report.sh"), "echo \"$1 of {{ workers }} writes {% raw %}${#1}{% endraw %} letters to {{output}} in {{workflow_id}}\"\n")
	file := filepath.Join(dir, "workflow.yaml")
	writeFile(t, file, `
workflow:
  name: fields
  labels: {example.com/team: robots}
  resources:
    default: {cpu: 1, memory: 64Mi, storage: 64Mi, nodesExcluded: [train, sim, spare]}
  {%- macro worker(name, lead=false) %}
    - name: {{ name }}
      lead: {{ lead }}
      image: debian:12
      command: [bash, -c]
      args: ["bash /tmp/report.sh $NAME; sha256sum < /tmp/bytes"]
      environment: {NAME: {{ name }}}
      files:
      - {path: /tmp/report.sh, localpath: report.sh}
      - {path: /tmp/bytes, base64: true, contents: {{ bytes }}}
  {%- endmacro %}
  groups:
  - name: crew
    tasks:
    {%- for i in range(workers) %}
    {{- worker("worker-%02d"|format(i), loop.first) }}
    {%- endfor %}
default-values:
  workers: 7
  bytes: `+base64.StdEncoding.EncodeToString(bytes)+"\n")
	// A local file sees what the command line sets, and no default-values.
	w := shared.submit(t, file, "--set", "workers=2", "--label", "run=nightly")
	w.awaitStatus("COMPLETED", patient)
	logs := shared.run(t, "logs", w.id).stdout
	for _, want := range []string{
		"worker-00 of 2 writes 9 letters to /osmo/data/output in " + w.id,
		"worker-01 of 2 writes 9 letters to /osmo/data/output in " + w.id,
		hex.EncodeToString(sum[:]),
	} {
		if !strings.Contains(logs, want) {
			t.Errorf("the logs lack %q:\n%s", want, logs)
		}
	}
	for _, a := range w.allAllocs() {
		if strings.HasPrefix(a.TaskGroup, "worker") && a.NodeName != "edge" {
			t.Errorf("%s ran on %s, which is excluded", a.TaskGroup, a.NodeName)
		}
	}
}
