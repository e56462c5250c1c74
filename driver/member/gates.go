package member

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// gates are the gate's binaries, put there by `make gates`.
//
//go:embed all:gates
var gates embed.FS

// Gate returns the gate's binary for a processor (Go's name of it). The error
// says how a build gets one.
func Gate(arch string) ([]byte, error) {
	binary, err := gates.ReadFile("gates/osmo-gate-linux-" + arch)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("this build of nomad-driver-gang carries no gate for linux/%s: build it with `make gates`, then `make build`", arch)
	}
	return binary, err
}
