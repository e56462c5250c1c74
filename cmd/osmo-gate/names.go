//go:build linux

package main

import (
	"errors"
	"os"
	"sort"
	"strings"
)

// naming is what a command needs to find other hosts by name.
type naming struct {
	DNS   []string          `json:"dns,omitempty"`
	Hosts map[string]string `json:"hosts,omitempty"` // name -> address
}

// hostText is what the host itself says, read before the sandbox hides it.
type hostText struct {
	hosts, resolv, name string
}

func readHostText() hostText {
	hosts, _ := os.ReadFile("/etc/hosts")
	resolv, _ := os.ReadFile("/etc/resolv.conf")
	name, _ := os.Hostname()
	return hostText{hosts: string(hosts), resolv: string(resolv), name: name}
}

// hostsFile is /etc/hosts of a sandbox: the machine itself, then the members,
// then the host's own lines, less the names that were said already: resolvers
// return every address that the file has for a name.
func hostsFile(h hostText, members map[string]string) string {
	said := map[string]bool{"localhost": true}
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	if h.name != "" && members[h.name] == "" && h.name != "localhost" {
		b.WriteString("127.0.1.1\t" + h.name + "\n")
		said[h.name] = true
	}
	b.WriteString(memberLines(members))
	for name := range members {
		said[name] = true
	}
	for line := range strings.Lines(h.hosts) {
		b.WriteString(unsaid(line, said))
	}
	return b.String()
}

// memberLines are the members' lines, in the order of their names. What cannot
// be a name or an address is left out: it would end up as another line's.
func memberLines(members map[string]string) string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		if isWord(name) && isWord(members[name]) {
			b.WriteString(members[name] + "\t" + name + "\n")
		}
	}
	return b.String()
}

func isWord(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n#") }

// unsaid is a line of a hosts file without the names that were said; empty if
// none is left.
func unsaid(line string, said map[string]bool) string {
	text, _, _ := strings.Cut(line, "#")
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return ""
	}
	kept := fields[:1]
	for _, name := range fields[1:] {
		if !said[name] {
			kept = append(kept, name)
		}
	}
	if len(kept) < 2 {
		return ""
	}
	return strings.Join(kept, "\t") + "\n"
}

// resolvFile is /etc/resolv.conf of a sandbox: the servers given, with the
// host's search list and options; the host's own text if none are given.
func resolvFile(h hostText, servers []string) string {
	if len(servers) == 0 {
		return h.resolv
	}
	var b strings.Builder
	for _, s := range servers {
		if address, ok := resolverAddress(s); ok {
			b.WriteString("nameserver " + address + "\n")
		}
	}
	for line := range strings.Lines(h.resolv) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain" || f[0] == "options") {
			b.WriteString(strings.Join(f, " ") + "\n")
		}
	}
	return b.String()
}

// resolverAddress is the bare address of a server, which may be written with
// its port. resolv.conf knows no port but 53: a server on another one is none.
func resolverAddress(server string) (string, bool) {
	if host, port, err := splitPort(server); err == nil {
		return host, port == "53"
	}
	return server, isWord(server)
}

// splitPort cuts `1.2.3.4:53` and `[::1]:53`; a bare IPv6 address has no port.
func splitPort(s string) (host, port string, err error) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		if host, port, ok = strings.Cut(rest, "]:"); ok {
			return host, port, nil
		}
	} else if strings.Count(s, ":") == 1 {
		host, port, _ = strings.Cut(s, ":")
		return host, port, nil
	}
	return "", "", errors.New("no port")
}

// writeNames sets up the sandbox's own files. They are replaced, not written
// to: on many hosts resolv.conf is a link to what a resolver daemon keeps.
func writeNames(h hostText, n naming) error {
	return errors.Join(replaceFile("/etc/hosts", hostsFile(h, n.Hosts)), replaceFile("/etc/resolv.conf", resolvFile(h, n.DNS)))
}

func replaceFile(path, text string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// appendNames gives a container the members' names. Its /etc/hosts is its own
// and the engine keeps it as a mount, so it is written to; its resolver is the
// engine's business.
func appendNames(n naming) error {
	lines := memberLines(n.Hosts)
	if lines == "" {
		return nil
	}
	now, err := os.ReadFile("/etc/hosts")
	if err != nil || strings.HasSuffix(string(now), lines) {
		return err
	}
	f, err := os.OpenFile("/etc/hosts", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + lines)
	return errors.Join(err, f.Close())
}
