package workflow

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// Decode reads a rendered `workflow:` section and checks it by OSMO's rules; m
// leads from the rendered text to the user's file. The workflow is nil when the
// text is not YAML or has no workflow in it; with any other error it holds what
// could be read.
func Decode(text string, m diag.SourceMap) (*Workflow, diag.List) {
	root, diags := yaml.Parse(text, m)
	if root == nil {
		return nil, diags
	}
	d := &decoder{diags: diags, lines: strings.Split(text, "\n"), at: m}
	fields, ok := d.object(root, "the file", schema{known: []string{"workflow"}})
	if !ok {
		return nil, d.diags
	}
	body := d.need(root, fields, "workflow", "the file")
	if body == nil {
		return nil, d.diags
	}
	w := d.workflow(body)
	if w == nil {
		return nil, d.diags
	}
	d.checkNames(w)
	d.checkGangs(w)
	d.checkResources(w)
	d.checkTokens(w)
	return w, d.diags
}

// decoder collects what is wrong, and where in the rendered text the texts with
// special tokens are.
type decoder struct {
	diags diag.List
	lines []string
	at    diag.SourceMap
	// owner is the index of the group that is being read; texts are its, so far.
	owner int
	texts []placed
	// explicitResources says that the file has `resources`.
	explicitResources bool
}

// placed is a text of a group with its place in the rendered text.
type placed struct {
	group int
	text  string
	node  *yaml.Node
}

// schema names the fields of a mapping: those we read, and those that OSMO
// knows and we do not.
type schema struct{ known, unsupported []string }

func (s schema) knows(name string) bool { return slices.Contains(s.known, name) }

// object returns the known fields of a mapping and reports the others.
func (d *decoder) object(n *yaml.Node, what string, s schema) (map[string]*yaml.Node, bool) {
	if n.Kind != yaml.Dict {
		d.diags.Errorf(diag.Type, n.Pos, "%s must be a mapping, got %s", what, n.Kind)
		return nil, false
	}
	fields := map[string]*yaml.Node{}
	for _, p := range n.Pairs {
		switch name := p.Key.Str(); {
		case p.Key.Kind == yaml.Str && s.knows(name):
			fields[name] = p.Value
		case slices.Contains(s.unsupported, name):
			d.diags.Errorf(diag.Unsupported, p.Key.Pos, "not supported yet: %s", name)
		default:
			d.unknownField(p.Key, what, s)
		}
	}
	return fields, true
}

func (d *decoder) unknownField(key *yaml.Node, what string, s schema) {
	name := key.Str()
	hint := ", expected one of: " + strings.Join(s.known, ", ")
	if near := diag.Nearest(name, slices.Concat(s.known, s.unsupported)); near != "" {
		hint = fmt.Sprintf(", did you mean %q?", near)
	}
	d.diags.Errorf(diag.UnknownField, key.Pos, "unknown field %q in %s%s", name, what, hint)
}

// need returns a required field, or reports that it is missing and returns nil.
func (d *decoder) need(n *yaml.Node, fields map[string]*yaml.Node, name, what string) *yaml.Node {
	v := fields[name]
	if v == nil {
		d.diags.Errorf(diag.Missing, n.Pos, "%s has no %s", what, name)
	}
	return v
}

func (d *decoder) wrong(n *yaml.Node, what, want string) {
	hint := ""
	if want == "a string" && (n.Kind == yaml.Bool || n.Kind == yaml.Timestamp || n.Kind == yaml.Int || n.Kind == yaml.Float) {
		hint = ", quote it: " + strconv.Quote(n.Text)
	}
	d.diags.Errorf(diag.Type, n.Pos, "%s must be %s, got %s%s", what, want, n.Kind, hint)
}

// list returns the items of a list.
func (d *decoder) list(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.List {
		d.wrong(n, what, "a list")
	}
	return n.Items
}

// str reads a string as it stands.
func (d *decoder) str(n *yaml.Node, what string) String {
	if n == nil {
		return String{}
	}
	if n.Kind != yaml.Str {
		d.wrong(n, what, "a string")
		return String{Pos: n.Pos}
	}
	return String{V: n.Text, Pos: n.Pos}
}

// name reads a name: what is empty is reported here, the grammar is checked
// when all names are known.
func (d *decoder) name(n *yaml.Node, read func(*yaml.Node, string) String) String {
	s := read(n, "name")
	if n != nil && n.Kind == yaml.Str && s.V == "" {
		d.diags.Errorf(diag.Name, n.Pos, "the name is empty")
	}
	return s
}

// coerced reads a string where OSMO also takes numbers, which become text as in
// Python (OSMO task.py:435).
func (d *decoder) coerced(n *yaml.Node, what string) String {
	if n != nil && (n.Kind == yaml.Int || n.Kind == yaml.Float) {
		return String{V: n.Str(), Pos: n.Pos}
	}
	return d.str(n, what)
}

// text reads a coerced string in which special tokens may stand.
func (d *decoder) text(n *yaml.Node, what string) String {
	s := d.coerced(n, what)
	if n != nil {
		d.place(n, s.V, what)
	}
	return s
}

// place notes a text for the check of its tokens. No process can be given a NUL.
func (d *decoder) place(n *yaml.Node, text, what string) {
	if strings.ContainsRune(text, 0) {
		d.diags.Errorf(diag.Type, n.Pos, "%s contains a NUL character", what)
	}
	d.texts = append(d.texts, placed{group: d.owner, text: text, node: n})
}

// bool reads what pydantic takes for a boolean.
func (d *decoder) bool(n *yaml.Node, what string, absent bool) bool {
	if n == nil {
		return absent
	}
	switch strings.ToLower(n.Str()) {
	case "true", "1", "1.0", "yes", "y", "on", "t":
		return true
	case "false", "0", "0.0", "no", "n", "off", "f":
		return false
	}
	d.wrong(n, what, "true or false")
	return absent
}

// maxCount is more cores or devices than any machine has.
const maxCount = 1_000_000

// count reads a whole number that is not negative. OSMO takes "4" and 2.0 too.
func (d *decoder) count(n *yaml.Node, what string) Value[int64] {
	if n == nil {
		return Value[int64]{}
	}
	v := Value[int64]{Pos: n.Pos}
	text := strings.TrimSpace(n.Str())
	r, ok := new(big.Rat).SetString(strings.ReplaceAll(text, "_", ""))
	if n.Kind == yaml.Bool || !ok || !r.IsInt() || strings.ContainsAny(text, "/eE") {
		d.diags.Errorf(diag.Resource, n.Pos, "%s must be a whole number, got %s", what, shown(n))
		return v
	}
	if r.Sign() < 0 || r.Cmp(big.NewRat(maxCount, 1)) > 0 {
		d.diags.Errorf(diag.Resource, n.Pos, "%s is %s, expected a number from 0 to %d", what, brief(text), maxCount)
		return v
	}
	v.V = r.Num().Int64()
	return v
}

// shown is a value as a message shows it, its kind where it has no text.
func shown(n *yaml.Node) string {
	if n.Kind == yaml.List || n.Kind == yaml.Dict || n.Kind == yaml.None {
		return n.Kind.String()
	}
	return strconv.Quote(brief(n.Text))
}

// brief cuts a text for a message.
func brief(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
