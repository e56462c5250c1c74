package workflow

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// TokenKind says what a special token stands for.
type TokenKind uint8

// The tokens that OSMO substitutes. `{{uuid}}` is not one: OSMO protects it from
// the templating step and then leaves it as it is.
const (
	// TokenWorkflowID is {{workflow_id}}: `<name>-<n>`.
	TokenWorkflowID TokenKind = iota
	// TokenOutput is {{output}}: the task's output directory.
	TokenOutput
	// TokenInput is {{input:ARG}}: the directory of one of the task's inputs.
	TokenInput
	// TokenHost is {{host:ARG}} or <<host:ARG>>: the DNS name of a member of the same gang.
	TokenHost
)

// Token is one special token in a text.
type Token struct {
	Kind TokenKind
	// Arg is what follows the colon. Its leading spaces are kept, because OSMO
	// keeps them and so finds no such member.
	Arg string
	// Raw is the token as written, at the byte offsets [Start, End) of the text.
	Raw        string
	Start, End int
}

// tokenPattern follows OSMO's substitution, which tolerates spaces around the
// key (task.py:801). Group 1 is the key, 2 and 3 its argument, 4 the member's
// name in the second spelling.
const tokenPattern = `\{\{ *(workflow_id|output|host:([^{}\n]+?)|input:([^{}\n]+?)) *\}\}|<< *host:([A-Za-z0-9_-]+) *>>`

var (
	tokenRE = regexp.MustCompile(tokenPattern)
	portRE  = regexp.MustCompile(`^:([0-9]{1,5})(?:[^0-9A-Za-z_]|$)`)
)

// Tokens returns the special tokens of a text, in order.
func Tokens(text string) []Token {
	var out []Token
	for _, m := range tokenRE.FindAllStringSubmatchIndex(text, -1) {
		t := Token{Raw: text[m[0]:m[1]], Start: m[0], End: m[1]}
		switch {
		case m[8] >= 0:
			t.Kind, t.Arg = TokenHost, text[m[8]:m[9]]
		case m[4] >= 0:
			t.Kind, t.Arg = TokenHost, text[m[4]:m[5]]
		case m[6] >= 0:
			t.Kind, t.Arg = TokenInput, text[m[6]:m[7]]
		case text[m[2]:m[3]] == "output":
			t.Kind = TokenOutput
		default:
			t.Kind = TokenWorkflowID
		}
		out = append(out, t)
	}
	return out
}

// Expand replaces the special tokens of a text by what value says; a token for
// which it says false stays as it is written. What was put in is not looked at
// again.
func Expand(text string, value func(Token) (string, bool)) string {
	var b strings.Builder
	last := 0
	for _, t := range Tokens(text) {
		if v, ok := value(t); ok {
			b.WriteString(text[last:t.Start])
			b.WriteString(v)
			last = t.End
		}
	}
	b.WriteString(text[last:])
	return b.String()
}

// HostPort is a member and a port that some text expects it to listen on.
type HostPort struct {
	Host string
	Port int
}

// HostPorts returns the pairs `{{host:x}}:PORT` of a text, in order, repeated
// as often as they occur. A port that is not a plain number from 1 to 65535
// directly behind the colon is none.
func HostPorts(text string) []HostPort {
	var out []HostPort
	for _, t := range Tokens(text) {
		if t.Kind != TokenHost {
			continue
		}
		m := portRE.FindStringSubmatch(text[t.End:])
		if m == nil {
			continue
		}
		if n, err := strconv.Atoi(m[1]); err == nil && n >= 1 && n <= 65535 {
			out = append(out, HostPort{Host: t.Arg, Port: n})
		}
	}
	return out
}

// Ports returns, for each member of the gang that some text of the gang
// addresses with a port, those ports in rising order, each once.
func (g *Group) Ports() map[string][]int {
	found := map[string]map[int]bool{}
	for i := range g.Tasks {
		for s := range g.Tasks[i].Texts() {
			for _, hp := range HostPorts(s.V) {
				if g.Task(hp.Host) == nil {
					continue
				}
				if found[hp.Host] == nil {
					found[hp.Host] = map[int]bool{}
				}
				found[hp.Host][hp.Port] = true
			}
		}
	}
	out := make(map[string][]int, len(found))
	for host, ports := range found {
		out[host] = slices.Sorted(maps.Keys(ports))
	}
	return out
}
