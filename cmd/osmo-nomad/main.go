// Command osmo-nomad runs OSMO workflows on HashiCorp Nomad: it translates a
// workflow into plain Nomad jobs, registers them and follows them. The gangs
// themselves are held, started and ended by the plugin nomad-driver-gang.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	app := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		terminal: term.IsTerminal(int(os.Stdout.Fd())), version: version,
		readFile: os.ReadFile,
	}
	code := app.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
