package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
)

// progress shows a workflow while it is followed.
type progress interface {
	see(w *observe.Workflow)
	close()
}

// progress is a live view on a terminal, one line per change elsewhere. Both
// are talk: they go to stderr.
func (a *app) progress() progress {
	if a.terminal {
		return &liveView{out: a.err}
	}
	return &changeLog{out: a.err, now: time.Now}
}

// changeLog prints a line for everything that changed since the last look.
type changeLog struct {
	out  io.Writer
	now  func() time.Time
	seen []string
}

func (c *changeLog) close() {}

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
		if g.Reason != "" && g.Outcome == nil {
			out = append(out, fmt.Sprintf("%s %s: %s", g.Group, g.State, g.Reason))
		} else if g.Outcome == nil {
			out = append(out, fmt.Sprintf("%s %s", g.Group, g.State))
		}
		for _, m := range g.Members {
			out = append(out, memberFacts(g, m)...)
		}
		if g.Skew > 0 {
			out = append(out, fmt.Sprintf("%s started together, skew %s", g.Group, g.Skew.Round(10*time.Microsecond)))
		}
		if g.Outcome != nil {
			out = append(out, fmt.Sprintf("%s %s", g.Group, g.Outcome.Sentence))
		}
	}
	return out
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
	out   io.Writer
	drawn int
}

func (l *liveView) close() {}

func (l *liveView) see(w *observe.Workflow) {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dF\x1b[J", l.drawn)
	}
	lines := liveLines(w)
	for _, line := range lines {
		fmt.Fprintln(l.out, line)
	}
	l.drawn = len(lines)
}

// maxLiveWidth keeps a line from wrapping, which would break the redraw.
const maxLiveWidth = 118

func liveLines(w *observe.Workflow) []string {
	lines := []string{w.ID + "  " + w.Status}
	for _, g := range w.Gangs {
		lines = append(lines, clip("  "+g.Group+"  "+string(g.State)+"  "+g.Reason, maxLiveWidth))
		if g.Skew > 0 {
			lines = append(lines, fmt.Sprintf("  started together, skew %s", g.Skew.Round(10*time.Microsecond)))
		}
	}
	for _, l := range memberTable(w).lines(true) {
		lines = append(lines, clip("  "+l, maxLiveWidth))
	}
	return lines
}

func clip(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	return string(r[:width-1]) + "…"
}
