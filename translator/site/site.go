// Package site is the operator's description of the cluster: pools, and the
// platforms in them. It turns the platform that a workflow asks for by name into
// the constraints, the device and the task driver that mean it on this cluster.
//
// Without a file there is one pool, `default`, that runs Docker tasks and takes
// every platform name p as "nodes on which the plugin found the platform p".
package site

import (
	"slices"
	"time"
)

// The drivers that a member's command can run with.
const (
	// Docker runs the task's image.
	Docker = "docker"
	// RawExec runs the command on the host in the gate's sandbox; the image is
	// not looked at.
	RawExec = "raw_exec"
)

// Values that a pool has when its description does not say otherwise.
const (
	DefaultPool     = "default"
	DefaultDevice   = "nvidia/gpu"
	DefaultMHz      = 1000
	defaultNodePool = "default"
)

// Node attributes by which the plugin says what it found. A node has none of
// them where nothing was recognised.
const (
	PlatformAttribute = "${attr.osmo.platform}"
	GPUAttribute      = "${attr.osmo.gpu.model}"
)

// Site is the whole description, pools in the order of the file.
type Site struct{ Pools []Pool }

// Pool is a part of the cluster with defaults for what runs in it.
type Pool struct {
	Name string
	// DefaultPlatform is what a resource without a platform asks for. Empty means
	// none: OSMO refuses such a resource, and so does a pool that lists platforms.
	DefaultPlatform string
	// Namespace is empty for Nomad's default, or what the environment says.
	Namespace   string
	NodePool    string
	Datacenters []string
	// Driver is Docker or RawExec.
	Driver string
	// MHzPerCPU is what one of OSMO's CPUs weighs where CPUs are counted in MHz;
	// 0 where whole cores are reserved.
	MHzPerCPU int
	// DNS are the addresses of the servers that a member's names are asked of;
	// empty means those of the node.
	DNS []string
	// ExecTimeout and QueueTimeout apply to a workflow that sets none; 0 is no limit.
	ExecTimeout, QueueTimeout time.Duration
	// Platforms are in the order of the file. A pool without any takes every name.
	Platforms []Platform
}

// Platform is a kind of node.
type Platform struct {
	Name string
	// Constraints are what a node must fulfil; empty only for "any node".
	Constraints []Constraint
	// Device is what one of OSMO's GPUs means here.
	Device Device
	// Driver is Docker or RawExec.
	Driver string
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
	return Pool{Name: name, NodePool: defaultNodePool, Datacenters: []string{"*"}, Driver: Docker}
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
	out := Platform{Name: name, Device: Device{Name: DefaultDevice}, Driver: p.Driver}
	if name != "" {
		out.Constraints = []Constraint{{Attribute: PlatformAttribute, Operator: "=", Value: name}}
	}
	return out
}
