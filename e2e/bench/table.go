package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// spread is the median, the least and the most of some numbers.
func spread[T cmp.Ordered](all []T) (median, least, most T) {
	if len(all) == 0 {
		return median, least, most
	}
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2], s[0], s[len(s)-1]
}

// times is spread in milliseconds.
func times(all []time.Duration) string {
	if len(all) == 0 {
		return ""
	}
	median, least, most := spread(all)
	return fmt.Sprintf("%s (%s – %s)", ms(median), ms(least), ms(most))
}

func ms(d time.Duration) string {
	f := float64(d) / float64(time.Millisecond)
	if f < 10 {
		return fmt.Sprintf("%.1f ms", f)
	}
	return fmt.Sprintf("%.0f ms", f)
}

// each takes one number out of every round.
func each[T any](rounds []round, of func(round) T) []T {
	out := make([]T, len(rounds))
	for i, r := range rounds {
		out[i] = of(r)
	}
	return out
}

// ratios are taken round by round: the two of one round met the same machine.
func ratios(ours, plain []time.Duration) string {
	all := make([]float64, len(ours))
	for i := range ours {
		all[i] = float64(ours[i]) / float64(max(plain[i], 1))
	}
	median, least, most := spread(all)
	return fmt.Sprintf("%.2f × (%.2f – %.2f)", median, least, most)
}

// table prints rows of cells; the first is the heading.
func table(rows ...[]string) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

func printComparison(rounds []round) {
	row := func(what string, of func(run) time.Duration, aim string) []string {
		ours := each(rounds, func(r round) time.Duration { return of(r.ours) })
		plain := each(rounds, func(r round) time.Duration { return of(r.plain) })
		templated := each(rounds, func(r round) time.Duration { return of(r.templated) })
		return []string{what, times(ours), times(plain), ratios(ours, plain), aim, times(templated), ratios(ours, templated)}
	}
	arrival := each(rounds, func(r round) time.Duration { return r.ours.last().Sub(r.ours.trail.lastReady) })
	fmt.Printf("\nA gang of 3 and the same 3 groups as a plain Nomad job, %d rounds in turns: median (least – most)\n\n", len(rounds))
	table(
		[]string{"", "ours", "plain", "ours / plain", "aim", "plain with a template [3]", "ours / that"},
		row("register to last command", run.total, "≤ 3 ×"),
		row("release to last command [1]", run.released, "≤ 1.5 ×"),
		row("start skew", run.skew, "ours ≤ 5 ms"),
		[]string{"last arrival to last command [2]", times(arrival), "-", "-", "≤ 20 ms", "-", "-"},
	)
	fmt.Print(`
[1] From Nomad's instant of the evaluation that places the members: the second register's for ours, the first one's for plain.
[2] From when this program's own blocking query on Consul shows the last ready record.
[3] The plain job with the one template per task that carries a gang's command: Nomad renders it in a process of its own.

Where the time goes, from the step before:

`)
	printWay(rounds)
}

// printWay shows each step from the register to the last command.
func printWay(rounds []round) {
	way := []struct {
		name        string
		ours, plain func(run) time.Time
	}{
		{"the hold's first record", func(r run) time.Time { return r.trail.held }, nil},
		{"it wants a release", func(r run) time.Time { return r.trail.wanted }, nil},
		{"the epoch record, releasing", func(r run) time.Time { return r.trail.releasing }, nil},
		{"the members' evaluation", func(r run) time.Time { return r.evaluated }, func(r run) time.Time { return r.evaluated }},
		{"the epoch record, placed", func(r run) time.Time { return r.trail.placed }, nil},
		{"last member at its host's Nomad", func(r run) time.Time { return r.received }, func(r run) time.Time { return r.received }},
		{"last task started (ours: its gate)", func(r run) time.Time { return r.started }, func(r run) time.Time { return r.started }},
		{"first ready record", func(r run) time.Time { return r.trail.firstReady }, nil},
		{"last ready record", func(r run) time.Time { return r.trail.lastReady }, nil},
		{"the verdict", func(r run) time.Time { return r.trail.verdict }, nil},
		{"first command", func(r run) time.Time { return r.commands[0] }, func(r run) time.Time { return r.commands[0] }},
		{"last command", run.last, run.last},
	}
	rows := [][]string{{"step", "ours", "plain", "plain with a template"}}
	lastOurs := func(r run) time.Time { return r.registered }
	lastPlain := lastOurs
	for _, step := range way {
		row := []string{step.name, times(between(rounds, lastOurs, step.ours, oursOf)), "-", "-"}
		lastOurs = step.ours
		if step.plain != nil {
			row[2] = times(between(rounds, lastPlain, step.plain, plainOf))
			row[3] = times(between(rounds, lastPlain, step.plain, templatedOf))
			lastPlain = step.plain
		}
		rows = append(rows, row)
	}
	table(rows...)
}

func oursOf(r round) run  { return r.ours }
func plainOf(r round) run { return r.plain }

func templatedOf(r round) run { return r.templated }

func between(rounds []round, from, to func(run) time.Time, side func(round) run) []time.Duration {
	return each(rounds, func(r round) time.Duration { return to(side(r)).Sub(from(side(r))) })
}
