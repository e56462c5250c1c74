package translator

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/osmo-nomad/osmo-nomad/e2e/corpus"
	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/template"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

var updateArchives = flag.Bool("update-archives", false, "rewrite what the archives of testdata want")

// archive is one txtar file of testdata: an input and what becomes of it.
type archive struct {
	path string
	*txtar.Archive
}

func archives(t testing.TB, dir string) []archive {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives in %s: %v", dir, err)
	}
	var out []archive
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, archive{p, a})
	}
	return out
}

func (a archive) file(name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return &txtar.File{Name: name}
}

// read returns another file of the archive.
func (a archive) read(name string) ([]byte, error) {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("the file %s does not exist", name)
}

// options reads the file `args`: one option of the command line a line, and its
// value. The archive's other files are the local ones.
func (a archive) options(t *testing.T) Options {
	t.Helper()
	o := Options{ReadFile: a.read, Site: Source{Name: "site.yaml", Text: a.file("site.yaml").Data}}
	for line := range strings.Lines(string(a.file("args").Data)) {
		option, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch option {
		case "--set":
			o.Set = append(o.Set, value)
		case "--set-string":
			o.SetString = append(o.SetString, value)
		case "--set-env":
			o.SetEnv = append(o.SetEnv, value)
		case "--label":
			o.Labels = append(o.Labels, value)
		case "--pool":
			o.Pool = value
		case "--priority":
			o.Priority = value
		case "--strict":
			o.Strict = true
		default:
			t.Fatalf("no option %q", option)
		}
	}
	return o
}

// load loads the archive's workflow. With a site it is translated too, for what
// only the step to the site can find.
func (a archive) load(t *testing.T) (*workflow.Workflow, template.Rendered, diag.List) {
	t.Helper()
	o, input := a.options(t), a.file("input.yaml").Data
	w, rendered, diags := Load("input.yaml", input, template.Vars{Set: o.Set, SetString: o.SetString}, o.ReadFile)
	if len(o.Site.Text) > 0 {
		_, diags = Translate(Source{Name: "input.yaml", Text: input}, o)
	}
	return w, rendered, diags
}

// expect compares with a file of the archive, or with -update-archives writes it.
func (a archive) expect(t *testing.T, name, got string) {
	t.Helper()
	f := a.file(name)
	if !*updateArchives {
		if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return
	}
	f.Data = []byte(got)
	if err := os.WriteFile(a.path, txtar.Format(a.Archive), fs.FileMode(0o644)); err != nil {
		t.Fatal(err)
	}
}

func printed(t *testing.T, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.Print(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestErr loads every broken workflow, and those that are doubtful, and compares
// their exact messages. An archive with a file `site.yaml` is translated.
func TestErr(t *testing.T) {
	seen := map[diag.Code]bool{}
	for _, dir := range []string{"err", "warn"} {
		for _, a := range archives(t, dir) {
			t.Run(dir+"/"+filepath.Base(a.path), func(t *testing.T) {
				_, _, diags := a.load(t)
				if diags.HasErrors() != (dir == "err") || len(diags) == 0 {
					t.Errorf("this workflow has to have an error in err, a warning and no error in warn")
				}
				for _, d := range diags {
					seen[d.Code] = true
					a.checkPlace(t, d.Pos)
					for _, p := range d.Related {
						a.checkPlace(t, p)
					}
				}
				a.expect(t, "want.txt", printed(t, diags))
			})
		}
	}
	for _, c := range diag.Codes() {
		if !seen[c] && c != diag.Unsupported { // what is not carried out yet, `run` refuses
			t.Errorf("no archive has a diagnostic with the code %s", c)
		}
	}
}

// checkPlace fails when a place is not in the file that it names, which is one of
// the archive's or an option.
func (a archive) checkPlace(t *testing.T, p diag.Pos) {
	t.Helper()
	lines := strings.Split(string(a.file(p.File).Data), "\n")
	switch {
	case strings.HasPrefix(p.File, "--") && p.Line == 0:
	case a.file(p.File).Data == nil:
		t.Errorf("%v is in no file of the archive", p)
	case p.Line > len(lines):
		t.Errorf("%v is beyond the end of the file", p)
	case p.Line > 0 && p.Col > len([]rune(lines[p.Line-1]))+1:
		t.Errorf("%v is beyond the end of its line %q", p, lines[p.Line-1])
	}
}

// TestOK loads workflows that are fine and compares all that was read.
func TestOK(t *testing.T) {
	for _, a := range archives(t, "ok") {
		t.Run(filepath.Base(a.path), func(t *testing.T) {
			w, rendered, diags := a.load(t)
			if len(diags) > 0 {
				t.Fatal(printed(t, diags))
			}
			if slices.ContainsFunc(a.Files, func(f txtar.File) bool { return f.Name == "rendered.yaml" }) {
				a.expect(t, "rendered.yaml", strings.TrimSuffix(rendered.Text, "\n")+"\n")
			}
			a.expect(t, "workflow.txt", dump(w))
		})
	}
}

// TestTutorials loads OSMO's tutorials, which must be silent.
func TestTutorials(t *testing.T) {
	paths, err := filepath.Glob(corpus.Path(t, "tutorials", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tutorials: %v", err)
	}
	for _, p := range append(paths, corpus.Path(t, "robot_simulation.yaml")) {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(p)
		if _, _, diags := Load(name, src, template.Vars{SetString: setOf(name)}, nil); len(diags) > 0 {
			t.Error(printed(t, diags))
		}
	}
}

// setOf is what a tutorial needs on the command line.
func setOf(name string) []string {
	if name == "data_filter.yaml" {
		return []string{"storage_url=s3://bucket"}
	}
	return nil
}

// TestLoadLarge loads a large workflow: 400 tasks is what OSMO's users ask for.
func TestLoadLarge(t *testing.T) {
	src := "workflow:\n  name: w\n  tasks:\n{% for i in range(400) %}\n  - name: t{{ i }}\n    image: a\n    command: [a]\n    files:\n    - path: /a\n      contents: |\n" +
		strings.Repeat("        echo {{host:t0}} ${HOME} {{ i }}\n", 50) + "{% endfor %}\n"
	took := cost.Of(t, func() {
		w, _, diags := Load("f", []byte(src), template.Vars{}, nil)
		if diags.HasErrors() || len(w.Groups) != 400 {
			t.Error(printed(t, diags))
		}
	})
	if took.Processor > cost.Lavish {
		t.Errorf("took %v", took)
	}
}

func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range slices.Sorted(slices.Values(paths)) {
		a, err := txtar.ParseFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string((archive{p, a}).file("input.yaml").Data))
	}
	f.Fuzz(func(t *testing.T, src string) {
		w, _, diags := Load("input.yaml", []byte(src), template.Vars{}, nil)
		if w == nil && !diags.HasErrors() {
			t.Error("no workflow and no error")
		}
		for _, d := range diags {
			if d.Pos.Line > strings.Count(src, "\n")+strings.Count(src, "\r")+1 {
				t.Errorf("%v is beyond the end of the file", d)
			}
		}
	})
}

// TestLocalFiles: what is read is what Python's text mode would give.
func TestLocalFiles(t *testing.T) {
	const src = "workflow: {name: w, tasks: [{name: t, image: a, command: [a], files: [{path: /a, localpath: x}, {path: /b, localpath: x}]}]}"
	reads := 0
	for _, c := range []struct {
		raw  string
		err  error
		want string
	}{
		{raw: "a\r\nb\rc\n", want: "a\nb\nc\n"},
		{raw: "{{host:nobody}}", want: "x:1:1: warning: {{host:nobody}}: group \"t-group\" has no task \"nobody\", expected one of: t; the text stays as it is [token]\n"},
		{raw: "\xff", want: "w:1:93: the local file \"x\" is not UTF-8 text: put it into `contents` with `base64: true` [file]\nw:1:119: the local file \"x\" is not UTF-8 text: put it into `contents` with `base64: true` [file]\n"},
		{err: errors.New("the file /dir/x does not exist"), want: "w:1:93: the file /dir/x does not exist [file]\nw:1:119: the file /dir/x does not exist [file]\n"},
		{err: errors.New("/dir/x is a directory, expected a file"), want: "w:1:93: /dir/x is a directory, expected a file [file]\nw:1:119: /dir/x is a directory, expected a file [file]\n"},
	} {
		w, _, diags := Load("w", []byte(src), template.Vars{}, func(string) ([]byte, error) { reads++; return []byte(c.raw), c.err })
		got := printed(t, diags)
		if len(diags) == 0 {
			got = w.Groups[0].Tasks[0].Files[1].Contents.V
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q, %v (-want +got):\n%s", c.raw, c.err, diff)
		}
	}
	if reads != 5 {
		t.Errorf("the file was read %d times, want once a workflow", reads)
	}
}
