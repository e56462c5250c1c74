package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"
	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Where a task's templates are rendered: below the task's own directory, which
// is NOMAD_TASK_DIR inside and `local` in the job.
const (
	localDir = "local"
	filesDir = "osmo/files"
)

// textTemplate is a template that renders to exactly the text.
//
// Its delimiters do not occur in the text, so nothing in there is an action. An
// empty text is written as an action, because Nomad refuses empty data; so is a
// text that is not in Unicode's normal form, because HCL would bring it there.
func textTemplate(destination, text string) *api.Template {
	left, right := delimiters(text)
	data := text
	if text == "" || !norm.NFC.IsNormalString(text) {
		data = left + " " + strconv.QuoteToASCII(text) + " " + right
	}
	return &api.Template{
		DestPath:     &destination,
		EmbeddedTmpl: &data,
		ChangeMode:   new("noop"),
		LeftDelim:    &left,
		RightDelim:   &right,
	}
}

// delimiters returns the first pair of a fixed sequence of which neither occurs
// in the text.
func delimiters(text string) (left, right string) {
	left, right = "[%", "%]"
	for n := 1; strings.Contains(text, left) || strings.Contains(text, right); n++ {
		left, right = fmt.Sprintf("[%%%d:", n), fmt.Sprintf(":%d%%]", n)
	}
	return left, right
}

// templates are the member's command and files, and the source of each file
// relative to NOMAD_TASK_DIR.
func (b *builder) templates(group *workflow.Group, m Member) (templates []*api.Template, files []meta.File) {
	expand := b.expander(group)
	for i, f := range m.task.Files {
		files = append(files, meta.File{
			Path:   path.Clean("/" + expand(f.Path.V)),
			Source: filesDir + "/" + strconv.Itoa(i),
		})
		templates = append(templates, textTemplate(localDir+"/"+files[i].Source, expand(f.Contents.V)))
	}
	command := meta.Command{Version: meta.ProtocolVersion, Member: m.Name, Environment: map[string]string{}}
	for _, s := range append(append([]workflow.String{}, m.task.Command...), m.task.Args...) {
		command.Argv = append(command.Argv, expand(s.V))
	}
	for _, e := range m.task.Environment {
		command.Environment[expand(e.Name.V)] = expand(e.Value.V)
	}
	if m.Driver == site.RawExec {
		command.Sandbox = true
		command.Files = files
	}
	first := textTemplate(localDir+"/"+meta.CommandFile, commandText(command))
	return append([]*api.Template{first}, templates...), files
}

// commandText is the command as a file for people and the gate.
func commandText(c meta.Command) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c); err != nil {
		panic(err) // strings, maps and lists of them: nothing here can fail
	}
	return buf.String()
}

// expander replaces the special tokens of a text of the group. A host that is
// no member and an input stay as they are written, as in OSMO.
func (b *builder) expander(group *workflow.Group) func(string) string {
	value := func(t workflow.Token) (string, bool) {
		switch t.Kind {
		case workflow.TokenWorkflowID:
			return b.params.ID, true
		case workflow.TokenOutput:
			return meta.OutputDir, true
		case workflow.TokenHost:
			if group.Task(t.Arg) != nil {
				return DNSName(b.params.ID, t.Arg), true
			}
		case workflow.TokenInput:
		}
		return "", false
	}
	return func(text string) string { return workflow.Expand(text, value) }
}
