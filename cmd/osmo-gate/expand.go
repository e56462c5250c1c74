//go:build linux

package main

import (
	"sort"
	"strings"
)

// expand replaces `$(NAME)` by what lookup says, as Kubernetes does in commands
// and arguments (OSMO's users get it there): `$$` is one dollar sign that starts
// nothing, a name that lookup does not know stays as it is written, and so does
// an unclosed `$(`. There is no nesting: the name ends at the first `)`.
func expand(text string, lookup func(name string) (string, bool)) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		read, size := reference(text[i:], lookup)
		b.WriteString(read)
		text = text[i+size:]
	}
}

// reference reads what stands at the dollar sign that text begins with, and
// says how much of text it was.
func reference(text string, lookup func(string) (string, bool)) (value string, size int) {
	switch text[1] {
	case '$':
		return "$", 2
	case '(':
		end := strings.IndexByte(text, ')')
		if end < 0 {
			return "$(", 2
		}
		if v, ok := lookup(text[2:end]); ok {
			return v, end + 1
		}
		return text[:end+1], end + 1
	}
	return text[:2], 2
}

// expandEnvironment expands the values among themselves. Kubernetes does it in
// the order in which they are written; the command file has no order, so a
// value may refer to any other, and what refers to itself stays as written.
func expandEnvironment(env map[string]string) map[string]string {
	x := expander{raw: env, done: make(map[string]string, len(env)), open: map[string]bool{}}
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	sort.Strings(names) // a circle is cut at the same place each time
	for _, name := range names {
		x.value(name)
	}
	return x.done
}

type expander struct {
	raw, done map[string]string
	open      map[string]bool // being expanded right now
}

func (x expander) value(name string) (string, bool) {
	if v, ok := x.done[name]; ok {
		return v, true
	}
	raw, ok := x.raw[name]
	if !ok || x.open[name] {
		return "", false
	}
	x.open[name] = true
	v := expand(raw, x.value)
	x.done[name] = v
	return v, true
}

// expandAll expands each word of a command from env.
func expandAll(words []string, env map[string]string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = expand(w, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	}
	return out
}

// overlayEnvironment is base with the entries of own put in, own winning.
// The last of equal names counts for most programs, so there is only one.
func overlayEnvironment(base []string, own map[string]string) []string {
	out := make([]string, 0, len(base)+len(own))
	for _, entry := range base {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := own[name]; !ok {
			out = append(out, entry)
		}
	}
	names := make([]string, 0, len(own))
	for name := range own {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out = append(out, name+"="+own[name])
	}
	return out
}
