package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	consul "github.com/hashicorp/consul/api"
	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator"
)

//go:embed gang.yaml
var gangYAML []byte

// patience bounds the wait for anything: this is no test, but it must end.
const patience = 2 * time.Minute

// cluster is the dev cluster that is measured.
type cluster struct {
	cli, name string
	nomad     *nomad.Client
	store     rendezvous.Store
	site      translator.Source
	status    status
}

// status is what `dev status --json` says.
type status struct {
	NomadAddr  string `json:"nomad_addr"`
	ConsulAddr string `json:"consul_addr"`
	Site       string `json:"site"`
	Hosts      []struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"hosts"`
}

// up starts a fresh cluster of the default three hosts.
func up(ctx context.Context, o options) (*cluster, error) {
	c := &cluster{cli: filepath.Join(o.bin, "osmo-nomad"), name: o.name}
	if err := c.dev(ctx, "up"); err != nil {
		return nil, errors.Join(err, c.down())
	}
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, c.down())
	}
	return c, nil
}

func (c *cluster) dev(ctx context.Context, verb string) error {
	cmd := exec.CommandContext(ctx, c.cli, "dev", verb, "--name", c.name)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("osmo-nomad dev %s --name %s: %w", verb, c.name, err)
	}
	return nil
}

// down removes the cluster, also after Ctrl-C.
func (c *cluster) down() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.dev(ctx, "down")
}

func (c *cluster) connect(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, c.cli, "dev", "status", "--name", c.name, "--json").Output()
	if err != nil {
		return fmt.Errorf("asking for the cluster's addresses: %w", err)
	}
	if err := json.Unmarshal(out, &c.status); err != nil {
		return fmt.Errorf("reading %q: %w", out, err)
	}
	site, err := os.ReadFile(c.status.Site)
	if err != nil {
		return err
	}
	c.site = translator.Source{Name: c.status.Site, Text: site}
	if c.nomad, err = nomad.NewClient(&nomad.Config{Address: c.status.NomadAddr}); err != nil {
		return err
	}
	k, err := consul.NewClient(&consul.Config{Address: c.status.ConsulAddr})
	if err != nil {
		return err
	}
	c.store = rendezvous.NewConsul(k)
	return nil
}

// translate makes the gang's job.
func (c *cluster) translate(id string, set ...string) (*nomad.Job, error) {
	plan, diags := translator.Translate(translator.Source{Name: "gang.yaml", Text: gangYAML}, translator.Options{ID: id, Set: set, Site: c.site})
	if plan == nil {
		return nil, fmt.Errorf("translating gang.yaml: %v", diags)
	}
	return plan.Jobs[0], nil
}

// end stops a job and returns when nothing of it runs any more.
func (c *cluster) end(ctx context.Context, job string) error {
	if _, _, err := c.nomad.Jobs().Deregister(job, false, (&nomad.WriteOptions{}).WithContext(ctx)); err != nil {
		return fmt.Errorf("stopping %s: %w", job, err)
	}
	return await(ctx, "the end of "+job, func() error {
		allocs, err := c.allocs(ctx, job)
		if err != nil {
			return err
		}
		for _, a := range allocs {
			if !a.ClientTerminalStatus() {
				return fmt.Errorf("%s is %s", a.TaskGroup, a.ClientStatus)
			}
		}
		return nil
	})
}

func (c *cluster) allocs(ctx context.Context, job string) ([]*nomad.Allocation, error) {
	stubs, _, err := c.nomad.Jobs().Allocations(job, true, (&nomad.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return nil, err
	}
	var all []*nomad.Allocation
	for _, s := range stubs {
		a, _, err := c.nomad.Allocations().Info(s.ID, (&nomad.QueryOptions{}).WithContext(ctx))
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// pollInterval is how often await looks; nothing that is measured depends on it.
const pollInterval = 100 * time.Millisecond

// await looks until what it looks for is there.
func await(ctx context.Context, what string, look func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s, last: %w", what, err)
		case <-tick.C:
		}
	}
}

// processes are the ids of all processes of the cluster's hosts that are this
// program, run without arguments.
func (c *cluster) processes(ctx context.Context, program string) (pids []int, err error) {
	for _, h := range c.status.Hosts {
		out, err := exec.CommandContext(ctx, "ip", "netns", "pids", h.Namespace).Output()
		if err != nil {
			return nil, fmt.Errorf("listing the processes of host %s: %w", h.Name, err)
		}
		for field := range strings.FieldsSeq(string(out)) {
			name := strings.TrimSuffix(readText("/proc/"+field+"/cmdline"), "\x00")
			if pid, err := strconv.Atoi(field); err == nil && filepath.Base(name) == program {
				pids = append(pids, pid)
			}
		}
	}
	return pids, nil
}

// resident is a process's resident memory in KiB, and the part of it that no
// file backs; 0 once it has ended.
func resident(pid int) (all, own int) {
	for line := range strings.Lines(readText(fmt.Sprintf("/proc/%d/status", pid))) {
		f := strings.Fields(line)
		switch {
		case len(f) < 2:
		case f[0] == "VmRSS:":
			all, _ = strconv.Atoi(f[1])
		case f[0] == "RssAnon:":
			own, _ = strconv.Atoi(f[1])
		}
	}
	return all, own
}
