package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// sourceOptions are the flags of every command that reads a workflow file.
type sourceOptions struct {
	set, setString, setEnv, labels []string
	pool, priority                 string
	strict, asJSON                 bool
}

func (o *sourceOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "template variable `key=value`; numbers become numbers")
	f.StringArrayVar(&o.setString, "set-string", nil, "template variable `key=value`, always a string")
	f.StringArrayVar(&o.setEnv, "set-env", nil, "environment variable `key=value` for every task")
	f.StringArrayVar(&o.labels, "label", nil, "label `key=value` of the workflow; wins over the file's")
	f.StringVarP(&o.pool, "pool", "p", "", "`pool` of the site to run in")
	f.StringVar(&o.priority, "priority", "NORMAL", "`priority`: HIGH, NORMAL or LOW")
	f.BoolVar(&o.strict, "strict", false, "make errors of the warnings about tokens")
}

// source is a workflow file that has been read, with what the command line adds.
type source struct {
	file    translator.Source
	options translator.Options
	// toRun says that the plan is for running: what cannot be carried out yet is
	// an error then, else a warning.
	toRun bool
	// asJSON says that errors go to stdout, as JSON.
	asJSON bool
	// told says that the warnings have been printed.
	told bool
}

// open reads the workflow file, "-" being stdin, and the site file.
func (a *app) open(file string, o sourceOptions) (*source, error) {
	text, err := a.read(file)
	if err != nil {
		return nil, err
	}
	s := &source{file: translator.Source{Name: file, Text: text}, asJSON: o.asJSON, options: translator.Options{
		Set: o.set, SetString: o.setString, SetEnv: o.setEnv, Labels: o.labels, Strict: o.strict, Namespace: a.namespace,
		Pool: o.pool, Priority: strings.ToUpper(o.priority), ReadFile: localFiles(directory(file)),
	}}
	s.options.Site, err = a.readSite()
	return s, err
}

func (a *app) read(file string) ([]byte, error) {
	read := func() ([]byte, error) { return a.readFile(file) }
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(a.in) }
	}
	src, err := read()
	if err != nil {
		return nil, usageError{fmt.Errorf("reading the workflow: %w", err)}
	}
	return src, nil
}

// readSite reads the site file; without one the source is empty.
func (a *app) readSite() (translator.Source, error) {
	if a.site == "" {
		return translator.Source{}, nil
	}
	text, err := a.readFile(a.site)
	if err != nil {
		return translator.Source{}, usageError{fmt.Errorf("reading the site file: %w", err)}
	}
	return translator.Source{Name: a.site, Text: text}, nil
}

// directory is what a workflow's local files are relative to: where the file is,
// for stdin the working directory.
func directory(file string) string {
	if file == "-" {
		return ""
	}
	return filepath.Dir(file)
}

// translate returns the plan for an id, empty for `<name>-1`, and everything
// there is to say of it. The plan is nil when the list has an error.
func (s *source) translate(id string) (*translator.Plan, diag.List) {
	options := s.options
	options.ID = id
	plan, problems := translator.Translate(s.file, options)
	if plan == nil {
		return nil, problems
	}
	problems.Add(s.later(plan.Later))
	if problems.HasErrors() {
		return nil, problems
	}
	return plan, problems
}

// later is what the plan asks for and nobody carries out yet: errors for who
// runs it, warnings for who only looks at it.
func (s *source) later(list diag.List) diag.List {
	out := slices.Clone(list)
	for i := range out {
		if !s.toRun {
			out[i].Severity = diag.Warning
		}
	}
	return out
}

// plan is translate for a command that goes on with the plan: the file's errors
// are its error, and warnings are printed once.
func (a *app) plan(s *source, id string) (*translator.Plan, error) {
	plan, problems := s.translate(id)
	if plan == nil {
		return nil, fileError{problems, s.asJSON}
	}
	if s.told {
		return plan, nil
	}
	s.told = true
	return plan, diag.Print(a.err, problems)
}
