package observe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

func holdIsQueued(j *nomad.JobListStub, group string) bool {
	return j.JobSummary != nil && j.JobSummary.Summary[group].Queued > 0
}

// explainWithoutHold says what Nomad knows of a gang whose hold does not speak:
// it was never placed, cannot start, or has ended without a word.
func (c Cluster) explainWithoutHold(ctx context.Context, g *Gang, j *nomad.JobListStub) error {
	spoke := g.State != ""
	if !spoke {
		g.State = rendezvous.Waiting
	}
	var err error
	switch {
	case j.Stop && spoke: // its hold or the admitter will tell the outcome
		g.Reason = "the job was stopped, the gang is ending"
	case j.Stop:
		g.State, g.Reason = rendezvous.FailedCanceled, "the job was stopped"
	case holdIsQueued(j, g.Group):
		g.Reason, err = c.whyQueued(ctx, j, g.Group)
	case spoke:
		g.Reason = "its hold has ended without an outcome, the admitter has another one placed"
	default:
		g.Reason, err = c.whySilent(ctx, j, g.Group)
	}
	return err
}

// whyQueued reads the last evaluation that did not place the hold.
func (c Cluster) whyQueued(ctx context.Context, j *nomad.JobListStub, group string) (string, error) {
	evals, _, err := c.Nomad.Jobs().Evaluations(j.ID, c.query(ctx, j.Namespace))
	if err != nil {
		return "", fmt.Errorf("reading the evaluations of job %s: %w", j.ID, err)
	}
	slices.SortFunc(evals, func(a, b *nomad.Evaluation) int { return cmp.Compare(b.ModifyIndex, a.ModifyIndex) })
	for _, e := range evals {
		if m := e.FailedTGAllocs[group]; m != nil {
			return "Nomad cannot place the hold: " + placementFailure(m), nil
		}
	}
	return "Nomad has not placed the hold yet", nil
}

// whySilent reads what happened to the hold's last allocation.
func (c Cluster) whySilent(ctx context.Context, j *nomad.JobListStub, group string) (string, error) {
	allocs, _, err := c.Nomad.Jobs().Allocations(j.ID, false, c.query(ctx, j.Namespace))
	if err != nil {
		return "", fmt.Errorf("reading the allocations of job %s: %w", j.ID, err)
	}
	var last *nomad.AllocationListStub
	for _, a := range allocs {
		if a.TaskGroup == group && (last == nil || a.CreateIndex > last.CreateIndex) {
			last = a
		}
	}
	if last == nil {
		return "Nomad has not placed the hold yet", nil
	}
	if s := last.TaskStates[meta.HoldTask]; s != nil && len(s.Events) > 0 {
		return fmt.Sprintf("the hold on %s (%s): %s", last.NodeName, last.ClientStatus, s.Events[len(s.Events)-1].DisplayMessage), nil
	}
	return "the hold starts on " + last.NodeName, nil
}

func (c Cluster) query(ctx context.Context, namespace string) *nomad.QueryOptions {
	return (&nomad.QueryOptions{Namespace: namespace}).WithContext(ctx)
}

// placementFailure puts Nomad's metric into one line.
func placementFailure(m *nomad.AllocationMetric) string {
	if m.NodesEvaluated == 0 {
		return "no client is up in the job's datacenters and node pool"
	}
	var parts []string
	for what, n := range m.ConstraintFiltered {
		if strings.Contains(what, "missing drivers") {
			what += " (is the plugin nomad-driver-gang installed there, with its plugin block?)"
		}
		parts = append(parts, nodes(n)+": "+what)
	}
	for what, n := range m.DimensionExhausted {
		parts = append(parts, nodes(n)+": not enough "+what)
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return nodes(m.NodesEvaluated) + " looked at, none fits"
	}
	return strings.Join(parts, "; ")
}

func nodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}
