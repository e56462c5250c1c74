package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

// logsOptions are the arguments of logs.
type logsOptions struct {
	id, task string // an empty task means all
	follow   bool
	asJSON   bool
}

func (a *app) logsCommand() *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs ID [TASK]",
		Short: "Print what the members wrote, each line with its task's name",
		Args:  wants(1, 2, "ID and perhaps TASK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.id = args[0]
			if len(args) > 1 {
				o.task = args[1]
			}
			return a.logs(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "wait for tasks that are not placed yet, go on until the workflow ends")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object a line: task, stream, text")
	return cmd
}

func (a *app) logs(ctx context.Context, o logsOptions) error {
	c, err := a.cluster()
	if err != nil {
		return err
	}
	w, err := c.Workflow(ctx, o.id)
	if err != nil {
		return err
	}
	if _, err := selectMembers(w, o.task); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "Workflow %s has logs:\n", w.ID) // OSMO's shape (OSMO cli workflow.py)
	c.Namespace = w.Namespace
	l := &logPrinter{cluster: c, namespace: w.Namespace, out: &lineWriter{w: a.out, asJSON: o.asJSON}, talk: &lineWriter{w: a.err}}
	if o.follow {
		return l.follow(ctx, o)
	}
	return l.printAll(ctx, w, o.task)
}

// selectMembers returns the named member, or all.
func selectMembers(w *observe.Workflow, task string) ([]observe.Member, error) {
	var selected []observe.Member
	var names []string
	for _, g := range w.Gangs {
		for _, m := range g.Members {
			names = append(names, m.Name)
			if task == "" || m.Name == task {
				selected = append(selected, m)
			}
		}
	}
	if len(selected) == 0 && task != "" {
		return nil, usageError{fmt.Errorf("workflow %s has no task %q, its tasks are %v", w.ID, task, names)}
	}
	return selected, nil
}

// streams of a task, as Nomad calls them.
var streams = [...]string{"stdout", "stderr"}

// printAll prints what there is now, one task after the other.
func (l *logPrinter) printAll(ctx context.Context, w *observe.Workflow, task string) error {
	members, err := selectMembers(w, task)
	if err != nil {
		return err
	}
	var all error
	for _, m := range members {
		if m.AllocID == "" {
			l.say("%s has not been placed", m.Name)
			continue
		}
		for _, stream := range streams {
			t := l.tail(m, stream)
			if err := t.read(ctx, false); err != nil {
				all = errors.Join(all, l.whatIsLeft(t, err))
			}
			t.flush()
		}
	}
	return all
}

// follow prints what is written until the workflow has ended. Each allocation
// of each member is read from its beginning, whenever it appears.
func (l *logPrinter) follow(ctx context.Context, o logsOptions) error {
	readers := map[string]*reader{}
	waiting := map[string]bool{}
	_, err := l.cluster.Follow(ctx, o.id, patience, func(w *observe.Workflow) {
		members, _ := selectMembers(w, o.task) // checked before
		for _, m := range members {
			switch r := readers[m.AllocID]; {
			case m.AllocID == "" && !waiting[m.Name] && !m.State.Finished():
				waiting[m.Name] = true
				l.say("%s has not been placed yet, waiting", m.Name)
			case m.AllocID != "" && r == nil:
				readers[m.AllocID] = l.start(ctx, m)
			}
			if r := readers[m.AllocID]; r != nil && m.State.Finished() {
				r.end()
			}
		}
	})
	for _, r := range readers {
		r.end()
	}
	var all error
	for _, id := range slices.Sorted(maps.Keys(readers)) {
		all = errors.Join(all, readers[id].wait())
	}
	return errors.Join(err, all)
}
