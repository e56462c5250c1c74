// Package template does what OSMO does to a workflow file before it is YAML:
// it cuts the file into sections, renders the `workflow` section as a Jinja
// template with the variables of `default-values` and of the command line, and
// keeps track of where each rendered line came from.
//
// OSMO's special tokens ({{host:x}}, {{output}}, …) pass through unrendered.
package template

import "github.com/osmo-nomad/osmo-nomad/translator/diag"

// Vars are the variables of the command line, each `name=value`. Those of
// SetString win over Set, and Set over the file's default-values.
type Vars struct {
	// Set values become an integer, else a float, else a string (OSMO workflow.py:803).
	Set []string
	// SetString values are always strings.
	SetString []string
}

// Rendered is a rendered workflow section.
type Rendered struct {
	// Text is YAML: the `workflow:` key and all below it. It is what
	// `run --dry-run` prints.
	Text string
	// Map leads from Text back to the user's file.
	Map diag.SourceMap
}
