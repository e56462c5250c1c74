package template

import (
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
)

// tokens finds OSMO's special tokens, which Jinja must not read: what OSMO's
// pattern `{{(uuid|workflow_id|output|input:[^}]+|host:[^}]+)}}` matches (OSMO
// workflow.py:821). Each is the inside of its braces, and stands for itself.
//
// The text is plain when nothing else in it is Jinja's: then it renders to itself.
func tokens(text string) (found []jinja.Opaque, plain bool) {
	plain = !strings.Contains(text, "{%") && !strings.Contains(text, "{#")
	for at := 0; ; {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			return found, plain
		}
		at += i
		n := tokenLength(text[at+2:])
		if n == 0 {
			plain = false
			at++
			continue
		}
		end := at + 2 + n + 2
		found = append(found, jinja.Opaque{Start: at + 2, End: end - 2, Value: text[at:end]})
		at = end
	}
}

// tokenLength returns how long the inside of a token is at the beginning of a
// text, 0 when there is none or no `}}` follows it.
func tokenLength(s string) int {
	for _, word := range []string{"uuid", "workflow_id", "output"} {
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
