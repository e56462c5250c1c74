package member

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// memory is what a member writes down for the next plugin process, in its own
// task's directory, which the user's task does not see: with it a restarted
// plugin needs neither Nomad nor a new session to go on.
type memory struct {
	Version int    `json:"version"`
	Self    self   `json:"self"`
	Session string `json:"session,omitempty"`
	// Told is what the last event was about: it need not be told again.
	Told string `json:"told,omitempty"`
}

const (
	memoryFile    = "member.json"
	memoryVersion = 1
)

// recall reads the memory of an earlier process; false if there is none that
// this one understands.
func recall(dir, allocID string) (memory, bool, error) {
	b, err := os.ReadFile(dir + "/" + memoryFile)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}, false, nil
	}
	if err != nil {
		return memory{}, false, fmt.Errorf("reading the member's memory: %w", err)
	}
	var m memory
	if err := json.Unmarshal(b, &m); err != nil {
		return memory{}, false, fmt.Errorf("decoding the member's memory: %w", err)
	}
	return m, m.Version == memoryVersion && m.Self.AllocID == allocID, nil
}

// remember replaces the memory.
func remember(dir string, m memory) error {
	m.Version = memoryVersion
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the member's memory: %w", err)
	}
	temp := dir + "/" + memoryFile + ".new"
	if err := os.WriteFile(temp, b, 0o600); err != nil {
		return fmt.Errorf("writing the member's memory: %w", err)
	}
	if err := os.Rename(temp, dir+"/"+memoryFile); err != nil {
		return fmt.Errorf("writing the member's memory: %w", err)
	}
	return nil
}
