package jinja

import (
	"slices"
	"sort"
	"strings"
)

// source is a template with its line ends normalised to \n, which is what the
// lexer reads, and the way back to the bytes that were given.
type source struct {
	text string
	// removed are the places in text before which, counting the \n at the
	// place itself as before, a byte of a \r\n was left out: ascending.
	removed []int
}

// newSource normalises the line ends (lexer.py, tokeniter) and, unless it is to
// be kept, drops one final newline.
func newSource(given string, keepFinal bool) source {
	s := source{text: given}
	if strings.Contains(given, "\r") {
		s = normalised(given)
	}
	if !keepFinal {
		s.text = strings.TrimSuffix(s.text, "\n")
	}
	return s
}

func normalised(given string) source {
	var b strings.Builder
	var removed []int
	for i := 0; i < len(given); i++ {
		if given[i] != '\r' {
			b.WriteByte(given[i])
			continue
		}
		b.WriteByte('\n')
		if i+1 < len(given) && given[i+1] == '\n' {
			i++
			removed = append(removed, b.Len())
		}
	}
	return source{b.String(), removed}
}

// given is the place of the byte at in the template as it was given.
func (s *source) given(at int) int {
	return at + sort.SearchInts(s.removed, at+1)
}

// place is the other way round: the place in text of a byte that was given.
func (s *source) place(given int) int {
	n := sort.Search(len(s.removed), func(i int) bool { return s.removed[i]+i >= given })
	return given - n
}

func (s *source) span(from, to int) span { return span{s.given(from), s.given(to)} }

// breaks are the places in text[from:to], relative to from, where a new stretch
// of given bytes begins.
func (s *source) breaks(from, to int) []int {
	lo := sort.SearchInts(s.removed, from+1)
	hi := sort.SearchInts(s.removed, to)
	out := slices.Clone(s.removed[lo:max(lo, hi)])
	for i := range out {
		out[i] -= from
	}
	return out
}

// line is the number of the line that the given byte is on, from 1.
func (s *source) line(given int) int {
	return 1 + strings.Count(s.text[:min(s.place(given), len(s.text))], "\n")
}
