package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestReadmeCommands: the README's table is what the command tree says. -update
// writes it.
func TestReadmeCommands(t *testing.T) {
	file := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const open, shut = "<!-- commands -->\n", "<!-- /commands -->"
	before, rest, ok1 := strings.Cut(string(text), open)
	got, after, ok2 := strings.Cut(rest, shut)
	if !ok1 || !ok2 {
		t.Fatal("the README has no table of commands")
	}
	a := &app{getenv: func(string) string { return "" }}
	want := "| command | what it does | flags |\n|---|---|---|\n" + strings.Join(commandRows(a.rootCommand()), "")
	if *update {
		if err := os.WriteFile(file, []byte(before+open+want+shut+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README (-want +got; -update rewrites it):\n%s", diff)
	}
}

func commandRows(cmd *cobra.Command) []string {
	var rows []string
	for _, c := range cmd.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if c.HasSubCommands() {
			rows = append(rows, commandRows(c)...)
			continue
		}
		var flags []string
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				flags = append(flags, flagCell(f))
			}
		})
		use := strings.TrimPrefix(c.CommandPath()+strings.TrimPrefix(c.Use, c.Name()), "osmo-nomad ")
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", use, c.Short, strings.Join(flags, " ")))
	}
	if cmd.HasParent() {
		return rows
	}
	var global []string
	cmd.PersistentFlags().VisitAll(func(f *pflag.Flag) { global = append(global, flagCell(f)) })
	return append(slices.Clone(rows), fmt.Sprintf("| every command | | %s |\n", strings.Join(global, " ")))
}

func flagCell(f *pflag.Flag) string {
	value, _ := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	if value != "" {
		name += " " + value
	}
	return "`" + name + "`"
}
