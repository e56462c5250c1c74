package main

import (
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

func (a *app) printVersion(ctx context.Context, asJSON bool) error {
	c, err := a.clients()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	plugins, err := pluginsOf(ctx, c.nomad)
	if asJSON {
		return printJSON(a.out, map[string]any{"version": a.version, "protocol": meta.ProtocolVersion, "plugins": plugins})
	}
	fmt.Fprintf(a.out, "osmo-nomad %s, protocol %s\n", a.version, meta.ProtocolVersion)
	if err != nil {
		fmt.Fprintf(a.err, "no cluster: %v\n", err)
		return nil
	}
	t := &table{header: []string{"Node", "Plugin", "Protocol", "Platform"}}
	for _, p := range plugins {
		t.add(p.Node, dash(p.Version), dash(p.Protocol), dash(p.Platform))
	}
	t.print(a.out, a.terminal)
	return nil
}

// pluginsOf asks the nodes of the cluster which plugin they run; nodes without
// one are listed with empty versions.
func pluginsOf(ctx context.Context, n *nomad.Client) ([]nodePlugin, error) {
	q := (&nomad.QueryOptions{}).WithContext(ctx)
	stubs, _, err := n.Nodes().List(q)
	if err != nil {
		return nil, fmt.Errorf("listing the nodes at %s: %w", n.Address(), err)
	}
	var out []nodePlugin
	for _, s := range stubs {
		if s.Status != nomad.NodeStatusReady {
			continue
		}
		node, _, err := n.Nodes().Info(s.ID, q)
		if err != nil {
			return nil, fmt.Errorf("reading node %s: %w", s.Name, err)
		}
		driver := "driver." + meta.DriverName
		out = append(out, nodePlugin{
			Node: s.Name, Version: node.Attributes[driver+".version"],
			Protocol: node.Attributes[driver+".protocol"], Platform: node.Attributes["osmo.platform"],
		})
	}
	slices.SortFunc(out, func(a, b nodePlugin) int {
		if a.Node < b.Node {
			return -1
		}
		return 1
	})
	return out, nil
}

// checkProtocol refuses a cluster whose plugins speak another protocol, before
// anything is registered there.
func checkProtocol(plugins []nodePlugin) error {
	for _, p := range plugins {
		if p.Protocol != "" && p.Protocol != meta.ProtocolVersion {
			return fmt.Errorf("the plugin on node %s (%s) speaks protocol %s, this osmo-nomad speaks %s: install matching versions",
				p.Node, p.Version, p.Protocol, meta.ProtocolVersion)
		}
	}
	return nil
}
