package house

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

var update = flag.Bool("update", false, "rewrite the blocks of the README that come from elsewhere")

// block finds the fenced block behind a marker, `<!-- name -->`, or what stands
// between the marker and its end, `<!-- /name -->`.
func block(t *testing.T, readme, name string) (text string, start, end int) {
	t.Helper()
	marker := "<!-- " + regexp.QuoteMeta(name) + " -->\n"
	found := regexp.MustCompile("(?s)" + marker + "```[a-z]+\n(.*?)```\n").FindStringSubmatchIndex(readme)
	if found == nil {
		found = regexp.MustCompile("(?s)" + marker + "(.*?)<!-- /" + regexp.QuoteMeta(name) + " -->\n").FindStringSubmatchIndex(readme)
	}
	if found == nil {
		t.Fatalf("the README has no block %q", name)
	}
	return readme[found[2]:found[3]], found[2], found[3]
}

// expect compares a block with what it should be, or with -update writes it.
func expect(t *testing.T, name, want string) {
	t.Helper()
	readme := source(t, "README.md")
	got, start, end := block(t, readme, name)
	if got == want {
		return
	}
	if !*update {
		t.Errorf("README, block %q (-want +got; `go test ./e2e/house -update` rewrites it):\n%s", name, cmp.Diff(want, got))
		return
	}
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(readme[:start]+want+readme[end:]), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReadmeFiles: what the README shows of a file is what is in the file.
func TestReadmeFiles(t *testing.T) {
	const example = "jobspecs/first-gang"
	expect(t, "file: "+example+".yaml", source(t, example+".yaml"))
	excerpt, _, _ := block(t, source(t, "README.md"), "excerpt: "+example+".nomad.hcl")
	rest := strings.Split(source(t, example+".nomad.hcl"), "\n")
	for line := range strings.Lines(excerpt) {
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			continue
		}
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("the README's excerpt has %q, which the file does not have, or not there", line)
		}
		rest = rest[i+1:]
	}
}

// TestReadmeDiagnostics: the broken workflow gives exactly these messages.
func TestReadmeDiagnostics(t *testing.T) {
	text, _, _ := block(t, source(t, "README.md"), "broken")
	plan, problems := translator.Translate(translator.Source{Name: "broken.yaml", Text: []byte(text)}, translator.Options{})
	if plan != nil {
		t.Fatal("the README's broken workflow is not broken")
	}
	var out bytes.Buffer
	if err := diag.Print(&out, problems); err != nil {
		t.Fatal(err)
	}
	expect(t, "broken output", "$ osmo-nomad validate broken.yaml\n"+out.String())
}

// TestReadmeCodes: the table of codes is the code's own.
func TestReadmeCodes(t *testing.T) {
	want := "| code | what is wrong |\n|---|---|\n"
	for _, c := range diag.Codes() {
		if c.Meaning() == "" {
			t.Errorf("the code %s has no meaning", c)
		}
		want += "| `" + string(c) + "` | " + c.Meaning() + " |\n"
	}
	expect(t, "codes", want)
}

// TestReadmeConfiguration: the table names each key that the plugin reads.
func TestReadmeConfiguration(t *testing.T) {
	_, section, _ := strings.Cut(source(t, "README.md"), "\n## Plugin configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	keys := regexp.MustCompile("`codec:\"([a-z_]+)\"`").FindAllStringSubmatch(source(t, "driver/about.go"), -1)
	if len(keys) < 15 {
		t.Fatalf("only %d keys in driver/about.go", len(keys))
	}
	for _, key := range keys {
		if key[1] != "role" && !regexp.MustCompile(`\b`+key[1]+`\b`).MatchString(section) {
			t.Errorf("the README's table does not name the key %s", key[1])
		}
	}
}

// TestReadmeLinks: each file that the README points at is there, and so is each
// make target it names.
func TestReadmeLinks(t *testing.T) {
	readme := source(t, "README.md")
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme, -1)
	if len(links) < 10 {
		t.Fatalf("only %d links", len(links))
	}
	for _, l := range links {
		if _, err := os.Stat(filepath.Join(root, l[1])); err != nil {
			t.Errorf("link to %s: %v", l[1], err)
		}
	}
	makefile := source(t, "Makefile")
	for _, m := range regexp.MustCompile("(?:`|# )make ([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("there is no `make %s`", m[1])
		}
	}
}

// TestReadmeLicences: the packages of Nomad under the Business Source License
// that a binary links, by the header of their own files.
func TestReadmeLicences(t *testing.T) {
	for _, program := range []string{"cmd/nomad-driver-gang", "cmd/osmo-nomad"} {
		expect(t, "licences: "+program, strings.Join(underBUSL(t, program), "\n")+"\n")
	}
	if found := underBUSL(t, "cmd/osmo-gate"); len(found) > 0 {
		t.Errorf("the gate links %v", found)
	}
}

func underBUSL(t *testing.T, program string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}} {{.Dir}} {{.GoFiles}}", "./"+program)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(line))
		pkg, ours := strings.CutPrefix(words[0], "github.com/hashicorp/")
		if !ours {
			continue
		}
		if slices.ContainsFunc(words[2:], func(file string) bool { return isBUSL(t, filepath.Join(words[1], file)) }) {
			found = append(found, pkg)
		}
	}
	slices.Sort(found)
	return found
}

func isBUSL(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := bytes.Cut(text, []byte("\npackage "))
	return bytes.Contains(head, []byte("SPDX-License-Identifier: BUSL"))
}
