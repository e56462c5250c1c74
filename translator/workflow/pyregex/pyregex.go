// Package pyregex says whether Python's re module takes a pattern, because OSMO
// compiles its patterns there: look-behind, back-references and possessive
// repeats are fine in Python and unknown to Go's own package.
//
// It reads the grammar of Python 3.12 (re/_parser.py) and keeps of the pattern
// only what its rules need: how wide each part is, which groups are closed. It
// does not match anything. What it does not know is Unicode's names: `\N{…}` is
// taken with any name.
package pyregex

import "fmt"

// Error is what Python would say of a pattern.
type Error struct {
	Msg string
	// Offset is the place in the pattern, in characters from 0.
	Offset int
}

// Error is Python's message with the place.
func (e *Error) Error() string { return fmt.Sprintf("%s at position %d", e.Msg, e.Offset) }

// Check returns nil for a pattern that Python compiles, else what is wrong.
func Check(pattern string) *Error {
	p := &parser{source: []rune(pattern), groups: []group{{}}, names: map[string]int{}, needed: map[int]int{}}
	if n := len(p.source); n > 0 && trailingBackslash(p.source) {
		return &Error{"bad escape (end of pattern)", n - 1}
	}
	p.pattern()
	return p.err
}

// trailingBackslash: an odd number of backslashes at the end leaves one over.
func trailingBackslash(s []rune) bool {
	n := 0
	for i := len(s) - 1; i >= 0 && s[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// Limits of Python's.
const (
	// maxRepeat is MAXREPEAT: what a repeat without an upper end holds too.
	maxRepeat = 1<<32 - 1
	// maxGroups is MAXGROUPS of a 64-bit machine.
	maxGroups = 1<<30 - 1
	// maxWidth stands for "without limit", as MAXWIDTH.
	maxWidth = 1 << 62
	// maxDepth is where nesting ends in Python's stack, or a little earlier.
	maxDepth = 450
)

// width is how many characters a part matches, at least and at most.
type width struct{ lo, hi uint64 }

func (w width) plus(v width) width { return width{add(w.lo, v.lo), add(w.hi, v.hi)} }

func (w width) or(v width) width { return width{min(w.lo, v.lo), max(w.hi, v.hi)} }

// times is w repeated.
func (w width) times(lo, hi uint64) width {
	out := width{multiply(w.lo, lo), multiply(w.hi, hi)}
	if hi == maxRepeat && w.hi > 0 {
		out.hi = maxWidth
	}
	return out
}

func add(a, b uint64) uint64 { return min(a+b, maxWidth) }

func multiply(a, b uint64) uint64 {
	if a != 0 && b > maxWidth/a {
		return maxWidth
	}
	return a * b
}

// kind is what a repeat sign must know of the item before it.
type kind uint8

const (
	none kind = iota
	plain
	anchor
	repeat
)

// group is a capturing group; it has a width once it is closed.
type group struct {
	closed bool
	width  width
}

// parser reads a pattern from left to right and stops at the first error.
type parser struct {
	source []rune
	at     int
	err    *Error
	groups []group
	names  map[string]int
	// needed are the group numbers of conditions, which may come later, and where
	// they stand.
	needed map[int]int
	// behind is, inside a look-behind, the number of groups before it, else 0.
	behind int
	// flags are those for the whole pattern.
	flags flags
	depth int
}

// fail notes the first error, at an offset.
func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{fmt.Sprintf(format, args...), at}
	}
	p.at = len(p.source)
}

// next returns the rune at the place, and false at the end.
func (p *parser) next() (rune, bool) {
	if p.at >= len(p.source) {
		return 0, false
	}
	return p.source[p.at], true
}

// take passes over a rune if it is the next one.
func (p *parser) take(r rune) bool {
	if n, ok := p.next(); !ok || n != r {
		return false
	}
	p.at++
	return true
}

// token passes over one character, or a backslash and the one behind it.
func (p *parser) token() string {
	start := p.at
	if p.take('\\') && p.at < len(p.source) || start < len(p.source) && p.at == start {
		p.at++
	}
	return string(p.source[start:p.at])
}

// takeWhile passes over at most n runes that are in.
func (p *parser) takeWhile(n int, in func(rune) bool) string {
	start := p.at
	for p.at < len(p.source) && p.at-start < n && in(p.source[p.at]) {
		p.at++
	}
	return string(p.source[start:p.at])
}

// pattern reads all of it.
func (p *parser) pattern() {
	p.alternatives(false)
	if r, ok := p.next(); ok && r == ')' {
		p.fail(p.at, "unbalanced parenthesis")
	}
	if p.flags&(flagA|flagU) == flagA|flagU {
		p.fail(0, "ASCII and UNICODE flags are incompatible")
	}
	for number, at := range p.needed {
		if number >= len(p.groups) {
			p.fail(at, "invalid group reference %d", number)
		}
	}
}

// alternatives reads `a|b|c` up to a closing parenthesis or the end.
func (p *parser) alternatives(verbose bool) width {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.fail(p.at, "more than %d nested groups", maxDepth)
		return width{}
	}
	w := p.sequence(verbose, p.depth == 1)
	for p.take('|') {
		if p.depth == 1 {
			verbose = p.flags&flagX != 0
		}
		w = w.or(p.sequence(verbose, false))
	}
	return w
}

// sequence reads items up to `|`, `)` or the end. Only at the very beginning may
// it have flags for the whole pattern.
func (p *parser) sequence(verbose, first bool) width {
	s := sequence{verbose: verbose, first: first}
	for p.err == nil {
		r, ok := p.next()
		if !ok || r == '|' || r == ')' {
			break
		}
		p.at++
		if s.verbose && p.skipped(r) {
			continue
		}
		p.item(r, &s)
	}
	return s.width.plus(s.last)
}

// sequence is what a sequence is so far: the width of all items but the last,
// and that one.
type sequence struct {
	verbose, first bool
	width, last    width
	kind           kind
}

func (s *sequence) add(k kind, w width) {
	s.width, s.last, s.kind = s.width.plus(s.last), w, k
}

// skipped passes over white space and comments of a verbose pattern.
func (p *parser) skipped(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		return true
	case '#':
		for t := p.token(); t != "" && t != "\n"; t = p.token() {
		}
		return true
	}
	return false
}

func (p *parser) item(r rune, s *sequence) {
	one := width{1, 1}
	switch r {
	case '\\':
		p.escape(s)
	case '[':
		p.set()
		s.add(plain, one)
	case '*', '+', '?', '{':
		p.repeat(r, s)
	case '(':
		p.group(s)
	case '^', '$':
		s.add(anchor, width{})
	default:
		s.add(plain, one)
	}
}

// repeat reads the rest of a repeat sign and applies it to the last item. A
// brace that begins no count is a character.
func (p *parser) repeat(r rune, s *sequence) {
	start := p.at - 1
	lo, hi := uint64(0), uint64(maxRepeat)
	switch r {
	case '?':
		hi = 1
	case '+':
		lo = 1
	case '{':
		var isCount bool
		if lo, hi, isCount = p.count(); !isCount {
			s.add(plain, width{1, 1})
			return
		}
	}
	switch s.kind {
	case none, anchor:
		p.fail(start, "nothing to repeat")
	case repeat:
		p.fail(start, "multiple repeat")
	default:
	}
	if !p.take('?') { // as few as possible
		p.take('+') // or as many, and never fewer
	}
	s.last, s.kind = s.last.times(lo, hi), repeat
}

// count reads `{m}`, `{m,}`, `{,n}` or `{m,n}` behind its opening brace.
func (p *parser) count() (lo, hi uint64, ok bool) {
	start := p.at
	if r, _ := p.next(); r == '}' {
		return 0, 0, false
	}
	first := p.takeWhile(len(p.source), isDigit)
	last := first
	if p.take(',') {
		last = p.takeWhile(len(p.source), isDigit)
	}
	if !p.take('}') {
		p.at = start
		return 0, 0, false
	}
	lo, hi = number(first, 0), number(last, maxRepeat)
	switch {
	case first != "" && lo >= maxRepeat || last != "" && hi >= maxRepeat:
		p.fail(start, "the repetition number is too large")
	case hi < lo:
		p.fail(start, "min repeat greater than max repeat")
	}
	return lo, hi, true
}

// number reads decimal digits; what is beyond maxRepeat is maxRepeat.
func number(digits string, absent uint64) uint64 {
	if digits == "" {
		return absent
	}
	n := uint64(0)
	for _, r := range digits {
		if n = n*10 + uint64(r-'0'); n > maxRepeat {
			return maxRepeat
		}
	}
	return n
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isOctal(r rune) bool { return r >= '0' && r <= '7' }

func isHex(r rune) bool {
	return isDigit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F'
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
