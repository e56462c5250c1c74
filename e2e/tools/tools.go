// Package tools finds the two programs that a cluster on one machine is made of, Nomad and Consul: on PATH, else in
// the user's cache, else it builds them there once, from the Go module proxy. So a fresh machine needs Go and nothing
// else.
//
// What they are built from are the two module files in modules/: each program's own requirements, in a module of their
// own because they have nothing to do with the product's. They are text here and not nested modules, because a nested
// module's files cannot be embedded, and the finished osmo-nomad binary must be able to build them too.
package tools

import (
	"embed"
	"fmt"
)

// Paths are the absolute paths of the programs.
type Paths struct {
	Nomad  string
	Consul string
}

//go:embed modules/nomad.mod modules/nomad.sum modules/consul.mod modules/consul.sum
var modules embed.FS

// A tool is one program: what it is called, where it comes from, and which other versions of it will do.
type tool struct {
	name    string
	version string
	// minimum is the oldest version that is taken from PATH, in the form 1.2.3.
	minimum string
	pkg     string
	tags    string
	// takes says how long the build takes, for people.
	takes string
	// mod and sum are the texts of its go.mod and go.sum.
	mod, sum []byte
}

// dir is the name of the tool's folder in the cache.
func (t tool) dir() string { return t.name + "-" + t.version }

func (t tool) String() string { return t.name + " " + t.version }

func nomadTool() (tool, error) {
	return withModule(tool{
		name: "nomad", version: "1.11.3", minimum: "1.8.0",
		pkg: "github.com/hashicorp/nomad", tags: "ui",
		takes: "about 5 minutes on two cores",
	})
}

func consulTool() (tool, error) {
	return withModule(tool{
		name: "consul", version: "1.22.5", minimum: "1.16.0",
		pkg:   "github.com/hashicorp/consul",
		takes: "about 3 minutes on two cores",
	})
}

func withModule(t tool) (tool, error) {
	var err error
	if t.mod, err = modules.ReadFile("modules/" + t.name + ".mod"); err != nil {
		return tool{}, fmt.Errorf("reading the module of %s: %w", t, err)
	}
	if t.sum, err = modules.ReadFile("modules/" + t.name + ".sum"); err != nil {
		return tool{}, fmt.Errorf("reading the module sums of %s: %w", t, err)
	}
	return t, nil
}
