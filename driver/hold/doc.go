// Package hold drives one gang, from its registration to its outcome: it waits
// for the upstream gangs, asks to be released, watches its members arrive,
// starts and ends them together, and says at every moment what it waits for.
//
//	         needs met          placed             verdict go         all ended
//	WAITING ──────────▶ SCHEDULING ───▶ INITIALIZING ────▶ RUNNING ───────────▶ COMPLETED
//	   │                 ▲    │  ▲           │                │  │                FAILED…
//	   │                 │    │  └───────────┘                │  └─ End: lead done, exec
//	   │ upstream failed │    │ queue    verdict abort: loss, │     timeout, a failure
//	   ▼                 │    ▼ timeout  timer; rolled back   │     that counts
//	FAILED_UPSTREAM      │  FAILED_QUEUE_TIMEOUT              │
//	                     └────────────────────────────────────┘
//	                       the user registered the job again
//
//	Job stopped, in any state: FAILED_CANCELED, with a verdict abort before the
//	go and an End after it. Third rollback for one member: FAILED_START_TIMEOUT.
//
// The core is step: a pure function of a state and an event to a state and
// effects. It is level-triggered: events only bring what was observed (the
// gang's records, Nomad's allocations, upstream statuses, elapsed time), and
// what to do is derived from that alone, each time anew. So a hold that was
// restarted, or a new one in another allocation, goes on where the records
// stand, by the same code; a write that lost a race is answered by the records
// as they are, and the next step derives something else.
//
// Everything that must hold together is one transaction that checks the hold
// record's index: of two holds the one in the younger allocation owns the
// gang, the other's writes fail, and it steps down.
//
// Files: state.go what is known, step.go the step, life.go the states,
// members.go what became of each member, rules.go OSMO's rules for leads and
// others, reasons.go the words, status.go the record for the CLI, allocs.go
// Nomad's view; hold.go, watch.go and act.go run the core on a real Nomad and
// Consul.
package hold
