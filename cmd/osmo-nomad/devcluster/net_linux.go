package devcluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
)

const (
	bridge = "bridge0"
	// netnsDir is where iproute2 keeps its named namespaces.
	netnsDir = "/run/netns"
)

// ip runs iproute2 and puts what it says into the error.
func ip(ctx context.Context, args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "ip", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running `ip %s`: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// ipAll runs several commands; the first that fails ends it.
func ipAll(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if _, err := ip(ctx, strings.Fields(c)...); err != nil {
			return err
		}
	}
	return nil
}

// makeNetwork makes the namespaces and joins them by a bridge in the server's: it is away from the machine's own
// packet filters, and goes with its namespace. The machine gets one interface, with an address of the same subnet.
func (l layout) makeNetwork(ctx context.Context, hosts []Host) error {
	server := l.namespace(serverName)
	err := ipAll(ctx,
		"netns add "+server,
		"-n "+server+" link set lo up",
		"-n "+server+" link add "+bridge+" type bridge",
		"-n "+server+" addr add "+l.networkBits(l.serverAddress())+" dev "+bridge,
		"-n "+server+" link set "+bridge+" up",
		"link add "+l.link()+" type veth peer name machine netns "+server,
		"-n "+server+" link set machine master "+bridge+" up",
		"addr add "+l.networkBits(l.machineAddress())+" dev "+l.link(),
		"link set "+l.link()+" up",
	)
	for i, h := range hosts {
		if err == nil {
			err = l.makeHostNetwork(ctx, i, h)
		}
	}
	if err != nil {
		return fmt.Errorf("making the cluster's network: %w", err)
	}
	return nil
}

func (l layout) makeHostNetwork(ctx context.Context, i int, h Host) error {
	server, host, port := l.namespace(serverName), l.namespace(h.Name), l.bridgePort(i)
	return ipAll(ctx,
		"netns add "+host,
		"-n "+host+" link set lo up",
		"link add "+hostInterface+" netns "+host+" type veth peer name "+port+" netns "+server,
		"-n "+server+" link set "+port+" master "+bridge+" up",
		"-n "+host+" addr add "+l.networkBits(l.hostAddress(i))+" dev "+hostInterface,
		"-n "+host+" link set "+hostInterface+" up",
	)
}

// freeSubnet returns the first 10.213.N.0/24 that the machine has no route into: another cluster's link is one.
func freeSubnet(ctx context.Context) (netip.Prefix, error) {
	used, err := usedNetworks(ctx)
	if err != nil {
		return netip.Prefix{}, err
	}
	return pickSubnet(used)
}

func pickSubnet(used []netip.Prefix) (netip.Prefix, error) {
	for _, second := range []byte{213, 137, 81} {
		for third := range 256 {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, byte(third), 0}), 24)
			if !overlapsAny(p, used) {
				return p, nil
			}
		}
	}
	return netip.Prefix{}, errors.New("no free network in 10.213.0.0/16, 10.137.0.0/16 and 10.81.0.0/16: this machine has routes to all of them")
}

func overlapsAny(p netip.Prefix, used []netip.Prefix) bool {
	return slices.ContainsFunc(used, p.Overlaps)
}

// usedNetworks returns the networks that the machine has routes or addresses for, the default route aside.
func usedNetworks(ctx context.Context) ([]netip.Prefix, error) {
	out, err := ip(ctx, "-4", "-json", "route", "show", "table", "all")
	if err != nil {
		return nil, fmt.Errorf("looking at the machine's routes: %w", err)
	}
	var routes []struct {
		Dst string `json:"dst"`
	}
	if err := json.Unmarshal(out, &routes); err != nil {
		return nil, fmt.Errorf("reading the machine's routes: %w", err)
	}
	var used []netip.Prefix
	for _, r := range routes {
		if p, err := netip.ParsePrefix(r.Dst); err == nil && p.Bits() > 0 {
			used = append(used, p)
		} else if a, err := netip.ParseAddr(r.Dst); err == nil {
			used = append(used, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return used, nil
}
