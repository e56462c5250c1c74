// Package site is the operator's description of the cluster: pools, and the
// platforms in them. It turns the platform that a workflow asks for by name into
// the constraints, the device and the task driver that mean it on this cluster,
// and says what a workflow may ask of them.
//
// Without a file there is one pool, `default`, that runs Docker tasks and takes
// every platform name p as "nodes on which the plugin found the platform p".
package site

import (
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// The drivers that a member's command can run with.
const (
	// Docker and Podman run the task's image.
	Docker = "docker"
	Podman = "podman"
	// Exec runs the command in Nomad's own chroot, as a user without rights; the
	// image is not looked at.
	Exec = "exec"
	// RawExec runs the command on the host in the gate's sandbox; the image is
	// not looked at.
	RawExec = "raw_exec"
)

// The networks that a member can have beside `cni/<name>`.
const (
	// Host is the node's own, which ROS 2, NCCL and files without ports expect.
	Host = "host"
	// Bridge gives the member an address of its own on the node.
	Bridge = "bridge"
)

// How the members of a gang find each other.
const (
	// NamesDNS asks Consul's DNS.
	NamesDNS = "dns"
	// NamesHosts writes the names into each member's /etc/hosts.
	NamesHosts = "hosts"
)

// What a pool does with new workflows (OSMO objects.py:1127).
const (
	Online = "ONLINE"
	// Offline takes workflows, and they wait.
	Offline = "OFFLINE"
	// Maintenance takes none.
	Maintenance = "MAINTENANCE"
)

// Values that a pool has when its description does not say otherwise.
const (
	DefaultPool   = "default"
	DefaultDevice = "nvidia/gpu"
	DefaultMHz    = 1000
	// DefaultMaxTasks is what OSMO's Helm chart sets; its code says 20.
	DefaultMaxTasks = 100
	defaultNodePool = "default"
)

// Unlimited is a quota that is none.
const Unlimited = -1

// Node attributes by which the plugin says what it found. A node has none of
// them where nothing was recognised.
const (
	PlatformAttribute = "${attr.osmo.platform}"
	GPUAttribute      = "${attr.osmo.gpu.model}"
)

// nodeKey is the topology key that means one node, and nodeAttribute its value.
const (
	nodeKey       = "node"
	nodeAttribute = "${node.unique.id}"
)

// Site is the whole description, pools in the order of the file.
type Site struct{ Pools []Pool }

// Pool is a part of the cluster with rules and defaults for what runs in it.
type Pool struct {
	Name, Description string
	// Status is Online, Offline or Maintenance.
	Status string
	// DefaultPlatform is what a resource without a platform asks for. Empty means
	// none: OSMO refuses such a resource, and so does a pool that lists platforms.
	DefaultPlatform string
	// Namespace is empty for Nomad's default, or what the environment says.
	Namespace   string
	NodePool    string
	Datacenters []string
	Quota       Quota
	// Priorities are those that the pool takes, the highest first.
	Priorities []Priority
	// Topology are the keys that workflows may use, in the order of the file:
	// from the widest to the narrowest.
	Topology []TopologyKey
	// Exec and Queue are the limits of a gang's time.
	Exec, Queue Limit
	// MaxTasks is how many tasks a workflow can have.
	MaxTasks int
	// ExitActions are tried after a task's own, in the order of the file;
	// ExitActionsPos is where that gives them.
	ExitActions    []ExitAction
	ExitActionsPos diag.Pos
	// Names is NamesDNS or NamesHosts; NamesPos is where the file says so.
	Names    string
	NamesPos diag.Pos
	// Settings are those of its platforms that say nothing else.
	Settings
	// Platforms are in the order of the file. A pool without any takes every name.
	Platforms []Platform
}

// Quota is the pool's share of GPUs, in OSMO's words; Unlimited is none.
type Quota struct {
	// Guarantee bounds what gangs of HIGH and NORMAL priority can have.
	Guarantee int
	// Maximum bounds everything together.
	Maximum int
	// Weight is the share of what others leave.
	Weight int
}

// Priority is one of OSMO's, with Nomad's number for it.
type Priority struct {
	Name   string
	Number int
}

// TopologyKey is a key that workflows can name, and the node attribute that is
// the same for nodes which are together.
type TopologyKey struct{ Key, Attribute string }

// Limit is what a workflow gets that sets none of its own, and the longest that
// it can have. Zero is no limit.
type Limit struct{ Default, Max time.Duration }

// Of is the limit of a workflow that asks for own, zero if it does not, and
// whether it had to be cut.
func (l Limit) Of(own time.Duration) (limit time.Duration, cut bool) {
	limit = own
	if own <= 0 {
		limit = l.Default
	}
	if l.Max > 0 && (limit <= 0 || limit > l.Max) {
		return l.Max, own > l.Max
	}
	return limit, false
}

// ExitAction says what exit codes mean, in OSMO's notation, e.g. RESCHEDULE and
// "1-5,137".
type ExitAction struct{ Action, Codes string }

// Settings are how a member runs, and what it may ask of the node.
type Settings struct {
	// Driver is Docker, Podman, Exec or RawExec.
	Driver string
	// DriverOptions are added to the task's config: strings, booleans, int64,
	// float64, lists ([]any) and mappings (map[string]any) of those.
	DriverOptions map[string]any
	// MHzPerCPU is what one of OSMO's CPUs weighs where CPUs are counted in MHz;
	// 0 where whole cores are reserved.
	MHzPerCPU int
	// DNS is how a member's names are looked up; empty means as the node does it.
	DNS DNS
	// Network is Host, Bridge or cni/<name>; NetworkPos is where the file says so.
	Network    string
	NetworkPos diag.Pos
	// Privileged and HostNetwork say whether tasks may ask for them.
	Privileged, HostNetwork bool
	// AllowedMounts are directories of the node that tasks may ask for.
	AllowedMounts []string
	// DefaultMounts are those that every task has.
	DefaultMounts []Mount
}

// DNS is what a member's resolv.conf holds.
type DNS struct{ Servers, Searches, Options []string }

// Empty says that the node's own is meant.
func (d DNS) Empty() bool { return len(d.Servers)+len(d.Searches)+len(d.Options) == 0 }

// Mount is a directory of the node and where the task sees it.
type Mount struct{ Source, Destination string }

// Platform is a kind of node.
type Platform struct {
	Name, Description string
	// Constraints are what a node must fulfil; empty only for "any node".
	Constraints []Constraint
	// Device is what one of OSMO's GPUs means here.
	Device Device
	Settings
}

// Constraint compares an attribute of the node, written as Nomad's
// interpolation `${…}`, with a value.
type Constraint struct{ Attribute, Operator, Value string }

// Device is a device of Nomad's, `vendor/type` or `vendor/type/model`, and the
// model that it must have; an empty model takes any.
type Device struct{ Name, Model string }

// Default is the site of a cluster that nobody has described.
func Default() *Site { return &Site{Pools: []Pool{newPool(DefaultPool)}} }

func newPool(name string) Pool {
	return Pool{
		Name: name, Status: Online, NodePool: defaultNodePool, Datacenters: []string{"*"},
		Quota:      Quota{Guarantee: Unlimited, Maximum: Unlimited, Weight: 1},
		Priorities: StandardPriorities(), MaxTasks: DefaultMaxTasks, Names: NamesDNS,
		Settings: Settings{Driver: Docker, Network: Host},
	}
}

// StandardPriorities are OSMO's, with the numbers that they have where the site
// gives none. NORMAL is what Nomad gives a job that names no priority, so that
// gangs and plain jobs are equals by default.
func StandardPriorities() []Priority {
	return []Priority{{"HIGH", 75}, {"NORMAL", 50}, {"LOW", 25}}
}

// Priority returns one of OSMO's priorities, if the pool takes it.
func (p *Pool) Priority(name string) (Priority, bool) {
	i := slices.IndexFunc(p.Priorities, func(q Priority) bool { return q.Name == name })
	if i < 0 {
		return Priority{}, false
	}
	return p.Priorities[i], true
}

// TopologyKeys lists the keys that the pool offers.
func (p *Pool) TopologyKeys() []string {
	keys := make([]string, len(p.Topology))
	for i, k := range p.Topology {
		keys[i] = k.Key
	}
	return keys
}

// Pool returns the pool of a name. The empty name means the pool `default`, or
// the only one.
func (s *Site) Pool(name string) (*Pool, bool) {
	if name == "" {
		if len(s.Pools) == 1 {
			return &s.Pools[0], true
		}
		name = DefaultPool
	}
	i := slices.IndexFunc(s.Pools, func(p Pool) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.Pools[i], true
}

// PoolNames lists the pools.
func (s *Site) PoolNames() []string {
	var names []string
	for _, p := range s.Pools {
		names = append(names, p.Name)
	}
	return names
}

// Platform returns the platform of a name, the pool's default one for the empty
// name. It is false for a name that the pool does not list, and for no name at
// all where the pool lists platforms and none is the default (OSMO
// workflow.py:376 refuses both).
func (p *Pool) Platform(name string) (Platform, bool) {
	if name == "" {
		name = p.DefaultPlatform
	}
	if len(p.Platforms) == 0 {
		return p.assumed(name), true
	}
	for _, known := range p.Platforms {
		if known.Name == name {
			return known, true
		}
	}
	return Platform{}, false
}

// PlatformNames lists the platforms of the pool.
func (p *Pool) PlatformNames() []string {
	var names []string
	for _, known := range p.Platforms {
		names = append(names, known.Name)
	}
	return names
}

// assumed is what a name means that nobody has described; no name is any node.
func (p *Pool) assumed(name string) Platform {
	out := Platform{Name: name, Device: Device{Name: DefaultDevice}, Settings: p.Settings}
	if name != "" {
		out.Constraints = []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: name}}
	}
	return out
}
