package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-nomad/observe"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// app is the program without the process: what a command may touch.
type app struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	readFile func(string) ([]byte, error)
	// terminal says that out is one: tables, colour and a live view, else plain lines.
	terminal bool
	version  string
	// connect, if set, names the cluster instead of the environment.
	connect func() (clients, error)

	// Flags of every command.
	site, namespace string
}

// Exit codes, part of the interface.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDiagnostics = 3
	exitUnreachable = 4
	exitInterrupted = 130
)

// Errors that decide the exit code. Everything else exits with exitFailed.
type (
	// usageError is a wrong command line.
	usageError struct{ error }
	// fileError is a file with diagnostics.
	fileError struct{ list diag.List }
	// silentError has been told already.
	silentError struct{ code int }
)

func (e usageError) Unwrap() error { return e.error }
func (e fileError) Error() string  { return "the file has diagnostics" }
func (e silentError) Error() string {
	return fmt.Sprintf("exit code %d", e.code)
}

// run is the whole program: it returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	return a.exitCode(ctx, root.ExecuteContext(ctx))
}

// exitCode tells the error and chooses the code, here and nowhere else.
func (a *app) exitCode(ctx context.Context, err error) int {
	var (
		usage  usageError
		file   fileError
		silent silentError
		net    net.Error
		urlErr *url.Error
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &silent):
		return silent.code
	case errors.As(err, &file):
		if err := diag.Print(a.err, file.list); err != nil {
			return exitFailed
		}
		return exitDiagnostics
	case ctx.Err() != nil:
		fmt.Fprintln(a.err, "interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "osmo-nomad: %v\n", err)
		return exitUsage
	case errors.As(err, &urlErr), errors.As(err, &net):
		fmt.Fprintf(a.err, "osmo-nomad: %v\nIs the cluster up? NOMAD_ADDR is %q, CONSUL_HTTP_ADDR is %q.\n",
			err, a.getenv("NOMAD_ADDR"), a.getenv("CONSUL_HTTP_ADDR"))
		return exitUnreachable
	}
	fmt.Fprintf(a.err, "osmo-nomad: %v\n", err)
	return exitFailed
}

// rootCommand builds the command tree anew, so that no state is shared.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "osmo-nomad",
		Short:         "Run OSMO workflows on Nomad, with real gangs",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.site, "site", a.getenv("OSMO_NOMAD_SITE"), "site file: pools and platforms (default $OSMO_NOMAD_SITE, else built in)")
	flags.StringVar(&a.namespace, "namespace", a.getenv("NOMAD_NAMESPACE"), "Nomad namespace (default $NOMAD_NAMESPACE, else the pool's)")
	root.AddCommand(
		a.validateCommand(), a.translateCommand(), a.runCommand(),
		a.statusCommand(), a.listCommand(), a.logsCommand(), a.cancelCommand(),
		a.versionCommand(), a.devCommand(),
	)
	wrapArgs(root)
	return root
}

// wrapArgs makes every complaint about arguments a usage error.
func wrapArgs(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		wrapArgs(c)
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
			}
			return nil
		}
	}
}

// cluster returns where the commands that read look.
func (a *app) cluster() (observe.Cluster, error) {
	c, err := a.clients()
	if err != nil {
		return observe.Cluster{}, err
	}
	return observe.Cluster{Nomad: c.nomad, Store: c.store, Namespace: a.readNamespace()}, nil
}
