package pyregex

import (
	"strconv"
	"strings"
)

// escape reads what stands behind a backslash, outside of a set.
func (p *parser) escape(s *sequence) {
	start := p.at - 1
	c, ok := p.next()
	if !ok {
		return
	}
	switch {
	case strings.ContainsRune("AbBZ", c):
		p.at++
		s.add(anchor, width{})
	case c >= '1' && c <= '9':
		s.add(plain, p.numbered(start))
	case c == '0':
		p.takeWhile(3, isOctal)
		s.add(plain, width{1, 1})
	default:
		p.character(start)
		s.add(plain, width{1, 1})
	}
}

// numbered reads three octal digits as a character, one or two digits as a
// reference to a group.
func (p *parser) numbered(start int) width {
	digits := p.takeWhile(2, isDigit)
	if r, ok := p.next(); ok && len(digits) == 2 && isOctal(rune(digits[0])) && isOctal(rune(digits[1])) && isOctal(r) {
		p.at++
		if digits[0] > '3' {
			p.fail(start, "octal escape value \\%s%c outside of range 0-0o377", digits, r)
		}
		return width{1, 1}
	}
	number, _ := strconv.Atoi(digits)
	if number >= len(p.groups) {
		p.fail(start+1, "invalid group reference %d", number)
		return width{}
	}
	return p.reference(number, start)
}

// reference checks a back-reference and returns its width.
func (p *parser) reference(number, at int) width {
	if !p.groups[number].closed {
		p.fail(at, "cannot refer to an open group")
	}
	p.outOfBehind(number, at)
	return p.groups[number].width
}

// outOfBehind checks that a group that a look-behind refers to was closed before
// the look-behind began.
func (p *parser) outOfBehind(number, at int) {
	switch {
	case p.behind == 0:
	case number >= len(p.groups) || !p.groups[number].closed:
		p.fail(at, "cannot refer to an open group")
	case number >= p.behind:
		p.fail(at, "cannot refer to group defined in the same lookbehind subpattern")
	}
}

// member is one end of a range in a set: a character, or a class such as \d.
type member struct {
	char  rune
	class bool
}

// setEscape reads what stands behind a backslash in a set.
func (p *parser) setEscape() member {
	start := p.at - 1
	c, ok := p.next()
	if !ok {
		return member{}
	}
	if c == 'b' {
		p.at++
		return member{char: '\b'}
	}
	if !isDigit(c) {
		return p.character(start)
	}
	digits := p.takeWhile(3, isOctal)
	if digits == "" {
		p.fail(start, "bad escape \\%c", c)
		return member{}
	}
	value, _ := strconv.ParseInt(digits, 8, 32)
	if value > 0o377 {
		p.fail(start, "octal escape value \\%s outside of range 0-0o377", digits)
	}
	return member{char: rune(value)}
}

// character reads an escape that means the same in a set and outside.
func (p *parser) character(start int) member {
	c := p.source[p.at]
	p.at++
	switch c {
	case 'a', 'f', 'n', 'r', 't', 'v':
		return member{char: rune("\a\f\n\r\t\v"[strings.IndexRune("afnrtv", c)])}
	case 'd', 'D', 's', 'S', 'w', 'W':
		return member{class: true}
	case 'x':
		return p.code(start, 2)
	case 'u':
		return p.code(start, 4)
	case 'U':
		return p.code(start, 8)
	case 'N':
		if !p.take('{') {
			p.fail(p.at, "missing {")
		}
		p.until("}", "character name")
		return member{}
	}
	if isLetter(c) {
		p.fail(start, "bad escape \\%c", c)
	}
	return member{char: c}
}

// code reads the digits of \x, \u or \U.
func (p *parser) code(start, n int) member {
	digits := p.takeWhile(n, isHex)
	value, _ := strconv.ParseUint(digits, 16, 64)
	switch {
	case len(digits) != n:
		p.fail(start, "incomplete escape %s", string(p.source[start:min(p.at, len(p.source))]))
	case value > 0x10ffff:
		p.fail(start, "bad escape \\U%s", digits)
	}
	return member{char: rune(value)}
}

// until reads a name up to its end.
func (p *parser) until(end, what string) string {
	start := p.at
	var name strings.Builder
	for t := p.token(); t != end; t = p.token() {
		if t == "" {
			p.fail(start, "missing %s, unterminated name", end)
			return ""
		}
		name.WriteString(t)
	}
	if name.Len() == 0 {
		p.fail(start, "missing %s", what)
	}
	return name.String()
}

// set reads `[…]` behind its opening bracket. A bracket in the first place is a
// member.
func (p *parser) set() {
	start := p.at - 1
	p.take('^')
	for empty := true; p.err == nil; empty = false {
		if !empty && p.take(']') {
			return
		}
		first, ok := p.member()
		if !ok {
			p.fail(start, "unterminated character set")
			return
		}
		from := p.at
		if !p.take('-') {
			continue
		}
		if p.take(']') {
			return
		}
		last, ok := p.member()
		switch {
		case p.err != nil:
		case !ok:
			p.fail(start, "unterminated character set")
		case first.class || last.class || last.char < first.char:
			p.fail(from, "bad character range, %q to %q", first.char, last.char)
		}
	}
}

// member reads one character or escape of a set.
func (p *parser) member() (member, bool) {
	r, ok := p.next()
	if !ok {
		return member{}, false
	}
	p.at++
	if r == '\\' {
		return p.setEscape(), true
	}
	return member{char: r}, true
}
