package hold

import (
	"fmt"
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// judge applies OSMO's rules for leads and others (OSMO jobs.py:695) to a gang
// that runs. Nil means that it goes on; else the gang has this outcome once all
// members have ended, and why is what they are told.
//
//	lead ended          the others end; the gang's outcome is the lead's
//	non-lead succeeded  nothing
//	non-lead failed     nothing if ignoreNonleadStatus, else all end and the gang failed
//
// A lead that has ended wins over others that failed at the same time, and is
// waited for while its end is uncertain.
func judge(spec meta.Gang, members []member) (o *rendezvous.Outcome, why string) {
	if i := slices.IndexFunc(members, func(m member) bool { return m.name == spec.Lead }); i >= 0 {
		switch lead := members[i]; {
		case lead.fate == uncertain:
			return nil, ""
		case lead.over():
			return byLead(lead, len(members) > 1), "Lead task finished"
		}
	}
	if spec.IgnoreNonleadStatus {
		return nil, ""
	}
	i := slices.IndexFunc(members, func(m member) bool { return m.over() && m.failed() })
	if i < 0 {
		return nil, ""
	}
	return failure(members[i]), fmt.Sprintf("Task %s Failed.", members[i].name)
}

func byLead(lead member, others bool) *rendezvous.Outcome {
	if lead.failed() {
		return failure(lead)
	}
	text := lead.name
	if others {
		text += " (lead)"
	}
	text += " " + lead.why
	if lead.exit != nil && lead.exit.Exit.ElapsedNanos > 0 {
		text += " after " + roughly(time.Duration(lead.exit.Exit.ElapsedNanos))
	}
	o := outcome(rendezvous.Completed, text)
	o.Member, o.Node = lead.name, lead.node
	return &o
}

// failure blames a member.
func failure(m member) *rendezvous.Outcome {
	o := outcome(m.state, m.on()+" "+m.why)
	o.Member, o.Code, o.Node = m.name, m.code, m.node
	return &o
}
