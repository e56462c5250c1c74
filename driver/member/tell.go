package member

import (
	"fmt"
	"strings"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// tell says what the member does or waits for, whenever that changes. Nomad
// keeps ten recent events of a task: only a new kind of state is one.
func (d *doer) tell() {
	kind, text := describe(d.state)
	if text == d.said {
		return
	}
	event := kind != passing && kind != d.saidKind
	if event {
		d.saidKind = kind
	}
	d.said = text
	d.do(say{text, event})
}

// passing is the kind of what lasts for an instant: a line in the log.
const passing = ""

// describe returns one line for people, and the kind of state that it tells of.
func describe(s state) (kind, text string) {
	why, _ := endOf(s)
	switch {
	case s.gate.exit != nil:
		return "exit", describeExit(s)
	case why != "" && s.gate.started != nil:
		return "end", fmt.Sprintf("ending %s: %s", s.self.Member, why)
	case why != "":
		return "end", fmt.Sprintf("%s does not start: %s", s.self.Member, why)
	case s.gate.started != nil:
		return "start", fmt.Sprintf("%s started, %s after the go", s.self.Member, time.Duration(s.gate.started.AfterGoNanos).Round(time.Microsecond))
	case s.stopping:
		return passing, "stopping"
	case s.trouble != "":
		return "trouble", "waiting for the cluster: " + s.trouble
	case s.view == nil:
		return passing, "reading the gang's records"
	case s.current() == nil:
		return describeUnlisted(s)
	}
	return describeArrival(s)
}

// describeUnlisted is about an allocation that no placed epoch counts on.
func describeUnlisted(s state) (kind, text string) {
	if e := s.view.Epoch; e != nil && e.Phase == rendezvous.Placed {
		return "unlisted", fmt.Sprintf("epoch %d of the gang does not count on this allocation: it will be taken back", e.Epoch)
	}
	return "placement", "waiting for the placement of the whole gang"
}

// describeArrival is about the way from the placement to the go.
func describeArrival(s state) (kind, text string) {
	switch {
	case s.gate.conn == 0:
		return describeNoGate(s)
	case !s.gate.ready:
		return passing, "setting up " + s.self.Member + "'s files and names"
	case s.view.Verdict != nil:
		return passing, "go: starting " + s.self.Member
	case s.namesWhy != "" && s.namesFor != s.view.Epoch.Epoch:
		return "names", "names do not resolve: " + s.namesWhy
	case !s.isReady():
		return passing, "arriving"
	}
	return "arrived", "arrived: " + waitingFor(missing(s))
}

func describeNoGate(s state) (kind, text string) {
	switch {
	case !s.gate.away:
		return passing, "waiting for " + s.self.Member + "'s gate"
	case s.view.Verdict != nil:
		return "silent", s.self.Member + "'s gate is gone and has left no exit: Nomad's view of the task counts"
	}
	return "task", "waiting for " + s.self.Member + "'s task to start: its image and its files"
}

// missing are the members that have not arrived.
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

func waitingFor(members []string) string {
	switch {
	case len(members) == 0:
		return "all are there"
	case len(members) > maxNamed:
		return fmt.Sprintf("waiting for %s and %d more", strings.Join(members[:maxNamed], ", "), len(members)-maxNamed)
	}
	return "waiting for " + strings.Join(members, ", ")
}

func describeExit(s state) string {
	e := s.gate.exit
	switch {
	case e.Never:
		return s.self.Member + " was not started: " + or(e.Message, "no reason was given")
	case e.Message != "":
		return fmt.Sprintf("%s ended with code %d: %s", s.self.Member, e.Code, e.Message)
	case e.Ended:
		return s.self.Member + " was ended with the gang"
	case e.Signal != 0:
		return fmt.Sprintf("%s was ended by signal %d", s.self.Member, e.Signal)
	}
	return fmt.Sprintf("%s ended with code %d", s.self.Member, e.Code)
}
