package job

import (
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

// What a task of the plugin's takes: it is a few goroutines of the plugin's own
// process, but Nomad wants to see a share of the node.
const (
	pluginCPU     = 5  // MHz
	holdMemory    = 16 // MB
	arriveMemory  = 10 // MB, the least that Nomad takes
	holdDisk      = 10 // MB, the least that Nomad takes
	pluginLogSize = 1  // MB
)

// How long Nomad waits for a task to end by itself before it kills it. Clients
// allow 30 s at most unless they are configured otherwise.
const (
	holdKillTimeout   = 30 * time.Second
	arriveKillTimeout = 15 * time.Second
	userKillTimeout   = 30 * time.Second
)

// hold is the group that is the gang's presence in the cluster.
//
// Its policies look generous and must be: with no restart a hold whose plugin
// dies twice is never replaced, and with `attempts` left out of reschedule Nomad
// adds its default and then refuses the job. A failed gang ends by the plugin's
// answer to the next start, whatever the policy says.
func hold(group string, members []Member) *api.TaskGroup {
	return &api.TaskGroup{
		Name:          &group,
		Count:         new(1),
		Affinities:    holdAffinities(members),
		RestartPolicy: pluginRestart(),
		ReschedulePolicy: &api.ReschedulePolicy{
			Attempts:      new(0),
			Delay:         new(30 * time.Second),
			DelayFunction: new("constant"),
			Unlimited:     new(true),
		},
		EphemeralDisk: &api.EphemeralDisk{SizeMB: new(holdDisk)},
		Tasks: []*api.Task{{
			Name:        meta.HoldTask,
			Driver:      meta.DriverName,
			Config:      map[string]any{"role": "hold"},
			Resources:   &api.Resources{CPU: new(pluginCPU), MemoryMB: new(holdMemory)},
			KillTimeout: new(holdKillTimeout),
			LogConfig:   &api.LogConfig{MaxFiles: new(1), MaxFileSizeMB: new(pluginLogSize)},
		}},
	}
}

func pluginRestart() *api.RestartPolicy {
	return &api.RestartPolicy{
		Attempts: new(10),
		Interval: new(time.Minute),
		Delay:    new(time.Second),
		Mode:     new("delay"),
	}
}

// Weights of the hold's affinities, of -100 to 100.
const (
	avoidOwn = -100
	avoidAny = -25
)

// holdAffinities keep the hold off the nodes that its own members need, and
// mildly off every node that the plugin recognised as something special: an
// affinity cannot say "has devices", but the plugin's fingerprint can.
func holdAffinities(members []Member) []*api.Affinity {
	out := []*api.Affinity{
		api.NewAffinity(site.PlatformAttribute, "regexp", ".", avoidAny),
		api.NewAffinity(site.GPUAttribute, "regexp", ".", avoidAny),
	}
	seen := map[site.Constraint]bool{}
	for _, m := range members {
		for _, c := range m.kind.platform.Constraints {
			if seen[c] || !comparesEqual(c) {
				continue
			}
			seen[c] = true
			out = append(out, api.NewAffinity(c.Attribute, c.Operator, c.Value, avoidOwn))
		}
	}
	return out
}

// comparesEqual says whether the constraint picks out a kind of node, which an
// affinity can express and which is worth avoiding; `!=` or `<` name most nodes.
func comparesEqual(c site.Constraint) bool {
	return c.Operator == "=" || c.Operator == "regexp" || c.Operator == "set_contains" || c.Operator == "set_contains_any"
}
