package yaml

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// places leads from the library's lines and columns to the user's.
type places struct {
	src source
	at  diag.SourceMap
	// span is the index of the span that was last used: nodes come in order.
	span int
	// shifts lead back to where a text was before it was edited.
	shifts []shift
	// ends are where the user's lines end, and width the length of one of them.
	ends  []int
	width struct{ line, runes int }
	// origins are where the library's lines begin, when those are not the user's.
	origins []origin
}

// origin is where a line of the library's begins: the line for people, and how
// many characters of it are before.
type origin struct{ line, before int }

// place returns the line and column of an offset, both from 1, as editors
// count: only line feeds end lines.
func (s source) place(offset int) (line, col int) {
	before := s.text[:min(offset, len(s.text))]
	start := 1 + strings.LastIndexByte(before, '\n')
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}

// cursor is a place that moves on through a text.
type cursor struct{ offset, line, col int }

func (c *cursor) advance(over string) {
	c.offset += len(over)
	if i := strings.LastIndexByte(over, '\n'); i >= 0 {
		c.line += strings.Count(over, "\n")
		c.col = 1
		over = over[i+1:]
	}
	c.col += utf8.RuneCountInString(over)
}

// lineOrigins finds YAML's lines, which CR, NEL, LS and PS end too.
func lineOrigins(text string) []origin {
	o := origin{line: 1}
	all := []origin{o}
	for i, r := range text {
		o.before++
		switch r {
		case '\n':
			o = origin{line: o.line + 1}
		case '\r':
			if strings.HasPrefix(text[i+1:], "\n") {
				continue
			}
		case '\u0085', '\u2028', '\u2029':
		default:
			continue
		}
		all = append(all, o)
	}
	return all
}

// of returns the line and column that a place of the library's has for the user.
func (p *places) of(line, col int) (int, int) {
	if p.origins != nil {
		o := p.origins[min(line, len(p.origins))-1]
		line, col = o.line, o.before+col
	}
	if p.shifts != nil {
		col = unshifted(p.shifts, line, col)
	}
	return line, col
}

// inside returns the place itself, or the next one before it that is in the text:
// of what is not written, the library does not always know the place.
func (p *places) inside(line, col int) (int, int) {
	text := p.src.text
	if p.ends == nil {
		for i := range len(text) {
			if text[i] == '\n' {
				p.ends = append(p.ends, i)
			}
		}
		p.ends = append(p.ends, len(text))
	}
	line = min(line, len(p.ends))
	if p.width.line != line {
		start := 0
		if line > 1 {
			start = p.ends[line-2] + 1
		}
		p.width.line, p.width.runes = line, utf8.RuneCountInString(text[start:p.ends[line-1]])
	}
	return line, min(col, p.width.runes+1)
}

// pos is the map's Pos, told where to look.
func (p *places) pos(line, col int) diag.Pos {
	spans := p.at.Spans
	if p.span < len(spans) && after(spans[p.span], line, col) {
		p.span = max(0, sort.Search(len(spans), func(i int) bool { return after(spans[i], line, col) })-1)
	}
	for p.span+1 < len(spans) && !after(spans[p.span+1], line, col) {
		p.span++
	}
	return diag.SourceMap{File: p.at.File, Spans: spans[p.span:min(p.span+1, len(spans))]}.Pos(line, col)
}

func after(s diag.Span, line, col int) bool {
	return s.Line > line || s.Line == line && s.Col > col
}
