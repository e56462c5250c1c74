package job

import (
	"fmt"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// large is a workflow of 10 tasks for each of the gangs, which speak to each
// other and read what the gang before has written.
func large(gangs int) *workflow.Workflow {
	const members = 10
	w := &workflow.Workflow{Name: text("large"), Resources: []workflow.Resource{{Name: "default", CPU: number(2), MemoryBytes: number(4 << 30)}, {Name: "gpu", GPU: number(1), Platform: text("ovx-a40")}}}
	for g := range gangs {
		group := workflow.Group{Name: text(fmt.Sprintf("gang-%d", g)), Barrier: true}
		for m := range members {
			t := workflow.Task{
				Name: text(fmt.Sprintf("task-%d-%d", g, m)), Lead: m == 0, Image: text("registry.example/robots/sim:2.1"), Resource: text([]string{"default", "gpu"}[m%2]),
				Command:     []workflow.String{text("bash"), text("/tmp/run.sh")},
				Args:        []workflow.String{text("--output"), text("{{output}}"), text(fmt.Sprintf("http://{{host:task-%d-0}}:8080/", g))},
				Environment: []workflow.EnvVar{{Name: text("ROLE"), Value: text(fmt.Sprintf("member-%d", m))}, {Name: text("ID"), Value: text("{{workflow_id}}")}},
				Files: []workflow.File{{Path: text("/tmp/run.sh"), Contents: text(
					"set -euo pipefail\necho \"starting ${ROLE:-none} of $ID\"\nfor i in $(seq 1 10); do\n  python3 /opt/step.py --step $i --out {{output}}/step-$i.bin\ndone\n")}},
			}
			if g > 0 {
				t.Inputs = []workflow.Input{{Task: text(fmt.Sprintf("task-%d-%d", g-1, m))}}
			}
			group.Tasks = append(group.Tasks, t)
		}
		w.Groups = append(w.Groups, group)
	}
	return w
}

// Building grows with the number of tasks and no faster.
func BenchmarkBuild(b *testing.B) {
	for _, gangs := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("%dtasks", 10*gangs), func(b *testing.B) {
			w, pool := large(gangs), dockerPool()
			pool.MaxTasks = 10 * gangs
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := Build(w, Params{ID: "large-1", Pool: &pool, Priority: site.Priority{Name: "NORMAL", Number: 50}}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
	}
}
