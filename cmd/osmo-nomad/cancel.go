package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	nomad "github.com/hashicorp/nomad/api"
	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID...",
		Short: "Stop the jobs of workflows; their gangs end as FAILED_CANCELED",
		Args:  wants(1, math.MaxInt, "at least one ID"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			c, err := a.cluster()
			if err != nil {
				return err
			}
			var failed error
			for _, id := range ids { // one that cannot be canceled does not keep the others
				err := a.cancel(cmd.Context(), c, id)
				if unreachable(err) {
					return err
				}
				failed = errors.Join(failed, err)
			}
			return failed
		},
	}
}

func (a *app) cancel(ctx context.Context, c observe.Cluster, id string) error {
	w, err := c.Workflow(ctx, id)
	if err != nil {
		return err
	}
	if w.Finished() {
		fmt.Fprintf(a.err, "Workflow %s is already finished.\n", id)
		return nil
	}
	for _, g := range w.Gangs {
		if g.State.Finished() {
			continue
		}
		q := (&nomad.WriteOptions{Namespace: w.Namespace}).WithContext(ctx)
		if _, _, err := c.Nomad.Jobs().Deregister(g.Job, false, q); err != nil {
			return fmt.Errorf("stopping job %s at %s: %w", g.Job, c.Nomad.Address(), err)
		}
	}
	fmt.Fprintf(a.out, "Cancel job for workflow %s is submitted!\n", id)
	return nil
}
