package main

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// colours paints for a terminal, or not at all.
type colours struct{ on bool }

// outColours and errColours are what the two streams want (https://no-color.org).
func (a *app) outColours() colours { return colours{a.outTerminal && a.colourful()} }
func (a *app) errColours() colours { return colours{a.errTerminal && a.colourful()} }

func (a *app) colourful() bool { return a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" }

// ANSI colours.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

var stateWord = regexp.MustCompile(`\b(?:PENDING|WAITING|SCHEDULING|INITIALIZING|RUNNING|COMPLETED|FAILED[A-Z_]*)\b`)

// states paints the states of gangs and workflows in a line.
func (c colours) states(line string) string {
	if !c.on {
		return line
	}
	return stateWord.ReplaceAllStringFunc(line, func(word string) string {
		switch {
		case strings.HasPrefix(word, string(rendezvous.Failed)):
			return paint(red, word)
		case word == string(rendezvous.Completed):
			return paint(green, word)
		case word == string(rendezvous.Running):
			return paint(cyan, word)
		}
		return paint(yellow, word)
	})
}

func paint(colour, s string) string { return "\x1b[" + colour + "m" + s + "\x1b[0m" }

// displayWidth is how many cells of a terminal a text takes.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// wide are the blocks whose characters take two cells (Unicode's East Asian
// Width W and F, by block).
var wide = [...][2]rune{
	{0x1100, 0x115f},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	for _, block := range wide {
		if r >= block[0] && r <= block[1] {
			return 2
		}
	}
	return 1
}

// clip makes a text fit into a line of width cells: one that wraps would break
// the redraw, and so would a control character.
func clip(s string, width int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if displayWidth(s) <= width {
		return s
	}
	used := 0
	for i, r := range s {
		if used += runeWidth(r); used > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}
