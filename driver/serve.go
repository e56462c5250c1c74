package driver

import (
	"context"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/nomad/plugins/base"
	"github.com/hashicorp/nomad/plugins/drivers"
	"github.com/hashicorp/nomad/plugins/drivers/proto"
	"google.golang.org/grpc"
)

// Serve answers Nomad until it lets go of the plugin. It does what Nomad's own
// drivers.Serve does, and says one thing more (withoutLogCollection).
func Serve(version string) {
	life, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, JSONFormat: true}) // Nomad's agent filters and reformats
	p := New(life, log, version)
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: base.Handshake,
		Plugins: map[string]goplugin.Plugin{
			base.PluginTypeBase:   &base.PluginBase{Impl: p},
			base.PluginTypeDriver: drivers.NewDriverPlugin(p, log),
		},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.UnaryInterceptor(withoutLogCollection))...)
		},
		Logger: log,
	})
}

// withoutLogCollection adds to the driver's capabilities what Nomad's client
// reads but its plugin server (1.11.3) forgets to send: that it needs no log
// collector.
func withoutLogCollection(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if r, ok := resp.(*proto.CapabilitiesResponse); ok && r.GetCapabilities() != nil {
		r.Capabilities.DisableLogCollection = capabilities().DisableLogCollection
	}
	return resp, err
}
