package yaml

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// largeWorkflow has a thousand tasks, with a span of a source map for each, as
// what comes out of a template.
func largeWorkflow() (string, diag.SourceMap) {
	var b strings.Builder
	m := diag.SourceMap{File: "f"}
	b.WriteString("workflow:\n  name: large\n  resources:\n    default: {cpu: 4, gpu: 1, memory: 16Gi, storage: 10Gi}\n  tasks:\n")
	line := 6
	for i := range 1000 {
		task := fmt.Sprintf(`  - name: worker-%d
    # one of many
    image: nvcr.io/nvidia/pytorch:24.10-py3
    command: [bash, -c]
    args:
    - |
      set -euo pipefail
      python3 train.py --rank %d --seed 0x%x
    environment:
      RANK: "%d"
      MASTER_ADDR: '{{host:worker-0}}'
      EPOCHS: 10
    lead: true
    files:
    - path: /tmp/config.yaml
      contents: |-
        lr: 1e-3
        batch: 32
`, i, i, i, i)
		b.WriteString(task)
		m.Spans = append(m.Spans, diag.Span{Line: line, Col: 1, FromLine: 6, FromCol: 1}, diag.Span{Line: line, Col: 18, FromLine: 6, FromCol: 17, Fixed: true}, diag.Span{Line: line + 1, Col: 1, FromLine: 7, FromCol: 1})
		line += strings.Count(task, "\n")
	}
	return b.String(), m
}

// BenchmarkParse reads a large workflow, BenchmarkDecode has the library alone
// read it into its nodes.
func BenchmarkParse(b *testing.B) {
	text, m := largeWorkflow()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := Parse(text, m); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text, _ := largeWorkflow()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	text, _ := largeWorkflow()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		src, _ := inspect(text)
		if _, p := check(src); p != nil {
			b.Fatal(p.msg)
		}
	}
}
