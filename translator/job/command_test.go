package job

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// standard is what encoding/json makes of a command.
func standard(t interface{ Fatal(...any) }, c meta.Command) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Our own writer writes what the standard one does, to the byte.
func TestCommandText(t *testing.T) {
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "\x00\x01\x1f\x7f", "\b\f\n\r\t\v", "\"\\/<>&", "\u2028\u2029", "\ufffd\ufeff", "\xff\xc3(", "🤖ü", "{{}} ${x}",
	}))
	words := rapid.SliceOfN(word, 0, 4)
	var w jsonWriter
	rapid.Check(t, func(t *rapid.T) {
		c := meta.Command{
			Version: word.Draw(t, "version"), Member: word.Draw(t, "member"), Argv: rapid.SliceOfN(word, 1, 4).Draw(t, "argv"),
			Environment: rapid.MapOfN(rapid.String(), word, 0, 4).Draw(t, "environment"),
			Sandbox:     rapid.Bool().Draw(t, "sandbox"), Chroot: rapid.Bool().Draw(t, "chroot"),
		}
		for _, w := range words.Draw(t, "files") {
			c.Files = append(c.Files, meta.File{Path: w, Source: "x" + w})
			c.Mounts = append(c.Mounts, meta.Mount{Source: w + "y", Target: w})
		}
		if got, want := w.command(c), standard(t, c); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
	long := meta.Command{Argv: []string{strings.Repeat("x\n", 5000)}}
	if got := w.command(long); got != standard(t, long) {
		t.Errorf("a long one: %d bytes", len(got))
	}
}
