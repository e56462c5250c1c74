package yaml

import (
	"slices"
	"sort"
	"strings"
)

// edit is a change of the text on one line, before the library reads it: it
// reads little in another way than PyYAML, but that.
type edit struct {
	at, drop int
	insert   string
}

func (s *scanner) edit(at, drop int, insert string) {
	s.edits = append(s.edits, edit{at, drop, insert})
}

// shift says where on an edited line the text goes on, and how far that is from
// where it was.
type shift struct{ line, col, by int }

// edited returns the text that the library is to read, and how to get back from
// its places.
func (s source) edited(edits []edit) (string, []shift) {
	if len(edits) == 0 {
		return s.text, nil
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.at - b.at })
	var b strings.Builder
	shifts := make([]shift, 0, len(edits))
	at, by := cursor{line: 1, col: 1}, 0
	for _, e := range edits {
		between := s.text[at.offset:e.at]
		line := at.line
		if at.advance(between); at.line > line {
			by = 0
		}
		b.WriteString(between)
		b.WriteString(e.insert)
		at.offset += e.drop
		at.col += len(e.insert)
		by += len(e.insert) - e.drop
		shifts = append(shifts, shift{at.line, at.col, by})
	}
	b.WriteString(s.text[at.offset:])
	return b.String(), shifts
}

// unshifted returns the column that a place on an edited line had before. What
// was inserted is where the text goes on.
func unshifted(shifts []shift, line, col int) int {
	i := sort.Search(len(shifts), func(i int) bool {
		return shifts[i].line > line || shifts[i].line == line && shifts[i].col > col
	})
	if i > 0 && shifts[i-1].line == line {
		col -= shifts[i-1].by
	}
	if i < len(shifts) && shifts[i].line == line {
		col = min(col, shifts[i].col-shifts[i].by)
	}
	return col
}
