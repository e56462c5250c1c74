package pyregex

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAsPython compares with what Python 3.12.1 answered, recorded once: whether
// it compiled the pattern, and if not, why.
func TestAsPython(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "patterns.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(raw) {
		var c [2]string
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		count++
		if got := Check(c[0]); (got == nil) != (c[1] == "ok") {
			t.Errorf("%q: Python says %q, got %v", c[0], c[1], got)
		}
	}
	if count < 500 {
		t.Errorf("only %d patterns", count)
	}
}

func TestMessages(t *testing.T) {
	for in, want := range map[string]string{
		`*.txt`:            "nothing to repeat at position 0",
		`a**`:              "multiple repeat at position 2",
		`(a`:               "missing ), unterminated subpattern at position 0",
		`a)`:               "unbalanced parenthesis at position 1",
		`[a`:               "unterminated character set at position 0",
		`é[z-a]`:           "bad character range, 'z' to 'a' at position 3",
		`a{3,2}`:           "min repeat greater than max repeat at position 2",
		`\q`:               "bad escape \\q at position 0",
		`a\`:               "bad escape (end of pattern) at position 1",
		`(?<=a*)b`:         "look-behind requires fixed-width pattern at position 0",
		`\1(a)`:            "invalid group reference 1 at position 1",
		`(?P<1>a)`:         "bad character in group name \"1\" at position 4",
		`(?P<n>a)(?P<n>b)`: "redefinition of group name \"n\" as group 2; was group 1 at position 8",
		`a(?i)`:            "global flags not at the start of the expression at position 1",
	} {
		if got := Check(in); got == nil || got.Error() != want {
			t.Errorf("Check(%q) = %v, want %s", in, got, want)
		}
	}
}

// TestDepth: a pattern may be megabytes of parentheses.
func TestDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + strings.Repeat(")", n) }
	if err := Check(nested(400)); err != nil {
		t.Errorf("400 groups: %v", err)
	}
	if err := Check(nested(1 << 20)); err == nil || !strings.Contains(err.Msg, "nested") {
		t.Errorf("a million groups: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", `(?P<n>a*)(?(n)b|c)[^\]-]\x41{2,}?`, `(?x) a # c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if err := Check(pattern); err != nil && (err.Offset < 0 || err.Offset > len([]rune(pattern))) {
			t.Errorf("%v is outside of %q", err, pattern)
		}
	})
}
