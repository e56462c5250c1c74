package hold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// because appends a cause to a phrase, if there is one.
func because(cause string) string {
	if cause == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(oneLine(cause), ".")
}

// roughly rounds a duration to what people read.
func roughly(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(100 * time.Millisecond).String()
	}
}

// doing says what a member that has not arrived is at.
func (m member) doing() string {
	switch {
	case m.alloc == nil:
		return "Nomad does not list its allocation yet"
	case m.fate == uncertain:
		return cmp.Or(m.alloc.latest(), "its task has ended")
	default:
		return cmp.Or(m.alloc.latest(), "nothing heard from its node yet")
	}
}

// places says which member is where.
func (p *plan) places() string {
	text := make([]string, len(p.members))
	for i, m := range p.members {
		text[i] = m.on()
	}
	return strings.Join(text, ", ")
}

// needsReason says which upstream gangs are waited for, and how far they are.
func (p *plan) needsReason(open []string) string {
	text := make([]string, len(open))
	for i, need := range open {
		known := "not registered yet"
		if p.s.upstream == nil {
			known = "looking for its status"
		}
		text[i] = fmt.Sprintf("%s (%s)", need, cmp.Or(string(p.s.upstream[need].State), known))
	}
	return "waiting for gang " + strings.Join(text, ", gang ")
}

// queueReason is the admitter's, else that there is none yet.
func (p *plan) queueReason() string {
	if q := p.s.view.Queue; q != nil && q.Reason != "" {
		return q.Reason
	}
	if p.rec.WantEpoch > 0 && len(p.rec.Rollbacks) > 0 {
		return "back in the queue, waiting for the admitter"
	}
	return "in the queue, waiting for the admitter"
}

// barrierReason says who has not arrived and what it is doing.
func (p *plan) barrierReason() string {
	n := 0
	for _, m := range p.members {
		if m.fate == arrived {
			n++
		}
	}
	m, missing := p.missing()
	if !missing {
		return fmt.Sprintf("all %d members have arrived", n)
	}
	text := fmt.Sprintf("waiting at the barrier for %s: %s", m.on(), m.doing())
	if len(p.members) > 1 {
		text += fmt.Sprintf(" (%d of %d have arrived)", n, len(p.members))
	}
	return text
}

// runReason says which members run, and which have ended without ending the gang.
func (p *plan) runReason() string {
	n := 0
	var rest []string
	for _, m := range p.members {
		switch {
		case m.over():
			rest = append(rest, m.on()+" "+m.why)
		case m.started != nil:
			n++
		default:
			rest = append(rest, m.on()+" is starting")
		}
	}
	if n == 0 && !slices.ContainsFunc(p.members, member.over) {
		return "go: " + p.places()
	}
	text := fmt.Sprintf("%d of %d commands run", n, len(p.members))
	if len(rest) > 0 {
		text += "; " + strings.Join(rest, "; ")
	}
	return bounded(text)
}

// endReason says whose end is waited for.
func (p *plan) endReason() string {
	var open []string
	for _, m := range p.members {
		if m.fate != ended {
			open = append(open, cmp.Or(m.whyOpen(), m.on()))
		}
	}
	text := "ending (" + p.endWhy() + ")"
	switch {
	case len(open) == 0:
		return text + ": waiting for the admitter to take the places back"
	case p.rec.Want == rendezvous.WantEnd:
		return bounded(text + ": taking back " + strings.Join(open, "; "))
	default:
		return bounded(text + ": waiting for " + strings.Join(open, "; "))
	}
}

// whyOpen explains a member that was lost while the gang ends.
func (m member) whyOpen() string {
	if m.fate != lost {
		return ""
	}
	return m.on() + ", which " + m.why
}

// maxLine bounds a reason, in bytes.
const maxLine = 600

func bounded(s string) string {
	if len(s) <= maxLine {
		return s
	}
	return strings.ToValidUTF8(s[:maxLine], "") + "…"
}

// startedLine says how far apart the commands were started.
func startedLine(members, hosts int, skew time.Duration) string {
	switch {
	case members == 1:
		return "started: the command runs"
	case hosts == 1:
		return fmt.Sprintf("started: all %d commands within %s, on one host", members, roughly(skew))
	default:
		return fmt.Sprintf("started: all %d commands within %s across %d hosts (by the hosts' own clocks, so their clock error is in it)",
			members, roughly(skew), hosts)
	}
}
