package e2e

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"

	nomad "github.com/hashicorp/nomad/api"
)

// rounds is how often the two gangs meet.
const rounds = 20

// TestTwoGangsNeverMix: two gangs that each need both GPU hosts are submitted
// together, again and again. Whatever happens, no member of one is alive while
// a member of the other is: judged from every allocation event that Nomad
// published, not from looking now and then.
func TestTwoGangsNeverMix(t *testing.T) {
	watch := shared.recordAllocations(t)
	for round := range rounds {
		var submitters sync.WaitGroup
		var pair [2]*workflow
		for i := range pair {
			submitters.Go(func() {
				pair[i] = shared.submit(t, "testdata/pair.yaml", "--set", fmt.Sprintf("name=mix-%d", i))
			})
		}
		submitters.Wait()
		for _, w := range pair {
			if w == nil {
				t.Fatalf("round %d: a gang was not submitted", round)
			}
			w.awaitStatus("COMPLETED", patient)
		}
	}
	events := watch.stop(t)
	members := 0
	alive := map[string]string{} // allocation -> job
	for _, e := range events {
		if e.group != "left" && e.group != "right" {
			continue
		}
		members++
		if e.terminal {
			delete(alive, e.alloc)
			continue
		}
		for other, job := range maps.All(alive) {
			if job != e.job {
				t.Errorf("event %d: a member of %s is placed while %s of %s is alive", e.index, e.job, other[:8], job)
			}
		}
		alive[e.alloc] = e.job
	}
	if want := rounds * 2 * 2; members < want {
		t.Errorf("only %d events of members were seen, expected at least %d: the stream was not complete", members, want)
	}
}

// allocEvent is one allocation event, reduced.
type allocEvent struct {
	index      uint64
	job, group string
	alloc      string
	terminal   bool
}

// recorder collects allocation events until it is stopped.
type recorder struct {
	cancel context.CancelFunc
	done   chan struct{}
	events []allocEvent
	err    error
}

// recordAllocations subscribes to Nomad's events from now on.
func (c *cluster) recordAllocations(t *testing.T) *recorder {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	topics := map[nomad.Topic][]string{nomad.TopicAllocation: {"*"}}
	stream, err := c.nomad.EventStream().Stream(ctx, topics, 0, nil)
	if err != nil {
		t.Fatalf("subscribing to allocation events: %v", err)
	}
	r := &recorder{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		for batch := range stream {
			if batch.Err != nil {
				if ctx.Err() == nil {
					r.err = batch.Err
				}
				return
			}
			for _, e := range batch.Events {
				r.add(e)
			}
		}
	}()
	return r
}

func (r *recorder) add(e nomad.Event) {
	a, err := e.Allocation()
	if err != nil || a == nil {
		r.err = fmt.Errorf("reading event %d: %w", e.Index, err)
		return
	}
	r.events = append(r.events, allocEvent{
		index: e.Index, job: a.JobID, group: a.TaskGroup, alloc: a.ID, terminal: a.ClientTerminalStatus(),
	})
}

func (r *recorder) stop(t *testing.T) []allocEvent {
	t.Helper()
	r.cancel()
	<-r.done
	if r.err != nil {
		t.Fatalf("the event stream broke: %v", r.err)
	}
	return r.events
}
