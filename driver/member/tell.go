package member

import (
	"fmt"
	"strings"
	"time"
)

// tell says what the member does or waits for, whenever that changes. Recent
// events are few, so that there only a new kind of state counts.
func (d *doer) tell() {
	kind, text := describe(d.state)
	if text == d.said {
		return
	}
	event := !strings.HasPrefix(d.said, kind)
	d.said = text
	d.do(say{text, event})
}

// describe returns one line for people. Its kind is the beginning of the line.
func describe(s state) (kind, text string) {
	plain := func(format string, a ...any) (string, string) {
		t := fmt.Sprintf(format, a...)
		return t, t
	}
	why, _ := endOf(s)
	switch {
	case s.gate.exit != nil:
		return plain("%s", describeExit(s))
	case why != "" && s.gate.started != nil:
		return plain("ending %s: %s", s.self.Member, why)
	case why != "":
		return plain("%s does not start: %s", s.self.Member, why)
	case s.gate.started != nil:
		return plain("%s started, %s after the go", s.self.Member, time.Duration(s.gate.started.AfterGoNanos).Round(time.Microsecond))
	case s.stopping:
		return plain("stopping")
	case s.trouble != "":
		return "waiting for the cluster", "waiting for the cluster: " + s.trouble
	}
	return describeBefore(s)
}

// describeBefore is describe for a member whose command has not started and
// that has no reason not to.
func describeBefore(s state) (kind, text string) {
	switch {
	case s.view == nil:
		return "reading the gang's records", "reading the gang's records"
	case s.current() == nil && s.view.Epoch != nil && s.view.Epoch.Epoch > 0 && s.view.Epoch.Phase == "placed":
		t := fmt.Sprintf("epoch %d of the gang does not count on this allocation: it will be taken back", s.view.Epoch.Epoch)
		return t, t
	case s.current() == nil:
		return "waiting for the placement", "waiting for the placement of the whole gang"
	case s.gate.conn == 0 || s.gate.away:
		return "waiting for " + s.self.Member, "waiting for " + s.self.Member + "'s task to start: its image and its files"
	case !s.gate.ready:
		return "setting up", "setting up " + s.self.Member + "'s files and names"
	case s.view.Verdict != nil:
		return "go", "go: starting " + s.self.Member
	case s.namesWhy != "" && s.namesFor != s.view.Epoch.Epoch:
		return "names do not resolve", "names do not resolve: " + s.namesWhy
	case !s.isReady():
		return "arriving", "arriving"
	}
	missing := missing(s)
	return "arrived", "arrived" + list(missing)
}

func missing(s state) []string {
	var out []string
	for _, m := range s.self.Meta.Members {
		if s.sessionOf(m) == "" {
			out = append(out, m)
		}
	}
	return out
}

// maxNamed is how many members one line names.
const maxNamed = 4

func list(members []string) string {
	switch {
	case len(members) == 0:
		return ": all are there"
	case len(members) > maxNamed:
		return fmt.Sprintf(": waiting for %s and %d more", strings.Join(members[:maxNamed], ", "), len(members)-maxNamed)
	}
	return ": waiting for " + strings.Join(members, ", ")
}

func describeExit(s state) string {
	e := s.gate.exit
	switch {
	case e.Message != "":
		return fmt.Sprintf("%s ended with code %d: %s", s.self.Member, e.Code, e.Message)
	case e.Never:
		return s.self.Member + " was never started"
	case e.Ended:
		return s.self.Member + " was ended with the gang"
	case e.Signal != 0:
		return fmt.Sprintf("%s was ended by signal %d", s.self.Member, e.Signal)
	}
	return fmt.Sprintf("%s ended with code %d", s.self.Member, e.Code)
}
