// Command paths prints where nomad and consul are, as shell assignments, and
// gets them first where they are not there: `eval "$(go run ./e2e/tools/paths)"`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/e2e/tools"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	found, err := tools.Ensure(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("export NOMAD_BIN=%s CONSUL_BIN=%s\n", quote(found.Nomad), quote(found.Consul))
}

// quote makes one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
