package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	nomad "github.com/hashicorp/nomad/api"
	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

func (a *app) logsCommand() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs ID [TASK]",
		Short: "Print what the members wrote, each line with its task's name",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.cluster()
			if err != nil {
				return err
			}
			w, err := c.Workflow(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			members, err := selectMembers(w, args[1:])
			if err != nil {
				return err
			}
			return a.logs(cmd.Context(), c, w, members, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the tasks end")
	return cmd
}

// selectMembers returns the named member, or all.
func selectMembers(w *observe.Workflow, name []string) ([]observe.Member, error) {
	var all []observe.Member
	var names []string
	for _, g := range w.Gangs {
		for _, m := range g.Members {
			if len(name) == 0 || m.Name == name[0] {
				all = append(all, m)
			}
			names = append(names, m.Name)
		}
	}
	if len(all) == 0 {
		return nil, usageError{fmt.Errorf("workflow %s has no task %q, its tasks are %v", w.ID, name[0], names)}
	}
	return all, nil
}

// logs prints the output of members that have been placed. Followed members
// are read side by side; a line is never torn.
func (a *app) logs(ctx context.Context, c observe.Cluster, w *observe.Workflow, members []observe.Member, follow bool) error {
	fmt.Fprintf(a.err, "Workflow %s has logs:\n", w.ID)
	out := &lineWriter{w: a.out}
	var readers sync.WaitGroup
	errs := make(chan error, 2*len(members))
	for _, m := range members {
		if m.AllocID == "" {
			fmt.Fprintf(a.err, "%s has not been placed\n", m.Name)
			continue
		}
		for _, stream := range []string{"stdout", "stderr"} {
			if !follow { // one after the other: the order of lines stays readable
				errs <- copyLogs(ctx, c, w.Namespace, m, stream, false, out)
				continue
			}
			readers.Go(func() { errs <- copyLogs(ctx, c, w.Namespace, m, stream, true, out) })
		}
	}
	readers.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// lineWriter lets several readers share one writer, line by line.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineWriter) line(task, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "[%s] %s\n", task, text)
}

// maxLogLine bounds what one line of a task's output may hold in memory.
const maxLogLine = 1 << 20

func copyLogs(ctx context.Context, c observe.Cluster, namespace string, m observe.Member, stream string, follow bool, out *lineWriter) error {
	stop := make(chan struct{})
	defer close(stop)
	q := (&nomad.QueryOptions{Namespace: namespace}).WithContext(ctx)
	frames, errs := c.Nomad.AllocFS().Logs(&nomad.Allocation{ID: m.AllocID}, follow, m.Name, stream, "start", 0, stop, q)
	reader := nomad.NewFrameReader(frames, errs, stop)
	lines := bufio.NewScanner(reader)
	lines.Buffer(make([]byte, 0, 64<<10), maxLogLine)
	for lines.Scan() {
		out.line(m.Name, lines.Text())
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("reading %s of %s on %s: %w", stream, m.Name, m.Node, err)
	}
	return nil
}
