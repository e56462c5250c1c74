package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// benchPlugin measures the plugin's memory with gangs that wait for a host that
// another gang has.
func (c *cluster) benchPlugin(ctx context.Context, held int) error {
	none, err := c.pluginMemory(ctx)
	if err != nil {
		return err
	}
	busy, err := c.translate(fmt.Sprintf("busy-%d", time.Now().Unix()), "memory=15Gi")
	if err != nil {
		return err
	}
	r, err := c.measure(ctx, busy)
	if err != nil {
		return fmt.Errorf("taking the robot's host: %w", err)
	}
	one, err := c.hold(ctx, 0, 1)
	if err != nil {
		return err
	}
	many, err := c.hold(ctx, 1, held)
	if err != nil {
		return err
	}
	fmt.Printf("\nThe plugin's resident memory, three processes on three hosts of which one has the admitter too (one gang, started %s after its register, runs in all but the first row)\n\n", ms(r.total()))
	table(
		[]string{"held gangs", "largest", "all three", "without the binary's own pages, all three"},
		none.row("0"), one.row("1"), many.row(strconv.Itoa(held)),
	)
	return c.endAll(ctx)
}

// memory is the plugin processes' together, in KiB.
type memory struct{ largest, all, own int }

func (m memory) row(name string) []string {
	text := func(kib int) string { return fmt.Sprintf("%.1f MiB", float64(kib)/1024) }
	return []string{name, text(m.largest), text(m.all), text(m.own)}
}

func (c *cluster) pluginMemory(ctx context.Context) (m memory, err error) {
	pids, err := c.processes(ctx, "nomad-driver-gang")
	if err != nil {
		return m, err
	}
	for _, pid := range pids {
		all, own := resident(pid)
		m.largest, m.all, m.own = max(m.largest, all), m.all+all, m.own+own
	}
	if m.all == 0 {
		return m, errors.New("no plugin process found")
	}
	return m, nil
}

// hold registers gangs until there are so many that wait, and returns the
// memory once the admitter has told each of them why.
func (c *cluster) hold(ctx context.Context, from, to int) (memory, error) {
	stamp := time.Now().Unix()
	for i := from; i < to; i++ {
		job, err := c.translate(fmt.Sprintf("held-%d-%d", stamp, i), "memory=15Gi")
		if err != nil {
			return memory{}, err
		}
		if _, _, err := c.nomad.Jobs().Register(job, (&nomad.WriteOptions{}).WithContext(ctx)); err != nil {
			return memory{}, err
		}
	}
	err := await(ctx, fmt.Sprintf("%d held gangs", to), func() error { return c.allTold(ctx, to) })
	if err != nil {
		return memory{}, err
	}
	return c.pluginMemory(ctx)
}

// allTold says that so many gangs have a place in the queue.
func (c *cluster) allTold(ctx context.Context, want int) error {
	entries, _, err := c.store.Watch(ctx, rendezvous.GangsPrefix, 0)
	if err != nil {
		return err
	}
	told := 0
	for _, e := range entries {
		if _, rest, ok := rendezvous.ParseGangKey(e.Key); ok && rest == "queue" {
			told++
		}
	}
	if told != want {
		return fmt.Errorf("%d of %d have been told why they wait", told, want)
	}
	return nil
}

// endAll stops what is left, the waiting first: nothing is to start now.
func (c *cluster) endAll(ctx context.Context) error {
	for _, prefix := range []string{"held-", "busy-"} {
		jobs, _, err := c.nomad.Jobs().PrefixList(prefix)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if _, _, err := c.nomad.Jobs().Deregister(j.ID, false, (&nomad.WriteOptions{}).WithContext(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}
