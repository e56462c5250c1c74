package job

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// command is the command as a file for people and the gate: what
// encoding/json writes with an indent of two, in a tenth of the time. It is
// written once for each task, and would be most of a translation.
func (w *jsonWriter) command(c meta.Command) string {
	*w = jsonWriter{buf: w.buf[:0]}
	w.open('{')
	w.member("version").text(c.Version)
	w.member("member").text(c.Member)
	w.member("argv").open('[')
	for _, s := range c.Argv {
		w.item().text(s)
	}
	w.close(']')
	if len(c.Environment) > 0 {
		w.member("environment").open('{')
		for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
			w.member(name).text(c.Environment[name])
		}
		w.close('}')
	}
	w.flag("sandbox", c.Sandbox)
	pairs(w, "files", "path", "source", c.Files, func(f meta.File) (string, string) { return f.Path, f.Source })
	pairs(w, "mounts", "source", "target", c.Mounts, func(m meta.Mount) (string, string) { return m.Source, m.Target })
	w.flag("chroot", c.Chroot)
	w.close('}')
	w.buf = append(w.buf, '\n')
	return string(w.buf)
}

// pairs writes a list of objects of two texts each.
func pairs[T any](w *jsonWriter, name, first, second string, list []T, texts func(T) (string, string)) {
	if len(list) == 0 {
		return
	}
	w.member(name).open('[')
	for _, e := range list {
		a, b := texts(e)
		w.item().open('{')
		w.member(first).text(a)
		w.member(second).text(b)
		w.close('}')
	}
	w.close(']')
}

// jsonWriter writes indented JSON, one text after the other into one buffer.
type jsonWriter struct {
	buf   []byte
	depth int
	// first says that nothing stands in the innermost bracket yet.
	first bool
}

func (w *jsonWriter) open(bracket byte) {
	w.buf = append(w.buf, bracket)
	w.depth++
	w.first = true
}

func (w *jsonWriter) close(bracket byte) {
	w.depth--
	w.line()
	w.buf = append(w.buf, bracket)
	w.first = false
}

func (w *jsonWriter) line() {
	w.buf = append(w.buf, '\n')
	for range w.depth {
		w.buf = append(w.buf, "  "...)
	}
}

// item begins an element of a list.
func (w *jsonWriter) item() *jsonWriter {
	if !w.first {
		w.buf = append(w.buf, ',')
	}
	w.first = false
	w.line()
	return w
}

// member begins an element of an object.
func (w *jsonWriter) member(name string) *jsonWriter {
	w.item().text(name)
	w.buf = append(w.buf, ": "...)
	return w
}

func (w *jsonWriter) flag(name string, value bool) {
	if value {
		w.member(name)
		w.buf = append(w.buf, "true"...)
	}
}

const hexDigits = "0123456789abcdef"

// text writes a string. What is not UTF-8 becomes the replacement character, and
// two line breaks of Unicode's are escaped, as encoding/json does.
func (w *jsonWriter) text(s string) {
	b := append(w.buf, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, `\ufffd`...)
		case r == '\u2028' || r == '\u2029':
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&0xf])
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	w.buf = append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c >= ' ':
		return append(b, c)
	case c == '\n':
		return append(b, `\n`...)
	case c == '\r':
		return append(b, `\r`...)
	case c == '\t':
		return append(b, `\t`...)
	case c == '\b':
		return append(b, `\b`...)
	case c == '\f':
		return append(b, `\f`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
