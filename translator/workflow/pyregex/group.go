package pyregex

import (
	"strconv"
	"strings"
	"unicode"
)

// flags are the letters of `(?…)`.
type flags uint8

const (
	flagI flags = 1 << iota
	flagM
	flagS
	flagX
	flagA
	flagU
)

// flagOf returns the flag of a letter; `L` is for patterns of bytes only and is
// reported by its reader.
func flagOf(r rune) (flags, bool) {
	i := strings.IndexRune("imsxau", r)
	if i < 0 {
		return 0, r == 'L'
	}
	return 1 << i, true
}

// group reads what stands behind an opening parenthesis.
func (p *parser) group(s *sequence) {
	start := p.at - 1
	if !p.take('?') {
		p.capture(start, "", s)
		return
	}
	c, ok := p.next()
	if !ok {
		p.fail(p.at, "unexpected end of pattern")
		return
	}
	p.at++
	switch {
	case c == 'P':
		p.python(start, s)
	case c == ':' || c == '>':
		s.add(plain, p.inside(start, s.verbose))
	case c == '#':
		p.comment(start)
	case c == '=' || c == '!':
		p.inside(start, s.verbose)
		s.add(plain, width{})
	case c == '<':
		p.lookBehind(start, s)
	case c == '(':
		p.condition(start, s)
	default:
		p.inline(c, start, s)
	}
}

// inside reads alternatives and the closing parenthesis.
func (p *parser) inside(start int, verbose bool) width {
	w := p.alternatives(verbose)
	if p.err == nil && !p.take(')') {
		p.fail(start, "missing ), unterminated subpattern")
	}
	return w
}

// capture reads a group that is counted, and named if it has a name.
func (p *parser) capture(start int, name string, s *sequence) {
	number := len(p.groups)
	p.groups = append(p.groups, group{})
	if number >= maxGroups {
		p.fail(start, "too many groups")
	}
	if name != "" {
		if other, taken := p.names[name]; taken {
			p.fail(start, "redefinition of group name %q as group %d; was group %d", name, number, other)
		}
		p.names[name] = number
	}
	w := p.inside(start, s.verbose)
	p.groups[number] = group{closed: true, width: w}
	s.add(plain, w)
}

// python reads `(?P<name>…)` and `(?P=name)`.
func (p *parser) python(start int, s *sequence) {
	switch {
	case p.take('<'):
		p.capture(start, p.name(">"), s)
	case p.take('='):
		at := p.at
		name := p.name(")")
		number, ok := p.names[name]
		if !ok {
			p.fail(at, "unknown group name %q", name)
			return
		}
		s.add(plain, p.reference(number, at))
	case p.at == len(p.source):
		p.fail(p.at, "unexpected end of pattern")
	default:
		p.fail(start+1, "unknown extension ?P%s", p.token())
	}
}

// name reads the name of a group, which is a name of Python's.
func (p *parser) name(end string) string {
	at := p.at
	name := p.until(end, "group name")
	if p.err == nil && !isIdentifier(name) {
		p.fail(at, "bad character in group name %q", name)
	}
	return name
}

func isIdentifier(s string) bool {
	for i, r := range s {
		switch {
		case r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r):
		case i > 0 && unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc):
		default:
			return false
		}
	}
	return s != ""
}

func (p *parser) comment(start int) {
	for t := p.token(); t != ")"; t = p.token() {
		if t == "" {
			p.fail(start, "missing ), unterminated comment")
			return
		}
	}
}

// lookBehind reads `(?<=…)` and `(?<!…)`, which must match one number of
// characters only.
func (p *parser) lookBehind(start int, s *sequence) {
	switch {
	case p.at == len(p.source):
		p.fail(p.at, "unexpected end of pattern")
		return
	case !p.take('=') && !p.take('!'):
		p.fail(start+1, "unknown extension ?<%s", p.token())
		return
	}
	outer := p.behind
	if outer == 0 {
		p.behind = len(p.groups)
	}
	w := p.inside(start, s.verbose)
	p.behind = outer
	switch {
	case w.lo >= maxRepeat+1:
		p.fail(start, "looks too much behind")
	case w.lo != w.hi:
		p.fail(start, "look-behind requires fixed-width pattern")
	}
	s.add(plain, width{})
}

// condition reads `(?(group)yes|no)`; the group may come later.
func (p *parser) condition(start int, s *sequence) {
	at := p.at
	name := p.until(")", "group name")
	if p.err != nil {
		return
	}
	number, ok := p.names[name]
	switch {
	case strings.IndexFunc(name, func(r rune) bool { return !isDigit(r) }) < 0:
		var err error
		number, err = strconv.Atoi(name)
		if err != nil || number >= maxGroups {
			p.fail(at, "invalid group reference %s", name)
			return
		}
		if number == 0 {
			p.fail(at, "bad group number")
		}
		if _, noted := p.needed[number]; !noted {
			p.needed[number] = at
		}
	case !isIdentifier(name):
		p.fail(at, "bad character in group name %q", name)
	case !ok:
		p.fail(at, "unknown group name %q", name)
	}
	p.outOfBehind(number, at)
	s.add(plain, p.branches(start, s.verbose))
}

// branches reads `yes|no)`; without a `no` nothing may match instead.
func (p *parser) branches(start int, verbose bool) width {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.fail(p.at, "more than %d nested groups", maxDepth)
	}
	w := p.sequence(verbose, false)
	if p.take('|') {
		w = w.or(p.sequence(verbose, false))
		if r, ok := p.next(); ok && r == '|' {
			p.fail(p.at, "conditional backref with more than two branches")
		}
	} else {
		w.lo = 0
	}
	if p.err == nil && !p.take(')') {
		p.fail(start, "missing ), unterminated subpattern")
	}
	return w
}

// inline reads flags: `(?i)` for the whole pattern, `(?i-s:…)` for a group.
func (p *parser) inline(c rune, start int, s *sequence) {
	if _, ok := flagOf(c); !ok && c != '-' {
		p.fail(start+1, "unknown extension ?%c", c)
		return
	}
	var on, off flags
	if c != '-' {
		on, c = p.letters(c, ")-:", true)
	}
	if p.err == nil && c == ')' {
		if !s.first || s.kind != none {
			p.fail(start, "global flags not at the start of the expression")
		}
		p.flags |= on
		s.verbose = p.flags&flagX != 0
		return
	}
	if p.err == nil && c == '-' {
		if c = p.letter(); p.err == nil {
			off, _ = p.letters(c, ":", false)
		}
	}
	if on&off != 0 {
		p.fail(p.at, "bad inline flags: flag turned on and off")
	}
	s.add(plain, p.inside(start, (s.verbose || on&flagX != 0) && off&flagX == 0))
}

// letter reads one character of flags.
func (p *parser) letter() rune {
	r, ok := p.next()
	if !ok {
		p.fail(p.at, "missing flag, -, : or )")
		return 0
	}
	p.at++
	return r
}

// letters reads flags, the first of which is read already, and the sign that ends
// them.
func (p *parser) letters(c rune, ends string, on bool) (flags, rune) {
	const types = flagA | flagU
	var all flags
	for p.err == nil {
		f, ok := flagOf(c)
		switch {
		case !ok:
			p.fail(p.at-1, "unknown flag %q", c)
		case c == 'L':
			p.fail(p.at-1, "bad inline flags: cannot use 'L' flag with a str pattern")
		case f&types != 0 && !on:
			p.fail(p.at-1, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'")
		case f&types != 0 && (all|f)&types != f:
			p.fail(p.at-1, "bad inline flags: flags 'a', 'u' and 'L' are incompatible")
		}
		all |= f
		if c = p.letter(); strings.ContainsRune(ends, c) && c != 0 {
			break
		}
	}
	return all, c
}
