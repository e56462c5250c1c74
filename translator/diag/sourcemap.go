package diag

import "sort"

// SourceMap leads from a place in a derived text back to the file it was made
// from. A map without spans takes every place for itself.
type SourceMap struct {
	File string
	// Spans are in the order of the derived text, by line, then column.
	Spans []Span
}

// Span says that the derived text from Line and Col on (both 1-based, Col in
// runes) comes from FromLine and FromCol of the file, until the next span.
// Lines after Line that have no span of their own count on from FromLine.
type Span struct {
	Line, Col         int
	FromLine, FromCol int
	// Fixed says that every place of the span comes from the same place: it is
	// the value of an expression, and the expression is what the user wrote.
	Fixed bool
}

// Pos returns the place in the user's file of a place in the derived text. A
// col of 0 means the line as a whole, and stays so.
func (m SourceMap) Pos(line, col int) Pos {
	at := max(col, 1)
	i := sort.Search(len(m.Spans), func(i int) bool {
		s := m.Spans[i]
		return s.Line > line || s.Line == line && s.Col > at
	})
	if i == 0 {
		return Pos{File: m.File, Line: line, Col: col}
	}
	s := m.Spans[i-1]
	p := Pos{File: m.File, Line: s.FromLine, Col: s.FromCol}
	switch {
	case s.Fixed:
	case s.Line == line:
		p.Col += at - s.Col
	default:
		p.Line += line - s.Line
		p.Col = at
	}
	if col == 0 {
		p.Col = 0
	}
	return p
}
