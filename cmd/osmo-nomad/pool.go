package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/inventory"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

func (a *app) poolCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pool",
		Short: "The pools and their GPUs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.poolListCommand())
	return cmd
}

func (a *app) poolListCommand() *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the pools with the GPUs that are used of each",
		Long: "List shows for each pool how many GPUs its gangs have, and how many there are.\n\n" +
			"Quota Limit     GPUs that gangs of HIGH and NORMAL priority may have\n" +
			"Quota Used      GPUs that gangs of HIGH and NORMAL priority have\n" +
			"Quota Free      GPUs that gangs of HIGH and NORMAL priority may still get\n" +
			"Total Usage     GPUs that all gangs of the pool have\n" +
			"Total Capacity  GPUs of the pool's nodes; (shared) with the pools above\n" +
			"Total Free      GPUs of the pool's nodes that nobody has",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listPools(cmd.Context(), o) },
	}
	o.flags(cmd, "`pool` of the site; may be repeated (default: all)")
	return cmd
}

func (a *app) listPools(ctx context.Context, o listOptions) error {
	s, err := a.describedSite()
	if err != nil {
		return err
	}
	if missing := missingPools(s, o.pools); len(missing) > 0 {
		return usageError{fmt.Errorf("Pools %s not found: the site has %s", strings.Join(missing, ", "), strings.Join(s.PoolNames(), ", "))}
	}
	now, err := a.look(ctx)
	if err != nil {
		return err
	}
	sets := inventory.Pools(inventory.Resources(now.Nodes, s), now.Gangs, s, o.pools)
	if o.asJSON {
		return printJSON(a.out, inventory.PoolsJSON(sets))
	}
	a.sayAway(now)
	a.printTable(poolTable(sets, o.free()))
	return nil
}

func missingPools(s *site.Site, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(s.PoolNames(), n) })
}

// poolTable has the shape of OSMO's `pool list` (OSMO cli pool.py:97).
func poolTable(sets []inventory.NodeSet, free bool) *table {
	t := &table{header: []string{"Pool", "Description", "Status", "Quota Used", "Quota Limit", "Total Usage", "Total Capacity"}}
	if free {
		t.header = append(t.header[:3], "Quota Free", "Total Free")
	}
	t.over = []string{"", "", "", "GPU [#]"}
	for _, set := range sets {
		for i, p := range set {
			cells := gpuCells(p, free)
			if i > 0 {
				cells[len(cells)-1] += " (shared)"
			}
			t.add(append([]string{p.Name, dash(p.Description), p.Status}, cells...)...)
		}
	}
	t.sum = append(make([]string, 3), gpuCells(inventory.PoolSum(sets), free)...)
	return t
}

func gpuCells(p inventory.PoolUse, free bool) []string {
	counts := []int{p.QuotaUsed, p.QuotaLimit, p.Usage, p.Capacity}
	if free {
		counts = []int{p.QuotaFree(), p.Free}
	}
	cells := make([]string, len(counts))
	for i, n := range counts {
		cells[i] = strconv.Itoa(n)
	}
	return cells
}
