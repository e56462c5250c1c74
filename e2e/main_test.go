// Package e2e drives the built binaries against a real Nomad and Consul: each
// test is a scenario that a user or a failure brings about, and judges it by
// what Nomad, Consul and the commands' own output say afterwards.
//
// The scenarios share one cluster of network namespaces on this machine. They
// run where OSMO_E2E is set (`make test` sets it), and there they fail if the
// cluster cannot be had: nothing is skipped.
package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// shared is the cluster of all scenarios, set by TestMain.
var shared *cluster

// upLimit includes building Nomad and Consul on a machine that has neither.
const upLimit = 30 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv("OSMO_E2E") == "" {
		fmt.Fprintln(os.Stderr, "e2e: needs root and a cluster: run `make test`, which sets OSMO_E2E=1")
		os.Exit(0)
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	root, err := filepath.Abs("..")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), upLimit)
	defer cancel()
	shared, err = startCluster(ctx, root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "taking the cluster down:", err)
		return 1
	}
	return code
}
