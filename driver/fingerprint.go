package driver

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/nomad/plugins/drivers"
	pstructs "github.com/hashicorp/nomad/plugins/shared/structs"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// fingerprintInterval is how often the machine is looked at again: a GPU's
// driver may be loaded after Nomad's client has started.
const fingerprintInterval = 30 * time.Second

// fingerprints sends what look finds, at once and then whenever it differs,
// until the caller or the plugin ends.
func fingerprints(ctx, life context.Context, look func() *drivers.Fingerprint, to chan<- *drivers.Fingerprint) {
	defer close(to)
	tick := time.NewTicker(fingerprintInterval)
	defer tick.Stop()
	var last *drivers.Fingerprint
	for {
		if now := look(); last == nil || !sameFingerprint(last, now) {
			select {
			case to <- now:
				last = now
			case <-ctx.Done():
				return
			case <-life.Done():
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		case <-life.Done():
			return
		}
	}
}

func sameFingerprint(a, b *drivers.Fingerprint) bool {
	return a.Health == b.Health && a.HealthDescription == b.HealthDescription &&
		maps.EqualFunc(a.Attributes, b.Attributes, func(x, y *pstructs.Attribute) bool { return x.GoString() == y.GoString() })
}

// newFingerprint describes a node. The driver is unhealthy only for what no
// time mends (a build without gates): an unreachable Consul must not make it
// so, because an evaluation in such a moment ends what runs here.
func newFingerprint(attrs map[string]string, version string, broken error) *drivers.Fingerprint {
	f := &drivers.Fingerprint{
		Attributes: map[string]*pstructs.Attribute{
			attrVersion:  pstructs.NewStringAttribute(version),
			attrProtocol: pstructs.NewStringAttribute(meta.ProtocolVersion),
		},
		Health: drivers.HealthStateHealthy, HealthDescription: drivers.DriverHealthy,
	}
	for name, value := range attrs {
		f.Attributes[name] = pstructs.NewStringAttribute(value)
	}
	if broken != nil {
		f.Health, f.HealthDescription = drivers.HealthStateUnhealthy, broken.Error()
	}
	return f
}
