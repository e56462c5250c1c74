package house

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/osmo-nomad/osmo-nomad"

// rule says what a package, named by its path below the module, may import of
// ours. A package without a rule may not exist: whoever adds one decides here
// where it belongs.
type rule struct {
	pkg  string
	ours string // names below the module, separated by spaces
	why  string
}

// rules go from what stands alone to what stands on everything. Imports point
// one way: cmd -> driver -> translator/job/meta.
func rules() []rule {
	return []rule{
		{"translator/diag", "", "what is wrong with an input is data that everything may speak of"},
		{"translator/job/meta", "", "the agreement between job, plugin and gate has no side"},
		{"driver/wire", "", "it is half of the gate, which must stay small"},
		{"driver/fit", "", "the search is about nodes and needs, so that it can be judged against a brute force"},
		{"driver/platform", "", "what machine this is does not depend on what runs there"},
		{"driver/device", "", "the simulated GPUs know nothing of gangs: they stand in for a vendor's plugin"},
		{"cmd/osmo-gate/sandbox", "", "mounts know nothing of gangs, and the gate must stay small"},
		{"e2e/tools", "", "what gets nomad and consul works where nothing of ours does"},
		{"e2e/tools/paths", "e2e/tools", "it says where they are"},
		{"e2e/agents", "", "what gives a test its agents is there for every package's tests"},
		{"e2e/corpus", "", "it finds what every package's tests compare with"},
		{"e2e/cost", "", "what work costs does not depend on whose it is"},
		{"e2e/house", "", "it reads the tree and is no part of it"},

		{"translator/number", "", "what a number looks like to Python does not depend on where it stands"},
		{"translator/template/py", "translator/number", "Python's data model knows neither templates nor YAML"},
		{"translator/template/jinja", "translator/number translator/template/py", "it is Jinja2, whoever renders what: it could be published by itself"},
		{"translator/yaml", "translator/diag translator/number", "the one place that reads YAML knows YAML only"},
		{"translator/template", "translator/diag translator/number translator/yaml translator/template/jinja translator/template/py", "templating happens before there is a workflow"},
		{"translator/workflow/pyregex", "", "the grammar of Python's patterns is about texts"},
		{"translator/workflow", "translator/diag translator/number translator/yaml translator/workflow/pyregex", "it knows OSMO and not Nomad"},
		{"translator/site", "translator/diag translator/yaml", "it knows the cluster and no workflow"},
		{"translator/job", "translator/diag translator/site translator/workflow translator/job/meta", "it knows Nomad, not YAML"},
		{"translator", "translator/diag translator/template translator/workflow translator/site translator/job", "it strings the parts together"},

		{"driver/rendezvous", "driver/wire", "the records hold what gates report, whoever reads them"},
		{"driver/rendezvous/memory", "driver/rendezvous", "the tests' store is judged by the real one's test and knows no gang"},
		{"driver/cluster", "driver/fit translator/job/meta", "the model of Nomad is the search's input, whoever asks"},
		{"driver/member", "driver/rendezvous driver/wire translator/job/meta", "a member meets the others in the records only"},
		{"driver/hold", "driver/rendezvous driver/wire translator/job/meta", "a hold meets members and admitter in the records only"},
		{"driver/admit", "driver/cluster driver/fit driver/rendezvous translator/job/meta", "the admitter meets holds and members in the records only"},
		{"driver", "driver/admit driver/hold driver/member driver/platform driver/rendezvous driver/wire driver/cluster translator/job/meta", "the shell serves Nomad and starts the roles"},

		{"cmd/osmo-gate", "cmd/osmo-gate/sandbox driver/wire translator/job/meta", "the first process of every member stays small"},
		{"cmd/nomad-driver-gang", "driver driver/device translator/job/meta", "a main serves"},
		{"cmd/osmo-nomad/devcluster", "e2e/tools", "a cluster on one machine knows nothing of workflows"},
		{"cmd/osmo-nomad/inventory", "driver/cluster driver/fit translator/job/meta translator/site", "it counts on the admitter's own model, so that what is free here is what a gang can get"},
		{"cmd/osmo-nomad/observe", "driver/rendezvous translator/job translator/job/meta", "it reads what holds and Nomad say, and decides nothing"},
		{"cmd/osmo-nomad/submit", "driver/cluster driver/fit driver/rendezvous translator translator/job translator/job/meta", "it asks the admitter's own model whether a gang can ever be placed"},
		{"cmd/osmo-nomad", "cmd/osmo-nomad/devcluster cmd/osmo-nomad/inventory cmd/osmo-nomad/observe cmd/osmo-nomad/submit driver/cluster " +
			"driver/rendezvous translator translator/diag translator/job translator/job/meta translator/site e2e/tools", "the command line strings the parts together"},

		{"e2e", "", "scenarios drive the built programs; what they import for judging is tests' own"},
		{"e2e/bench", "driver/rendezvous driver/wire translator translator/diag translator/job/meta", "it translates, plays the plugin for a gate, reads records and registers what translate makes"},
	}
}

// foreign says which of others' packages an import is reserved for.
func foreign() []struct{ prefix, users, why string } {
	return []struct{ prefix, users, why string }{
		{"gopkg.in/yaml", "translator/yaml e2e/bench", "YAML has one reader, which knows YAML 1.1 and positions"},
		{"github.com/spf13/cobra", "cmd/osmo-nomad", "one command line"},
		{"github.com/hashicorp/nomad/nomad/", "driver", "Nomad's inner packages (BUSL-1.1) are touched where its driver interface forces it, and nowhere else"},
		{"github.com/hashicorp/nomad/client/", "", "Nomad's inner packages are not ours to import"},
		{"github.com/hashicorp/nomad/testutil", "", "Nomad's inner packages are not ours to import"},
		{"github.com/hashicorp/consul/", "driver/rendezvous driver/rendezvous/memory driver cmd/osmo-nomad e2e/agents e2e/bench", "records have one store, which tests can have in memory; others only make its client"},
		{"github.com/hashicorp/hcl", "translator/job", "HCL has one writer"},
	}
}

// pure packages take bytes and return values.
func pure() map[string]bool {
	m := map[string]bool{"driver/wire": true, "driver/fit": true, "driver/platform": false}
	for _, r := range rules() {
		if r.pkg == "translator" || strings.HasPrefix(r.pkg, "translator/") {
			m[r.pkg] = true
		}
	}
	return m
}

// doesIO are the packages of the standard library that a pure package may not have.
func doesIO() []string {
	return []string{"os", "os/exec", "os/signal", "net", "net/http", "syscall", "io/ioutil", "log", "math/rand"}
}

// imports lists the packages of the module that git knows, named below it, with
// what their code imports; tests are free.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	known := map[string]bool{}
	for _, file := range files(t) {
		known[filepath.Dir(file)] = true
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if pkg := strings.TrimPrefix(strings.TrimPrefix(words[0], module), "/"); known[pkg] {
			all[pkg] = words[1:]
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages: %s", len(all), out)
	}
	return all
}

func TestImports(t *testing.T) {
	byName := map[string]rule{}
	for _, r := range rules() {
		byName[r.pkg] = r
	}
	for pkg, imported := range imports(t) {
		r, known := byName[pkg]
		if !known {
			t.Errorf("package %s has no rule: say in rules() what it may import, and why", pkg)
			continue
		}
		for _, path := range imported {
			if below, ours := strings.CutPrefix(path, module+"/"); ours {
				if !slices.Contains(strings.Fields(r.ours), below) {
					t.Errorf("%s imports %s: %s", pkg, below, r.why)
				}
				continue
			}
			checkForeign(t, pkg, path)
		}
	}
}

func checkForeign(t *testing.T, pkg, path string) {
	t.Helper()
	if pure()[pkg] && slices.Contains(doesIO(), path) {
		t.Errorf("%s imports %s: it takes bytes and returns values", pkg, path)
	}
	if (pkg == "driver/wire" || strings.HasPrefix(pkg, "cmd/osmo-gate") || pkg == "translator/job/meta") && strings.Contains(path, ".") {
		t.Errorf("%s imports %s: the gate has the standard library only, because it is the first process of every member", pkg, path)
	}
	for _, f := range foreign() {
		if strings.HasPrefix(path, f.prefix) && !slices.Contains(strings.Fields(f.users), pkg) {
			t.Errorf("%s imports %s: %s", pkg, path, f.why)
		}
	}
}
