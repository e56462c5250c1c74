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
		d.Msg = "\"" + m[1] + "\" is not defined"
		if near := diag.Nearest(m[1], variables); near != "" {
			d.Msg += ", did you mean \"" + near + "\"?"
		}
		known = nil
	}
	if hint := shellHint(e, at.text); hint != "" {
		d.Msg += hint
	}
	if name := quotedRE.FindString(e.Msg); len(known) > 0 && name != "" {
		d.Msg = strings.TrimSuffix(d.Msg, ".") + diag.DidYouMean(strings.Trim(name, "'"), known)
	}
	return d
}

// quotedRE is the name that a sentence of Jinja's is about.
var quotedRE = regexp.MustCompile(`'[^']*'`)

// shellHint helps with what shells and Jinja both write: ${#name}.
func shellHint(e *jinja.Error, text string) string {
	if e.Kind != jinja.Syntax || e.Offset < 1 || !strings.HasPrefix(text[e.Offset-1:], "${#") {
		return ""
	}
	return "; a shell's ${#name} has to stand between {% raw %} and {% endraw %}"
}
