// Package fit answers one question exactly: can these members all be placed on
// these nodes at the same time, and where?
//
// Nomad's scheduler is greedy and looks at groups in a random order; a gang of
// two that fits is missed in up to 44 % of tries. Assign searches instead: if
// an assignment exists it is found, whatever the order of members and nodes.
//
// The search is a bounded one (see maxSteps): only where very many members of
// different sizes have to be packed into nearly full nodes can it end without
// an answer, and then Explain says so.
// The package is pure: a model in, an answer out, no clock, no network.
package fit

// Resources are amounts of what a node has, or a member needs.
type Resources struct {
	MHz, Cores, MemoryMB, DiskMB int
}

// Plus is the sum.
func (r Resources) Plus(o Resources) Resources {
	return Resources{r.MHz + o.MHz, r.Cores + o.Cores, r.MemoryMB + o.MemoryMB, r.DiskMB + o.DiskMB}
}

// Minus is the difference; it may be negative.
func (r Resources) Minus(o Resources) Resources {
	return Resources{r.MHz - o.MHz, r.Cores - o.Cores, r.MemoryMB - o.MemoryMB, r.DiskMB - o.DiskMB}
}

// within says whether r fits into free.
func (r Resources) within(free Resources) bool {
	return r.MHz <= free.MHz && r.Cores <= free.Cores && r.MemoryMB <= free.MemoryMB && r.DiskMB <= free.DiskMB
}

// Device is one group of equal devices of a node.
type Device struct {
	Vendor, Type, Name string
	// Attributes by name, as Nomad prints them, with the unit: `48 GiB`.
	Attributes map[string]string
	// Free are healthy instances that nobody has; Total counts all healthy ones.
	Free, Total int
}

// Use is what somebody has on a node.
type Use struct {
	// Owner is `<job>/<task group>`, for people.
	Owner string
	// Hold marks a gang's hold: it could be anywhere, and can be moved.
	Hold      bool
	Resources Resources
	// Devices counts instances by `vendor/type/name`.
	Devices map[string]int
}

// Node is one node as the scheduler sees it.
type Node struct {
	ID, Name, Address string
	Datacenter, Pool  string
	// NotReady says why nothing can be placed here (down, draining, ineligible),
	// empty on a node that takes work.
	NotReady string
	// Values are the targets of constraints without `${` and `}`: `attr.cpu.arch`,
	// `node.unique.id`, `node.class`, `meta.x`, ….
	Values map[string]string
	// Drivers are the task drivers of the node: "" for one that can be used, else
	// why not. A driver that the machine has not got is absent. Where the whole
	// map is nil, the value `attr.driver.<name>` decides.
	Drivers map[string]string
	// Free is Total less everything that a client has not reported terminal.
	Free, Total Resources
	Devices     []Device
	// Ports are the static ports in use, with their owners.
	Ports map[int]string
	Uses  []Use
}

// Constraint is one of Nomad's.
type Constraint struct{ LTarget, Operand, RTarget string }

// DeviceAsk is Nomad's device block: `type`, `vendor/type` or `vendor/type/name`.
type DeviceAsk struct {
	Name        string
	Count       int
	Constraints []Constraint
}

// Together asks that all members which name the same Key and Group are put on
// nodes with the same value of Attribute, e.g. into one rack. A node without a
// value takes none of them.
type Together struct {
	// Key is what the workflow calls it, for people.
	Key, Group string
	// Attribute is the target of a constraint, `${meta.rack}`.
	Attribute string
}

// Member is what one member needs of its node. Need.Cores are whole cores; the
// MHz that they stand for follow from the node.
type Member struct {
	Name string
	// Platform is for people; the constraints say what it means.
	Platform    string
	Constraints []Constraint
	Need        Resources
	Devices     []DeviceAsk
	Ports       []int
	// Datacenters as in the job, with `*`; empty means any.
	Datacenters []string
	// Pool is the job's node pool; "all" matches every node.
	Pool string
	// Drivers that must be healthy on the node.
	Drivers []string
	// Together ties the node to those of other members.
	Together []Together
}
