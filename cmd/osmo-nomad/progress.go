package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

// progress shows a workflow while it is followed.
type progress interface{ see(w *observe.Workflow) }

// progress is a live view on a terminal, one line per change elsewhere. Both
// are talk: they go to stderr.
func (a *app) progress() progress {
	if a.errTerminal {
		return &liveView{out: a.err, size: a.size, colours: a.errColours()}
	}
	return &changeLog{out: a.err, now: time.Now}
}

// changeLog prints a line for everything that changed since the last look.
type changeLog struct {
	out  io.Writer
	now  func() time.Time
	seen []string
}

func (c *changeLog) see(w *observe.Workflow) {
	facts := facts(w)
	for _, f := range facts {
		if !slices.Contains(c.seen, f) {
			fmt.Fprintf(c.out, "%s %s\n", c.now().Format("15:04:05"), f)
		}
	}
	c.seen = facts
}

// facts says all there is to say of a workflow, a line each; a line that was
// not there before is news.
func facts(w *observe.Workflow) []string {
	var out []string
	for _, g := range w.Gangs {
		if g.Outcome == nil {
			out = append(out, g.Group+" "+string(g.State)+because(why(g)))
		}
		for _, m := range g.Members {
			out = append(out, memberFacts(g, m)...)
		}
		if g.Skew > 0 {
			out = append(out, g.Group+" "+startedTogether(g))
		}
		if g.Outcome != nil {
			out = append(out, g.Group+" "+string(g.State)+because(why(g)))
		}
	}
	return out
}

// why is the reason for a gang's state, without the state.
func why(g observe.Gang) string {
	if g.Outcome == nil {
		return g.Reason
	}
	return strings.TrimPrefix(g.Outcome.Sentence, string(g.State)+": ")
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func startedTogether(g observe.Gang) string {
	return "started together, skew " + g.Skew.Round(10*time.Microsecond).String()
}

func memberFacts(g observe.Gang, m observe.Member) []string {
	var out []string
	if m.Node != "" {
		on := m.Node
		if m.Platform != "" {
			on += " (" + m.Platform + ")"
		}
		out = append(out, fmt.Sprintf("%s/%s on %s", g.Group, m.Name, on))
	}
	if m.Exit != nil && !m.Exit.Never {
		how := fmt.Sprintf("exited with code %d", m.Exit.Code)
		if m.Exit.Ended {
			how = "was ended"
		}
		out = append(out, fmt.Sprintf("%s/%s %s after %s", g.Group, m.Name, how, time.Duration(m.Exit.ElapsedNanos).Round(time.Millisecond)))
	}
	return out
}

// liveView redraws gangs and members in place.
type liveView struct {
	out     io.Writer
	size    func() (columns, rows int)
	colours colours
	drawn   int
}

// Size of a terminal that does not tell its own.
const (
	defaultColumns = 80
	defaultRows    = 24
)

func (l *liveView) see(w *observe.Workflow) {
	columns, rows := l.size()
	if columns <= 0 || rows <= 0 {
		columns, rows = defaultColumns, defaultRows
	}
	lines := liveLines(w)
	if len(lines) > rows-1 { // what has scrolled away cannot be redrawn
		lines = append(lines[:rows-2], fmt.Sprintf("… %d more lines: osmo-nomad status %s", len(lines)-rows+2, w.ID))
	}
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dF\x1b[J", l.drawn)
	}
	for _, line := range lines {
		fmt.Fprintln(l.out, l.colours.states(strings.TrimRight(clip(line, columns-1), " ")))
	}
	l.drawn = len(lines)
}

func liveLines(w *observe.Workflow) []string {
	lines := []string{w.ID + "  " + w.Status}
	for _, g := range w.Gangs {
		lines = append(lines, "  "+g.Group+"  "+string(g.State)+"  "+why(g))
		if g.Skew > 0 {
			lines = append(lines, "  "+startedTogether(g))
		}
	}
	for _, l := range memberTable(w).aligned() {
		lines = append(lines, "  "+l)
	}
	return lines
}
