package translator_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The translator does no I/O: none of its packages imports what does. Files come
// in as bytes, and what it prints goes to a writer that it is given.
func TestImports(t *testing.T) {
	const root = "github.com/osmo-nomad/osmo-nomad/translator"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", root+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 6 {
		t.Fatalf("only %d packages: %s", len(lines), out)
	}
	for _, line := range lines {
		pkg, imports, _ := strings.Cut(line, ": ")
		for _, imported := range strings.Fields(imports) {
			if problem := forbidden(strings.TrimPrefix(pkg, root), imported, root); problem != "" {
				t.Errorf("%s imports %s: %s", pkg, imported, problem)
			}
		}
	}
}

// forbidden says what is wrong with an import of one of the translator's
// packages, each named by its path below root.
func forbidden(pkg, imported, root string) string {
	switch imported {
	case "os", "net", "net/http", "os/exec", "syscall", "io/ioutil":
		return "the translator does no I/O"
	case "gopkg.in/yaml.v3":
		if pkg != "/yaml" {
			return "YAML is read in translator/yaml only"
		}
	}
	if strings.HasPrefix(imported, "github.com/hashicorp/nomad") && pkg != "/job" && pkg != "" {
		return "translator/job is what knows Nomad"
	}
	module := strings.TrimSuffix(root, "/translator")
	if !strings.HasPrefix(imported, module) {
		return ""
	}
	below, ours := strings.CutPrefix(imported, root)
	if !ours {
		return "imports point one way: the commands and the driver know the translator"
	}
	allowed := map[string]string{
		"":          " /diag /template /workflow /site /job ",
		"/job":      " /diag /site /workflow /job/meta ",
		"/site":     " /diag /yaml ",
		"/workflow": " /diag /yaml ",
		"/template": " /diag /yaml ",
		"/yaml":     " /diag ",
	}
	if !strings.Contains(allowed[pkg], " "+below+" ") {
		return "expected at most" + allowed[pkg]
	}
	return ""
}
