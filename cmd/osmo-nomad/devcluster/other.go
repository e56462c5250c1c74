//go:build !linux

package devcluster

import (
	"context"
	"fmt"
	"runtime"
)

// Cluster is a cluster that is up. On this system there is none.
type Cluster struct {
	Name       string
	Dir        string
	SiteFile   string
	NomadAddr  string
	ConsulAddr string
	Hosts      []Node
}

// Env returns the variables that point commands at the cluster.
func (*Cluster) Env() []string { return nil }

func unsupported() error {
	return fmt.Errorf("the dev cluster needs Linux's network namespaces, and this is %s: use a Linux machine, or a virtual one", runtime.GOOS)
}

// Up is not possible on this system.
func Up(context.Context, Options) (*Cluster, error) { return nil, unsupported() }

// Down is not possible on this system.
func Down(context.Context, Options) error { return unsupported() }

// Open is not possible on this system.
func Open(Options) (*Cluster, error) { return nil, unsupported() }

// Status is not possible on this system.
func Status(context.Context, Options) (*Report, error) { return nil, unsupported() }
