package main

import (
	"context"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// trail is when this program saw each of a gang's records for the first time,
// by its own blocking query: a little after it was written, just as the gang's
// parts see each other's records.
type trail struct {
	held, wanted, releasing, placed         time.Time
	firstReady, lastReady, verdict, started time.Time
	// afterGo is the longest time of a gate between reading the go and starting
	// its command.
	afterGo time.Duration
}

// follow watches a job's records until the context ends.
func (c *cluster) follow(ctx context.Context, job string) <-chan trail {
	done := make(chan trail, 1)
	go func() {
		var t trail
		var index uint64
		for ctx.Err() == nil {
			entries, next, err := c.store.Watch(ctx, rendezvous.GangsPrefix+"default/"+job+"/", index)
			if err == nil {
				index = next
				t.look(entries, time.Now())
			}
		}
		done <- t
	}()
	return done
}

func (t *trail) look(entries []rendezvous.Entry, now time.Time) {
	if len(entries) == 0 {
		return
	}
	gang, _, ok := rendezvous.ParseGangKey(entries[0].Key)
	if !ok {
		return
	}
	v := rendezvous.ReadView(gang, entries)
	first := func(at *time.Time, seen bool) {
		if seen && at.IsZero() {
			*at = now
		}
	}
	first(&t.held, v.Hold != nil)
	first(&t.wanted, v.Epoch != nil || v.Hold != nil && v.Hold.Want == rendezvous.WantRelease)
	first(&t.releasing, v.Epoch != nil)
	first(&t.placed, v.Epoch != nil && v.Epoch.Phase == rendezvous.Placed)
	first(&t.firstReady, len(v.Ready) > 0)
	first(&t.lastReady, len(v.Ready) == members || v.Verdict != nil)
	first(&t.verdict, v.Verdict != nil)
	first(&t.started, len(v.Started) == members)
	for _, s := range v.Started {
		t.afterGo = max(t.afterGo, time.Duration(s.Start.AfterGoNanos))
	}
}
