// Package driver is the task driver `gang`, the one thing that is installed on
// a cluster. Nomad knows it as a driver like any other; what its tasks do is
// hold a gang (role hold) or bring one member to the gang's start (role
// member). The tasks are not processes but roles inside the plugin.
//
// This package is the shell: it answers Nomad's calls, keeps the handles of
// the tasks, writes their logs and events, and makes the clients for Nomad and
// Consul. StartTask and RecoverTask need no network and return at once;
// everything that waits happens in a role's own goroutine, which ends with its
// task or with the plugin.
package driver

import (
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/drivers"
	"github.com/hashicorp/nomad/plugins/drivers/fsisolation"
	"github.com/hashicorp/nomad/plugins/shared/hclspec"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// Roles of a task, in `config { role = … }`.
const (
	roleHold   = "hold"
	roleMember = "member"
)

// Node attributes that say which plugin runs here; `driver.gang` itself is
// Nomad's.
const (
	attrVersion  = "driver.gang.version"
	attrProtocol = "driver.gang.protocol"
)

// Config is the plugin's block in the agent's configuration.
type Config struct {
	Nomad  NomadConfig  `codec:"nomad"`
	Consul ConsulConfig `codec:"consul"`
	DNS    DNSConfig    `codec:"dns"`
	// Platform overrides what the node is taken for.
	Platform string `codec:"platform"`
	// Rules are looked at before the built-in table.
	Rules []RuleConfig `codec:"rule"`
	// Admitter makes this plugin a candidate for the cluster's admitter.
	Admitter bool `codec:"admitter"`
}

// NomadConfig says how Nomad is reached. What is empty comes from Nomad's own
// environment variables, then its defaults.
type NomadConfig struct {
	Address       string `codec:"address"`
	Token         string `codec:"token"`
	Region        string `codec:"region"`
	CACert        string `codec:"ca_cert"`
	ClientCert    string `codec:"client_cert"`
	ClientKey     string `codec:"client_key"`
	TLSServerName string `codec:"tls_server_name"`
}

// ConsulConfig says how Consul is reached. What is empty comes from Consul's
// own environment variables, then its defaults.
type ConsulConfig struct {
	Address       string `codec:"address"`
	Token         string `codec:"token"`
	Datacenter    string `codec:"datacenter"`
	CACert        string `codec:"ca_cert"`
	ClientCert    string `codec:"client_cert"`
	ClientKey     string `codec:"client_key"`
	TLSServerName string `codec:"tls_server_name"`
}

// DNSConfig is this node's resolver, by which members find each other.
type DNSConfig struct {
	// Servers are addresses, with port 53 unless `addr:port`; none means those of
	// /etc/resolv.conf.
	Servers []string `codec:"servers"`
}

// RuleConfig is one platform.Rule.
type RuleConfig struct {
	Platform  string `codec:"platform"`
	Attribute string `codec:"attribute"`
	Pattern   string `codec:"pattern"`
}

// TaskConfig is the `config` of a task.
type TaskConfig struct {
	Role string `codec:"role"`
}

func pluginInfo(version string) *base.PluginInfoResponse {
	return &base.PluginInfoResponse{
		Type:              base.PluginTypeDriver,
		PluginApiVersions: []string{drivers.ApiVersion010},
		PluginVersion:     version,
		Name:              meta.DriverName,
	}
}

func configSpec() *hclspec.Spec {
	return hclspec.NewObject(map[string]*hclspec.Spec{
		"nomad":  hclspec.NewBlock("nomad", false, text("address", "token", "region", "ca_cert", "client_cert", "client_key", "tls_server_name")),
		"consul": hclspec.NewBlock("consul", false, text("address", "token", "datacenter", "ca_cert", "client_cert", "client_key", "tls_server_name")),
		"dns": hclspec.NewBlock("dns", false, hclspec.NewObject(map[string]*hclspec.Spec{
			"servers": hclspec.NewAttr("servers", "list(string)", false),
		})),
		"platform": hclspec.NewAttr("platform", "string", false),
		"rule": hclspec.NewBlockList("rule", hclspec.NewObject(map[string]*hclspec.Spec{
			"platform":  hclspec.NewAttr("platform", "string", true),
			"attribute": hclspec.NewAttr("attribute", "string", true),
			"pattern":   hclspec.NewAttr("pattern", "string", true),
		})),
		"admitter": hclspec.NewDefault(hclspec.NewAttr("admitter", "bool", false), hclspec.NewLiteral("true")),
	})
}

// text is an object of optional strings.
func text(names ...string) *hclspec.Spec {
	attrs := make(map[string]*hclspec.Spec, len(names))
	for _, n := range names {
		attrs[n] = hclspec.NewAttr(n, "string", false)
	}
	return hclspec.NewObject(attrs)
}

func taskSpec() *hclspec.Spec {
	return hclspec.NewObject(map[string]*hclspec.Spec{
		"role": hclspec.NewAttr("role", "string", true),
	})
}

func capabilities() *drivers.Capabilities {
	return &drivers.Capabilities{
		SendSignals:       true,
		FSIsolation:       fsisolation.None,
		NetIsolationModes: []drivers.NetIsolationMode{drivers.NetIsolationModeHost, drivers.NetIsolationModeGroup},
		// Through Nomad's pipe a plugin goes silent after a kill -9 and hangs once the
		// pipe is full; and each log collector costs 18 MB. We write the files ourselves.
		DisableLogCollection: true,
	}
}
