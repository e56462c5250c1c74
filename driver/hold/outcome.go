package hold

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// OutcomeFile is where a hold leaves its outcome, below the allocation's shared
// directory: so that the next StartTask needs no network to know it.
const OutcomeFile = wire.Dir + "/outcome.json"

// LeftOutcome reads the outcome that an earlier run in this allocation left in
// the shared directory; nil where there is none. A StartTask that finds one
// that is not COMPLETED fails with its sentence, not recoverably.
func LeftOutcome(sharedDir string) (*rendezvous.Outcome, error) {
	b, err := os.ReadFile(filepath.Join(sharedDir, OutcomeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the outcome that the hold left: %w", err)
	}
	var o rendezvous.Outcome
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("reading the outcome that the hold left in %s: %w", filepath.Join(sharedDir, OutcomeFile), err)
	}
	return &o, nil
}

// leaveOutcome writes the file that LeftOutcome reads; whole or not at all.
func leaveOutcome(sharedDir string, o rendezvous.Outcome) error {
	path := filepath.Join(sharedDir, OutcomeFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("leaving the outcome: %w", err)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("leaving the outcome: %w", err)
	}
	if err := writeSynced(path+".new", b); err != nil {
		return fmt.Errorf("leaving the outcome: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("leaving the outcome: %w", err)
	}
	return nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
