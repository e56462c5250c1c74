package workflow

import (
	"iter"
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
	// TokenInput is {{input:ARG}}: the directory of one of the task's inputs, by
	// its number or by its task; Task.InputDirs leads from ARG to the number.
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

// Tokens returns the special tokens of a text, in order. It follows OSMO's
// substitution, which tolerates spaces around the key (OSMO task.py:801).
func Tokens(text string) []Token { return slices.Collect(eachToken(text)) }

func eachToken(text string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		f := finder{text: text, curly: -1, angle: -1}
		for i := f.next(0); i < len(text); {
			t, ok := tokenAt(text, i)
			if !ok {
				i = f.next(i + 1)
				continue
			}
			if !yield(t) {
				return
			}
			i = f.next(t.End)
		}
	}
}

// finder looks for `{{` and `<<` and passes over no part of the text twice.
type finder struct {
	text string
	// curly and angle are the next of each; the length of the text for none.
	curly, angle int
}

// next returns the place of the next one from a place on.
func (f *finder) next(from int) int {
	f.curly, f.angle = f.seek("{{", f.curly, from), f.seek("<<", f.angle, from)
	return min(f.curly, f.angle)
}

func (f *finder) seek(sign string, at, from int) int {
	if at >= from {
		return at
	}
	if i := strings.Index(f.text[min(from, len(f.text)):], sign); i >= 0 {
		return from + i
	}
	return len(f.text)
}

// tokenAt reads the token that begins at a place of a text.
func tokenAt(text string, start int) (Token, bool) {
	end, kinds := "}}", "{}\n"
	if text[start] == '<' {
		end, kinds = ">>", "<>\n"
	}
	rest := strings.TrimLeft(text[start+2:], " ")
	n := strings.IndexAny(rest, kinds)
	if n < 0 || !strings.HasPrefix(rest[n:], end) {
		return Token{}, false
	}
	t := Token{Start: start, End: len(text) - len(rest) + n + 2}
	t.Raw = text[start:t.End]
	kind, arg, ok := tokenKey(strings.TrimRight(rest[:n], " "))
	if t.Kind, t.Arg = kind, arg; text[start] == '<' {
		return t, ok && kind == TokenHost && isMemberName(arg)
	}
	return t, ok
}

// tokenKey reads what stands between the braces.
func tokenKey(key string) (TokenKind, string, bool) {
	switch word, arg, hasArg := strings.Cut(key, ":"); {
	case key == "workflow_id":
		return TokenWorkflowID, "", true
	case key == "output":
		return TokenOutput, "", true
	case hasArg && word == "host":
		return TokenHost, arg, arg != ""
	case hasArg && word == "input":
		return TokenInput, arg, arg != ""
	}
	return 0, "", false
}

// isMemberName says what `<<host:…>>` may name: more is needed than two signs to
// tell it from a shell's.
func isMemberName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '-' && c != '_' && !isDigit(c) && !isLetter(c) {
			return false
		}
	}
	return true
}

// Expand replaces the special tokens of a text by what value says; a token for
// which it says false stays as it is written. What was put in is not looked at
// again.
func Expand(text string, value func(Token) (string, bool)) string {
	if !hasToken(text) {
		return text
	}
	var b strings.Builder
	last := 0
	for t := range eachToken(text) {
		if v, ok := value(t); ok {
			b.WriteString(text[last:t.Start])
			b.WriteString(v)
			last = t.End
		}
	}
	b.WriteString(text[last:])
	return b.String()
}

// hasToken is a quick look for whether there can be a token at all.
func hasToken(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "<<")
}

// InputDirs leads from what may stand in {{input:…}} to the number of the input,
// and so to its directory: each input by its number, those from tasks also by the
// task's name. Of two that are named alike, the later one counts (OSMO
// task.py:790). It is nil without inputs.
func (t *Task) InputDirs() map[string]int {
	if len(t.Inputs) == 0 {
		return nil
	}
	dirs := make(map[string]int, 2*len(t.Inputs))
	for i, in := range t.Inputs {
		dirs[strconv.Itoa(i)] = i
		if in.Task.V != "" {
			dirs[in.Task.V] = i
		}
	}
	return dirs
}

// HostPort is a member and a port that some text expects it to listen on.
type HostPort struct {
	Host string
	Port int
}

var portRE = regexp.MustCompile(`^:([0-9]{1,5})(?:[^0-9A-Za-z_]|$)`)

// HostPorts returns the pairs `{{host:x}}:PORT` of a text, in order, repeated
// as often as they occur. A port that is not a plain number from 1 to 65535
// directly behind the colon is none.
func HostPorts(text string) []HostPort {
	var out []HostPort
	for t := range eachToken(text) {
		if t.Kind != TokenHost {
			continue
		}
		rest := text[t.End:]
		if !strings.HasPrefix(rest, ":") {
			continue
		}
		m := portRE.FindStringSubmatch(rest)
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
// addresses with a port, those ports in rising order, each once. The texts are
// those of commands, arguments, environment and files.
func (g *Group) Ports() map[string][]int {
	found := map[string]map[int]bool{}
	for i := range g.Tasks {
		for s := range g.Tasks[i].runTexts() {
			for _, hp := range HostPorts(s.V) {
				if found[hp.Host] == nil {
					found[hp.Host] = map[int]bool{}
				}
				found[hp.Host][hp.Port] = true
			}
		}
	}
	out := make(map[string][]int, len(found))
	for host, ports := range found {
		if g.Task(host) != nil {
			out[host] = slices.Sorted(maps.Keys(ports))
		}
	}
	return out
}
