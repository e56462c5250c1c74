package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// sample is what one piece of work took: time, and the bytes that it allocated.
type sample struct {
	time  time.Duration
	bytes uint64
}

func measure(work func() error) (sample, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := work()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return sample{took, after.TotalAlloc - before.TotalAlloc}, err
}

// benchTranslator measures the whole way from a file to jobs beside what the
// YAML library alone takes to decode the same rendered text, in turns.
func benchTranslator(rounds int) error {
	fmt.Printf("The translator beside a bare yaml.v3 decode of the same rendered text, %d rounds in turns: median (least – most)\n\n", rounds)
	rows := [][]string{{"", "tasks", "rendered", "ours", "bare decode", "ours / bare", "aim", "memory, ours / bare"}}
	for _, c := range []struct{ name, text, aim string }{
		{"100 gangs of 10, files and tokens", manyGangs(100, 10), "≤ 2.5 ×"},
		{"a template of 200 turns", manyTurns(200), "≤ 2.5 ×"},
		{"growth: 10 gangs of 10", manyGangs(10, 10), ""},
		{"growth: 1000 gangs of 10", manyGangs(1000, 10), "as above"},
	} {
		row, err := compareTranslator(c.text, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, append(append([]string{c.name}, row[:5]...), c.aim, row[5]))
	}
	table(rows...)
	fmt.Println()
	return nil
}

// benchSite takes workflows of any size.
const benchSite = "pools: {default: {max_tasks: 1000000}}"

func compareTranslator(text string, rounds int) ([]string, error) {
	var (
		plan                       *translator.Plan
		ours, bare                 []time.Duration
		oursBytes, bareBytes, many []uint64
	)
	translate := func() error {
		var problems diag.List
		plan, problems = translator.Translate(
			translator.Source{Name: "bench.yaml", Text: []byte(text)},
			translator.Options{Site: translator.Source{Name: "site.yaml", Text: []byte(benchSite)}},
		)
		if plan == nil {
			var why bytes.Buffer
			return errors.Join(diag.Print(&why, problems), errors.New(why.String()))
		}
		return nil
	}
	for i := range rounds + 1 {
		o, err := measure(translate)
		if err != nil {
			return nil, err
		}
		b, err := measure(func() error {
			var node yaml.Node
			return yaml.Unmarshal([]byte(plan.Rendered), &node)
		})
		if err != nil {
			return nil, err
		}
		if i == 0 {
			continue // caches warm up, on both sides
		}
		ours, bare = append(ours, o.time), append(bare, b.time)
		oursBytes, bareBytes = append(oursBytes, o.bytes), append(bareBytes, b.bytes)
		many = append(many, o.bytes*100/max(b.bytes, 1))
	}
	ratio, _, _ := spread(many)
	oursMedian, _, _ := spread(oursBytes)
	bareMedian, _, _ := spread(bareBytes)
	return []string{
		strconv.Itoa(tasks(plan)), fmt.Sprintf("%d KiB", len(plan.Rendered)>>10), times(ours), times(bare), ratios(ours, bare),
		fmt.Sprintf("%.1f / %.1f MiB = %.2f ×", mebi(oursMedian), mebi(bareMedian), float64(ratio)/100),
	}, nil
}

func mebi(n uint64) float64 { return float64(n) / (1 << 20) }

func tasks(p *translator.Plan) int {
	n := 0
	for _, g := range p.Gangs {
		n += len(g.Members)
	}
	return n
}

// manyGangs writes a workflow without templating, but for OSMO's tokens.
func manyGangs(gangs, members int) string {
	var b strings.Builder
	b.WriteString("workflow:\n  name: many-gangs\n  resources:\n")
	b.WriteString("    default: {cpu: 2, memory: 4Gi, storage: 8Gi}\n    gpu: {cpu: 4, gpu: 1, memory: 16Gi, storage: 32Gi, platform: ovx-a40}\n  groups:\n")
	for g := range gangs {
		fmt.Fprintf(&b, "  - name: gang-%d\n    tasks:\n", g)
		for m := range members {
			writeTask(&b, g, m)
		}
	}
	return b.String()
}

func writeTask(b *strings.Builder, g, m int) {
	fmt.Fprintf(b, "    - name: task-%d-%d\n      image: registry.example.com/robots/task:%d\n", g, m, m)
	if m == 0 {
		b.WriteString("      lead: true\n      resource: gpu\n")
	}
	fmt.Fprintf(b, "      command: [bash]\n      args: [/tmp/run.sh, --peer, \"{{host:task-%d-0}}:29500\", --out, \"{{output}}\"]\n", g)
	fmt.Fprintf(b, "      environment:\n        RANK: %d\n        MASTER: \"{{host:task-%d-0}}\"\n        RUN: \"{{workflow_id}}\"\n", m, g)
	b.WriteString("      files:\n      - path: /tmp/run.sh\n        contents: |\n")
	for line := range 12 {
		fmt.Fprintf(b, "          echo \"step %d of $RANK at ${HOSTNAME:-nowhere}\" >> {{output}}/log-%d.txt\n", line, line)
	}
}

// manyTurns writes a workflow whose groups come out of one loop.
func manyTurns(turns int) string {
	return fmt.Sprintf(`default-values:
  turns: %d
  sizes: [small, middle, large]
workflow:
  name: many-turns
  resources:
  {%%- for size in sizes %%}
    {{ size }}: {cpu: {{ loop.index * 2 }}, memory: {{ 4 * loop.index }}Gi, storage: 1Gi}
  {%%- endfor %%}
  tasks:
  {%%- for i in range(turns) %%}
  {%%- set size = sizes[i %% 3] %%}
  - name: sweep-{{ "%%04d"|format(i) }}
    image: debian:12
    resource: {{ size }}
    command: [bash, -c]
    args:
    - |
      echo turn {{ i }} of {{ turns }} with {{ size|upper }}, {{ (i * 0.05)|round(3) }}
      {%%- if i %% 2 %%}
      echo odd >> {{output}}/odd-{{ i }}.txt
      {%%- else %%}
      echo even >> {{output}}/even-{{ i }}.txt
      {%%- endif %%}
    environment: {INDEX: "{{ i }}", FRACTION: "{{ i / turns }}"}
  {%%- endfor %%}
`, turns)
}
