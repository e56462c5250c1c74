package job

import (
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"
	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
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
	return template(destination, data, left, right)
}

// fileTemplate renders a file. Base64 is decoded on the node: bytes that are no
// text can be carried by no job. What is no base64, of which the user was warned,
// fails there, as it does in OSMO.
func fileTemplate(f *file) *api.Template {
	if !f.base64 || f.contents == "" {
		return textTemplate(f.destination, f.contents)
	}
	left, right := delimiters(f.contents)
	return template(f.destination, left+" base64Decode "+strconv.QuoteToASCII(f.contents)+" "+right, left, right)
}

// template is made in one piece: there are thousands.
func template(destination, data, left, right string) *api.Template {
	t := &struct {
		api.Template
		destination, data, mode, left, right string
	}{destination: destination, data: data, mode: "noop", left: left, right: right}
	t.DestPath, t.EmbeddedTmpl, t.ChangeMode, t.LeftDelim, t.RightDelim = &t.destination, &t.data, &t.mode, &t.left, &t.right
	return &t.Template
}

// delimiters returns the first pair of a fixed sequence of which neither occurs
// in the text.
func delimiters(text string) (left, right string) {
	left, right = "[%", "%]"
	for n := 1; strings.Contains(text, left) || strings.Contains(text, right); n++ {
		left, right = "[%"+strconv.Itoa(n)+":", ":"+strconv.Itoa(n)+"%]"
	}
	return left, right
}

// templates are the member's command and files.
func (b *builder) templates(m *Member) []*api.Template {
	out := make([]*api.Template, 0, 1+len(m.files))
	out = append(out, textTemplate(localDir+"/"+meta.CommandFile, b.json.command(command(m))))
	for i := range m.files {
		out = append(out, fileTemplate(&m.files[i]))
	}
	return out
}

// command is what the gate reads.
func command(m *Member) meta.Command {
	c := meta.Command{Version: meta.ProtocolVersion, Member: m.Name, Environment: make(map[string]string, len(m.task.Environment))}
	c.Argv = make([]string, 0, len(m.task.Command)+len(m.task.Args))
	for _, s := range m.task.Command {
		c.Argv = append(c.Argv, m.expand(s.V))
	}
	for _, s := range m.task.Args {
		c.Argv = append(c.Argv, m.expand(s.V))
	}
	for _, e := range m.task.Environment {
		c.Environment[m.expand(e.Name.V)] = m.expand(e.Value.V)
	}
	c.Chroot = m.Driver == site.Exec
	if c.Sandbox = m.Driver == site.RawExec; !c.Sandbox {
		return c
	}
	for i := range m.files {
		c.Files = append(c.Files, meta.File{Path: m.files[i].path, Source: m.files[i].source})
	}
	for _, d := range m.mounts {
		c.Mounts = append(c.Mounts, meta.Mount{Source: d.Source, Target: d.Destination})
	}
	return c
}

// expander replaces the special tokens of a text of one task.
type expander func(string) string

// expander knows the task's inputs and its gang. A host that is no member and
// an input that is none stay as they are written, as in OSMO.
func (b *builder) expander(group *workflow.Group, t *workflow.Task) expander {
	var dirs map[string]int
	value := func(token workflow.Token) (string, bool) {
		switch token.Kind {
		case workflow.TokenWorkflowID:
			return b.params.ID, true
		case workflow.TokenOutput:
			return meta.OutputDir, true
		case workflow.TokenHost:
			if group.Task(token.Arg) != nil {
				return DNSName(b.params.ID, token.Arg), true
			}
		case workflow.TokenInput:
			if dirs == nil {
				dirs = t.InputDirs()
			}
			if n, ok := dirs[token.Arg]; ok {
				return meta.InputDir + "/" + strconv.Itoa(n), true
			}
		}
		return "", false
	}
	return func(text string) string {
		if !strings.Contains(text, "{{") && !strings.Contains(text, "<<") {
			return text
		}
		return workflow.Expand(text, value)
	}
}
