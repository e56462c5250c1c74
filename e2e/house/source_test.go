package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the module's folder.
const root = "../.."

// Limits on what a reader has to hold in mind at once.
const (
	maxFunction = 80  // lines, from `func` to `}`; a test's table may be longer
	maxFile     = 500 // lines
)

// files lists the files that git knows, below the module's folder.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	return strings.Fields(string(out))
}

// source reads one file; one that is being deleted is empty.
func source(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestGoFiles looks at the shape of every Go file, tests included.
func TestGoFiles(t *testing.T) {
	seen := 0
	for _, file := range files(t) {
		text := ""
		if strings.HasSuffix(file, ".go") {
			text = source(t, file)
		}
		if text == "" {
			continue
		}
		seen++
		if n := strings.Count(text, "\n"); n > maxFile {
			t.Errorf("%s has %d lines, at most %d", file, n, maxFile)
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > maxFunction && !strings.HasPrefix(f.Name.Name, "Test") {
				t.Errorf("%s: %s has %d lines, at most %d", set.Position(f.Pos()), f.Name.Name, n, maxFunction)
			}
			if f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init() runs where nobody asked for it", set.Position(f.Pos()))
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d Go files were looked at", seen)
	}
}

// TestPackages: each package says its one idea, and none is a drawer.
func TestPackages(t *testing.T) {
	for pkg := range imports(t) {
		switch filepath.Base(pkg) {
		case "util", "utils", "common", "helpers", "misc", "shared":
			t.Errorf("package %s: name the idea", pkg)
		}
		documented := false
		err := filepath.WalkDir(filepath.Join(root, pkg), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && path != filepath.Join(root, pkg) {
				return fs.SkipDir
			}
			if strings.HasSuffix(path, ".go") {
				parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
				if err != nil {
					return err
				}
				documented = documented || parsed.Doc != nil
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !documented {
			t.Errorf("package %s has no comment that says its idea", pkg)
		}
	}
}

// TestNoMachinePaths: what is committed means the same on every machine.
func TestNoMachinePaths(t *testing.T) {
	private := regexp.MustCompile(`(^|[^.\w])/(work|root|home/\w+|Users/\w+)/`)
	for _, file := range files(t) {
		if strings.HasPrefix(file, "e2e/house/") || strings.HasSuffix(file, ".sum") {
			continue
		}
		for n, line := range strings.Split(source(t, file), "\n") {
			if private.MatchString(line) {
				t.Errorf("%s:%d names a path of one machine: %s", file, n+1, line)
			}
		}
	}
}
