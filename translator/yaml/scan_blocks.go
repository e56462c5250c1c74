package yaml

import "unicode/utf8"

// unwind ends the blocks that are indented deeper than a column.
func (s *scanner) unwind(col int) {
	if s.flow() {
		return
	}
	for s.indent > col {
		s.indent = s.indents[len(s.indents)-1]
		s.indents = s.indents[:len(s.indents)-1]
		s.push(tokBlockEnd, s.pos)
	}
}

// deepen begins a block at a column, unless it is one already.
func (s *scanner) deepen(col int) bool {
	if s.indent >= col {
		return false
	}
	s.indents = append(s.indents, s.indent)
	s.indent = col
	if len(s.indents)+len(s.keys) > MaxDepth+1 {
		s.fail(s.pos, "more than %d lists and mappings inside each other", MaxDepth)
	}
	return true
}

// mayBeKey remembers that the token that comes next is a key if a colon follows.
func (s *scanner) mayBeKey() {
	if !s.keyAllowed {
		return
	}
	if s.dropKey(); s.done {
		return
	}
	level := len(s.keys) - 1
	s.keys[level] = possibleKey{
		index: len(s.tokens), at: s.pos, line: s.line, col: s.col(),
		required: !s.flow() && s.indent == s.col(),
	}
	s.lowest = min(s.lowest, level)
	s.push(tokNone, s.pos)
}

// dropKey gives up the possible key at this level of brackets.
func (s *scanner) dropKey() {
	k := &s.keys[len(s.keys)-1]
	if k.index >= 0 && k.required {
		s.noColon(k)
		return
	}
	k.index = -1
}

// dropOldKeys gives up what is too far away to be a key.
func (s *scanner) dropOldKeys() {
	for ; s.lowest < len(s.keys); s.lowest++ {
		k := &s.keys[s.lowest]
		if k.index < 0 {
			continue
		}
		if k.line == s.line && (s.pos-k.at <= maxKey || utf8.RuneCount(s.buf[k.at:s.pos]) <= maxKey) {
			return
		}
		if k.required {
			s.noColon(k)
			return
		}
		k.index = -1
	}
}

func (s *scanner) open(kind tokenKind) {
	s.mayBeKey()
	s.keys = append(s.keys, possibleKey{index: -1})
	s.keyAllowed = true
	s.mark(kind, 1)
	if len(s.indents)+len(s.keys) > MaxDepth+1 {
		s.fail(s.pos-1, "more than %d lists and mappings inside each other", MaxDepth)
	}
}

func (s *scanner) close(kind tokenKind) {
	if !s.flow() {
		s.fail(s.pos, "no bracket is open that %q could close: quote the text if it is none", s.bare())
		return
	}
	s.dropKey()
	s.keys = s.keys[:len(s.keys)-1]
	s.lowest = min(s.lowest, len(s.keys))
	s.keyAllowed = false
	s.mark(kind, 1)
}

// item adds `- `.
func (s *scanner) item() {
	if !s.flow() {
		if !s.keyAllowed {
			s.fail(s.pos, "a list cannot begin here: begin it on a line of its own, or quote the text")
			return
		}
		if s.deepen(s.col()) {
			s.push(tokSeqStart, s.pos)
		}
	}
	s.keyAllowed = true
	s.dropKey()
	s.mark(tokItem, 1)
}

// key adds `? `.
func (s *scanner) key() {
	if !s.flow() {
		if !s.keyAllowed {
			s.fail(s.pos, "a mapping key cannot begin here: quote the text")
			return
		}
		if s.deepen(s.col()) {
			s.push(tokMapStart, s.pos)
		}
	}
	s.keyAllowed = !s.flow()
	s.dropKey()
	s.mark(tokKey, 1)
}

// value adds `: `, and makes a key of what may be one.
func (s *scanner) value() {
	k := &s.keys[len(s.keys)-1]
	switch {
	case k.index >= 0:
		kind := tokKey
		if !s.flow() && s.deepen(k.col) {
			kind = tokMapKey
		}
		s.tokens[k.index].kind = kind
		k.index = -1
		s.keyAllowed = false
	case s.flow():
		s.keyAllowed = false
	case !s.keyAllowed:
		s.colonNotAllowed()
		return
	default:
		if s.deepen(s.col()) {
			s.push(tokMapStart, s.pos)
		}
	}
	s.mark(tokValue, 1)
	if s.flow() && s.is(0, isFlow) {
		s.edit(s.pos, 0, " ") // the library takes the colon of {a:[b]} for a part of the key
	}
}
