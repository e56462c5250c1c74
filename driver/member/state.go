package member

import (
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// self is who this member is. It does not change once it is known.
type self struct {
	Gang rendezvous.Gang `json:"gang"`
	Meta meta.Gang       `json:"meta"`
	// Member is the OSMO task, Task the Nomad task that runs its command.
	Member  string `json:"member"`
	Task    string `json:"task"`
	AllocID string `json:"alloc_id"`
	NodeID  string `json:"node_id"`
	Node    string `json:"node"`
}

// state is everything a member knows. It is changed by step alone.
type state struct {
	self self
	// known is false until the gang is known: no records before.
	known bool
	// view is nil until the records were read; trouble is why they cannot be.
	view    *rendezvous.View
	trouble string
	// epoch is the epoch whose record lists this allocation; 0 until one did.
	epoch   int
	session string
	gate    gate

	// namesFor is the epoch whose names resolve here; namesWhy says why not yet.
	namesFor int
	namesWhy string
	// namesTries counts the look-ups of this epoch that did not answer right.
	namesTries int

	// busy are the errands that are under way, later those that wait for a retry.
	busy, later map[errand]bool
	// arrived is the session under which Ready was written: the view may be older.
	arrived string
	// goDue lets this member ask for the go now. Whoever arrives last asks at
	// once, the others a little later, in case it died.
	goDue bool
	// saidStart and saidExit: the records were written.
	saidStart, saidExit bool
	// fileRead: the gate is gone and what it left was read.
	fileRead bool
	stopping bool
	// said is the last line, saidKind what the last event was about.
	said, saidKind string
}

// gate is what is known of the gate and its command.
type gate struct {
	// conn is the connection's number; 0 while there is none.
	conn int
	// away: no connection for longer than a reconnect takes.
	away    bool
	ready   bool
	started *wire.Start
	exit    *wire.Exit
	// toldGo, toldEnd: said on this connection.
	toldGo, toldEnd bool
}

// errand is something that is done beside the owner of the state, one of a
// kind at a time.
type errand string

const (
	errandReady    errand = "ready"
	errandWithdraw errand = "withdraw"
	errandGo       errand = "go"
	errandStarted  errand = "started"
	errandExit     errand = "exit"
	errandNames    errand = "names"
	errandFile     errand = "file"
)

// event is something that a member gets to know.
//
//sumtype:decl
type event interface{ isEvent() }

type (
	// identified: the gang is known.
	identified struct{ self self }
	// records: the gang's records as they are now.
	records struct{ view rendezvous.View }
	// unreachable: Nomad or Consul do not answer.
	unreachable struct{ why string }
	// sessionIs: the node's session; "" when it was lost.
	sessionIs struct{ id string }
	// gateSaid: a message of the gate; a hello is a connection's first.
	gateSaid struct {
		conn int
		msg  wire.Message
	}
	// gateGone: the connection ended.
	gateGone struct{ conn int }
	// gateAway: there has been no connection for longer than a reconnect takes.
	gateAway struct{}
	// namesAre: the names of an epoch were looked up; why is "" if all answer right.
	namesAre struct {
		epoch int
		why   string
	}
	// wrote: an errand's transaction ended. ok is false where a check did not hold.
	wrote struct {
		what errand
		ok   bool
		err  error
	}
	// fileIs: what the gate left about its command's end; nil if nothing.
	fileIs struct{ exit *wire.Exit }
	// due: an errand may be tried again.
	due struct{ what errand }
	// stopAsked: Nomad ends the task.
	stopAsked struct{}
)

func (identified) isEvent()  {}
func (records) isEvent()     {}
func (unreachable) isEvent() {}
func (sessionIs) isEvent()   {}
func (gateSaid) isEvent()    {}
func (gateGone) isEvent()    {}
func (gateAway) isEvent()    {}
func (namesAre) isEvent()    {}
func (wrote) isEvent()       {}
func (fileIs) isEvent()      {}
func (due) isEvent()         {}
func (stopAsked) isEvent()   {}

// effect is something that a member does.
//
//sumtype:decl
type effect interface{ isEffect() }

type (
	// send says something to the gate.
	send struct {
		conn int
		msg  wire.Message
	}
	// hangUp closes a connection that another one replaced, or after a refusal.
	hangUp struct{ conn int }
	// awaitGate reports gateAway if the gate does not come back in time.
	awaitGate struct{}
	// commit does a transaction and reports wrote.
	commit struct {
		what errand
		ops  []rendezvous.Op
	}
	// publishExit adds the command's last lines and writes the Exit record.
	publishExit struct {
		task   string // whose output
		check  rendezvous.Op
		key    string
		record rendezvous.Exit
	}
	// lookUp resolves an epoch's names (name -> address) and reports namesAre.
	lookUp struct {
		epoch int
		names map[string]string
	}
	// readFile reports fileIs.
	readFile struct{}
	// wait reports due after a time.
	wait struct {
		what  errand
		after time.Duration
	}
	// say tells people: event puts it under the allocation's recent events too.
	say struct {
		text  string
		event bool
	}
	// finish ends the task.
	finish struct{}
)

func (send) isEffect()        {}
func (hangUp) isEffect()      {}
func (awaitGate) isEffect()   {}
func (commit) isEffect()      {}
func (publishExit) isEffect() {}
func (lookUp) isEffect()      {}
func (readFile) isEffect()    {}
func (wait) isEffect()        {}
func (say) isEffect()         {}
func (finish) isEffect()      {}
