package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table is one list with two faces: aligned columns for a terminal, one
// tab-separated line a row for a pipe.
type table struct {
	header []string
	rows   [][]string
	// over stands over the header, on a terminal only.
	over []string
	// sum is the last row; a rule sets it off on a terminal.
	sum []string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// aligned renders the table in columns.
func (t *table) aligned() []string {
	var all [][]string
	if t.over != nil {
		all = append(all, t.over)
	}
	all = append(append(all, t.header), t.rows...)
	if t.sum != nil {
		all = append(all, t.sum)
	}
	widths := make([]int, len(t.header))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], displayWidth(cell))
		}
	}
	var out []string
	for _, row := range all {
		out = append(out, padded(row, widths))
	}
	if t.sum != nil {
		out = slices.Insert(out, len(out)-1, rule(widths))
	}
	return out
}

// padded is one row in columns, two spaces between them.
func padded(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(cell)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-displayWidth(cell)+2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// rule is a line as long as the columns.
func rule(widths []int) string {
	n := 2 * (len(widths) - 1)
	for _, w := range widths {
		n += w
	}
	return strings.Repeat("=", n)
}

// tabbed renders the table one tab-separated line a row.
func (t *table) tabbed() []string {
	out := []string{strings.Join(t.header, "\t")}
	for _, row := range t.rows {
		out = append(out, strings.Join(row, "\t"))
	}
	if t.sum != nil {
		out = append(out, strings.Join(t.sum, "\t"))
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
