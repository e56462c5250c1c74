package cluster

import "github.com/osmo-nomad/osmo-nomad/driver/fit"

// Snapshot is the cluster at one instant. It is never changed: a new one
// replaces it.
type Snapshot struct {
	// Seen is the Nomad index up to which every change is in it.
	Seen uint64
	// Nodes, by id, is the model for fit: free is what no allocation holds whose client
	// has not reported it terminal, as Nomad's scheduler counts.
	Nodes []fit.Node
	// NodeStates by node ID says how each node is, for more than placing.
	NodeStates map[string]NodeState
	// Gangs are all jobs of ours, also stopped and dead ones, by age.
	Gangs []Gang
}

// NodeState is how a node is.
type NodeState struct {
	Name, Address string
	// Up: the client is in touch with the servers.
	Up bool
	// Sick says why an evaluation could destroy what runs here now: the node is
	// not ready, or a driver of ours or of a member is unhealthy for the moment.
	// Empty on a healthy node. Drivers lists the unhealthy ones.
	Sick    string
	Drivers []string
}

// Gang is one job of ours as Nomad has it.
type Gang struct {
	Namespace, ID                                     string
	CreateIndex, ModifyIndex, JobModifyIndex, Version uint64
	Stop                                              bool
	Status                                            string
	Priority                                          int
	Meta                                              map[string]string
	Groups                                            []Group
	// Allocs of this life of the job: a former job of the same name, purged
	// meanwhile, is another gang.
	Allocs []Alloc
}

// Group is one task group of a gang: the hold, or a member.
type Group struct {
	Name  string
	Count int
	// Pin is the node id that our constraint ties the group to, or empty.
	Pin  string
	Meta map[string]string
	// Drivers of the group's tasks.
	Drivers []string
	// Need is what the group asks of a node, without the pin.
	Need fit.Member
}

// Alloc is one allocation of a gang.
type Alloc struct {
	ID, Group, NodeID, NodeName          string
	CreateIndex, ModifyIndex, JobVersion uint64
	DesiredStatus, ClientStatus          string
	DesiredDescription, NextAllocation   string
	// Tasks by name.
	Tasks map[string]Task
}

// Task is a task's state, reduced.
type Task struct {
	State    string // pending, running, dead
	Failed   bool
	Restarts uint64
	// LastEvent is the newest event's message.
	LastEvent string
}

// Terminal says whether the client has reported the allocation's end.
func (a Alloc) Terminal() bool { return clientTerminal(a.ClientStatus) }

// clientTerminal is Nomad's rule for when resources are free again.
func clientTerminal(status string) bool {
	return status == "complete" || status == "failed" || status == "lost"
}

// Wanted says whether Nomad's servers want it to run.
func (a Alloc) Wanted() bool { return a.DesiredStatus == "run" }

// Group finds a group by name.
func (g Gang) Group(name string) (Group, bool) {
	for _, x := range g.Groups {
		if x.Name == name {
			return x, true
		}
	}
	return Group{}, false
}
