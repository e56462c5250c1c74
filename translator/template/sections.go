package template

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// sectionRE finds a top-level key as OSMO does: by text, at column 0, before
// anything is Jinja or YAML (OSMO lib/utils/workflow.py:50). So a word and a
// colon at column 0 inside a quoted string begins a section too.
var sectionRE = regexp.MustCompile(`(?m)^([A-Za-z0-9_-]+):`)

// versionRE is the only version there is.
var versionRE = regexp.MustCompile(`^version:\s*(?:2(?:\.0)?|"2"|'2')\s*(?:#.*)?$`)

const (
	workflowKey = "workflow"
	defaultsKey = "default-values"
	versionKey  = "version"
)

// section is a part of the file: its text begins with its key at the first
// column of Line.
type section struct {
	text string
	line int
}

// split cuts the file at its top-level keys.
func split(file, src string) (map[string]section, diag.List) {
	var diags diag.List
	out := map[string]section{}
	starts := sectionRE.FindAllStringSubmatchIndex(src, -1)
	end := len(src)
	for _, m := range slices.Backward(starts) {
		key, line := src[m[2]:m[3]], 1+strings.Count(src[:m[0]], "\n")
		pos := diag.Pos{File: file, Line: line, Col: 1}
		switch known := []string{workflowKey, defaultsKey, versionKey}; {
		case !slices.Contains(known, key):
			diags.Errorf(diag.Section, pos, "unknown top-level key %q%s", key, diag.DidYouMean(key, known))
		case out[key].line != 0:
			diags = append(diags, diag.Diagnostic{
				Code: diag.Section, Pos: diag.Pos{File: file, Line: out[key].line, Col: 1}, Related: []diag.Pos{pos},
				Msg: "the top-level key \"" + key + "\" is there twice",
			})
			fallthrough
		default:
			out[key] = section{text: src[m[0]:end], line: line}
		}
		end = m[0]
	}
	diags.Add(beforeFirst(file, src[:end]))
	if v, ok := out[versionKey]; ok && !versionRE.MatchString(strings.TrimSpace(v.text)) {
		diags.Errorf(diag.Section, diag.Pos{File: file, Line: v.line, Col: 1}, "only version 2 of the workflow format is known")
	}
	if out[workflowKey].line == 0 && !diags.HasErrors() {
		diags.Errorf(diag.Section, diag.Pos{File: file, Line: 1, Col: 1}, "no workflow found, expected a line that begins with `workflow:`")
	}
	return out, diags
}

// beforeFirst warns of what stands before the first key and is no comment: OSMO
// drops it.
func beforeFirst(file, text string) diag.List {
	var diags diag.List
	for i, line := range strings.Split(text, "\n") {
		t := strings.TrimSpace(line)
		if t == "" || strings.HasPrefix(t, "#") || strings.HasPrefix(t, "---") || strings.HasPrefix(t, "{#") {
			continue
		}
		diags.Warnf(diag.Section, diag.Pos{File: file, Line: i + 1, Col: 1}, "what stands before the first top-level key is dropped, as in OSMO")
		break
	}
	return diags
}

// normalized returns the file as Python's text mode and Jinja see it: UTF-8,
// without a byte order mark, every line end a line feed.
func normalized(file string, src []byte) (string, diag.List) {
	var diags diag.List
	if i := invalidUTF8(src); i >= 0 {
		line := 1 + strings.Count(string(src[:i]), "\n")
		diags.Errorf(diag.Section, diag.Pos{File: file, Line: line}, "the file is not UTF-8 text")
		return "", diags
	}
	s := strings.TrimPrefix(string(src), "\ufeff")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), diags
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}
