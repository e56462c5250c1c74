package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job"
)

func (a *app) validateCommand() *cobra.Command {
	var o sourceOptions
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a workflow; needs no cluster",
		Args:  wants(1, 1, "FILE"),
		RunE:  func(_ *cobra.Command, args []string) error { return a.validate(args[0], o) },
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print what is wrong as JSON, also when nothing is")
	return cmd
}

func (a *app) validate(file string, o sourceOptions) error {
	s, err := a.open(file, o)
	if err != nil {
		return err
	}
	if o.asJSON {
		plan, problems := s.translate("")
		if plan == nil {
			return fileError{problems, true}
		}
		return diag.PrintJSON(a.out, problems)
	}
	if _, err := a.plan(s, ""); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "Workflow validation succeeded.")
	return nil
}

// translateOptions are the flags of translate.
type translateOptions struct {
	source          sourceOptions
	format, id, dir string
}

func (a *app) translateCommand() *cobra.Command {
	var o translateOptions
	cmd := &cobra.Command{
		Use:   "translate FILE",
		Short: "Print the Nomad jobs that a workflow becomes; needs no cluster",
		Long:  "Translate prints the Nomad jobs that a workflow becomes, and asks no cluster. FILE may be - for stdin.",
		Example: "  osmo-nomad translate wf.yaml | nomad job run -\n" +
			"  osmo-nomad translate wf.yaml --out jobs && for f in jobs/*.hcl; do nomad job run \"$f\"; done",
		Args: wants(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return a.translate(args[0], o) },
	}
	o.source.flags(cmd)
	cmd.Flags().StringVarP(&o.format, "output", "o", "", "`format`: hcl or json (default hcl)")
	cmd.Flags().BoolVar(&o.source.asJSON, "json", false, "like -o json; the file's errors are JSON too")
	cmd.Flags().StringVar(&o.id, "id", "", "workflow `id` (default <name>-1)")
	cmd.Flags().StringVar(&o.dir, "out", "", "write one file per gang into this `directory`")
	return cmd
}

// chooseFormat settles -o and --json, which say the same.
func (o *translateOptions) chooseFormat() error {
	switch {
	case o.source.asJSON && o.format == "hcl":
		return usageError{errors.New("--json and -o hcl: choose one")}
	case o.source.asJSON:
		o.format = "json"
	case o.format == "":
		o.format = "hcl"
	case o.format != "hcl" && o.format != "json":
		return usageError{fmt.Errorf("-o %s: expected hcl or json", o.format)}
	}
	return nil
}

func (a *app) translate(file string, o translateOptions) error {
	if err := o.chooseFormat(); err != nil {
		return err
	}
	s, err := a.open(file, o.source)
	if err != nil {
		return err
	}
	plan, err := a.plan(s, o.id)
	if err != nil {
		return err
	}
	if o.dir != "" {
		return a.writeFiles(plan, o)
	}
	if o.format == "json" {
		return job.WriteJSON(a.out, plan.Jobs...)
	}
	if len(plan.Jobs) > 1 {
		return usageError{fmt.Errorf("%s has %d gangs, and an HCL file holds one job: use --out DIR, or -o json", file, len(plan.Jobs))}
	}
	return job.WriteHCL(a.out, plan.Jobs[0])
}

// writeFiles writes <dir>/<gang>.hcl or .json for each gang.
func (a *app) writeFiles(plan *translator.Plan, o translateOptions) error {
	if err := os.MkdirAll(o.dir, 0o750); err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	for _, j := range plan.Jobs {
		path := filepath.Join(o.dir, *j.ID+"."+o.format)
		err := writeFile(path, func(w io.Writer) error {
			if o.format == "json" {
				return job.WriteJSON(w, j)
			}
			return job.WriteHCL(w, j)
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(a.out, path)
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close() // the write error says more
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Close()
}
