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
	errTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	app := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, readFile: os.ReadFile, version: version,
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())), errTerminal: errTerminal,
		size: func() (columns, rows int) {
			columns, rows, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 0, 0
			}
			return columns, rows
		},
	}
	code := app.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
