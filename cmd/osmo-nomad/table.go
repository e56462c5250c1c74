package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// table is one list with two faces: aligned columns for a terminal, one
// tab-separated line a row for a pipe.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// aligned renders the table in columns.
func (t *table) aligned() []string {
	all := append([][]string{t.header}, t.rows...)
	widths := make([]int, len(t.header))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], displayWidth(cell))
		}
	}
	out := make([]string, len(all))
	for n, row := range all {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-displayWidth(cell)+2))
			}
		}
		out[n] = strings.TrimRight(b.String(), " ")
	}
	return out
}

// tabbed renders the table one tab-separated line a row.
func (t *table) tabbed() []string {
	out := []string{strings.Join(t.header, "\t")}
	for _, row := range t.rows {
		out = append(out, strings.Join(row, "\t"))
	}
	return out
}

// printTable writes a table as out's kind wants it.
func (a *app) printTable(t *table) {
	lines := t.tabbed()
	if a.outTerminal {
		lines = t.aligned()
	}
	for _, l := range lines {
		fmt.Fprintln(a.out, a.outColours().states(l))
	}
}

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// dash stands for what is not known.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
