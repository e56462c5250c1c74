// Command nomad-driver-gang is the Nomad plugin: the task driver `gang`. With
// -device it is the device plugin with simulated GPUs of a cluster on one
// machine. Nomad starts it; a person only asks it for its version.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/plugins"

	"github.com/osmo-nomad/osmo-nomad/driver"
	"github.com/osmo-nomad/osmo-nomad/driver/device"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// version is set by the linker; Nomad wants the form 1.2.3.
var version = "0.1.0-dev"

func main() {
	asDevice := flag.Bool("device", false, "serve the device plugin with simulated GPUs instead of the driver")
	askVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	switch {
	case *askVersion:
		fmt.Fprintf(os.Stdout, "nomad-driver-gang %s, protocol %s\n", version, meta.ProtocolVersion)
	case *asDevice:
		plugins.Serve(func(log hclog.Logger) any { return device.New(log) })
	default:
		driver.Serve(version)
	}
}
