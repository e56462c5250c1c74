// Package corpus finds what tests compare with and is not ours to ship: OSMO's
// own workflows, and the answers of Jinja2 and PyYAML that were recorded beside
// them. It lies beside the project's folder, or where OSMO_CORPUS says; where
// there is none, those tests are skipped.
package corpus

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder of the corpus, or skips the test. Where
// the corpus is, every file that a test names has to be in it.
func Path(t testing.TB, names ...string) string {
	t.Helper()
	dir := os.Getenv("OSMO_CORPUS")
	if dir == "" {
		dir = filepath.Join(project(t), "..", "shared", "corpus")
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("OSMO's workflows are not here (%v): set OSMO_CORPUS to a folder with robot_simulation.yaml, tutorials/, jinja/ and yaml/", err)
		}
	}
	return filepath.Join(append([]string{dir}, names...)...)
}

// project is the project's folder, above that of the test.
func project(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod in any folder above the test's")
		}
		dir = above
	}
}
