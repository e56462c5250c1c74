package workflow

import (
	"encoding/base64"
	"iter"
	"path"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

func fileFields() []string { return []string{"path", "contents", "base64", "localpath"} }

func (d *decoder) files(n *yaml.Node, what subject) []File {
	items := d.list(n, field("files"))
	if len(items) == 0 {
		return nil
	}
	out := make([]File, 0, len(items))
	p := newPaths()
	for i, it := range items {
		this := item("files", i)
		if !d.object(it, this, fileFields()) {
			continue
		}
		f := File{Base64: d.bool(it.Get("base64"), field("base64"), false).V}
		at := d.need(it, "path", this)
		f.Path = d.text(at, field("path"))
		d.contents(it, this, &f)
		if at != nil && (at.Kind == yaml.Str || f.Path.V != "") {
			d.checkPath(f.Path, what, p)
		}
		out = append(out, f)
	}
	return out
}

// contents reads the text of a file, or the local file that has it.
func (d *decoder) contents(n *yaml.Node, what subject, f *File) {
	text, local := n.Get("contents"), n.Get("localpath")
	switch {
	case text != nil && local != nil:
		d.diags.Errorf(diag.File, keyOf(n, "localpath"), "%s has both contents and localpath, OSMO does not support them together", what)
	case local != nil:
		d.localFile(local, f)
	case text == nil:
		d.diags.Errorf(diag.Missing, n.Pos, "%s has no contents and no localpath", what)
	default:
		f.Contents = d.coerced(text, field("contents"))
		if !f.Base64 {
			d.place(text, f.Contents.V)
		}
	}
	if f.Base64 {
		d.checkBase64(f.Contents)
	}
}

// checkBase64 warns of contents that Kubernetes would refuse; OSMO does not look.
func (d *decoder) checkBase64(s String) {
	if _, err := base64.StdEncoding.DecodeString(s.V); err != nil {
		d.diags.Warnf(diag.File, s.Pos, "the contents are not base64 (%v): OSMO takes them, and then the task cannot start", err)
	}
}

// localFile reads the contents from a file beside the workflow.
func (d *decoder) localFile(n *yaml.Node, f *File) {
	p := d.str(n, field("localpath"))
	if n.Kind != yaml.Str {
		return
	}
	if d.local == nil {
		d.diags.Errorf(diag.File, n.Pos, "the local file %q cannot be read: there is no folder to read from", brief(p.V))
		return
	}
	text, m, diags := d.local(p.V)
	for _, one := range diags {
		if one.Pos == (diag.Pos{}) {
			one.Pos = n.Pos
		}
		d.diags = append(d.diags, one)
	}
	f.Contents = String{V: text, Pos: m.Pos(1, 1)}
	if !f.Base64 {
		d.placeAt(text, &source{text: text, at: m}, 1, 1, f.Contents.Pos)
	}
}

// outputDir is the one place below /osmo where a file may go (OSMO task.py:568).
const outputDir = "/osmo/data/output/"

// forbidden is OSMO's rule for the path of a file (OSMO task.py:405). It looks at
// the text only, so `/a/../osmo` passes.
func forbidden(p string) bool {
	if strings.HasPrefix(p, outputDir) {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimLeft(p, "/"), "/")
	return first == "" || first == "osmo"
}

// paths are the files of one task so far: by their text, which is what OSMO
// compares, and by the place that they mean; and the directories that they need,
// each with the first file that needs it.
type paths struct{ written, meant, dirs map[string]diag.Pos }

func newPaths() *paths {
	return &paths{written: map[string]diag.Pos{}, meant: map[string]diag.Pos{}, dirs: map[string]diag.Pos{}}
}

func (p *paths) note(s String) {
	clean := place(s.V)
	p.written[s.V], p.meant[clean] = s.Pos, s.Pos
	for dir := range parents(clean) {
		if _, known := p.dirs[dir]; !known {
			p.dirs[dir] = s.Pos
		}
	}
}

// clash finds a file that needs this one to be a directory, or that stands where
// this one needs one.
func (p *paths) clash(clean string) (other diag.Pos, found bool) {
	if other, found = p.dirs[clean]; found {
		return other, true
	}
	for dir := range parents(clean) {
		if other, found = p.meant[dir]; found {
			return other, true
		}
	}
	return other, false
}

// maxDepth is how many directories of a path are looked at.
const maxDepth = 64

// parents are the directories above a place, the nearest first, without the root.
func parents(clean string) iter.Seq[string] {
	return func(yield func(string) bool) {
		dir := path.Dir(clean)
		for range maxDepth {
			if dir == "/" || !yield(dir) {
				return
			}
			dir = path.Dir(dir)
		}
	}
}

// place is where a path leads. A relative one counts from the root.
func place(p string) string { return path.Clean("/" + p) }

// checkPath applies OSMO's rules, and warns of what they let pass.
func (d *decoder) checkPath(p String, what subject, seen *paths) {
	if pos, taken := seen.written[p.V]; taken {
		d.related(diag.Error, diag.File, p.Pos, pos, "%s has multiple files at the same path %q", what, brief(p.V))
		return
	}
	if forbidden(p.V) {
		d.diags.Errorf(diag.File, p.Pos, "empty path or adding a file to /osmo is forbidden, except below /osmo/data/output: %q", brief(p.V))
	} else if !hasToken(p.V) { // see checkExpandedPaths
		d.doubtful(p, what, seen)
	}
	seen.note(p)
}

// doubtful warns of a path that OSMO accepts and that does not mean what it says.
func (d *decoder) doubtful(p String, what subject, seen *paths) {
	clean := place(p.V)
	pos, taken := seen.meant[clean]
	other, clash := seen.clash(clean)
	switch {
	case taken:
		d.related(diag.Warning, diag.File, p.Pos, pos, "%s already has a file at this place: %q is %s", what, brief(p.V), brief(clean))
	case clean == "/" || clean+"/" == outputDir:
		d.diags.Warnf(diag.File, p.Pos, "the path %q names no file: OSMO takes it, and then the task cannot start", brief(p.V))
	case strings.HasSuffix(p.V, "/"):
		d.diags.Warnf(diag.File, p.Pos, "the path %q ends with a slash, and means the file %s", brief(p.V), brief(clean))
	case clash:
		d.related(diag.Warning, diag.File, p.Pos, other, "%q cannot be, where %s has a file there is no directory", brief(p.V), what)
	case forbidden(clean):
		d.diags.Warnf(diag.File, p.Pos, "the path %q leads to %s, among OSMO's own files", brief(p.V), brief(clean))
	}
}
