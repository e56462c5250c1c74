// Package wire is what a gate and its member's plugin say to each other, and
// the files they leave for one another: types only, so that the gate, which is
// the first process of every member, stays small.
//
// The two talk over one unix socket per allocation, one JSON object a line.
// The gate connects, says hello, and from then on either side may speak. Both
// send a beat at least every BeatInterval; silence for the partition timeout
// means that the other is gone. A plugin that restarts listens on the same
// path again and the gate connects again and says hello with what it has done
// so far: every message can therefore be repeated, and repeating one changes
// nothing.
package wire

import "time"

// Version of the messages. A hello with another version is answered by a
// refusal that names both.
const Version = 1

// BeatInterval is the longest silence of a healthy peer.
const BeatInterval = 5 * time.Second

// Kind names a message.
type Kind string

// Messages of the gate.
const (
	// Hello is the gate's first message on each connection.
	Hello Kind = "hello"
	// Ready says that the command could start this instant: files in place,
	// sandbox set up, resolver working.
	Ready Kind = "ready"
	// Started reports the instant of the command's start.
	Started Kind = "started"
	// Exited reports the command's end; the exit file was written before.
	Exited Kind = "exited"
)

// Messages of the plugin.
const (
	// Welcome answers a hello and carries what the sandbox needs to know.
	Welcome Kind = "welcome"
	// Refused answers a hello that cannot be served; the gate exits.
	Refused Kind = "refused"
	// Go starts the command, at most once per allocation.
	Go Kind = "go"
	// End ends the command: SIGTERM, grace, SIGKILL; before a go it means never start.
	End Kind = "end"
)

// Beat is said by both sides and means nothing but life.
const Beat Kind = "beat"

// Message is one line on the socket. Fields that a kind does not use are absent.
type Message struct {
	Kind    Kind `json:"kind"`
	Version int  `json:"version,omitempty"`

	// Hello: who speaks.
	Member string `json:"member,omitempty"`
	BootID string `json:"boot_id,omitempty"`
	// Hello, Started, Exited: what has happened so far in this allocation.
	StartedAt *Start `json:"started,omitempty"`
	Exit      *Exit  `json:"exit,omitempty"`
	// Hello: the gate is past its set-up and waits for the go.
	IsReady bool `json:"is_ready,omitempty"`

	// Welcome: the node's resolvers, lines for /etc/hosts, and how long the gate
	// lives without a word from its plugin.
	DNS                []string          `json:"dns,omitempty"`
	Hosts              map[string]string `json:"hosts,omitempty"`
	PartitionTimeoutMS int64             `json:"partition_timeout_ms,omitempty"`

	// Go: the epoch that starts.
	Epoch int `json:"epoch,omitempty"`

	// End, Refused: why, and how long the command has between SIGTERM and SIGKILL.
	Reason  string `json:"reason,omitempty"`
	GraceMS int64  `json:"grace_ms,omitempty"`
}

// Start is the content of a started marker: the command's start, once per allocation.
type Start struct {
	Epoch int `json:"epoch"`
	// UnixNanos is the host's wall clock just before the command was started.
	UnixNanos int64 `json:"unix_nanos"`
	// AfterGoNanos is the time between reading the go and starting the command.
	AfterGoNanos int64 `json:"after_go_nanos"`
	// BootID tells a start before a reboot from one after it.
	BootID string `json:"boot_id"`
}

// Exit is the content of an exit file: how the command ended.
type Exit struct {
	// Code is the exit status, 128+n where signal n ended the command.
	Code int `json:"code"`
	// Signal is the signal's number, 0 if the command exited by itself.
	Signal int `json:"signal,omitempty"`
	// Ended says that the gate ended the command because it was told to; the
	// gate itself then exits 0.
	Ended bool `json:"ended,omitempty"`
	// Never says that the command was never started.
	Never bool `json:"never,omitempty"`
	// Message explains an end that is not the command's own: not found, set-up failed.
	Message string `json:"message,omitempty"`
	// Started is absent if Never.
	Started *Start `json:"started,omitempty"`
	// ElapsedNanos runs from start to end, by the monotonic clock.
	ElapsedNanos int64 `json:"elapsed_nanos,omitempty"`
}
