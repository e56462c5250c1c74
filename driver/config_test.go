package driver

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/nomad/helper/pluginutils/hclspecutils"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// decode reads a config block as Nomad's agent does and gives it to the plugin.
func decode(t *testing.T, text string) (Config, error) {
	t.Helper()
	spec, diags := hclspecutils.Convert(configSpec())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "agent.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	value, diags := hcldec.Decode(file.Body, spec, &hcl.EvalContext{})
	if diags.HasErrors() {
		return Config{}, diags
	}
	encoded, err := msgpack.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := base.MsgPackDecode(encoded, &c); err != nil {
		t.Fatal(err)
	}
	return c, nil
}

func TestConfig(t *testing.T) {
	tests := []struct {
		name, text string
		want       Config
	}{
		{"empty", "", Config{Admitter: true}},
		{
			"full", `
nomad {
  address = "https://10.0.0.1:4646"
  token = "t"
  region = "eu"
  ca_cert = "/ca"
  client_cert = "/c"
  client_key = "/k"
  tls_server_name = "client.eu.nomad"
}
consul {
  address = "10.0.0.1:8500"
  token = "u"
  datacenter = "lab"
  ca_cert = "/ca"
  client_cert = "/c"
  client_key = "/k"
  tls_server_name = "consul"
}
dns {
  servers = ["10.1.2.3", "10.1.2.4:8600"]
}
platform = "bench"
rule {
  platform = "lab-a40"
  attribute = "osmo.gpu.model"
  pattern = "A40"
}
rule {
  platform = "pc"
  attribute = "osmo.arch"
  pattern = "amd64"
}
admitter = false
`,
			Config{
				Nomad: NomadConfig{
					Address: "https://10.0.0.1:4646", Token: "t", Region: "eu", CACert: "/ca", ClientCert: "/c", ClientKey: "/k",
					TLSServerName: "client.eu.nomad",
				},
				Consul: ConsulConfig{
					Address: "10.0.0.1:8500", Token: "u", Datacenter: "lab", CACert: "/ca", ClientCert: "/c", ClientKey: "/k",
					TLSServerName: "consul",
				},
				DNS:      DNSConfig{Servers: []string{"10.1.2.3", "10.1.2.4:8600"}},
				Platform: "bench",
				Rules: []RuleConfig{
					{Platform: "lab-a40", Attribute: "osmo.gpu.model", Pattern: "A40"},
					{Platform: "pc", Attribute: "osmo.arch", Pattern: "amd64"},
				},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("config (-want +got):\n%s", d)
			}
		})
	}
	if _, err := decode(t, `platfrom = "x"`); err == nil || !strings.Contains(err.Error(), "platfrom") {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"rule", Config{Rules: []RuleConfig{{Platform: "p", Attribute: "osmo.arch", Pattern: "("}}}, "the plugin's config: the rule for platform p"},
		{"name server", Config{DNS: DNSConfig{Servers: []string{"consul.local"}}}, `the plugin's dns block: server "consul.local" is not an address or addr:port`},
		{"certificate", Config{Consul: ConsulConfig{CACert: "/does/not/exist"}}, "the plugin's consul block: "},
		{"nomad's address", Config{Nomad: NomadConfig{Address: "http://[::1"}}, "the plugin's nomad block: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			life, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := newServices(life, tt.c, "1.2.3", hclog.NewNullLogger())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNameServers(t *testing.T) {
	root := fstest.MapFS{"etc/resolv.conf": &fstest.MapFile{Data: []byte(
		"# made by hand\nsearch lab\nnameserver 10.0.0.1\n nameserver\t127.0.0.53 # local\nnameserver fe80::1\nnameserver nonsense\noptions ndots:2\n")}}
	tests := []struct {
		name       string
		configured []string
		want       []string
		gates      []string
	}{
		{"resolv.conf", nil, []string{"10.0.0.1:53", "127.0.0.53:53", "[fe80::1]:53"}, []string{"10.0.0.1", "127.0.0.53", "fe80::1"}},
		{"configured", []string{"10.1.2.3", "10.1.2.4:8600", "::1"}, []string{"10.1.2.3:53", "10.1.2.4:8600", "[::1]:53"}, []string{"10.1.2.3", "::1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := nameServers(tt.configured, root)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("servers (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.gates, forGates(got)); d != "" {
				t.Errorf("for gates (-want +got):\n%s", d)
			}
		})
	}
}

// TestClientsOverrideTheEnvironment: the plugin's block wins, what it leaves
// out comes from the environment.
func TestClientsOverrideTheEnvironment(t *testing.T) {
	t.Setenv("NOMAD_ADDR", "http://10.9.9.9:4646")
	n, err := nomadClient(NomadConfig{})
	if err != nil || n.Address() != "http://10.9.9.9:4646" {
		t.Errorf("address %s, %v", n.Address(), err)
	}
	n, err = nomadClient(NomadConfig{Address: "http://10.0.0.1:4646"})
	if err != nil || n.Address() != "http://10.0.0.1:4646" {
		t.Errorf("address %s, %v", n.Address(), err)
	}
}
