package driver

import (
	"context"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/admit"
	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// runAdmitter is the candidate's goroutine: it ends with the plugin.
func runAdmitter(life context.Context, nomad *nomadapi.Client, store rendezvous.Store, version string, log hclog.Logger) {
	log = log.Named("admitter")
	err := admit.New(admit.Config{Node: nodeName(life, nomad), Plugin: version, Nomad: nomad, Store: store, Log: log}).Run(life)
	if err != nil && life.Err() == nil {
		log.Error("the candidate admitter ended; another node's goes on", "error", err)
	}
}

// Waits of the question for the node's name, which is for people only: the
// plugin is started before its agent answers.
const (
	nameTries = 20
	namePause = 500 * time.Millisecond
	nameWait  = 2 * time.Second
)

// nodeName is what Nomad calls the agent that the plugin talks to; where that
// does not answer for long, the host's own name.
func nodeName(life context.Context, nomad *nomadapi.Client) string {
	for range nameTries {
		if name := askName(life, nomad); name != "" {
			return name
		}
		select {
		case <-time.After(namePause):
		case <-life.Done():
			return ""
		}
	}
	host, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return host
}

func askName(life context.Context, nomad *nomadapi.Client) string {
	ctx, cancel := context.WithTimeout(life, nameWait)
	defer cancel()
	var agent struct {
		Config struct{ NodeName string } `json:"config"`
	}
	if _, err := nomad.Raw().Query("/v1/agent/self", &agent, (&nomadapi.QueryOptions{}).WithContext(ctx)); err != nil {
		return ""
	}
	return agent.Config.NodeName
}
