package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/devcluster"
)

// devOptions are the flags of the dev commands.
type devOptions struct {
	name   string
	hosts  []string
	docker bool
	asJSON bool
	source sourceOptions
}

func (a *app) devCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "A whole cluster on this machine, to try things out",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.devUpCommand(), a.devDownCommand(), a.devStatusCommand(), a.devRunCommand())
	return cmd
}

func (o *devOptions) flagName(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.name, "name", devcluster.DefaultName, "`name` of the cluster: several can be up at once")
}

func (o *devOptions) flagHosts(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.hosts, "host", nil,
		"a host, `NAME=PLATFORM[:gpu=N][:cpu=N][:memory=N]`; may be repeated (default: train and sim with an A40 each, edge an AGX Orin)")
	cmd.Flags().BoolVar(&o.docker, "docker", false, "start a Docker daemon on every host and run members in containers")
}

// cluster turns the flags into devcluster's options.
func (a *app) devCluster(o devOptions) (devcluster.Options, error) {
	c := devcluster.Options{Name: o.name, Docker: o.docker, Progress: a.err}
	for _, text := range o.hosts {
		h, err := devcluster.ParseHost(text)
		if err != nil {
			return c, usageError{fmt.Errorf("--host: %w", err)}
		}
		c.Hosts = append(c.Hosts, h)
	}
	return c, nil
}

func (a *app) devUpCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start Consul, Nomad and the hosts",
		Long: "Up starts a real Consul and Nomad, and hosts that are network namespaces with\n" +
			"their own addresses, Consul agents and Nomad clients. GPUs are simulated. It uses\n" +
			"nomad and consul from PATH, or builds them once into the user's cache directory.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := a.devCluster(o)
			if err != nil {
				return err
			}
			c, err := devcluster.Up(cmd.Context(), opts)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.err, "The cluster is up. To use it:")
			for _, e := range c.Env() {
				fmt.Fprintf(a.out, "export %s\n", e)
			}
			return nil
		},
	}
	o.flagName(cmd)
	o.flagHosts(cmd)
	return cmd
}

func (a *app) devDownCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "down",
		Short: "End the cluster and remove everything of it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return devcluster.Down(cmd.Context(), devcluster.Options{Name: o.name, Progress: a.err})
		},
	}
	o.flagName(cmd)
	return cmd
}

func (a *app) devStatusCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the cluster's hosts and agents",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.devStatus(cmd.Context(), o) },
	}
	o.flagName(cmd)
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) devStatus(ctx context.Context, o devOptions) error {
	r, err := devcluster.Status(ctx, devcluster.Options{Name: o.name, Progress: a.err})
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(a.out, r)
	}
	if r.Server == nil {
		fmt.Fprintf(a.err, "There is no cluster %q: `osmo-nomad dev up` starts one.\n", r.Name)
		return nil
	}
	fmt.Fprintf(a.err, "Nomad %s, Consul %s, site %s\n", r.NomadAddr, r.ConsulAddr, r.SiteFile)
	t := &table{header: []string{"Host", "Platform", "GPU", "Address", "Namespace", "State"}}
	for _, h := range append([]devcluster.NodeReport{*r.Server}, r.Hosts...) {
		t.add(h.Name, dash(h.Platform), strconv.Itoa(h.GPUs), h.Address, h.Namespace, dash(h.State))
	}
	a.printTable(t)
	return nil
}

// devRunCommand is `make run`: a cluster for one workflow.
func (a *app) devRunCommand() *cobra.Command {
	o := devOptions{}
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Start a cluster, run one workflow on it, and remove the cluster again",
		Args:  wants(1, 1, "FILE"),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.devRun(cmd.Context(), args[0], o) },
	}
	cmd.Flags().StringVar(&o.name, "name", "run", "`name` of the cluster")
	o.flagHosts(cmd)
	o.source.flags(cmd)
	return cmd
}

// downLimit bounds the removal, which goes on after a Ctrl-C.
const downLimit = 2 * time.Minute

func (a *app) devRun(ctx context.Context, file string, o devOptions) (err error) {
	opts, err := a.devCluster(o)
	if err != nil {
		return err
	}
	s, err := a.open(file, o.source)
	if err != nil {
		return err
	}
	s.toRun = true
	if _, err := a.plan(s, ""); err != nil { // before minutes of work
		return err
	}
	defer func() { err = a.removeCluster(ctx, opts, err) }()
	c, err := devcluster.Up(ctx, opts)
	if err != nil {
		return err
	}
	a.site = c.SiteFile
	a.connect = func() (clients, error) { return dial(c.NomadAddr, c.ConsulAddr, a.namespace) }
	if s.options.Site, err = a.readSite(); err != nil {
		return err
	}
	return a.runSource(ctx, s, false)
}

// removeCluster takes the cluster down whatever has happened. Its own error is
// told here, because the workflow's decides the exit code.
func (a *app) removeCluster(ctx context.Context, opts devcluster.Options, err error) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), downLimit)
	defer cancel()
	down := devcluster.Down(last, opts)
	if err == nil {
		return down
	}
	if down != nil {
		fmt.Fprintf(a.err, "osmo-nomad: removing the cluster: %v\n", down)
	}
	return err
}
