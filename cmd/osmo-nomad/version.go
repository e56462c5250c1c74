package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	nomad "github.com/hashicorp/nomad/api"
	"github.com/spf13/cobra"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// clusterWait bounds how long `version` looks for a cluster: it must answer
// without one.
const clusterWait = 3 * time.Second

// nodePlugin is the plugin of one node.
type nodePlugin struct {
	Node     string `json:"node"`
	Version  string `json:"version"`
	Protocol string `json:"protocol"`
	Platform string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of this program and of the cluster's plugins",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.printVersion(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// versions is what `version --json` prints.
type versions struct {
	Version  string       `json:"version"`
	Protocol string       `json:"protocol"`
	Plugins  []nodePlugin `json:"plugins"`
	// NoCluster says why the plugins are not known.
	NoCluster string `json:"no_cluster,omitempty"`
}

func (a *app) printVersion(ctx context.Context, asJSON bool) error {
	c, err := a.clients()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	v := versions{Version: a.version, Protocol: meta.ProtocolVersion, Plugins: []nodePlugin{}}
	if plugins, err := pluginsOf(ctx, c.nomad); err != nil {
		v.NoCluster = withoutURL(err)
	} else {
		v.Plugins = append(v.Plugins, plugins...)
	}
	if asJSON {
		return printJSON(a.out, v)
	}
	fmt.Fprintf(a.out, "osmo-nomad %s, protocol %s\n", v.Version, v.Protocol)
	if v.NoCluster != "" {
		fmt.Fprintf(a.err, "no cluster: %s\n", v.NoCluster)
		return nil
	}
	t := &table{header: []string{"Node", "Plugin", "Protocol", "Platform"}}
	for _, p := range v.Plugins {
		t.add(p.Node, dash(p.Version), dash(p.Protocol), dash(p.Platform))
	}
	a.printTable(t)
	if err := checkPlugins(v.Plugins); err != nil {
		fmt.Fprintf(a.err, "warning: %v\n", err)
	}
	return nil
}

// pluginsOf asks Nomad which plugin each node that is up runs; nodes without
// one are listed with empty versions.
func pluginsOf(ctx context.Context, n *nomad.Client) ([]nodePlugin, error) {
	stubs, _, err := n.Nodes().List((&nomad.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("listing the nodes at %s: %w", n.Address(), err)
	}
	var out []nodePlugin
	for _, s := range stubs {
		if s.Status != nomad.NodeStatusReady {
			continue
		}
		p := nodePlugin{Node: s.Name}
		if d := s.Drivers[meta.DriverName]; d != nil && d.Detected {
			p.Version = d.Attributes["driver."+meta.DriverName+".version"]
			p.Protocol = d.Attributes["driver."+meta.DriverName+".protocol"]
			p.Platform = d.Attributes["osmo.platform"]
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b nodePlugin) int { return cmp.Compare(a.Node, b.Node) })
	return out, nil
}

// checkPlugins refuses a cluster that has no plugin or one that speaks another
// protocol, before anything is registered there.
func checkPlugins(plugins []nodePlugin) error {
	found := false
	for _, p := range plugins {
		if p.Protocol == "" {
			continue
		}
		found = true
		if p.Protocol != meta.ProtocolVersion {
			return fmt.Errorf("the plugin on node %s (%s) speaks protocol %s, this osmo-nomad speaks %s: install matching versions",
				p.Node, p.Version, p.Protocol, meta.ProtocolVersion)
		}
	}
	if !found {
		return fmt.Errorf("none of the %d nodes that are up has the plugin nomad-driver-gang: put it into a client's plugin_dir and its plugin block into the client's configuration", len(plugins))
	}
	return nil
}
