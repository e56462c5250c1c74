package devcluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/e2e/tools"
)

const (
	recordFile    = "cluster.json"
	recordVersion = 1
)

// record is what a cluster keeps on disk about itself. It is written before the things that it names are made.
type record struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	// BootID tells processes of this boot from strangers that got their numbers after a reboot.
	BootID string       `json:"boot_id"`
	Subnet netip.Prefix `json:"subnet"`
	Hosts  []Host       `json:"hosts"`
	Docker bool         `json:"docker"`
	Gang   bool         `json:"gang"`
	Tools  tools.Paths  `json:"tools"`
	// Complete says that the cluster was ready once.
	Complete bool `json:"complete"`
	// Agents that were started; a pid is added right after its start.
	Agents []agentRecord `json:"agents"`
}

// agentRecord is one running agent.
type agentRecord struct {
	Host  string    `json:"host"`
	Kind  AgentKind `json:"kind"`
	PID   int       `json:"pid"`
	Start uint64    `json:"start"`
}

func (r *record) layout(root string) layout {
	return layout{name: r.Name, root: root, subnet: r.Subnet}
}

// save replaces the record on disk whole.
func (r *record) save(root string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the cluster's record: %w", err)
	}
	if err := writeFile(filepath.Join(root, r.Name, recordFile), b); err != nil {
		return fmt.Errorf("writing the cluster's record: %w", err)
	}
	return nil
}

// load returns nil and no error where there is no record.
func load(root, name string) (*record, error) {
	path := filepath.Join(root, name, recordFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's record: %w", err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("reading the cluster's record %s: %w", path, err)
	}
	if r.Version != recordVersion || r.Name != name || !r.Subnet.IsValid() || checkHosts(r.Hosts) != nil {
		return nil, fmt.Errorf("the cluster's record %s is not of this version of osmo-nomad", path)
	}
	return &r, nil
}

// setAgent notes an agent, in place of an earlier one of the same host and kind.
func (r *record) setAgent(a agentRecord) {
	for i, old := range r.Agents {
		if old.Host == a.Host && old.Kind == a.Kind {
			r.Agents[i] = a
			return
		}
	}
	r.Agents = append(r.Agents, a)
}

func (r *record) agent(host string, kind AgentKind) (agentRecord, bool) {
	for _, a := range r.Agents {
		if a.Host == host && a.Kind == kind {
			return a, true
		}
	}
	return agentRecord{}, false
}

func bootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot id: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// writeFile writes a file so that it is there whole or not at all, also after a power cut.
func writeFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
