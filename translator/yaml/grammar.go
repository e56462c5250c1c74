package yaml

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// MaxDepth is how many lists and mappings may be inside each other. Python's
// stack ends PyYAML at some hundred.
const MaxDepth = 200

// outline is what the check of a text found out beside its being YAML.
type outline struct {
	// empty says that there is no document.
	empty bool
	// edits make of the text what the library reads as PyYAML does.
	edits []edit
	// resolved are the offsets of the values with the tag `!`, which PyYAML
	// resolves as if they were plain, and which the library does not tell apart.
	resolved []int
	// bytes are the text, for a library that wants no string.
	bytes []byte
}

// grammar checks the order of tokens by PyYAML's rules (parser.py), and the names
// of anchors (composer.py), and that no list or mapping is a key
// (constructor.py): the library loses some that are.
type grammar struct {
	source
	outline
	tokens []token
	i      int
	depth  int
	// bracket is the innermost open one's token, inner the beginning of the
	// innermost of the blocks that have just ended.
	bracket, inner token
	anchors        map[string]int
	handles        map[string]string
	problem        *problem
}

// check says what is wrong with a text, if anything is.
func check(src source) (outline, *problem) {
	s := newScanner(src)
	g := &grammar{source: src, tokens: s.scan()}
	g.edits, g.bytes = s.edits, s.buf[:len(src.text)]
	g.tokens = append(g.tokens, token{tokCut, int32(len(src.text)), int32(len(src.text))})
	g.document()
	if g.problem == nil {
		return g.outline, s.problem
	}
	return g.outline, g.problem
}

func (g *grammar) peek() token {
	for g.tokens[g.i].kind == tokNone {
		g.i++
	}
	return g.tokens[g.i]
}

func (g *grammar) at(kinds ...tokenKind) bool {
	return slices.Contains(kinds, g.peek().kind)
}

// next takes a token. A tokMapKey is taken twice, the second time as a key.
func (g *grammar) next() token {
	t := g.peek()
	switch t.kind {
	case tokCut:
	case tokMapKey:
		g.tokens[g.i].kind = tokKey
	default:
		g.i++
	}
	return t
}

// stopped says that there is nothing more to check: a problem, or the scanner's
// end.
func (g *grammar) stopped() bool { return g.problem != nil || g.at(tokCut) }

func (g *grammar) fail(at, after int, format string, args ...any) {
	if g.problem == nil && !g.at(tokCut) {
		g.problem = &problem{at: at, after: after, msg: fmt.Sprintf(format, args...)}
	}
}

func (g *grammar) document() {
	g.handles = map[string]string{}
	explicit := g.at(tokDirective, tokDocStart)
	if explicit && !g.header() {
		return
	}
	switch {
	case g.at(tokEnd) && !explicit:
		g.empty = true
		return
	case explicit && g.at(tokDirective, tokDocStart, tokDocEnd, tokEnd):
	default:
		g.node(true, false)
	}
	ended := g.at(tokDocEnd)
	for g.at(tokDocEnd) {
		g.next()
	}
	switch {
	case g.at(tokEnd) || g.stopped():
	case ended && !g.at(tokDocStart, tokDirective):
		g.fail(int(g.peek().at), -1, secondDocument)
	case g.at(tokDocStart, tokDirective):
		t := g.peek()
		if g.header() {
			g.fail(int(t.at), -1, secondDocument)
		}
	default:
		g.afterDocument()
	}
}

const secondDocument = "a second YAML document starts here, expected one"

// header reads directives and the `---` after them.
func (g *grammar) header() bool {
	seen := map[string]bool{}
	clear(g.handles)
	for g.at(tokDirective) {
		t := g.next()
		words := strings.Fields(g.text[t.at:t.end])
		what := words[0]
		switch {
		case what == "%YAML" && !strings.HasPrefix(strings.TrimLeft(words[1], "0"), "1."):
			g.fail(int(t.at), -1, "expected YAML 1.1, got %s", words[1])
		case what == "%TAG":
			what += words[1]
			g.handles[words[1]] = words[2]
		case what != "%YAML":
			continue
		}
		if seen[what] {
			g.fail(int(t.at), -1, "this directive is there twice")
		}
		seen[what] = true
	}
	if !g.at(tokDocStart) {
		g.fail(int(g.peek().at), -1, "expected `---` after the directives that begin with %%")
	}
	g.next()
	return !g.stopped()
}

// node checks one value: an alias, or an anchor, a tag and a content, each of
// which may be missing, but not all. A block may hold a list that is not
// indented only after a key.
func (g *grammar) node(block, unindented bool) tokenKind {
	if g.at(tokAlias) {
		g.alias(g.next())
		return tokAlias
	}
	props := g.properties()
	t := g.peek()
	if g.depth++; g.depth > MaxDepth && t.kind != tokScalar {
		g.fail(int(t.at), -1, "more than %d lists and mappings inside each other", MaxDepth)
	}
	switch {
	case g.stopped():
	case t.kind == tokItem && unindented:
		g.unindented()
	case t.kind == tokScalar:
		g.next()
	case t.kind == tokFlowSeqStart:
		g.flowSeq()
	case t.kind == tokFlowMapStart:
		g.flowMap()
	case t.kind == tokSeqStart && block:
		g.blockSeq()
	case (t.kind == tokMapStart || t.kind == tokMapKey) && block:
		g.blockMap()
	case !props:
		g.noValue(t)
	}
	g.depth--
	return t.kind
}

// key checks a value that is a key of a mapping.
func (g *grammar) key(block bool) {
	t := g.peek()
	kind := "a list"
	switch g.node(block, block) {
	case tokMapStart, tokMapKey, tokFlowMapStart:
		kind = "a mapping"
	case tokSeqStart, tokFlowSeqStart, tokItem:
	default:
		return
	}
	at, advice := int(t.at), ""
	if at > 0 && g.text[at-1:at+1] == "{{" {
		at, advice = at-1, ": quote a text that begins with `{{`"
	}
	g.fail(at, -1, "%s cannot be a key of a mapping%s", kind, advice)
}

// properties checks an anchor and a tag, in any order, and says whether there
// is one.
func (g *grammar) properties() bool {
	start := g.peek()
	var anchor, tag bool
	for {
		switch t := g.peek(); {
		case t.kind == tokAnchor && !anchor:
			anchor = true
			g.anchor(g.next(), start)
		case t.kind == tokTag && !tag:
			tag = true
			if g.tag(g.next()) {
				g.resolved = append(g.resolved, int(start.at))
			}
		default:
			return anchor || tag
		}
	}
}

// anchor refuses a second anchor of one name (composer.py, compose_node).
func (g *grammar) anchor(t, start token) {
	name := g.text[t.at+1 : t.end]
	if first, taken := g.anchors[name]; taken {
		g.fail(int(start.at), first, "the anchor &%s is already defined", name)
	}
	if g.anchors == nil {
		g.anchors = map[string]int{}
	}
	g.anchors[name] = int(start.at)
}

func (g *grammar) alias(t token) {
	name := g.text[t.at+1 : t.end]
	if _, known := g.anchors[name]; !known {
		g.fail(int(t.at), -1, "the alias *%s has no anchor before it", name)
	}
}

// tag checks that a tag's handle is known, and says whether the tag is `!`.
func (g *grammar) tag(t token) bool {
	text := g.text[t.at:t.end]
	if text == "!" || strings.HasPrefix(text, "!<") {
		return text == "!" || text == "!<!>" || text == "!<%21>"
	}
	handle := text[:1]
	if i := strings.IndexByte(text[1:], '!'); i >= 0 {
		handle = text[:i+2]
	}
	prefix, known := g.handles[handle]
	switch {
	case known:
		full, err := url.PathUnescape(prefix + text[len(handle):])
		return err == nil && full == "!"
	case handle != "!" && handle != "!!":
		g.fail(int(t.at), -1, "nothing defines the handle of the tag %s: quote the text if it is no tag", text)
	}
	return false
}

// blockSeq checks a list whose items are indented.
func (g *grammar) blockSeq() {
	start := g.next()
	for g.at(tokItem) {
		g.next()
		if !g.at(tokItem, tokBlockEnd) {
			g.node(true, false)
		}
	}
	if !g.at(tokBlockEnd) {
		g.notInList(start)
		return
	}
	g.endBlock(start)
}

// unindented checks a list whose items are at the column of the key above.
func (g *grammar) unindented() {
	for g.at(tokItem) {
		g.next()
		if !g.at(tokItem, tokKey, tokValue, tokBlockEnd) {
			g.node(true, false)
		}
	}
}

func (g *grammar) blockMap() {
	start := g.next()
	for g.at(tokKey) {
		for _, kind := range []tokenKind{tokKey, tokValue} {
			if !g.at(kind) {
				continue
			}
			g.next()
			switch {
			case g.at(tokKey, tokValue, tokBlockEnd):
			case kind == tokKey:
				g.key(true)
			default:
				g.node(true, true)
			}
		}
	}
	if !g.at(tokBlockEnd) {
		g.notInMapping(start)
		return
	}
	g.endBlock(start)
}

func (g *grammar) endBlock(start token) {
	if g.tokens[g.i-1].kind != tokBlockEnd {
		g.inner = start
	}
	g.next()
}

func (g *grammar) flowSeq() { g.brackets(tokFlowSeqEnd) }

func (g *grammar) flowMap() { g.brackets(tokFlowMapEnd) }

// brackets checks a list or mapping in brackets. Both hold values and pairs.
func (g *grammar) brackets(end tokenKind) {
	outer := g.bracket
	g.bracket = g.next()
	for first := true; !g.at(end) && !g.stopped(); first = false {
		if !first {
			if !g.at(tokComma) {
				g.noComma()
				return
			}
			g.next()
		}
		switch {
		case g.at(tokKey):
			g.pair(end)
		case g.at(end):
		case end == tokFlowMapEnd:
			g.key(false)
		default:
			g.node(false, false)
		}
	}
	g.next()
	g.bracket = outer
}

func (g *grammar) pair(end tokenKind) {
	key := g.next()
	if !g.at(tokValue, tokComma, end) {
		g.key(false)
	} else if end == tokFlowSeqEnd {
		// The library loses its way after a lone ? in a list.
		g.edits = append(g.edits, edit{int(key.end), 0, " ~ "})
		if g.at(tokValue) {
			g.edits = append(g.edits, edit{int(g.peek().end), 0, " "})
		}
	}
	if g.at(tokValue) {
		g.next()
		if !g.at(tokComma, end) {
			g.node(false, false)
		}
	}
}
