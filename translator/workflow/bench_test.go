package workflow

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// large is a workflow of gangs of ten, with files, tokens and inputs.
func large(tasks int) string {
	var b strings.Builder
	b.WriteString("workflow:\n  name: large\n  resources:\n    default: {cpu: 2, memory: 4Gi}\n    gpu: {gpu: 1, platform: ovx-a40}\n  groups:\n")
	for g := range tasks / 10 {
		fmt.Fprintf(&b, "  - name: gang-%d\n    tasks:\n", g)
		for i := range 10 {
			fmt.Fprintf(&b, "    - name: task-%d-%d\n      lead: %t\n      image: nvcr.io/nvidia/pytorch:24.01-py3\n", g, i, i == 0)
			fmt.Fprintf(&b, "      command: [bash, -c]\n      args: [/tmp/run.sh, --master, \"{{host:task-%d-0}}:2950%d\", 5]\n", g, i)
			b.WriteString("      environment: {NCCL_DEBUG: INFO, RANK: 3, DEBUG: true, OUT: \"{{output}}\"}\n      resource: gpu\n")
			if g > 0 {
				fmt.Fprintf(&b, "      inputs: [{task: task-%d-%d}, {url: \"s3://bucket/{{workflow_id}}/x\"}]\n", g-1, i)
			}
			b.WriteString("      files:\n      - path: /tmp/run.sh\n        contents: |\n")
			for l := range 20 {
				fmt.Fprintf(&b, "          echo line %d of ${HOME} and {{host:task-%d-%d}} >> {{output}}/log\n", l, g, l%10)
			}
		}
	}
	return b.String()
}

// BenchmarkDecode is to be read beside BenchmarkParse, which it contains, and to
// grow as the number of tasks does.
func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		text := large(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w, diags := Decode(text, diag.SourceMap{}, nil); len(diags) > 0 || len(w.Groups) != n/10 {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkParse is the share of the YAML reader.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		text := large(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := yaml.Parse(text, diag.SourceMap{}); len(diags) > 0 {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkWrong has a problem in every line: what is wrong must not cost more
// than in proportion either.
func BenchmarkWrong(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		text := strings.NewReplacer("{{host:", "{{host:no", "{task: ", "{task: no", "resource: gpu", "resource: gpus").Replace(large(n))
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				if _, diags := Decode(text, diag.SourceMap{}, nil); len(diags) < n {
					b.Fatal(diags)
				}
			}
		})
	}
}
