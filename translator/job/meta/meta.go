// Package meta names what a gang's job says about itself: the meta keys by
// which the translator tells the plugin everything it needs, so that the job
// alone is enough to run a gang and no other channel exists.
//
// The translator writes these keys, the plugin and the CLI read them. Values
// are strings, because Nomad's meta knows nothing else; numbers are decimal,
// durations are whole seconds, booleans are "true" and "false", lists of names
// are comma separated. What has parts is JSON in ASCII; its fields belong to the
// protocol's version, as everything here does.
package meta

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Keys of the job's meta.
const (
	// Protocol is the version of the agreement between job, plugin and gate.
	Protocol = "osmo_protocol"
	// Workflow is the workflow id, `<name>-<n>`. A job that has it is a gang.
	Workflow = "osmo_workflow"
	// Group is the OSMO group's name: the gang, and the task group that holds it.
	Group = "osmo_group"
	// Lead is the member whose end ends the gang.
	Lead = "osmo_lead"
	// Members lists the gang's members in the order of the workflow file.
	Members = "osmo_members"
	// Barrier says whether commands wait for each other (OSMO task.py:859).
	Barrier = "osmo_barrier"
	// IgnoreNonleadStatus is OSMO's rule of the same name (OSMO jobs.py:695).
	IgnoreNonleadStatus = "osmo_ignore_nonlead_status"
	// ExecTimeout, in seconds, counts from the go; absent means no limit.
	ExecTimeout = "osmo_exec_timeout"
	// QueueTimeout, in seconds, counts while the gang is SCHEDULING; absent means no limit.
	QueueTimeout = "osmo_queue_timeout"
	// StartTimeout, in seconds, counts from placement to the go.
	StartTimeout = "osmo_start_timeout"
	// BarrierTimeout, in seconds, counts from the first arrival to the go.
	BarrierTimeout = "osmo_barrier_timeout"
	// Needs lists the job ids of the gangs that must complete first.
	Needs = "osmo_needs"
	// Priority is OSMO's: HIGH, NORMAL or LOW. Nomad's number is the job's own.
	Priority = "osmo_priority"
	// Labels are the workflow's, a JSON object of strings; absent means none.
	Labels = "osmo_labels"
	// Names says how members find each other: NamesHosts, or absent for DNS.
	Names = "osmo_names"
	// Pool is the site's pool that the gang was submitted to; for counting only.
	Pool = "osmo_pool"
	// Submitted is when `run` registered the workflow, RFC 3339; for people only.
	// A job that was registered by other means has none.
	Submitted = "osmo_submitted"
)

// NamesHosts means that each gate writes the members' names into /etc/hosts
// before its command starts, and that nobody asks the DNS for them.
const NamesHosts = "hosts"

// ProtocolVersion is what this code writes under Protocol and the only value it reads.
const ProtocolVersion = "1"

// Task names inside the groups. ArriveTask gets a `_` appended where the
// user's own task is called so: OSMO's names cannot end in one.
const (
	HoldTask   = "hold"
	ArriveTask = "arrive"
)

// DriverName is the plugin's name as Nomad's jobs know it.
const DriverName = "gang"

// Default timeouts. OSMO's start timeout is 30 minutes (OSMO postgres.py:2844).
const (
	DefaultStartTimeout   = 30 * time.Minute
	DefaultBarrierTimeout = 10 * time.Minute
)

// MaxMembers is how many members a gang can have: the go is one Consul
// transaction of at most 128 operations.
const MaxMembers = 120

// Gang is the parsed job meta. Zero durations mean "no limit" for Exec and
// Queue; Start and Barrier are never zero.
type Gang struct {
	Workflow            string
	Group               string
	Lead                string
	Members             []string
	Barrier             bool
	IgnoreNonleadStatus bool
	ExecTimeout         time.Duration
	QueueTimeout        time.Duration
	StartTimeout        time.Duration
	BarrierTimeout      time.Duration
	Needs               []string
	// Pool and Priority are empty where the job was not made for one.
	Pool, Priority string
	Labels         map[string]string
	// Names is NamesHosts, or empty for DNS.
	Names string
}

// Write returns the job meta that Parse reads back.
func (g Gang) Write() map[string]string {
	const entries = 16 // are room for all: the map never grows
	m := make(map[string]string, entries)
	m[Protocol] = ProtocolVersion
	m[Workflow], m[Group], m[Lead] = g.Workflow, g.Group, g.Lead
	m[Members] = strings.Join(g.Members, ",")
	m[Barrier] = strconv.FormatBool(g.Barrier)
	m[IgnoreNonleadStatus] = strconv.FormatBool(g.IgnoreNonleadStatus)
	writeSeconds(m, ExecTimeout, g.ExecTimeout)
	writeSeconds(m, QueueTimeout, g.QueueTimeout)
	writeSeconds(m, StartTimeout, g.StartTimeout)
	writeSeconds(m, BarrierTimeout, g.BarrierTimeout)
	writeText(m, Needs, strings.Join(g.Needs, ","))
	writeText(m, Pool, g.Pool)
	writeText(m, Priority, g.Priority)
	writeText(m, Names, g.Names)
	writeList(m, Labels, g.Labels, len(g.Labels))
	return m
}

// writeSeconds writes a positive duration, rounded up to whole seconds.
func writeSeconds(m map[string]string, key string, d time.Duration) {
	if d > 0 {
		m[key] = strconv.FormatInt(wholeSeconds(d), 10)
	}
}

// wholeSeconds rounds up: a limit below a second must not become none.
func wholeSeconds(d time.Duration) int64 {
	seconds := int64(d / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	return seconds
}

// Parse reads a job's meta. The error names the key that is missing or wrong.
func Parse(m map[string]string) (Gang, error) {
	if v := m[Protocol]; v != ProtocolVersion {
		return Gang{}, fmt.Errorf("meta %s is %q, this plugin speaks %q: translate the workflow with an osmo-nomad of the plugin's version", Protocol, v, ProtocolVersion)
	}
	p := parser{meta: m}
	g := Gang{
		Workflow:            p.text(Workflow),
		Group:               p.text(Group),
		Lead:                p.text(Lead),
		Members:             list(p.text(Members)),
		Barrier:             p.flag(Barrier),
		IgnoreNonleadStatus: p.flag(IgnoreNonleadStatus),
		ExecTimeout:         p.seconds(ExecTimeout, 0),
		QueueTimeout:        p.seconds(QueueTimeout, 0),
		StartTimeout:        p.seconds(StartTimeout, DefaultStartTimeout),
		BarrierTimeout:      p.seconds(BarrierTimeout, DefaultBarrierTimeout),
		Needs:               list(m[Needs]),
		Pool:                m[Pool],
		Priority:            m[Priority],
		Names:               p.names(Names),
	}
	p.json(Labels, &g.Labels)
	return g, p.err
}

// IsGang says whether a job with this meta is a gang of ours.
func IsGang(m map[string]string) bool { return m[Workflow] != "" && m[Group] != "" }

// parser keeps the first error of a series of reads.
type parser struct {
	meta map[string]string
	err  error
}

func (p *parser) fail(key, want string) {
	if p.err == nil {
		p.err = fmt.Errorf("meta %s is %q, expected %s", key, p.meta[key], want)
	}
}

func (p *parser) text(key string) string {
	if p.meta[key] == "" {
		p.fail(key, "a name")
	}
	return p.meta[key]
}

func (p *parser) flag(key string) bool {
	b, err := strconv.ParseBool(p.meta[key])
	if err != nil {
		p.fail(key, "true or false")
	}
	return b
}

func (p *parser) names(key string) string {
	if v := p.meta[key]; v != "" && v != NamesHosts {
		p.fail(key, NamesHosts)
	}
	return p.meta[key]
}

func (p *parser) seconds(key string, absent time.Duration) time.Duration {
	if p.meta[key] == "" {
		return absent
	}
	n, err := strconv.ParseInt(p.meta[key], 10, 32)
	if err != nil || n <= 0 {
		p.fail(key, "a positive number of seconds")
	}
	return time.Duration(n) * time.Second
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
