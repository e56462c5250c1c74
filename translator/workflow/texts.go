package workflow

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// source is a text that was decoded: the rendered workflow, or a local file.
type source struct {
	text string
	at   diag.SourceMap
	// starts are the offsets of the lines, once a token is looked for.
	starts []int
	// near is the place that was asked for last: lines can be long, and what is
	// asked for next is mostly behind it.
	near spot
}

// spot is a place of a text: line and column from 1, and the offset.
type spot struct{ line, col, offset int }

// placed is a text of a task that may hold special tokens, with its place in the
// text that was decoded.
type placed struct {
	group, task int
	text        string
	src         *source
	line, col   int
	pos         diag.Pos
}

// place notes a text for the check of its tokens.
func (d *decoder) place(n *yaml.Node, text string) {
	if n != nil {
		d.placeAt(text, d.main, n.Line, n.Col, n.Pos)
	}
}

func (d *decoder) placeAt(text string, src *source, line, col int, pos diag.Pos) {
	if hasToken(text) {
		d.texts = append(d.texts, placed{d.group, d.task, text, src, line, col, pos})
	}
}

// lines finds the beginnings of the lines.
func (s *source) lines() []int {
	if s.starts == nil {
		s.starts = []int{0}
		for i := 0; ; {
			j := strings.IndexByte(s.text[i:], '\n')
			if j < 0 {
				break
			}
			i += j + 1
			s.starts = append(s.starts, i)
		}
	}
	return s.starts
}

// offset returns where a line and a column are in the text.
func (s *source) offset(line, col int) int {
	starts := s.lines()
	if line < 1 || line > len(starts) {
		return len(s.text)
	}
	if s.near.line != line || s.near.col > col {
		s.near = spot{line, 1, starts[line-1]}
	}
	for s.near.col < col && s.near.offset < len(s.text) {
		_, n := utf8.DecodeRuneInString(s.text[s.near.offset:])
		s.near.offset += n
		s.near.col++
	}
	return s.near.offset
}

// pos leads from an offset of the text to the user's file.
func (s *source) pos(offset int) diag.Pos {
	starts := s.lines()
	line, exact := slices.BinarySearch(starts, offset)
	if exact {
		line++
	}
	if s.near.line != line || s.near.offset > offset {
		s.near = spot{line, 1, starts[line-1]}
	}
	s.near.col += utf8.RuneCountInString(s.text[s.near.offset:offset])
	s.near.offset = offset
	return s.at.Pos(line, s.near.col)
}

// locator finds the tokens of one text, one after the other, in what was decoded.
// A token that is written there with escapes has the place of its text.
type locator struct {
	*placed

	at, end int // where to look from, and how far
	found   diag.Pos
}

// locate finds a token of a text by way of those before it.
func locate(p *placed, token Token) *locator {
	at := p.src.offset(p.line, p.col)
	// Indentation and folding make a text longer than it is, but not without end:
	// what is further away is another text.
	l := &locator{placed: p, at: at, end: min(len(p.src.text), at+8*len(p.text)+4096)}
	for t := range eachToken(p.text) {
		if t.Start >= token.Start {
			break
		}
		l.next(t.Raw)
	}
	l.next(token.Raw)
	return l
}

// next finds the next occurrence of a token; where one is missing, the rest is not
// looked for.
func (l *locator) next(raw string) {
	i := strings.Index(l.src.text[l.at:max(l.at, l.end)], raw)
	if i < 0 {
		l.found, l.end = l.pos, l.at
		return
	}
	l.found = l.src.pos(l.at + i)
	l.at += i + len(raw)
}

// runTexts yields the texts with special tokens that the task itself sees: command
// and arguments, the names and values of variables, the paths and contents of files.
func (t *Task) runTexts() iter.Seq[String] {
	return func(yield func(String) bool) {
		for _, list := range [][]String{t.Command, t.Args} {
			for _, s := range list {
				if !yield(s) {
					return
				}
			}
		}
		for _, e := range t.Environment {
			if !yield(e.Name) || !yield(e.Value) {
				return
			}
		}
		for _, f := range t.Files {
			if !yield(f.Path) || !f.Base64 && !yield(f.Contents) {
				return
			}
		}
	}
}
