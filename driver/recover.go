package driver

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/nomad/plugins/drivers"
)

// stateVersion is the version of taskState, and of every handle that we write.
const stateVersion = 1

// taskState is what Nomad keeps for us about a task, to give it back to the
// next plugin process: data only. Everything else a role needs it finds in the
// allocation's directory and in the gang's records.
type taskState struct {
	Version     int    `codec:"version"`
	Role        string `codec:"role"`
	StartedUnix int64  `codec:"started_unix"`
}

func newTaskHandle(cfg *drivers.TaskConfig, role string, started time.Time) (*drivers.TaskHandle, error) {
	h := drivers.NewTaskHandle(stateVersion)
	h.Config = cfg
	h.State = drivers.TaskStateRunning
	err := h.SetDriverState(&taskState{Version: stateVersion, Role: role, StartedUnix: started.Unix()})
	if err != nil {
		return nil, fmt.Errorf("encoding the task's state: %w", err)
	}
	return h, nil
}

// readTaskHandle is the inverse. A handle that a newer plugin wrote is refused:
// Nomad then starts the task afresh, which a role can do at any time.
func readTaskHandle(h *drivers.TaskHandle) (taskState, error) {
	var s taskState
	if h == nil || h.Config == nil {
		return s, errors.New("recovering a task: Nomad gave no handle")
	}
	if err := h.GetDriverState(&s); err != nil {
		return s, fmt.Errorf("reading the state of task %s: %w", h.Config.ID, err)
	}
	if s.Version != stateVersion {
		return s, fmt.Errorf("the state of task %s has version %d, this plugin reads %d", h.Config.ID, s.Version, stateVersion)
	}
	return s, nil
}
