package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

// timeFormat is how instants are shown.
const timeFormat = "2006-01-02 15:04:05"

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [ID]",
		Short: "Show a workflow: its gangs, what they wait for, where their members are",
		Args:  wants(0, 1, "at most one ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.list(cmd, asJSON)
			}
			return a.status(cmd, args[0], asJSON)
		},
	}
	flagJSON(cmd, &asJSON, "print JSON")
	return cmd
}

func (a *app) status(cmd *cobra.Command, id string, asJSON bool) error {
	c, err := a.cluster()
	if err != nil {
		return err
	}
	w, err := c.Workflow(cmd.Context(), id)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a.out, w)
	}
	a.printStatus(w, c.Nomad.Address())
	return nil
}

// printStatus has the shape of OSMO's `workflow query` (OSMO cli workflow.py:1062).
func (a *app) printStatus(w *observe.Workflow, address string) {
	c := a.outColours()
	fmt.Fprintf(a.out, "%s\n\nWorkflow ID : %s\nStatus      : %s\nNamespace   : %s\nSubmit Time : %s\n",
		strings.Repeat("-", 56), w.ID, c.states(w.Status), w.Namespace, formatTime(w.Submitted))
	for _, g := range w.Gangs {
		fmt.Fprintf(a.out, "Overview    : %s\n", jobPage(address, g.Job, w.Namespace))
	}
	for _, g := range w.Gangs {
		fmt.Fprintf(a.out, "\nGroup %s : %s\n", g.Group, c.states(string(g.State)))
		for _, line := range gangLines(g) {
			fmt.Fprintf(a.out, "  %s\n", line)
		}
	}
	fmt.Fprintln(a.out)
	a.printTable(memberTable(w))
}

// gangLines say what there is to say of a gang beside its state.
func gangLines(g observe.Gang) []string {
	var lines []string
	if w := why(g); w != "" {
		lines = append(lines, w)
	}
	if g.Skew > 0 {
		lines = append(lines, startedTogether(g))
	}
	return lines
}

// jobPage is a job's page in Nomad's UI.
func jobPage(address, job, namespace string) string {
	return address + "/ui/jobs/" + url.PathEscape(job+"@"+namespace)
}

// memberTable lists the members of all gangs.
func memberTable(w *observe.Workflow) *table {
	t := &table{header: []string{"Task Name", "Start Time", "Status", "Node", "Platform", "Exit Code"}}
	for _, g := range w.Gangs {
		for _, m := range g.Members {
			start, code := "-", "-"
			if m.StartedUnixNanos > 0 {
				start = formatTime(time.Unix(0, m.StartedUnixNanos))
			}
			if m.Exit != nil && !m.Exit.Never {
				code = strconv.Itoa(m.Exit.Code)
			}
			t.add(m.Name, start, string(m.State), dash(m.Node), dash(m.Platform), code)
		}
	}
	return t
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(timeFormat)
}

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List workflows, the newest last",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.list(cmd, asJSON) },
	}
	flagJSON(cmd, &asJSON, "print JSON")
	return cmd
}

func (a *app) list(cmd *cobra.Command, asJSON bool) error {
	c, err := a.cluster()
	if err != nil {
		return err
	}
	all, err := c.List(cmd.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a.out, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(a.err, "There are no workflows to view.")
		return nil
	}
	t := &table{header: []string{"Workflow ID", "Submit Time", "Status", "Priority", "Namespace"}}
	for _, w := range all {
		t.add(w.ID, formatTime(w.Submitted), w.Status, dash(w.Priority), w.Namespace)
	}
	a.printTable(t)
	return nil
}
