package jinja

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// wordwrap wraps each line of a text (filters.py, do_wordwrap, which uses
// Python's textwrap).
func (c *call) wordwrap() (py.Value, error) {
	s, err := c.plain(0, func(v py.Value) error { return noAttr(v, "splitlines") })
	if err != nil {
		return nil, err
	}
	wrapstring := c.or(3, py.Str("\n"))
	if wrapstring == (py.None{}) {
		wrapstring = py.Str("\n")
	}
	w := wrapper{m: c.m(), long: c.or(2, py.Bool(true)), hyphens: c.or(4, py.Bool(true))}
	// Splitting looks at each character a few times.
	if err := c.m().Step(int64(len(s)) / 4); err != nil {
		return nil, err
	}
	if err := c.m().Bytes(int64(16 * len(s))); err != nil {
		return nil, err
	}
	lines, err := splitLines(c.m(), s)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		width := c.or(1, py.NewInt(79))
		if w.width, err = wrapWidth(c.m(), width); err != nil {
			return nil, err
		}
		_, w.fraction = width.(py.Float)
	}
	return c.rejoin(wrapstring, lines, &w)
}

// rejoin wraps the lines and joins what comes of each, and then those.
func (c *call) rejoin(wrapstring py.Value, lines []string, w *wrapper) (py.Value, error) {
	join, ok := py.Attr(wrapstring, "join")
	if !ok {
		return nil, noAttr(wrapstring, "join")
	}
	paragraphs := make([]py.Value, len(lines))
	for i, line := range lines {
		wrapped, err := w.wrap(line)
		if err != nil {
			return nil, err
		}
		parts := make([]py.Value, len(wrapped))
		for j, part := range wrapped {
			parts[j] = py.Str(part)
		}
		text, err := py.Call(c.m(), join, []py.Value{py.NewList(parts...)}, nil)
		if err != nil {
			return nil, err
		}
		paragraphs[i] = text
	}
	return py.Call(c.m(), join, []py.Value{py.NewList(paragraphs...)}, nil)
}

func wrapWidth(m *py.Meter, v py.Value) (int, error) {
	small, err := py.Compare(m, "<=", v, py.NewInt(0))
	if err != nil {
		return 0, err
	}
	if small {
		return 0, raise("ValueError", "invalid width "+reprOf(v)+" (must be > 0)")
	}
	f, err := py.FloatOf(m, v)
	if err != nil {
		return 0, err
	}
	return int(min(f, 1<<30)), nil
}

// wrapper is textwrap.TextWrapper, without expanded tabs or replaced blanks.
type wrapper struct {
	m     *py.Meter
	width int
	// fraction says that the width is a float, at which no word can be broken.
	fraction bool
	// long says whether words may be broken when too long, hyphens whether at
	// hyphens. Python asks only when it comes to that.
	long, hyphens py.Value
}

func (w *wrapper) wrap(text string) ([]string, error) {
	chunks := w.split([]rune(text))
	var lines []string
	for len(chunks) > 0 {
		if err := w.m.Step(1 + int64(len(chunks[0]))/64); err != nil {
			return nil, err
		}
		if len(lines) > 0 && isBlank(chunks[0]) {
			chunks = chunks[1:]
		}
		var line [][]rune
		size := 0
		for len(chunks) > 0 && size+len(chunks[0]) <= w.width {
			size += len(chunks[0])
			line = append(line, chunks[0])
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > w.width {
			var err error
			if chunks, line, err = w.breakWord(chunks, line, w.width-size); err != nil {
				return nil, err
			}
		}
		if n := len(line); n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			var b strings.Builder
			for _, chunk := range line {
				b.WriteString(string(chunk))
			}
			lines = append(lines, b.String())
		}
	}
	return lines, nil
}

// breakWord puts as much of a word that is longer than a line into what is left
// of the line (TextWrapper._handle_long_word).
func (w *wrapper) breakWord(chunks, line [][]rune, left int) (rest, filled [][]rune, err error) {
	word := chunks[0]
	long, err := py.Truth(w.long)
	if err != nil {
		return nil, nil, err
	}
	if !long {
		if len(line) > 0 {
			return chunks, line, nil
		}
		return chunks[1:], append(line, word), nil
	}
	hyphens, err := py.Truth(w.hyphens)
	if err == nil && w.fraction {
		err = raise("TypeError", "slice indices must be integers or None or have an __index__ method")
	}
	if err != nil {
		return nil, nil, err
	}
	end := left
	if hyphens && len(word) > left {
		hyphen := left - 1
		for hyphen > 0 && word[hyphen] != '-' {
			hyphen--
		}
		if hyphen > 0 && strings.Trim(string(word[:hyphen]), "-") != "" {
			end = hyphen + 1
		}
	}
	chunks[0] = word[end:]
	return chunks, append(line, word[:end]), nil
}

func isBlank(chunk []rune) bool {
	for _, r := range chunk {
		if !isSpace(r) {
			return false
		}
	}
	return true
}

// isWrapSpace are the blanks that textwrap knows.
func isWrapSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

// split cuts a text into words, blanks, dashes and the parts of hyphenated words
// (TextWrapper.wordsep_re).
func (w *wrapper) split(text []rune) [][]rune {
	s := splitter{text: text}
	if w.hyphens == py.Bool(true) { // and not what else is true
		s.dashes = dashRuns(text)
	}
	var out [][]rune
	for i := 0; i < len(text); {
		end := s.chunk(i)
		out = append(out, text[i:end])
		i = end
	}
	return out
}

type splitter struct {
	text   []rune
	dashes []int // how many dashes there are from here on; nil: do not break at hyphens
}

func dashRuns(text []rune) []int {
	runs := make([]int, len(text)+1)
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '-' {
			runs[i] = runs[i+1] + 1
		}
	}
	return runs
}

func (s *splitter) is(i int, ok func(rune) bool) bool {
	return i >= 0 && i < len(s.text) && ok(s.text[i])
}

func isLetter(r rune) bool { return isWord(r) && !isDigit(r) }

func isWordPunct(r rune) bool { return isWord(r) || strings.ContainsRune(`!"'&.,?`, r) }

// chunk is where the chunk at i ends.
func (s *splitter) chunk(i int) int {
	j := i
	for s.is(j, isWrapSpace) {
		j++
	}
	if j > i {
		return j
	}
	if s.dashes != nil && s.dash(i) {
		return i + s.dashes[i]
	}
	for j = i + 1; ; j++ {
		switch {
		case s.dashes != nil && s.hyphen(j):
			return j + 1
		case j >= len(s.text), isWrapSpace(s.text[j]):
			return j
		case s.dashes != nil && s.dash(j):
			return j
		}
	}
}

// dash says whether an em-dash between words is at i.
func (s *splitter) dash(i int) bool {
	n := s.dashes[i]
	return n >= 2 && s.is(i-1, isWordPunct) && s.is(i+n, isWord)
}

// hyphen says whether a hyphen that words may be broken after is at i.
func (s *splitter) hyphen(i int) bool {
	if i >= len(s.text) || s.text[i] != '-' {
		return false
	}
	before := s.is(i-1, isLetter) && s.is(i-2, isLetter) ||
		s.is(i-3, isLetter) && s.is(i-2, func(r rune) bool { return r == '-' }) && s.is(i-1, isWordPunct)
	after := s.is(i+1, isLetter) && (s.is(i+2, isLetter) || s.is(i+2, func(r rune) bool { return r == '-' }) && s.is(i+3, isLetter))
	return before && after
}
