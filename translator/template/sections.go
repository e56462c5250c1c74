package template

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// versionRE is the only version there is.
var versionRE = regexp.MustCompile(`^version:[ \t]*(?:2(?:\.0)?|"2"|'2')[ \t]*(?:#.*)?(?:\n|$)`)

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

// start is where a top-level key begins: its place in the text, and its line.
type start struct {
	offset, line int
	key          string
}

// starts finds the top-level keys as OSMO does: by text, at column 0, before
// anything is Jinja or YAML (OSMO lib/utils/workflow.py:50). So a word and a
// colon at column 0 inside a quoted string begins a section too.
func starts(text string) []start {
	var out []start
	for offset, line := 0, 1; ; line++ {
		if key := keyAt(text[offset:]); key != "" {
			out = append(out, start{offset, line, key})
		}
		n := strings.IndexByte(text[offset:], '\n')
		if n < 0 {
			return out
		}
		offset += n + 1
	}
}

// keyAt returns the key with which a text begins, as in OSMO's pattern
// `[a-zA-Z][a-zA-Z0-9_-]*:`, or nothing.
func keyAt(text string) string {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && c == ':':
			return text[:i]
		case i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-'):
		default:
			return ""
		}
	}
	return ""
}

// split cuts the file at its top-level keys.
func split(file, text string) (map[string]section, diag.List) {
	var diags diag.List
	out := map[string]section{}
	known := []string{workflowKey, defaultsKey, versionKey}
	all := starts(text)
	for i, s := range all {
		end := len(text)
		if i+1 < len(all) {
			end = all[i+1].offset
		}
		pos := diag.Pos{File: file, Line: s.line, Col: 1}
		switch first, twice := out[s.key]; {
		case !slices.Contains(known, s.key):
			diags.Errorf(diag.Section, pos, "unknown top-level key %q%s", s.key, elsewhere(s.key, known))
		case twice:
			diags = append(diags, diag.Diagnostic{
				Code: diag.Section, Pos: pos, Related: []diag.Pos{{File: file, Line: first.line, Col: 1}},
				Msg: "the top-level key \"" + s.key + "\" is there twice",
			})
		default:
			out[s.key] = section{text: text[s.offset:end], line: s.line}
		}
	}
	if len(all) > 0 {
		diags.Add(beforeFirst(file, text[:all[0].offset]))
	}
	if v, ok := out[versionKey]; ok && !versionRE.MatchString(v.text) {
		diags.Warnf(diag.Ignored, diag.Pos{File: file, Line: v.line, Col: 1}, "the file is read as version 2 of the workflow format, the only one there is; OSMO drops this section unread")
	}
	if out[workflowKey].line == 0 && !diags.HasErrors() {
		diags.Errorf(diag.Section, diag.Pos{File: file, Line: 1, Col: 1}, "no workflow found, expected a line that begins with `workflow:`")
	}
	return out, diags
}

// elsewhere says where a key belongs, or what was meant.
func elsewhere(key string, known []string) string {
	switch key {
	case "name", "tasks", "groups", "resources", "timeout", "labels":
		return ", it belongs below `workflow:`, with blanks before it"
	case "pools":
		return ": this is a site, name it with --site"
	}
	return diag.DidYouMean(key, known)
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
	if len(src) > MaxSource {
		diags.Errorf(diag.Size, diag.Pos{File: file}, "the file has %d bytes, expected at most %d", len(src), MaxSource)
		return "", diags
	}
	text := string(src)
	if !utf8.ValidString(text) {
		line := 1 + strings.Count(text[:invalidUTF8(text)], "\n")
		diags.Errorf(diag.Section, diag.Pos{File: file, Line: line}, "the file is not UTF-8 text")
		return "", diags
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.Contains(text, "\r") {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	}
	return text, diags
}

// invalidUTF8 is the place of the first byte that is part of no character.
func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return i
			}
		}
	}
	return len(text)
}
