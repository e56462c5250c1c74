// Package diag holds what is wrong with the user's file: an error in the input
// is data (a place, a code, a message), it is collected and never thrown, and
// Print and PrintJSON are the one place that turns it into text.
//
// A position always points into the file that the user wrote, however far the
// text has travelled since; SourceMap carries it there. The package imports
// nothing of ours, so everything may depend on it.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// Pos is a place in a file. Line and Col are 1-based, Col counts runes. The
// zero Line means "the file as a whole", the zero Col "the line as a whole".
type Pos struct {
	File string
	Line int
	Col  int
}

// String is `file:line:col`, without the parts that are not known.
func (p Pos) String() string {
	switch {
	case p.Line <= 0:
		return p.File
	case p.Col <= 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Severity says whether a diagnostic stops the workflow.
type Severity uint8

// An Error makes the file unusable, a Warning does not.
const (
	Error Severity = iota
	Warning
)

// String is "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one thing that is wrong with the input.
type Diagnostic struct {
	Code     Code
	Severity Severity
	// Msg says what is wrong, what was expected and the nearest valid name. It
	// never contains the position.
	Msg string
	Pos Pos
	// Related are the other places that contributed, e.g. the first of two
	// tasks with the same name.
	Related []Pos
}

// List collects diagnostics. The zero List is empty and ready.
type List []Diagnostic

// Errorf adds an error.
func (l *List) Errorf(code Code, pos Pos, format string, args ...any) {
	*l = append(*l, Diagnostic{Code: code, Msg: fmt.Sprintf(format, args...), Pos: pos})
}

// Warnf adds a warning.
func (l *List) Warnf(code Code, pos Pos, format string, args ...any) {
	*l = append(*l, Diagnostic{Code: code, Severity: Warning, Msg: fmt.Sprintf(format, args...), Pos: pos})
}

// Add appends the diagnostics of another list.
func (l *List) Add(more List) { *l = append(*l, more...) }

// HasErrors says whether the list holds anything but warnings.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted returns a copy in the order of the file, each diagnostic once.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Msg, b.Msg))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Pos == b.Pos && a.Severity == b.Severity && a.Code == b.Code && a.Msg == b.Msg
	})
}
