package diag

// SourceMap leads from a place in a derived text back to the file it was made
// from. The zero SourceMap of a file maps every place to itself.
type SourceMap struct {
	File string
	// Spans are in the order of the derived text, by line, then column.
	Spans []Span
}

// Span says that the derived text from Line and Col on (both 1-based, Col in
// runes) comes from FromLine and FromCol of the file, until the next span.
type Span struct {
	Line, Col         int
	FromLine, FromCol int
	// Fixed says that every place of the span comes from the same place: it is
	// the value of an expression, and the expression is what the user wrote.
	Fixed bool
}

// Pos returns the place in the user's file of a place in the derived text.
func (m SourceMap) Pos(line, col int) Pos {
	return Pos{File: m.File, Line: line, Col: col}
}
