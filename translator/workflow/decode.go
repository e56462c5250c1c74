package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// LocalFiles reads a file that a task names by `localpath`. The path is as it is
// written; what it is relative to is the reader's affair. The text is what goes
// into the task, m leads from it to the file. A diagnostic without a place gets
// that of the `localpath`.
type LocalFiles func(path string) (text string, m diag.SourceMap, diags diag.List)

// Decode reads a rendered `workflow:` section and checks it by OSMO's rules; m
// leads from the rendered text to the user's file. Without a reader of local
// files, a task that names one is refused. The workflow is nil when the text is
// not YAML or has no workflow in it; with any other error it holds what could be
// read.
func Decode(text string, m diag.SourceMap, local LocalFiles) (*Workflow, diag.List) {
	root, diags := yaml.Parse(text, m)
	if root == nil {
		return nil, diags
	}
	d := &decoder{diags: diags, main: &source{text: text, at: m}, local: local, images: map[string]bool{}}
	if !d.object(root, subject{name: "the file"}, topFields()) {
		return nil, d.diags
	}
	d.version(root.Get("version"))
	body := d.need(root, "workflow", subject{name: "the file"})
	if body == nil {
		return nil, d.diags
	}
	w := d.workflow(body)
	if w == nil {
		return nil, d.diags
	}
	w.index()
	d.checkNames(w)
	d.checkGangs(w)
	d.checkResources(w)
	d.checkTopology(w)
	d.checkInputs(w)
	d.checkTokens(w)
	return w, d.diags
}

// decoder collects what is wrong, and what can be judged only when all is read.
type decoder struct {
	diags diag.List
	main  *source
	local LocalFiles
	// group and task are the indexes of what is being read; texts are those with
	// special tokens in them, so far.
	group, task int
	texts       []placed
	// whenUsed are the problems of a resource that matter only to a task that asks
	// for it.
	whenUsed map[string]diag.List
	// images are those that were found to be right.
	images map[string]bool
	// groupNames leads from a name as OSMO compares names to a group, once it is
	// asked for; hints counts the messages that looked for what was meant.
	groupNames map[string]int
	hints      int
	// explicitResources says that the file has `resources`.
	explicitResources bool
}

// subject names a part of the file in a message. It is a struct and no string,
// so that nothing is formatted while all is well.
type subject struct {
	// kind comes before a quoted name: `task "x"`.
	kind, name string
	// number is that of an item of a list, from 1.
	number int
}

// String is how a message calls it.
func (s subject) String() string {
	switch {
	case s.kind != "" && s.name == "":
		return "this " + s.kind
	case s.kind != "":
		return fmt.Sprintf("%s %q", s.kind, brief(s.name))
	case s.number > 0:
		return fmt.Sprintf("%s[%d]", s.name, s.number-1)
	}
	return s.name
}

func field(name string) subject { return subject{name: name} }

func item(list string, i int) subject { return subject{name: list, number: i + 1} }

// named is a part with a `name` of its own.
func named(kind string, n *yaml.Node) subject {
	s := subject{kind: kind}
	if name := n.Get("name"); name != nil {
		s.name = name.Str()
	}
	return s
}

// object reports the fields of a mapping that are not known, and whether it is a
// mapping at all.
func (d *decoder) object(n *yaml.Node, what subject, known []string) bool {
	if n.Kind != yaml.Dict {
		d.diags.Errorf(diag.Type, n.Pos, "%s must be a mapping, got %s", what, n.Kind)
		return false
	}
	for _, p := range n.Pairs {
		if !knows(known, p.Key) {
			d.unknownField(p.Key, what, known)
		}
	}
	return true
}

func knows(known []string, key *yaml.Node) bool {
	return key.Kind == yaml.Str && slices.Contains(known, key.Text)
}

// removed are fields that OSMO once had, and what came instead.
func removed(name string) string {
	switch name {
	case "dataset", "update_dataset":
		return ": OSMO has no datasets any more, name their place with `url`"
	case "priority":
		return ": the priority is an option of the command line, --priority"
	}
	return ""
}

func (d *decoder) unknownField(key *yaml.Node, what subject, known []string) {
	hint := removed(key.Text)
	if d.hints++; hint == "" && d.hints <= maxHints {
		hint = ", expected one of: " + strings.Join(known, ", ")
		if near := diag.Nearest(brief(key.Str()), known); near != "" && near != key.Str() {
			hint = fmt.Sprintf(", did you mean %q?", near)
		}
	}
	d.diags.Errorf(diag.UnknownField, key.Pos, "unknown field %q in %s%s", brief(key.Str()), what, hint)
}

// need returns a required field, or reports that it is missing and returns nil.
func (d *decoder) need(n *yaml.Node, name string, what subject) *yaml.Node {
	v := n.Get(name)
	if v == nil {
		d.diags.Errorf(diag.Missing, n.Pos, "%s has no %s", what, name)
	}
	return v
}

// given is a field that may be null, which is as if it were not there.
func given(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.None {
		return nil
	}
	return n
}

// keyOf returns the place of a field's name.
func keyOf(n *yaml.Node, name string) diag.Pos {
	for _, p := range n.Pairs {
		if p.Key.Kind == yaml.Str && p.Key.Text == name {
			return p.Key.Pos
		}
	}
	return n.Pos
}

// list returns the items of a list that may be absent, but not null.
func (d *decoder) list(n *yaml.Node, what subject) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.List {
		d.wrong(n, what, "a list")
	}
	return n.Items
}

// dict returns the entries of a mapping that may be absent, but not null.
func (d *decoder) dict(n *yaml.Node, what subject) []yaml.Pair {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.Dict {
		d.wrong(n, what, "a mapping")
	}
	return n.Pairs
}

func (d *decoder) wrong(n *yaml.Node, what subject, want string) {
	hint := ""
	if want == aString && isScalar(n) {
		hint = fmt.Sprintf(", quote it: %q", brief(n.Text))
	}
	d.diags.Errorf(diag.Type, n.Pos, "%s must be %s, got %s%s", what, want, n.Kind, hint)
}

// aString is what most fields want.
const aString = "a string"

func isScalar(n *yaml.Node) bool {
	return n.Kind != yaml.List && n.Kind != yaml.Dict && n.Kind != yaml.None
}

// related adds a diagnostic with a second place.
func (d *decoder) related(s diag.Severity, code diag.Code, pos, other diag.Pos, format string, args ...any) {
	d.diags = append(d.diags, diag.Diagnostic{
		Severity: s, Code: code, Pos: pos, Related: []diag.Pos{other}, Msg: fmt.Sprintf(format, args...),
	})
}

// shown is a value as a message shows it, its kind where it has no text.
func shown(n *yaml.Node) string {
	if !isScalar(n) {
		return n.Kind.String()
	}
	return fmt.Sprintf("%q", brief(n.Text))
}

// brief cuts a text for a message.
func brief(s string) string { return diag.Cut(s, 60) }
