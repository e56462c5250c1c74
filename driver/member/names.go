package member

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// lookUpWait bounds one question to one server.
const lookUpWait = 2 * time.Second

// Resolver asks this node's name servers, in their order, as its members will.
type Resolver struct {
	servers   []string
	resolvers []*net.Resolver
}

// NewResolver takes servers as `addr:port`.
func NewResolver(servers []string) *Resolver {
	r := &Resolver{servers: servers}
	for _, s := range servers {
		r.resolvers = append(r.resolvers, &net.Resolver{
			PreferGo: true,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, s)
			},
		})
	}
	return r
}

// check says why these names (name -> address) cannot all be used from this
// node; "" if each one answers with exactly its address. A host whose Nomad
// client died keeps answering under its old member's name: with a second
// address half of the connections would go there.
func (r *Resolver) check(ctx context.Context, names map[string]string) string {
	for _, name := range sorted(names) {
		want, err := netip.ParseAddr(names[name])
		if err != nil {
			return fmt.Sprintf("the gang's record has no usable address for %s", name)
		}
		got, err := r.lookUp(ctx, name)
		if why := judge(name, want.Unmap(), got, err); why != "" {
			return why
		}
	}
	return ""
}

func judge(name string, want netip.Addr, got []netip.Addr, err error) string {
	switch {
	case err != nil:
		return fmt.Sprintf("%s (expected %s): %v", name, want, err)
	case slices.Equal(got, []netip.Addr{want}):
		return ""
	case slices.Contains(got, want):
		others := slices.DeleteFunc(slices.Clone(got), func(a netip.Addr) bool { return a == want })
		return fmt.Sprintf("%s answers %s as expected, but %s too: a host that Nomad has lost still says it runs this member", name, want, join(others))
	}
	return fmt.Sprintf("%s answers %s, its member runs at %s", name, join(got), want)
}

// lookUp asks the servers in turn; one that does not answer is passed over,
// one that says "no such name" has answered.
func (r *Resolver) lookUp(ctx context.Context, name string) ([]netip.Addr, error) {
	last := errors.New("no name server is configured")
	for i, resolver := range r.resolvers {
		ctx, cancel := context.WithTimeout(ctx, lookUpWait)
		addrs, err := resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(name, ".")+".")
		cancel()
		var dns *net.DNSError
		switch {
		case err == nil:
			return unique(addrs), nil
		case errors.As(err, &dns) && dns.IsNotFound:
			return nil, fmt.Errorf("name server %s does not know it", r.servers[i])
		}
		last = fmt.Errorf("name server %s does not answer", r.servers[i])
	}
	return nil, last
}

// unique also sorts: a service with two instances on one host answers twice.
func unique(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap()
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

func join(addrs []netip.Addr) string {
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
