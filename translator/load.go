package translator

import (
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// ReadFile returns the bytes of a local file that a workflow names, as it is
// written there. Its error is a sentence that names the path and says why, and
// becomes the diagnostic.
type ReadFile func(name string) ([]byte, error)

// Rendered is a workflow as YAML, after templating; empty when it cannot be
// rendered, which Translate explains.
func Rendered(src Source, o Options) string {
	rendered, _ := template.Render(src.Name, src.Text, template.Vars{Set: o.Set, SetString: o.SetString})
	return rendered.Text
}

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
	files := localFiles{read: read, vars: vars, known: map[string]*local{}}
	w, more := workflow.Decode(rendered.Text, rendered.Map, files.function())
	diags.Add(more)
	if !diags.HasErrors() { // else not all has been read
		diags.Add(template.Unused(vars, rendered, files.rendered...))
	}
	return w, rendered, diags
}

// localFiles are the local files that a workflow names. Each is read and rendered
// once, however many tasks name it.
type localFiles struct {
	read  ReadFile
	vars  template.Vars
	known map[string]*local
	// rendered are those that were read, in that order.
	rendered []template.Rendered
}

// local is a local file that was read, or what was wrong with it.
type local struct {
	template.Rendered
	diags diag.List
}

// function is what the workflow asks for a file.
func (f *localFiles) function() workflow.LocalFiles {
	if f.read == nil {
		return nil
	}
	return func(name string) (string, diag.SourceMap, diag.List) {
		l := f.known[name]
		if l == nil {
			l = f.load(name)
			f.known[name] = l
			f.rendered = append(f.rendered, l.Rendered)
		}
		return l.Text, l.Map, l.diags
	}
}

// load reads a file as Python's text mode does: UTF-8, every line end a line
// feed (OSMO cli/workflow.py:1230).
func (f *localFiles) load(name string) *local {
	l := &local{Rendered: template.Rendered{Map: diag.SourceMap{File: name}}}
	raw, err := f.read(name)
	switch {
	case err != nil: // which names the file, with the path that was looked at
		l.diags.Errorf(diag.File, diag.Pos{}, "%v", err)
	case !utf8.Valid(raw):
		l.diags.Errorf(diag.File, diag.Pos{}, "the local file %q is not UTF-8 text: put it into `contents` with `base64: true`", name)
	default:
		l.Rendered, l.diags = template.RenderLocal(name, raw, f.vars)
	}
	return l
}
