// Package member brings one member of a gang, on this node, from its placement
// to its end: it puts the gate into the allocation, waits with it at the
// barrier, and tells the gang what became of the command.
//
// A Member is the task `arrive` beside the user's task. What it knows are
// facts that arrive in any order and any number of times: the gang's records
// in Consul, what the gate says on its socket, whether the gang's names
// resolve here, the node's session. What it does about them is decided by one
// pure function, step, from the facts as they are now and never from how they
// came to be: so a plugin that was killed and started again does what its
// predecessor would have done. Run's goroutine owns the state; everything that
// waits (watching Consul, reading the socket, resolving names, writing
// records) runs beside it and reports back with an event.
//
// A member never starts a command. It publishes that its gate is ready, asks
// for the go when it sees everybody ready, and passes the verdict on; the gate
// starts the command, at most once per allocation.
//
// Files in the allocation's shared directory belong to the user's command too,
// which may have put links there: every path below it is opened through an
// os.Root, and what is read is bounded.
package member
