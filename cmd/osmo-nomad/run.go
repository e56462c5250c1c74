package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/submit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator"
)

// runOptions are the flags of run.
type runOptions struct {
	source sourceOptions
	dryRun bool
	detach bool
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a workflow and follow it to its end",
		Long: "Run translates a workflow, checks that the cluster can ever place its gangs,\n" +
			"registers one Nomad job per gang and follows them. Interrupting it leaves the\n" +
			"workflow running. Exit code: 0 completed, 1 failed, 3 the file has diagnostics.",
		Args: wants(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runWorkflow(cmd.Context(), args[0], o) },
	}
	o.source.flags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print the rendered YAML and stop")
	cmd.Flags().BoolVar(&o.detach, "detach", false, "register and return, do not follow")
	flagJSON(cmd, &o.source.asJSON, "print the workflow as JSON when it has ended, or the file's errors")
	return cmd
}

func (a *app) runWorkflow(ctx context.Context, file string, o runOptions) error {
	s, err := a.open(file, o.source)
	if err != nil {
		return err
	}
	if !o.dryRun {
		return a.runSource(ctx, s, o.detach)
	}
	// What was rendered helps most where it is wrong.
	_, err = a.plan(s, "")
	if text := translator.Rendered(s.file, s.options); text != "" && (err == nil || !s.asJSON) {
		fmt.Fprintln(a.out, strings.TrimSuffix(text, "\n"))
	}
	return err
}

// runSource registers the workflow and follows it.
func (a *app) runSource(ctx context.Context, s *source, detach bool) error {
	s.toRun = true
	plan, err := a.plan(s, "")
	if err != nil {
		return err
	}
	c, err := a.clients()
	if err != nil {
		return err
	}
	if err := a.checkCluster(ctx, c, plan); err != nil {
		return err
	}
	load := func(id string) (*translator.Plan, error) { return a.plan(s, id) }
	plan, err = submit.Register(ctx, submit.Target{Nomad: c.nomad, Store: c.store, Now: time.Now}, plan.Name, load)
	if err != nil {
		return err
	}
	a.announce(plan, c.nomad.Address())
	if detach {
		return nil
	}
	where := observe.Cluster{Nomad: c.nomad, Store: c.store, Namespace: plan.Namespace()}
	return a.follow(ctx, where, plan.ID, s.asJSON)
}

// announce has OSMO's shape, which scripts parse (OSMO cli workflow.py:697).
func (a *app) announce(plan *translator.Plan, address string) {
	fmt.Fprintf(a.out, "Workflow submit successful.\nWorkflow ID        - %s\n", plan.ID)
	for _, j := range plan.Jobs {
		fmt.Fprintf(a.out, "Workflow Overview  - %s\n", jobPage(address, *j.ID, plan.Namespace()))
	}
}

// follow shows the workflow until it ends. The error carries the exit code.
func (a *app) follow(ctx context.Context, c observe.Cluster, id string, asJSON bool) error {
	w, err := c.Follow(ctx, id, patience, a.progress().see)
	if ctx.Err() != nil {
		a.sayInterrupted(id)
		return silentError{exitInterrupted}
	}
	if err != nil {
		return fmt.Errorf("following workflow %s, last seen %s: %w", id, lastStatus(w), err)
	}
	if asJSON {
		if err := printJSON(a.out, w); err != nil {
			return err
		}
	}
	if w.Status != string(rendezvous.Completed) {
		a.explainFailure(w)
		return silentError{exitFailed}
	}
	fmt.Fprintln(a.err, a.errColours().states("Workflow "+id+" "+w.Status))
	return nil
}

// sayInterrupted says what becomes of the workflow: it goes on, unless the
// cluster is this command's own and ends with it.
func (a *app) sayInterrupted(id string) {
	if a.connect != nil {
		fmt.Fprintf(a.err, "\ninterrupted: workflow %s ends with its cluster\n", id)
		return
	}
	fmt.Fprintf(a.err, "\nThe workflow goes on. Follow it: osmo-nomad status %s, osmo-nomad logs -f %s; end it: osmo-nomad cancel %s\n", id, id, id)
}

// patience is how long a cluster may be away before following gives up.
const patience = 2 * time.Minute

func lastStatus(w *observe.Workflow) string {
	if w == nil {
		return "never"
	}
	return w.Status
}

// explainFailure names each failed gang's culprit, its host, its code and the
// last lines it wrote.
func (a *app) explainFailure(w *observe.Workflow) {
	fmt.Fprintln(a.err, a.errColours().states("Workflow "+w.ID+" "+w.Status))
	for _, g := range w.Gangs {
		if g.Outcome == nil || g.State == rendezvous.Completed {
			continue
		}
		fmt.Fprintf(a.err, "\n%s %s\n", g.Group, a.errColours().states(g.Outcome.Sentence))
		for _, m := range g.Members {
			if m.Name == g.Outcome.Member {
				a.lastLines(w.ID, m)
			}
		}
	}
}

func (a *app) lastLines(id string, m observe.Member) {
	if len(m.LastLines) == 0 {
		return
	}
	fmt.Fprintf(a.err, "last lines of %s on %s:\n", m.Name, m.Node)
	for _, l := range m.LastLines {
		fmt.Fprintf(a.err, "  %s\n", l)
	}
	fmt.Fprintf(a.err, "all of them: osmo-nomad logs %s %s\n", id, m.Name)
}

// checkCluster says before anything is registered what can never work there.
func (a *app) checkCluster(ctx context.Context, c clients, plan *translator.Plan) error {
	plugins, err := pluginsOf(ctx, c.nomad)
	if err != nil {
		return err
	}
	if err := checkPlugins(plugins); err != nil {
		return err
	}
	if err := submit.Namespace(ctx, c.nomad, plan.Namespace()); err != nil {
		return err
	}
	return submit.Possible(ctx, c.nomad, plan.Jobs)
}
