package devcluster

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
)

const (
	// hostInterface is the one interface of a host besides its loopback.
	hostInterface = "eth0"
	// diskTotalMB is what every host says of its disk. Nothing enforces it.
	diskTotalMB = 200 << 10
	// connections lets many blocking queries come from one address: all tests and commands share the machine's.
	connections = 2000
	// cloudFingerprints are skipped: asking for cloud metadata is slow where there is none, and fails the start-up
	// where AWS_CA_BUNDLE is set.
	cloudFingerprints = "env_aws,env_gce,env_azure,env_digitalocean"
)

// object is a JSON object: both agents read JSON, and nothing has to be escaped by hand.
type object = map[string]any

func render(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing an agent's configuration: %w", err)
	}
	return append(b, '\n'), nil
}

// consulConfig is the configuration of the agent of one node; the server is the node serverName.
func (l layout) consulConfig(node string, addr netip.Addr, logLevel string) object {
	c := object{
		"node_name":            node,
		"datacenter":           "dc1",
		"data_dir":             filepath.Join(l.hostDir(node), "consul"),
		"bind_addr":            addr.String(),
		"client_addr":          addr.String() + " 127.0.0.1",
		"ports":                object{"dns": 53, "grpc": -1, "grpc_tls": -1},
		"log_level":            logLevel,
		"disable_update_check": true,
		"leave_on_terminate":   false,
		"recursors":            []string{},
		"connect":              object{"enabled": false},
		"limits":               object{"http_max_conns_per_client": connections},
		"retry_interval":       "1s",
	}
	if node == serverName {
		c["server"] = true
		c["bootstrap_expect"] = 1
		c["performance"] = object{"raft_multiplier": 1}
		c["ui_config"] = object{"enabled": true}
	} else {
		c["retry_join"] = []string{l.serverAddress().String()}
	}
	return c
}

func (l layout) nomadCommon(node string, addr netip.Addr, logLevel string) object {
	return object{
		"name":                 node,
		"region":               "global",
		"datacenter":           "dc1",
		"data_dir":             filepath.Join(l.hostDir(node), "nomad"),
		"bind_addr":            addr.String(),
		"advertise":            object{"http": addr.String(), "rpc": addr.String(), "serf": addr.String()},
		"log_level":            logLevel,
		"disable_update_check": true,
		"leave_on_interrupt":   false,
		"leave_on_terminate":   false,
		"limits":               object{"http_max_conns_per_client": connections, "rpc_max_conns_per_client": connections},
		"consul":               object{"address": addr.String() + ":8500", "client_auto_join": false, "server_auto_join": false},
	}
}

func (l layout) nomadServerConfig(logLevel string) object {
	c := l.nomadCommon(serverName, l.serverAddress(), logLevel)
	c["server"] = object{"enabled": true, "bootstrap_expect": 1, "raft_multiplier": 1}
	return c
}

// clientConfig is what a Nomad client is configured from.
type clientConfig struct {
	host     Host
	addr     netip.Addr
	logLevel string
	gang     bool
	docker   bool
}

func (l layout) nomadClientConfig(cc clientConfig) object {
	c := l.nomadCommon(cc.host.Name, cc.addr, cc.logLevel)
	denied := []string{"java", "qemu"}
	if !cc.docker {
		denied = append(denied, "docker")
	}
	c["client"] = object{
		"enabled": true,
		"servers": []string{l.serverAddress().String() + ":4647"},
		// Short: a socket in an allocation directory has 107 bytes for its whole path.
		"alloc_dir":                l.allocDir(cc.host.Name),
		"network_interface":        hostInterface,
		"cpu_total_compute":        cc.host.CPUs * MHzPerCPU,
		"memory_total_mb":          cc.host.MemoryMB,
		"disk_total_mb":            diskTotalMB,
		"gc_disk_usage_threshold":  99,
		"gc_inode_usage_threshold": 99,
		"options": object{
			"fingerprint.denylist": cloudFingerprints,
			"driver.denylist":      strings.Join(denied, ","),
			// The agent's own TMPDIR is for its sockets; tasks have the host's /tmp.
			"env.denylist": "TMPDIR",
		},
	}
	c["plugin_dir"] = filepath.Join(l.dir(), pluginsDir)
	c["plugin"] = l.pluginBlocks(cc)
	return c
}

func (l layout) allocDir(host string) string { return filepath.Join(l.hostDir(host), "a") }

func (l layout) pluginBlocks(cc clientConfig) []object {
	blocks := []object{{"raw_exec": object{"config": object{"enabled": true}}}}
	if cc.docker {
		blocks = append(blocks, object{"docker": object{"config": l.dockerPlugin(cc.host.Name)}})
	}
	if !cc.gang {
		return blocks
	}
	blocks = append(blocks, object{pluginName: object{"config": object{
		"nomad":    object{"address": l.nomadURL(cc.addr)},
		"consul":   object{"address": l.consulURL(cc.addr)},
		"dns":      object{"servers": []string{cc.addr.String()}},
		"platform": cc.host.Platform,
	}}})
	if cc.host.GPUs == 0 {
		return blocks
	}
	g := gpuOf(cc.host.Platform)
	return append(blocks, object{devicesName: object{
		"args": []string{"-device"},
		"config": object{
			"model":      g.model,
			"memory_mib": g.memoryMiB,
			"count":      cc.host.GPUs,
			"host":       cc.host.Name,
		},
	}})
}

// dockerPlugin is the config of Nomad's docker driver for one host's own daemon.
func (l layout) dockerPlugin(host string) object {
	return object{
		"endpoint": "unix://" + l.dockerSocket(host),
		"gc":       object{"image": false},
	}
}

func (l layout) dockerSocket(host string) string {
	return filepath.Join(l.hostDir(host), "docker.sock")
}

// siteFile describes the cluster to the translator: one pool, whose nodes say themselves what platform they are. Members
// in containers ask the Consul agent of the host that they share the network with.
func siteFile(docker bool) []byte {
	text := "# Written by `osmo-nomad dev up` for its cluster. The hosts say themselves what platform they are.\n" +
		"pools:\n  default:\n"
	if docker {
		text += "    driver: docker\n    dns: {servers: [127.0.0.1]}\n"
	} else {
		text += "    driver: raw_exec\n"
	}
	return fmt.Appendf(nil, "%s    cpu_unit: mhz\n    mhz_per_cpu: %d\n", text, MHzPerCPU)
}
