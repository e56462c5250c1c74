package translator_test

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator"
)

// largeWorkflow is a file of gangs with ten tasks each, which speak to each other
// and read what the gang before has written.
func largeWorkflow(gangs int) string {
	var b strings.Builder
	b.WriteString("workflow:\n  name: large\n  resources:\n    default: {cpu: 2, memory: 4Gi}\n    gpu: {gpu: 1, platform: ovx-a40}\n  groups:\n")
	for g := range gangs {
		fmt.Fprintf(&b, "  - name: gang-%d\n    tasks:\n", g)
		for m := range 10 {
			fmt.Fprintf(&b, "    - name: task-%d-%d\n      lead: %t\n      image: registry.example/robots/sim:2.1\n      resource: %s\n", g, m, m == 0, []string{"default", "gpu"}[m%2])
			fmt.Fprintf(&b, "      command: [bash, /tmp/run.sh]\n      args: [--output, '{{output}}', 'http://{{host:task-%d-0}}:8080/']\n", g)
			fmt.Fprintf(&b, "      environment:\n        ROLE: member-%d\n        ID: '{{workflow_id}}'\n", m)
			if g > 0 {
				fmt.Fprintf(&b, "      inputs:\n      - task: task-%d-%d\n", g-1, m)
			}
			b.WriteString("      files:\n      - path: /tmp/run.sh\n        contents: |\n" +
				"          set -euo pipefail\n          echo \"starting ${ROLE:-none} of $ID\"\n          for i in $(seq 1 10); do\n            python3 /opt/step.py --step $i --out {{output}}/step-$i.bin\n          done\n")
		}
	}
	return b.String()
}

// A whole translation against nothing but decoding the YAML.
func BenchmarkTranslate(b *testing.B) {
	for _, gangs := range []int{10, 100, 500} {
		text := []byte(largeWorkflow(gangs))
		site := translator.Source{Name: "site.yaml", Text: []byte("pools: {default: {max_tasks: 100000}}")}
		b.Run(fmt.Sprintf("%dtasks/translate", 10*gangs), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, diags := translator.Translate(translator.Source{Name: "w", Text: text}, translator.Options{Site: site}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
		b.Run(fmt.Sprintf("%dtasks/yaml", 10*gangs), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var n yaml.Node
				if err := yaml.Unmarshal(text, &n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
