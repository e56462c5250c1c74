// Package e2e drives the built binaries against a real Nomad and Consul: each
// test is a scenario that a user or a failure brings about, and judges it by
// what Nomad, Consul and the commands' own output say afterwards.
//
// The scenarios share one cluster of network namespaces on this machine. They
// run where OSMO_E2E is set (`make test` sets it), and there they fail if the
// cluster cannot be had: nothing is skipped.
//
// Those named TestDocker… are about members in containers. They run where
// OSMO_E2E_DOCKER is set too (`make test-docker`), on a cluster whose hosts have
// Docker, and the others only where it is not.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
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
	flag.Parse()
	os.Exit(runAll(m, os.Getenv("OSMO_E2E_DOCKER") != ""))
}

func runAll(m *testing.M, docker bool) int {
	ctx, cancel := context.WithTimeout(context.Background(), upLimit)
	defer cancel()
	up := upPlain
	if docker {
		up = upDocker
	}
	var err error
	if shared, err = up(ctx); err != nil {
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

// upPlain starts the cluster of all scenarios but Docker's. The spare host
// carries holds and no member: no workflow asks for its platform.
func upPlain(ctx context.Context) (*cluster, error) {
	if err := choose("test.skip"); err != nil {
		return nil, err
	}
	return startCluster(ctx, "e2e", "--host", "spare=generic")
}

// upDocker starts the cluster of Docker's scenarios and gives each host their
// images.
func upDocker(ctx context.Context) (*cluster, error) {
	if err := choose("test.run"); err != nil {
		return nil, err
	}
	image, err := baseImage(ctx, os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("making the image: %w", err)
	}
	c, err := startCluster(ctx, "e2edocker", "--docker")
	if err != nil {
		return nil, err
	}
	if err := c.importImages(ctx, image); err != nil {
		return nil, errors.Join(fmt.Errorf("importing the images: %w", err), c.stop(ctx))
	}
	return c, nil
}

// choose makes -run or -skip be Docker's scenarios, unless the caller has
// chosen.
func choose(name string) error {
	if flag.Lookup(name).Value.String() != "" {
		return nil
	}
	return flag.Set(name, "^TestDocker")
}
