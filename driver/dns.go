package driver

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
)

const dnsPort = "53"

// nameServers returns this node's name servers as `addr:port`: those of the
// configuration, else those of /etc/resolv.conf below root.
func nameServers(configured []string, root fs.FS) ([]string, error) {
	if len(configured) == 0 {
		return resolvConf(root), nil
	}
	servers := make([]string, len(configured))
	for i, s := range configured {
		server, err := nameServer(s)
		if err != nil {
			return nil, err
		}
		servers[i] = server
	}
	return servers, nil
}

func nameServer(s string) (string, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return net.JoinHostPort(a.String(), dnsPort), nil
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.String(), nil
	}
	return "", fmt.Errorf("the plugin's dns block: server %q is not an address or addr:port", s)
}

func resolvConf(root fs.FS) []string {
	text, err := fs.ReadFile(root, "etc/resolv.conf")
	if err != nil {
		return nil
	}
	var servers []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if s, err := nameServer(fields[1]); err == nil {
			servers = append(servers, s)
		}
	}
	return servers
}

// forGates returns the servers that a resolv.conf can name: it knows no ports.
func forGates(servers []string) []string {
	var plain []string
	for _, s := range servers {
		if host, port, err := net.SplitHostPort(s); err == nil && port == dnsPort {
			plain = append(plain, host)
		}
	}
	return plain
}
