package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// run is one job's way from the register to its last command.
type run struct {
	// registered is the instant before the register was sent.
	registered time.Time
	// evaluated is Nomad's instant of the evaluation that placed the members: a
	// plain job's first, a gang's second, which is its release.
	evaluated time.Time
	// commands are the instants that the commands wrote, sorted.
	commands []time.Time
	// received, started: when the last member's allocation reached its client, and
	// when its user's task was started, by Nomad's task events.
	received, started time.Time
	// trail is what Consul's records said, and when; plain jobs have none.
	trail trail
	// gates are the resident kilobytes of the members' gates while they wait for
	// their commands' end: all, and without what is backed by files.
	gates [][2]int
}

func (r run) last() time.Time         { return r.commands[len(r.commands)-1] }
func (r run) total() time.Duration    { return r.last().Sub(r.registered) }
func (r run) released() time.Duration { return r.last().Sub(r.evaluated) }
func (r run) skew() time.Duration     { return r.last().Sub(r.commands[0]) }

// gang runs the gang once.
func (c *cluster) gang(ctx context.Context, id string) (r run, err error) {
	job, err := c.translate(id)
	if err != nil {
		return r, err
	}
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := c.follow(watch, *job.ID)
	if r, err = c.measure(ctx, job); err != nil {
		return r, err
	}
	cancel()
	r.trail = <-seen
	pids, err := c.processes(ctx, "osmo-gate")
	if err != nil {
		return r, err
	}
	for _, pid := range pids {
		all, own := resident(pid)
		r.gates = append(r.gates, [2]int{all, own})
	}
	return r, c.end(ctx, *job.ID)
}

// plain runs the same groups without hold, gate and plugin once.
func (c *cluster) plain(ctx context.Context, id string, templates bool) (r run, err error) {
	job, err := c.translate(id)
	if err != nil {
		return r, err
	}
	if r, err = c.measure(ctx, withoutGang(job, templates)); err != nil {
		return r, err
	}
	return r, c.end(ctx, *job.ID)
}

// script is every member's command.
const script = `echo $EPOCHREALTIME; sleep 1000`

// withoutGang leaves of the job what a user of Nomad would have written: the
// same groups with their constraints, resources, devices and services.
func withoutGang(job *nomad.Job, templates bool) *nomad.Job {
	job.TaskGroups = slices.DeleteFunc(job.TaskGroups, func(g *nomad.TaskGroup) bool { return *g.Count == 1 })
	job.Meta, job.UI = nil, nil
	for _, g := range job.TaskGroups {
		one := 1
		g.Count, g.Meta = &one, nil
		g.Tasks = slices.DeleteFunc(g.Tasks, func(t *nomad.Task) bool { return t.Driver == "gang" })
		for _, t := range g.Tasks {
			if !templates {
				t.Templates = nil
			}
			t.Config = map[string]any{"command": "bash", "args": []string{"-c", script}}
		}
	}
	return job
}

// measure registers the job and waits until all three commands have said when
// they began.
func (c *cluster) measure(ctx context.Context, job *nomad.Job) (run, error) {
	r := run{registered: time.Now()}
	if _, _, err := c.nomad.Jobs().Register(job, (&nomad.WriteOptions{}).WithContext(ctx)); err != nil {
		return r, err
	}
	if err := await(ctx, "the commands of "+*job.ID, func() error { return c.readCommands(ctx, &r, job) }); err != nil {
		return r, err
	}
	return r, c.readEvaluation(ctx, &r, *job.ID)
}

// readCommands reads what the commands wrote.
func (c *cluster) readCommands(ctx context.Context, r *run, job *nomad.Job) error {
	stubs, _, err := c.nomad.Jobs().Allocations(*job.ID, false, (&nomad.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return err
	}
	began := map[string]time.Time{}
	for _, s := range stubs {
		if s.TaskStates[s.TaskGroup] == nil {
			continue // the hold, or not yet known by its client
		}
		if began[s.TaskGroup], err = c.readCommand(ctx, s); err != nil {
			return err
		}
		if !readEvents(r, s.TaskStates[s.TaskGroup].Events) {
			return fmt.Errorf("Nomad has not told of the start of %s", s.TaskGroup)
		}
	}
	if len(began) != members {
		return fmt.Errorf("%d of %d members are on their hosts", len(began), members)
	}
	r.commands = slices.SortedFunc(maps.Values(began), time.Time.Compare)
	return nil
}

// members of the gang.
const members = 3

// readEvents says whether Nomad has told of the task's start.
func readEvents(r *run, events []*nomad.TaskEvent) (told bool) {
	for _, e := range events {
		at := time.Unix(0, e.Time)
		switch e.Type {
		case nomad.TaskReceived:
			r.received = latest(r.received, at)
		case nomad.TaskStarted:
			r.started, told = latest(r.started, at), true
		}
	}
	return told
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *cluster) readCommand(ctx context.Context, s *nomad.AllocationListStub) (time.Time, error) {
	alloc := &nomad.Allocation{ID: s.ID, Namespace: s.Namespace, NodeID: s.NodeID}
	log, err := c.nomad.AllocFS().Cat(alloc, "alloc/logs/"+s.TaskGroup+".stdout.0", (&nomad.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return time.Time{}, err
	}
	text, err := io.ReadAll(log)
	if err := errors.Join(err, log.Close()); err != nil {
		return time.Time{}, err
	}
	line, _, ok := strings.Cut(string(text), "\n")
	if !ok {
		return time.Time{}, fmt.Errorf("%s has not begun", s.TaskGroup)
	}
	micros, err := strconv.ParseInt(strings.Replace(line, ".", "", 1), 10, 64)
	return time.UnixMicro(micros), err
}

// readEvaluation finds the register that placed the members.
func (c *cluster) readEvaluation(ctx context.Context, r *run, job string) error {
	evals, _, err := c.nomad.Jobs().Evaluations(job, (&nomad.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return err
	}
	var last *nomad.Evaluation
	for _, e := range evals {
		if e.TriggeredBy == triggeredByRegister && (last == nil || e.CreateIndex > last.CreateIndex) {
			last = e
		}
	}
	if last == nil {
		return fmt.Errorf("no evaluation of %s", job)
	}
	r.evaluated = time.Unix(0, last.CreateTime)
	return nil
}

// triggeredByRegister is Nomad's word for it.
const triggeredByRegister = "job-register"
