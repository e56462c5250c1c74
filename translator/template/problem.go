package template

import (
	"regexp"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template/jinja"
)

// undefinedRE is Jinja's sentence about a name that has no value.
var undefinedRE = regexp.MustCompile(`(?s)^'(.*)' is undefined$`)

// problem is what the engine found wrong, as a diagnostic.
func problem(e *jinja.Error, at *places, variables []string) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.Template, Pos: at.pos(e.Offset), Msg: e.Msg}
	if e.Kind == jinja.Unsupported {
		d.Code = diag.Unsupported
	}
	known := e.Known
	if m := undefinedRE.FindStringSubmatch(e.Msg); m != nil && e.Kind == jinja.Undefined {
		d.Msg = "\"" + m[1] + "\" is not defined" + at.meant(m[1], variables)
		known = nil
	}
	if e.Kind == jinja.Syntax {
		d.Msg = lexerOffsetRE.ReplaceAllString(d.Msg, "$1") + syntaxHint(e.Offset, at.text)
	}
	if name := quotedRE.FindString(e.Msg); len(known) > 0 && name != "" {
		d.Msg = strings.TrimSuffix(d.Msg, ".") + diag.DidYouMean(strings.Trim(name, "'"), known)
	}
	return d
}

// quotedRE is the name that a sentence of Jinja's is about.
var quotedRE = regexp.MustCompile(`'[^']*'`)

// meant is what somebody may have meant by a name without a value.
func (s source) meant(name string, variables []string) string {
	near := diag.Nearest(name, variables)
	switch {
	case isWord(name):
		return ": OSMO's tokens are written without blanks, {{" + name + "}}"
	case near != "":
		return ", did you mean \"" + near + "\"?"
	case s.local:
		return "; a local file sees the variables of --set, and no default-values"
	}
	return ""
}

// lexerOffsetRE is where Jinja's own sentence counts characters.
var lexerOffsetRE = regexp.MustCompile(`^(unexpected char .*) at \d+$`)

// spacedTokenRE is a token of OSMO's, written with a blank in front.
var spacedTokenRE = regexp.MustCompile(`^\{\{-?\s+(?:host|input):`)

// syntaxHint helps with what stands in a workflow and is not meant for Jinja: a
// shell's ${#name}, braces of awk and of Go's templates; and with OSMO's tokens.
func syntaxHint(offset int, text string) string {
	const raw = " to stand between {% raw %} and {% endraw %}"
	if offset >= 1 && strings.HasPrefix(text[offset-1:], "${#") {
		return "; a shell's ${#name} has" + raw
	}
	open := strings.LastIndex(text[:min(offset+2, len(text))], "{{")
	if open < 0 || strings.Contains(text[open:offset], "}}") {
		return ""
	}
	switch rest := text[open:]; {
	case spacedTokenRE.MatchString(rest):
		return "; OSMO's tokens are written without blanks, as {{host:name}}"
	case strings.HasPrefix(rest, "{{host:") || strings.HasPrefix(rest, "{{input:") || strings.HasPrefix(rest, "{{output:"):
		return "; OSMO's tokens are {{host:name}}, {{input:n}}, {{output}} and {{workflow_id}}"
	case strings.HasPrefix(rest, "{{.") || strings.HasPrefix(rest, "{{print "):
		return "; braces that are not Jinja's have" + raw
	}
	return ""
}
