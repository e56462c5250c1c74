package devcluster

import "fmt"

// AgentKind is one of the programs that run on a host.
type AgentKind string

// The agents. A host has Consul and Nomad, and Docker with its containerd where the cluster was started with it; the
// server has Consul and Nomad in their server roles.
const (
	Consul     AgentKind = "consul"
	Nomad      AgentKind = "nomad"
	Containerd AgentKind = "containerd"
	Docker     AgentKind = "docker"
)

// Server is the name of the node that carries the servers; it is no Nomad client.
const Server = serverName

// Node is one host of a cluster that is up.
type Node struct {
	Host
	// Address is its IPv4 address, reachable from the machine and from the other hosts.
	Address string `json:"address"`
	// Namespace is the name of its network namespace: `ip netns exec NAME …` runs a command there.
	Namespace string `json:"namespace"`
	// NomadAddr and ConsulAddr are the URLs of its own agents.
	NomadAddr  string `json:"nomad_addr"`
	ConsulAddr string `json:"consul_addr"`
	// DockerHost is the address of its Docker daemon, for `docker -H`; empty without one.
	DockerHost string `json:"docker_host,omitempty"`
}

// Report is what Status found.
type Report struct {
	Name string `json:"name"`
	// Up says that every agent runs.
	Up bool `json:"up"`
	// NomadAddr and ConsulAddr are the servers' URLs; they and SiteFile are empty where there is no such cluster.
	NomadAddr  string `json:"nomad_addr,omitempty"`
	ConsulAddr string `json:"consul_addr,omitempty"`
	SiteFile   string `json:"site,omitempty"`
	// Server is nil where there is no such cluster.
	Server *NodeReport  `json:"server,omitempty"`
	Hosts  []NodeReport `json:"hosts,omitempty"`
}

// NodeReport is one host, or the server, of a Report.
type NodeReport struct {
	Node
	Agents []AgentReport `json:"agents"`
	// State is Nomad's word for the host ("ready"), or why there is none.
	State string `json:"state"`
}

// AgentReport is one agent of a NodeReport. LogFile is where it logs to.
type AgentReport struct {
	Kind    AgentKind `json:"kind"`
	PID     int       `json:"pid"`
	Running bool      `json:"running"`
	LogFile string    `json:"log_file"`
}

// node returns the host with that index.
func (l layout) node(i int, h Host, docker bool) Node {
	a := l.hostAddress(i)
	n := Node{
		Host: h, Address: a.String(), Namespace: l.namespace(h.Name),
		NomadAddr: l.nomadURL(a), ConsulAddr: l.consulURL(a),
	}
	if docker {
		n.DockerHost = "unix://" + l.dockerSocket(h.Name)
	}
	return n
}

func (l layout) serverNode() Node {
	a := l.serverAddress()
	return Node{
		Host: Host{Name: serverName}, Address: a.String(), Namespace: l.namespace(serverName),
		NomadAddr: l.nomadURL(a), ConsulAddr: l.consulURL(a),
	}
}

// environment is what points a command at the cluster, as KEY=VALUE. noProxy is the present NO_PROXY where the
// environment has a proxy, which would not reach the cluster's addresses.
func (l layout) environment(proxied bool, noProxy string) []string {
	env := []string{
		"NOMAD_ADDR=" + l.nomadURL(l.serverAddress()),
		"CONSUL_HTTP_ADDR=" + l.consulURL(l.serverAddress()),
		"OSMO_NOMAD_SITE=" + l.siteFile(),
	}
	if !proxied {
		return env
	}
	if noProxy != "" {
		noProxy += ","
	}
	return append(env, fmt.Sprintf("NO_PROXY=%s%s", noProxy, l.subnet))
}
