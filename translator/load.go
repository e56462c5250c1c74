package translator

import (
	"errors"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// ReadFile returns the bytes of a local file that a workflow names, as it is
// written there.
type ReadFile func(name string) ([]byte, error)

// Load renders a workflow file and reads what comes out. The file's name is for
// the diagnostics only; without read, a workflow that names local files is an
// error. The workflow is usable when the list has no error; the rendered text is
// there whenever the templating step succeeded, so that it can be shown beside the
// errors of what comes after.
func Load(file string, src []byte, vars template.Vars, read ReadFile) (*workflow.Workflow, template.Rendered, diag.List) {
	rendered, diags := template.Render(file, src, vars)
	if diags.HasErrors() {
		return nil, rendered, diags
	}
	w, more := workflow.Decode(rendered.Text, rendered.Map, localFiles(read))
	diags.Add(more)
	return w, rendered, diags
}

// local is a local file that was read.
type local struct {
	text  string
	at    diag.SourceMap
	diags diag.List
}

// localFiles reads each file once, however many tasks name it.
func localFiles(read ReadFile) workflow.LocalFiles {
	if read == nil {
		return nil
	}
	known := map[string]*local{}
	return func(name string) (string, diag.SourceMap, diag.List) {
		l := known[name]
		if l == nil {
			l = readLocal(name, read)
			known[name] = l
		}
		return l.text, l.at, l.diags
	}
}

// readLocal reads a file as Python's text mode does: UTF-8, every line end a line
// feed (OSMO cli/workflow.py:1230).
func readLocal(name string, read ReadFile) *local {
	l := &local{at: diag.SourceMap{File: name}}
	raw, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.diags.Errorf(diag.File, diag.Pos{}, "the local file %q does not exist", name)
	case err != nil:
		l.diags.Errorf(diag.File, diag.Pos{}, "the local file %q cannot be read: %v", name, err)
	case !utf8.Valid(raw):
		l.diags.Errorf(diag.File, diag.Pos{}, "the local file %q is not UTF-8 text", name)
	default:
		l.text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(raw))
	}
	return l
}
