package wire

import (
	"path/filepath"
	"strconv"
)

// Names below the allocation's shared directory (NOMAD_ALLOC_DIR for the gate,
// `<data dir>/alloc/<id>/alloc` for the plugin).
const (
	// Dir holds everything of ours in an allocation.
	Dir = "osmo"
	// GateFile is the gate's binary.
	GateFile = Dir + "/osmo-gate"
	// SocketFile is the socket that the plugin listens on, writable for any user
	// of the allocation. The whole path may be longer than a socket address can
	// hold: both sides reach it through a descriptor of its directory.
	SocketFile = Dir + "/gate.sock"
)

// MemberDir is a member's own directory below Dir.
func MemberDir(member string) string { return filepath.Join(Dir, member) }

// StartedFile marks that the member's command was started in this epoch. It is
// written and synced before the command starts, and never removed.
func StartedFile(member string, epoch int) string {
	return filepath.Join(MemberDir(member), "started."+strconv.Itoa(epoch))
}

// ExitFile says how the member's command ended; written by rename and synced
// before the gate exits.
func ExitFile(member string) string { return filepath.Join(MemberDir(member), "exit.json") }

// DataDir is what the member's command sees as /osmo/data.
func DataDir(member string) string { return filepath.Join(MemberDir(member), "data") }
