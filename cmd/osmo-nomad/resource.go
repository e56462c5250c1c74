package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/inventory"
	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

func (a *app) resourceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resource",
		Short: "What the nodes have and who has it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.resourceListCommand(), a.resourceInfoCommand())
	return cmd
}

// listOptions are the flags of `resource list` and `pool list`.
type listOptions struct {
	pools, platforms []string
	all, asJSON      bool
	mode             choice
}

// free says that what is free is shown, and not what is used.
func (o *listOptions) free() bool { return o.mode.value == "free" }

func (o *listOptions) flags(cmd *cobra.Command, usage string) {
	cmd.Flags().StringSliceVarP(&o.pools, "pool", "p", nil, usage)
	o.mode = choice{name: "mode", of: []string{"used", "free"}, value: "used"}
	cmd.Flags().VarP(&o.mode, "mode", "m", "`mode`: used (used/total) or free")
	flagJSON(cmd, &o.asJSON, "print JSON")
}

// noArgs is for lists whose flags OSMO gives several values each: `-p a b`.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s wants no arguments, got %q: repeat -p for each pool, or write -p a,b", cmd.Name(), args)
}

func (a *app) resourceListCommand() *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the nodes of a pool with what is used of each",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listResources(cmd.Context(), o) },
	}
	o.flags(cmd, "`pool` of the site; may be repeated (default: the site's default)")
	cmd.Flags().StringSliceVar(&o.platforms, "platform", nil, "`platform` of a pool; may be repeated (default: all)")
	cmd.Flags().BoolVarP(&o.all, "all", "a", false, "all pools")
	return cmd
}

func (a *app) listResources(ctx context.Context, o listOptions) error {
	s, err := a.describedSite()
	if err != nil {
		return err
	}
	pools, err := chosenPools(s, o)
	if err != nil {
		return err
	}
	now, err := a.look(ctx)
	if err != nil {
		return err
	}
	resources := inventory.Select(inventory.Resources(now.Nodes, s), pools, o.platforms)
	if o.asJSON {
		return printJSON(a.out, inventory.ResourcesJSON(resources))
	}
	a.sayAway(now)
	if len(resources) == 0 {
		fmt.Fprintln(a.err, "There are no available resources.")
		return nil
	}
	a.printTable(resourceTable(resources, o.free()))
	return nil
}

// describedSite reads the site file; without one it is the built-in site.
func (a *app) describedSite() (*site.Site, error) {
	src, err := a.readSite()
	if err != nil || len(src.Text) == 0 {
		return site.Default(), err
	}
	s, problems := site.Decode(src.Name, src.Text)
	if s == nil {
		return nil, fileError{list: problems}
	}
	return s, diag.Print(a.err, problems)
}

// chosenPools are those of the flags, all, or the default one.
func chosenPools(s *site.Site, o listOptions) ([]string, error) {
	names := s.PoolNames()
	for _, p := range o.pools {
		if !slices.Contains(names, p) {
			return nil, usageError{fmt.Errorf("Pool %s does not exist%s", p, otherwise(p, names))}
		}
	}
	if o.all {
		return names, nil
	}
	if len(o.pools) > 0 {
		return o.pools, nil
	}
	p, ok := s.Pool("")
	if !ok {
		return nil, usageError{fmt.Errorf("the site has several pools and none called %q: name one of %s with -p, or use -a", site.DefaultPool, strings.Join(names, ", "))}
	}
	return []string{p.Name}, nil
}

// otherwise ends OSMO's sentence about a name that is not there.
func otherwise(name string, names []string) string {
	if near := diag.Nearest(name, names); near != "" {
		return fmt.Sprintf("! Did you mean %q?", near)
	}
	return "! There are: " + strings.Join(names, ", ")
}

// look asks Nomad for everything once.
func (a *app) look(ctx context.Context) (*cluster.Snapshot, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	return cluster.Look(ctx, c.nomad)
}

// sayAway names the nodes that are not counted.
func (a *app) sayAway(now *cluster.Snapshot) {
	if away := inventory.Away(now.Nodes); len(away) > 0 {
		fmt.Fprintf(a.err, "not counted: %s\n", strings.Join(away, ", "))
	}
}

// resourceTable has the shape of OSMO's `resource list` (OSMO cli resources.py:122).
func resourceTable(resources []inventory.Resource, free bool) *table {
	t := &table{header: []string{"Node", "Pool", "Platform", "Type", "Storage [Gi]", "CPU [#]", "Memory [Gi]", "GPU [#]"}}
	for _, r := range resources {
		node, kind := r.Node, r.Type
		for _, p := range r.Places {
			t.add(append([]string{node, p.Pool, dash(p.Platform), kind}, countCells(p.Counts, free)...)...)
			node, kind = "", ""
		}
	}
	t.sum = append(make([]string, 4), sumCells(inventory.Sum(resources), free)...)
	return t
}

// countCells are a node's amounts; what it has not got at all is 0.
func countCells(c inventory.Counts, free bool) []string {
	cells := sumCells(c, free)
	for i, a := range amounts(c) {
		if a.Total == 0 {
			cells[i] = "0"
		}
	}
	return cells
}

func sumCells(c inventory.Counts, free bool) []string {
	var cells []string
	for _, a := range amounts(c) {
		if free {
			cells = append(cells, strconv.Itoa(a.Free()))
		} else {
			cells = append(cells, fmt.Sprintf("%d/%d", a.Used, a.Total))
		}
	}
	return cells
}

// amounts are in the order of the table's columns.
func amounts(c inventory.Counts) []inventory.Amount {
	return []inventory.Amount{c.Storage, c.CPU, c.Memory, c.GPU}
}

func (a *app) resourceInfoCommand() *cobra.Command {
	var pool, platform string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info NODE",
		Short: "Show what a node has, and what tasks may do on it",
		Args:  wants(1, 1, "NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (pool == "") != (platform == "") {
				return usageError{errors.New("Pool and platform must be specified at the same time.")}
			}
			return a.showResource(cmd.Context(), args[0], pool, platform, asJSON)
		},
	}
	cmd.Flags().StringVarP(&pool, "pool", "p", "", "`pool` whose configuration to show (default: the node's first)")
	cmd.Flags().StringVar(&platform, "platform", "", "`platform` whose configuration to show")
	flagJSON(cmd, &asJSON, "print JSON")
	return cmd
}

func (a *app) showResource(ctx context.Context, node, pool, platform string, asJSON bool) error {
	s, err := a.describedSite()
	if err != nil {
		return err
	}
	now, err := a.look(ctx)
	if err != nil {
		return err
	}
	all := inventory.Resources(now.Nodes, s)
	i := slices.IndexFunc(all, func(r inventory.Resource) bool { return r.Node == node })
	if i < 0 || len(all[i].Places) == 0 {
		return notResource(node, all, now)
	}
	r := all[i]
	if asJSON {
		return printJSON(a.out, inventory.ResourcesJSON([]inventory.Resource{r}))
	}
	at := 0
	if pool != "" {
		at = slices.IndexFunc(r.Places, func(p inventory.Place) bool { return p.Pool == pool && dash(p.Platform) == platform })
		if at < 0 {
			return fmt.Errorf("Node %s is not in pool %s and platform %s", node, pool, platform)
		}
	}
	a.printResource(r, r.Places[at])
	return nil
}

// notResource says why a node is none.
func notResource(node string, all []inventory.Resource, now *cluster.Snapshot) error {
	var names []string
	for _, r := range all {
		if r.Node == node {
			return fmt.Errorf("%s is not a resource: no pool of the site takes it", node)
		}
		names = append(names, r.Node)
	}
	for _, n := range now.Nodes {
		if n.Name == node {
			return fmt.Errorf("%s is not a resource: it %s", node, n.NotReady)
		}
	}
	return fmt.Errorf("%s is not a resource%s", node, diag.DidYouMean(node, names))
}

// printResource has the shape of OSMO's `resource info` (OSMO cli resources.py:235).
func (a *app) printResource(r inventory.Resource, at inventory.Place) {
	fmt.Fprintf(a.out, "\nResource Name: %s\n\nPool Specification:\n\n", r.Node)
	t := &table{header: []string{"Pool", "Platform"}}
	last := ""
	for _, p := range r.Places {
		pool := p.Pool
		if pool == last {
			pool = ""
		}
		t.add(pool, dash(p.Platform))
		last = p.Pool
	}
	a.printTable(t)
	fmt.Fprintf(a.out, "\n* (Using configuration for %s/%s):\nResource Capacity\n-----------------\n", at.Pool, dash(at.Platform))
	fmt.Fprintf(a.out, "storage: %dGi\ncpu: %d\nmemory: %dGi\ngpu: %d\n", at.Storage.Total, at.CPU.Total, at.Memory.Total, at.GPU.Total)
	fmt.Fprintf(a.out, "\nTask Configurations\n-------------------\nHost Network Allowed: %s\nPrivileged Mode Allowed: %s\nDefault Mounts:\n%s\nAllowed Mounts:\n%s\n",
		pythons(at.Rules.HostNetwork), pythons(at.Rules.Privileged), items(at.Rules.DefaultMounts), items(at.Rules.AllowedMounts))
}

// pythons is a boolean as OSMO prints it.
func pythons(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// items is one line each.
func items(list []string) string {
	lines := make([]string, len(list))
	for i, item := range list {
		lines[i] = "- " + item + "\n"
	}
	return strings.Join(lines, "")
}
