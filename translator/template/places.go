package template

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
)

// stride is how many bytes lie between two places whose distance in runes from
// the beginning is known.
const stride = 256

// places knows the line and the column of each byte of a source, in a time that
// does not depend on how long its lines are.
type places struct {
	source
	// starts are where the lines begin, runes how many runes stand before each
	// multiple of stride; where all runes are single bytes there is nothing to count.
	starts, runes []int
}

func newPlaces(s source) *places {
	p := &places{source: s, starts: make([]int, 1, 1+strings.Count(s.text, "\n"))}
	for at := 0; ; {
		n := strings.IndexByte(s.text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
		p.starts = append(p.starts, at)
	}
	if utf8.RuneCountInString(s.text) < len(s.text) {
		p.countRunes()
	}
	return p
}

func (p *places) countRunes() {
	count := 0
	for i := range len(p.text) {
		if i%stride == 0 {
			p.runes = append(p.runes, count)
		}
		if utf8.RuneStart(p.text[i]) {
			count++
		}
	}
}

// before counts the runes before a byte.
func (p *places) before(offset int) int {
	if len(p.runes) == 0 {
		return offset
	}
	i := min(offset/stride, len(p.runes)-1)
	return p.runes[i] + utf8.RuneCountInString(p.text[i*stride:offset])
}

// pos returns the place of a byte of the source.
func (p *places) pos(offset int) diag.Pos {
	offset = max(0, min(offset, len(p.text)))
	line := sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > offset })
	return diag.Pos{
		File: p.file, Line: p.firstLine + line - 1,
		Col: 1 + p.before(offset) - p.before(p.starts[line-1]),
	}
}

// sourceMap leads from the rendered text to the source. A token is printed as it
// is written, braces and all.
func sourceMap(out jinja.Output, from *places, tokens []jinja.Opaque) diag.SourceMap {
	isToken := func(offset int) bool {
		_, found := slices.BinarySearchFunc(tokens, offset, func(t jinja.Opaque, o int) int { return cmp.Compare(t.Start, o) })
		return found
	}
	m := diag.SourceMap{File: from.file, Spans: make([]diag.Span, 0, len(out.Spans))}
	at, line, col := 0, 1, 1
	for _, s := range out.Spans {
		for ; at < s.Out; at++ {
			switch c := out.Text[at]; {
			case c == '\n':
				line, col = line+1, 1
			case utf8.RuneStart(c):
				col++
			}
		}
		if s.Fixed && isToken(s.Src) {
			s.Src, s.Fixed = s.Src-len("{{"), false
		}
		src := from.pos(s.Src)
		m.Spans = append(m.Spans, diag.Span{Line: line, Col: col, FromLine: src.Line, FromCol: src.Col, Fixed: s.Fixed})
	}
	return m
}
