package template

import (
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
)

// isPlain says that nothing in a text is Jinja's but OSMO's special tokens: then
// it renders to itself.
func isPlain(text string) bool {
	return !strings.Contains(text, "{%") && !strings.Contains(text, "{#") &&
		walkTokens(text, func(_, _ int, isToken bool) bool { return isToken })
}

// tokens finds OSMO's special tokens, which Jinja must not read: what OSMO's
// pattern `{{(uuid|workflow_id|output|input:[^}]+|host:[^}]+)}}` matches (OSMO
// workflow.py:821). Each is the inside of its braces, and stands for itself.
func tokens(text string) []jinja.Opaque {
	var found []jinja.Opaque
	walkTokens(text, func(start, end int, isToken bool) bool {
		if isToken {
			found = append(found, jinja.Opaque{Start: start + 2, End: end - 2, Value: text[start:end]})
		}
		return true
	})
	return found
}

// walkTokens visits each token, and each other place where two braces open,
// until visit has seen enough; it says whether it came to the end.
func walkTokens(text string, visit func(start, end int, isToken bool) bool) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			return true
		}
		at += i
		n, end := tokenLength(text[at+2:]), at+1
		if n > 0 {
			end = at + 2 + n + 2
		}
		if !visit(at, end, n > 0) {
			return false
		}
		at = end
	}
}

// words are the tokens without an argument.
func words() []string { return []string{"uuid", "workflow_id", "output"} }

func isWord(name string) bool { return slices.Contains(words(), name) }

// hidden warns of tokens that are tokens here and not in OSMO: it puts a variable
// of its own in their place before Jinja reads the text, and where Jinja looks for
// no variables, the name of that one is what comes out (OSMO workflow.py:821).
func hidden(tokens []jinja.Opaque, at *places) diag.List {
	var diags diag.List
	for _, t := range tokens {
		diags.Warnf(diag.Token, at.pos(t.Start-len("{{")), "%.60q: a token in a string or in {%% raw %%} is one here, and OSMO prints {{hash…}} for it; for both, write its braces as {{ '{{' }} and {{ '}}' }}", t.Value)
	}
	return diags
}

// tokenLength returns how long the inside of a token is at the beginning of a
// text, 0 when there is none or no `}}` follows it.
func tokenLength(s string) int {
	for _, word := range words() {
		if strings.HasPrefix(s, word+"}}") {
			return len(word)
		}
	}
	if !strings.HasPrefix(s, "input:") && !strings.HasPrefix(s, "host:") {
		return 0
	}
	argument := strings.IndexByte(s, ':') + 1
	n := strings.IndexByte(s, '}')
	if n <= argument || !strings.HasPrefix(s[n:], "}}") {
		return 0
	}
	return n
}
