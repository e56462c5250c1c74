package devcluster

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func testLayout() layout {
	return layout{name: "dev", root: DefaultRoot, subnet: netip.MustParsePrefix("10.213.7.0/24")}
}

func TestConfigFiles(t *testing.T) {
	l := testLayout()
	host := Host{Name: "train", Platform: "ovx-a40", GPUs: 2, CPUs: 4, MemoryMB: 8192}
	plain := Host{Name: "edge", Platform: "agx-orin-jp6", CPUs: 1, MemoryMB: 4096}
	tests := []struct {
		file string
		obj  object
	}{
		{"consul-server.json", l.consulConfig(serverName, l.serverAddress(), "INFO")},
		{"consul-host.json", l.consulConfig("train", l.hostAddress(0), "INFO")},
		{"nomad-server.json", l.nomadServerConfig("INFO")},
		{"nomad-gpu.json", l.nomadClientConfig(clientConfig{host: host, addr: l.hostAddress(0), logLevel: "INFO", gang: true, docker: true})},
		{"nomad-plain.json", l.nomadClientConfig(clientConfig{host: plain, addr: l.hostAddress(2), logLevel: "DEBUG", gang: true})},
		{"nomad-without-plugin.json", l.nomadClientConfig(clientConfig{host: host, addr: l.hostAddress(0), logLevel: "INFO"})},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got, err := render(tt.obj)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, got)
			if !json.Valid(got) {
				t.Error("not JSON")
			}
		})
	}
}

func TestSiteFile(t *testing.T) {
	for file, docker := range map[string]bool{"site.yaml": false, "site-docker.yaml": true} {
		got := siteFile(docker)
		golden(t, file, got)
		s, diags := site.Decode(file, got)
		if diags.HasErrors() {
			t.Fatalf("the translator says: %v", diags)
		}
		pool, ok := s.Pool("")
		if !ok || pool.MHzPerCPU != MHzPerCPU || pool.Driver == "docker" != docker {
			t.Errorf("pool = %+v, %v", pool, ok)
		}
		if _, ok := pool.Platform(""); !ok {
			t.Error("a task that asks for no platform is refused")
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); go test -update rewrites it:\n%s", path, diff)
	}
}

// The longest path of a socket that the plugin makes must fit sun_path, for the longest names and the longest root.
func TestSocketPathsFit(t *testing.T) {
	l := layout{name: strings.Repeat("c", maxClusterName), root: strings.Repeat("r", maxRoot)}
	socket := filepath.Join(l.allocDir(strings.Repeat("h", maxHostName)), "2dd7bb25-2971-a9b1-bec5-5b3120c37236", "alloc/osmo/gate.sock")
	if len(socket) > 107 {
		t.Errorf("%d bytes: %s", len(socket), socket)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"defaults", Options{}, ""},
		{"bad name", Options{Name: "a.b"}, `cluster name "a.b"; want lower case letters, digits and '-', beginning with a letter, at most 10`},
		{"long name", Options{Name: "a2345678901"}, `cluster name "a2345678901"; want lower case letters, digits and '-', beginning with a letter, at most 10`},
		{"relative root", Options{Root: "x"}, `cluster folder "x"; want an absolute path of at most 19 bytes: sockets below it have no more room`},
		{"long root", Options{Root: "/var/lib/osmo-nomad2"}, `cluster folder "/var/lib/osmo-nomad2"; want an absolute path of at most 19 bytes: sockets below it have no more room`},
		{"bad host", Options{Hosts: []Host{{Name: "A", Platform: "p"}}}, `host "A": name "A"; want lower case letters, digits and '-', beginning with a letter, at most 16`},
		{"same host twice", Options{Hosts: []Host{{Name: "a", Platform: "p"}, {Name: "a", Platform: "q"}}}, `host "a" is given twice`},
		{"too many", Options{Hosts: make([]Host, 201)}, `201 hosts; want at most 200`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if _, err := tt.o.withDefaults(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestMissingPluginNamesMake(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "nomad-driver-gang")
	_, err := Options{Plugin: missing}.plugin()
	if want := "the plugin " + missing + " is not there: `make` builds it"; err == nil || err.Error() != want {
		t.Errorf("plugin() = %v, want %s", err, want)
	}
	if err := os.WriteFile(missing, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (Options{Plugin: missing}).plugin(); err == nil || !strings.Contains(err.Error(), "cannot be executed") {
		t.Errorf("plugin() = %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	l := testLayout()
	plain := []string{
		"NOMAD_ADDR=http://10.213.7.1:4646",
		"CONSUL_HTTP_ADDR=http://10.213.7.1:8500",
		"OSMO_NOMAD_SITE=/var/lib/osmo-nomad/dev/site.yaml",
	}
	tests := []struct {
		proxied bool
		noProxy string
		want    []string
	}{
		{false, "x", plain},
		{true, "", append(plain[:3:3], "NO_PROXY=10.213.7.0/24")},
		{true, "localhost", append(plain[:3:3], "NO_PROXY=localhost,10.213.7.0/24")},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, l.environment(tt.proxied, tt.noProxy)); diff != "" {
			t.Errorf("proxied %v (-want +got):\n%s", tt.proxied, diff)
		}
	}
}
