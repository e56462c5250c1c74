package template

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// segKind says what a segment of the template is.
type segKind uint8

const (
	textSeg segKind = iota
	exprSeg         // {{ … }}
	stmtSeg         // {% … %}
)

// segment is a part of the template. Comments, and what whitespace control
// takes away, are in none.
type segment struct {
	kind segKind
	// text is the text itself, or what is between a tag's delimiters.
	text string
	// start is the byte offset of the segment in the template, body that of text.
	start, body int
	words       []word
}

// word is a token inside a tag.
type word struct {
	kind wordKind
	text string
	// at is the byte offset in the template.
	at int
}

type wordKind uint8

const (
	nameWord wordKind = iota
	numberWord
	stringWord
	opWord
)

var (
	// tokenRE is what OSMO shields from Jinja (OSMO workflow.py:821).
	tokenRE  = regexp.MustCompile(`^\{\{(?:uuid|workflow_id|output|input:[^}]+|host:[^}]+)\}\}`)
	rawRE    = regexp.MustCompile(`^\{%[-+]?\s*raw\s*(-?)[+]?%\}`)
	endRawRE = regexp.MustCompile(`\{%(-?)[+]?\s*endraw\s*(-?)[+]?%\}`)
	wordRE   = regexp.MustCompile(`^(?:([A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_\x{80}-\x{10FFFF}]*)|([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(==|!=|<=|>=|//|\*\*|.))`)
)

// lexError is a template that cannot be cut into segments.
type lexError struct {
	at  int
	msg string
}

// maxWords is how long a tag may be: the engine takes longer than linear.
const maxWords = 5000

// lexer cuts a template as Jinja2 does, and applies whitespace control.
type lexer struct {
	src  string
	pos  int
	out  []segment
	trim bool // the tag before ended in -
}

// lex cuts the template. The special tokens of OSMO are text.
func lex(src string) ([]segment, *lexError) {
	l := &lexer{src: src}
	for l.pos < len(src) {
		i := l.nextTag()
		l.addText(l.pos, i, i < len(src) && isTrimmed(src[i:]))
		l.pos = i
		if i == len(src) {
			break
		}
		if err := l.tag(); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

// nextTag returns where the next tag begins, special tokens not counted.
func (l *lexer) nextTag() int {
	for i := l.pos; ; i++ {
		j := strings.IndexByte(l.src[i:], '{')
		if j < 0 || i+j+1 >= len(l.src) {
			return len(l.src)
		}
		i += j
		if m := tokenRE.FindString(l.src[i:]); m != "" {
			i += len(m) - 1
			continue
		}
		if strings.IndexByte("{%#", l.src[i+1]) >= 0 {
			return i
		}
	}
}

func isTrimmed(tag string) bool { return len(tag) > 2 && tag[2] == '-' }

// addText adds the text of [from, to), less what the tags around it trim.
func (l *lexer) addText(from, to int, trimEnd bool) {
	text := l.src[from:to]
	if l.trim {
		t := strings.TrimLeftFunc(text, unicode.IsSpace)
		from += len(text) - len(t)
		text = t
		l.trim = false
	}
	if trimEnd {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if text != "" {
		l.out = append(l.out, segment{kind: textSeg, text: text, start: from, body: from})
	}
}

// tag reads the tag at pos.
func (l *lexer) tag() *lexError {
	rest := l.src[l.pos:]
	switch {
	case rest[1] == '#':
		end := strings.Index(rest[2:], "#}")
		if end < 0 {
			return &lexError{l.pos, "the comment {# is never closed, expected #}; a shell's ${#name} has to stand between {% raw %} and {% endraw %}"}
		}
		l.trim = end > 0 && rest[2+end-1] == '-'
		l.pos += 2 + end + 2
		return nil
	case rawRE.MatchString(rest):
		return l.raw(rawRE.FindStringSubmatch(rest))
	case rest[1] == '%':
		return l.code(stmtSeg, "%}")
	default:
		return l.code(exprSeg, "}}")
	}
}

func (l *lexer) raw(open []string) *lexError {
	body := l.pos + len(open[0])
	m := endRawRE.FindStringSubmatchIndex(l.src[body:])
	if m == nil {
		return &lexError{l.pos, "{% raw %} is never closed, expected {% endraw %}"}
	}
	l.trim = open[1] != ""
	l.addText(body, body+m[0], m[2] != m[3])
	l.trim = m[4] != m[5]
	l.pos = body + m[1]
	return nil
}

// code reads an expression or a statement up to its closing delimiter, which
// does not count inside strings and brackets.
func (l *lexer) code(kind segKind, closing string) *lexError {
	seg := segment{kind: kind, start: l.pos, body: l.pos + 2}
	if c := l.src[seg.body:]; c != "" && (c[0] == '-' || c[0] == '+') {
		seg.body++
	}
	depth := 0
	for i := seg.body; i < len(l.src); {
		rest := l.src[i:]
		if depth == 0 {
			if n := closes(rest, closing); n > 0 {
				seg.text = l.src[seg.body:i]
				l.trim = rest[0] == '-'
				l.pos = i + n
				l.out = append(l.out, seg)
				return nil
			}
		}
		if r, n := utf8.DecodeRuneInString(rest); unicode.IsSpace(r) {
			i += n
			continue
		}
		m := wordRE.FindStringSubmatch(rest)
		w := word{text: m[0], at: i, kind: opWord}
		for k := range 3 {
			if m[k+1] != "" {
				w.kind = wordKind(k)
			}
		}
		if w.kind == opWord && (w.text == `"` || w.text == "'") {
			return &lexError{i, "the string is never closed"}
		}
		depth += nesting(w)
		if seg.words = append(seg.words, w); len(seg.words) > maxWords {
			return &lexError{l.pos, fmt.Sprintf("this tag has more than %d words", maxWords)}
		}
		i += len(w.text)
	}
	return &lexError{l.pos, l.src[l.pos:l.pos+2] + " is never closed, expected " + closing}
}

// closes returns the length of the closing delimiter at the start of s, or 0.
func closes(s, closing string) int {
	if strings.HasPrefix(s, closing) {
		return len(closing)
	}
	if (s[0] == '-' || s[0] == '+' && closing == "%}") && strings.HasPrefix(s[1:], closing) {
		return len(closing) + 1
	}
	return 0
}

func nesting(w word) int {
	if w.kind == opWord {
		switch w.text {
		case "(", "[", "{":
			return 1
		case ")", "]", "}":
			return -1
		}
	}
	return 0
}
