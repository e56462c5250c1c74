package admit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// nomad is what the executor needs of Nomad.
type nomad interface {
	// Run keeps the model until the context ends.
	Run(ctx context.Context) error
	// Snapshot is the newest model; nil before the first list.
	Snapshot() *cluster.Snapshot
	Changed() <-chan struct{}
	AwaitIndex(ctx context.Context, index uint64) error
	// Register applies the edit to the job if it is still at the index that the
	// decision rests on; cluster.ErrConflict, ErrStopped or ErrGone if not.
	Register(ctx context.Context, gang rendezvous.Gang, jobModifyIndex uint64, edit Edit) (cluster.Registered, error)
	AwaitEvaluation(ctx context.Context, id string) (cluster.Evaluation, error)
	Evaluate(ctx context.Context, namespace, id string) (string, error)
	// Gang reads one gang now, past the model; cluster.ErrGone if there is none.
	Gang(ctx context.Context, namespace, id string) (cluster.Gang, error)
}

// live is the real Nomad.
type live struct{ *cluster.Cluster }

// Register implements nomad.
func (l live) Register(ctx context.Context, g rendezvous.Gang, index uint64, edit Edit) (cluster.Registered, error) {
	return l.Edit(ctx, g.Namespace, g.Job, index, func(d *cluster.Document) error {
		if d.CreateIndex() != g.CreateIndex {
			return fmt.Errorf("job %s is another one: %w", g.Job, cluster.ErrGone)
		}
		var errs []error
		for group, n := range edit.Counts {
			errs = append(errs, d.SetCount(group, n))
		}
		for member, node := range edit.Pins {
			errs = append(errs, d.Pin(member, node))
		}
		return errors.Join(errs...)
	})
}

// refusalOf puts Nomad's reasons for the groups that it did not place into one
// line, in its own words.
func refusalOf(failed map[string]*nomadapi.AllocationMetric) (why string, groups []string) {
	groups = slices.Sorted(maps.Keys(failed))
	parts := make([]string, 0, len(groups))
	for _, g := range groups {
		parts = append(parts, g+": "+metricText(failed[g]))
	}
	return "Nomad does not place it where there seems to be room: " + strings.Join(parts, "; "), groups
}

// metricText says what an allocation metric says about the failure.
func metricText(m *nomadapi.AllocationMetric) string {
	if m == nil {
		return "no reason given"
	}
	var parts []string
	for _, d := range slices.Sorted(maps.Keys(m.DimensionExhausted)) {
		parts = append(parts, fmt.Sprintf("%s exhausted on %d nodes", d, m.DimensionExhausted[d]))
	}
	for _, c := range slices.Sorted(maps.Keys(m.ConstraintFiltered)) {
		if !strings.Contains(c, "${node.unique.id}") { // our own pin
			parts = append(parts, fmt.Sprintf("%q not met by %d nodes", c, m.ConstraintFiltered[c]))
		}
	}
	parts = append(parts, m.QuotaExhausted...)
	if len(parts) == 0 {
		return fmt.Sprintf("%d nodes evaluated, %d filtered, %d exhausted", m.NodesEvaluated, m.NodesFiltered, m.NodesExhausted)
	}
	return strings.Join(parts, ", ")
}
