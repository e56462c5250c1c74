package translator

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job"
)

// seeds are all the workflows that the tests have, and the examples.
func seeds(f *testing.F) {
	f.Helper()
	for _, dir := range []string{"ok", "warn", "err"} {
		paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
		if err != nil || len(paths) == 0 {
			f.Fatalf("no archives in %s: %v", dir, err)
		}
		for _, a := range archives(f, dir) {
			f.Add(a.file("input.yaml").Data, string(a.file("local.sh").Data))
		}
	}
	paths, err := filepath.Glob(filepath.Join("..", "jobspecs", "*.yaml"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "")
	}
}

var errNoFile = errors.New("no such file")

// FuzzTranslate: whatever a file holds, there is a plan or there are errors, both
// the same the second time; every place is in a file, and what a plan has can be
// written.
func FuzzTranslate(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, local string) {
		o := Options{ReadFile: func(name string) ([]byte, error) {
			if strings.Contains(name, "missing") {
				return nil, errNoFile
			}
			return []byte(local), nil
		}}
		src := Source{Name: "input.yaml", Text: text}
		plan, diags := Translate(src, o)
		if (plan == nil) != diags.HasErrors() {
			t.Fatalf("a plan: %t, and: %s", plan != nil, printed(t, diags))
		}
		for _, d := range diags {
			for _, p := range append([]diag.Pos{d.Pos}, d.Related...) {
				inside(t, p, map[string]string{"input.yaml": string(text)}, local)
			}
			if d.Msg == "" || len(d.Msg) > 4000 {
				t.Errorf("a message of %d bytes", len(d.Msg))
			}
		}
		again, more := Translate(src, o)
		if diff := cmp.Diff(diags, more); diff != "" {
			t.Errorf("the second time (-first +second):\n%s", diff)
		}
		if plan != nil {
			if first, second := written(t, plan), written(t, again); first != second {
				t.Errorf("the second time (-first +second):\n%s", cmp.Diff(first, second))
			}
		}
	})
}

// inside fails where a place is in no file.
func inside(t *testing.T, p diag.Pos, files map[string]string, local string) {
	t.Helper()
	text, known := files[p.File]
	if !known {
		text = local
	}
	if strings.HasPrefix(p.File, "--") && p.Line == 0 {
		return
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	switch {
	case p.Line < 0 || p.Col < 0 || p.Line > len(lines):
		t.Errorf("%v is in no file of %d lines", p, len(lines))
	case p.Line > 0 && p.Col > utf8.RuneCountInString(lines[p.Line-1])+1:
		t.Errorf("%v is behind its line %q", p, lines[p.Line-1])
	}
}

// written is all of a plan's jobs, as HCL and as JSON.
func written(t *testing.T, p *Plan) string {
	t.Helper()
	var b bytes.Buffer
	for _, j := range p.Jobs {
		if err := errors.Join(job.WriteHCL(&b, j), job.WriteJSON(&b, j)); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
