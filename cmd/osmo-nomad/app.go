package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"
	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// app is the program without the process: what a command may touch.
type app struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	readFile func(string) ([]byte, error)
	version  string
	// outTerminal and errTerminal say that out and err are terminals. Data on a
	// terminal is aligned and coloured, else it is plain lines; talk on a
	// terminal is a live view.
	outTerminal, errTerminal bool
	// size is err's width and height in cells, where it is a terminal.
	size func() (columns, rows int)
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
	// fileError is a file with diagnostics, which may go to stdout as JSON.
	fileError struct {
		list   diag.List
		asJSON bool
	}
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
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &silent):
		return silent.code
	case errors.As(err, &file):
		return a.tell(file)
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "osmo-nomad: %v\n", err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(a.err, "interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(a.err, "osmo-nomad: %s\n", withoutURL(err))
	if !unreachable(err) {
		return exitFailed
	}
	a.whereItLooked()
	return exitUnreachable
}

// tell prints what is wrong with a file.
func (a *app) tell(e fileError) int {
	write, w := diag.Print, a.err
	if e.asJSON {
		write, w = diag.PrintJSON, a.out
	}
	if err := write(w, e.list); err != nil {
		return exitFailed
	}
	return exitDiagnostics
}

// withoutURL is the error's text without the request that net/http puts into
// it: who made the request has said what it was for, and where.
func withoutURL(err error) string {
	var request *url.Error
	if !errors.As(err, &request) {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), fmt.Sprintf("%s %q: ", request.Op, request.URL), "")
}

// unreachable says that Nomad or Consul did not answer, or answers that it has
// no leader to decide anything.
func unreachable(err error) bool {
	var (
		netErr    *net.OpError
		urlErr    *url.Error
		nomadErr  nomad.UnexpectedResponseError
		consulErr consul.StatusError
	)
	if errors.As(err, &urlErr) || errors.As(err, &netErr) {
		return true
	}
	leaderless := func(code int, body string) bool {
		return code == http.StatusInternalServerError && strings.Contains(body, "No cluster leader")
	}
	return errors.As(err, &nomadErr) && leaderless(nomadErr.StatusCode(), nomadErr.Body()) ||
		errors.As(err, &consulErr) && leaderless(consulErr.Code, consulErr.Body)
}

// whereItLooked names the addresses, and which of them nobody has set.
func (a *app) whereItLooked() {
	if a.connect != nil {
		return // not the environment's
	}
	say := func(program, variable, def string) {
		fmt.Fprintf(a.err, "%s is expected at %s", program, cmp.Or(a.getenv(variable), def))
		if a.getenv(variable) == "" {
			fmt.Fprintf(a.err, ", because %s is not set", variable)
		}
		fmt.Fprintln(a.err)
	}
	say("Nomad", "NOMAD_ADDR", "http://127.0.0.1:4646")
	say("Consul", "CONSUL_HTTP_ADDR", "http://127.0.0.1:8500")
	fmt.Fprintln(a.err, "No cluster at hand? `osmo-nomad dev up` starts one on this machine.")
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
	flags.StringVar(&a.site, "site", a.getenv("OSMO_NOMAD_SITE"), "site `file`: pools and platforms (default $OSMO_NOMAD_SITE, else built in)")
	flags.StringVar(&a.namespace, "namespace", a.getenv("NOMAD_NAMESPACE"), "Nomad namespace (default $NOMAD_NAMESPACE, else the pool's; reading looks in all)")
	root.AddCommand(
		a.validateCommand(), a.translateCommand(), a.runCommand(),
		a.statusCommand(), a.listCommand(), a.logsCommand(), a.cancelCommand(),
		a.resourceCommand(), a.poolCommand(), a.versionCommand(), a.devCommand(),
	)
	wrapArgs(root)
	return root
}

// wants checks the number of arguments; what describes them, as in the usage.
func wants(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		hint := ""
		if most > 0 && len(args) > most && strings.Contains(args[len(args)-1], "=") {
			hint = fmt.Sprintf("; each value has a flag of its own: --set %s", args[len(args)-1])
		}
		return fmt.Errorf("%s wants %s, got %d arguments%s", cmd.Name(), what, len(args), hint)
	}
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
