package template

import (
	"sort"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// lineIndex knows where each line of a text begins.
type lineIndex struct {
	text   string
	starts []int
}

func newLineIndex(text string) lineIndex {
	l := lineIndex{text: text, starts: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// pos returns the line and column of a byte offset; the file is not known here.
func (l lineIndex) pos(offset int) diag.Pos {
	offset = min(offset, len(l.text))
	line := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset })
	start := l.starts[line-1]
	return diag.Pos{Line: line, Col: 1 + utf8.RuneCountInString(l.text[start:offset])}
}
