package translator

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

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

func archives(t *testing.T, dir string) []archive {
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

// vars reads the file `args`: one `--set x=y` or `--set-string x=y` a line.
func (a archive) vars() template.Vars {
	var v template.Vars
	for line := range strings.Lines(string(a.file("args").Data)) {
		option, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if option == "--set-string" {
			v.SetString = append(v.SetString, value)
		} else {
			v.Set = append(v.Set, value)
		}
	}
	return v
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

// TestErr loads every broken workflow and compares its exact messages.
func TestErr(t *testing.T) {
	seen := map[diag.Code]bool{}
	for _, a := range archives(t, "err") {
		t.Run(filepath.Base(a.path), func(t *testing.T) {
			input := a.file("input.yaml").Data
			_, _, diags := Load("input.yaml", input, a.vars())
			if !diags.HasErrors() {
				t.Error("this workflow is not broken")
			}
			for _, d := range diags {
				seen[d.Code] = true
				checkPlace(t, input, d.Pos)
				for _, p := range d.Related {
					checkPlace(t, input, p)
				}
			}
			a.expect(t, "want.txt", printed(t, diags))
		})
	}
	for _, c := range diag.Codes() {
		if !seen[c] {
			t.Errorf("no archive has a diagnostic with the code %s", c)
		}
	}
}

// checkPlace fails when a place is not in the file.
func checkPlace(t *testing.T, input []byte, p diag.Pos) {
	t.Helper()
	lines := strings.Split(string(input), "\n")
	switch {
	case p.File != "input.yaml" && p.Line == 0:
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
			w, rendered, diags := Load("input.yaml", a.file("input.yaml").Data, a.vars())
			if len(diags) > 0 {
				t.Fatal(printed(t, diags))
			}
			a.expect(t, "rendered.yaml", strings.TrimSuffix(rendered.Text, "\n")+"\n")
			a.expect(t, "workflow.txt", dump(w))
		})
	}
}

// dump prints what a workflow says, without the places.
func dump(w *workflow.Workflow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s exec=%s queue=%s\n", w.Name.V, w.Timeout.Exec.V, w.Timeout.Queue.V)
	for _, r := range w.Resources {
		fmt.Fprintf(&b, "resource %s cpu=%d gpu=%d memory=%d storage=%d platform=%s\n", r.Name, r.CPU.V, r.GPU.V, r.MemoryBytes.V, r.StorageBytes.V, r.Platform.V)
	}
	for _, g := range w.Groups {
		fmt.Fprintf(&b, "group %s bare=%t barrier=%t ignoreNonleadStatus=%t lead=%s ports=%v\n", g.Name.V, g.Bare, g.Barrier, g.IgnoreNonleadStatus, g.Lead().Name.V, g.Ports())
		for _, t := range g.Tasks {
			fmt.Fprintf(&b, "  task %s image=%s resource=%s\n", t.Name.V, t.Image.V, t.Resource.V)
			for s := range t.Texts() {
				fmt.Fprintf(&b, "    %q\n", s.V)
			}
		}
	}
	return b.String()
}

// TestTutorials loads OSMO's tutorials: what this version supports must be
// silent, the rest must say what is not supported, and where.
func TestTutorials(t *testing.T) {
	dir := Corpus(t)
	want := map[string]string{
		"combination_workflow_complex.yaml": "56:7: inputs,68:7: inputs,94:7: inputs",
		"combination_workflow_simple.yaml":  "62:7: inputs,73:7: inputs",
		"data_download.yaml":                "30:5: inputs",
		"data_filter.yaml":                  "29:5: inputs,33:5: outputs",
		"data_upload.yaml":                  "30:5: outputs",
		"serial_workflow.yaml":              "53:5: inputs,79:5: inputs",
	}
	paths, err := filepath.Glob(filepath.Join(dir, "tutorials", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tutorials in %s: %v", dir, err)
	}
	for _, p := range append(paths, filepath.Join(dir, "robot_simulation.yaml")) {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(p)
		_, _, diags := Load(name, src, template.Vars{SetString: setOf(name)})
		var got []string
		for _, d := range diags.Sorted() {
			got = append(got, fmt.Sprintf("%d:%d: %s", d.Pos.Line, d.Pos.Col, strings.TrimPrefix(d.Msg, "not supported yet: ")))
		}
		if g := strings.Join(got, ","); g != want[name] {
			t.Errorf("%s: got %q, want %q", name, g, want[name])
		}
	}
}

// Corpus is the folder of OSMO's own workflows, which are data to test against
// and not ours to ship: beside the project's folder, or where OSMO_CORPUS says.
// Where the folder is, every file that a test names has to be in it.
func Corpus(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("OSMO_CORPUS"); dir != "" {
		return dir
	}
	dir := filepath.Join("..", "..", "shared", "corpus")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("OSMO's workflows are not here (%v): set OSMO_CORPUS to a folder with robot_simulation.yaml and tutorials/", err)
	}
	return dir
}

// setOf is what a tutorial needs on the command line.
func setOf(name string) []string {
	if name == "data_filter.yaml" {
		return []string{"storage_url=s3://bucket"}
	}
	return nil
}

// TestLoadIsFast loads a large workflow: 400 tasks is what OSMO's users ask for.
func TestLoadIsFast(t *testing.T) {
	src := "workflow:\n  name: w\n  tasks:\n{% for i in range(400) %}\n  - name: t{{ i }}\n    image: a\n    command: [a]\n    files:\n    - path: /a\n      contents: |\n" +
		strings.Repeat("        echo {{host:t0}} ${HOME} {{ i }}\n", 50) + "{% endfor %}\n"
	start := time.Now()
	w, _, diags := Load("f", []byte(src), template.Vars{})
	if diags.HasErrors() || len(w.Groups) != 400 {
		t.Fatal(printed(t, diags))
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %s", d)
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
		w, _, diags := Load("input.yaml", []byte(src), template.Vars{})
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
