package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// flagJSON adds --json and what OSMO calls it: -t json.
func flagJSON(cmd *cobra.Command, asJSON *bool, usage string) {
	cmd.Flags().BoolVar(asJSON, "json", false, usage)
	format := choice{name: "format", of: []string{"text", "json"}, value: "text", set: func(v string) { *asJSON = v == "json" }}
	cmd.Flags().VarP(&format, "format-type", "t", "`format`: text or json, which is --json")
}

// choice is a flag that takes one of a few words.
type choice struct {
	name, value string
	of          []string
	set         func(string)
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return c.name }

func (c *choice) Set(v string) error {
	if !slices.Contains(c.of, v) {
		return fmt.Errorf("expected %s", strings.Join(c.of, " or "))
	}
	c.value = v
	if c.set != nil {
		c.set(v)
	}
	return nil
}
