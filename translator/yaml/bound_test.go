package yaml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// TestHostile reads what somebody may write to keep the reader busy.
func TestHostile(t *testing.T) {
	const size = 1 << 19
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"brackets":             fill("["),
		"braces":               fill("{a: "),
		"closed brackets":      "[" + fill("[],") + "]",
		"dashes":               fill("- "),
		"question marks":       fill("? "),
		"colons":               fill(": "),
		"spaces":               fill(" "),
		"lines":                fill("\n"),
		"comments":             fill("# c\n"),
		"comments after items": fill("- a # c\n# d\n"),
		"comments in brackets": "[" + fill("a, # c\n") + "]",
		"one comment":          "# " + fill("c"),
		"items":                fill("- a\n"),
		"nested items":         fill("-\n  - a\n"),
		"one line of values":   "[" + fill("a, ") + "]",
		"one line of pairs":    "{" + numbered("a%d: 1, ", 100000) + "}",
		"edited pairs":         "[" + fill("{a:{}},") + "]",
		"edited escapes":       `"` + fill(`\/`) + `"`,
		"edited question":      "[" + fill("?,") + "]",
		"resolved":             "- " + fill("! a\n- ") + "a",
		"resolved on one line": "[" + fill("! a, ") + "]",
		"equal keys":           fill("a: 1\n"),
		"different keys":       numbered("k%d: 1\n", 100000),
		"equal numbers":        "{" + fill("1.0: a, true: b, ") + "}",
		"anchors":              numbered("- &a%d x\n", 100000),
		"aliases":              "- &a x\n" + fill("- *a\n"),
		"deep anchors":         numbered("- &a%d [[[[[[[[[[*b]]]]]]]]]]\n", 10000),
		"deep aliases":         "- &a0 [[[[[[[[[[x]]]]]]]]]]\n" + chain(20000),
		"merges":               "- &a {" + numbered("k%d: 1, ", 1000) + "}\n" + fill("- {<<: *a}\n"),
		"merges of one":        "- &a {" + numbered("k%d: 1, ", 1000) + "}\n- <<: [" + fill("*a, ") + "*a]\n",
		"nested merges":        "- &a0 {x: 1}\n" + merges(20000),
		"breaks":               fill("- a\u0085"),
		"breaks of brackets":   "[" + fill("a,\u2028") + "]",
		"carriage returns":     fill("- a\r"),
		"plain lines":          fill("a\n"),
		"quoted lines":         "'" + fill("a\n") + "'",
		"block lines":          "|\n" + fill(" a\n"),
		"folded lines":         ">\n" + fill(" a\n"),
		"blank block lines":    "a: |\n" + fill("  \n"),
		"long word":            fill("a"),
		"long key":             fill("a") + ": b",
		"wide words":           fill("é "),
		"long keys":            numbered("? "+strings.Repeat("a", 900)+"%d\n: b\n", 1000),
		"directives":           fill("%FOO\n") + "---\na",
		"tags":                 "%TAG !e! tag:yaml.org,2002:\n---\n" + fill("- !e!str a\n"),
		"number":               fill("9"),
		"hexadecimal":          "0x" + fill("f"),
		"sexagesimal":          "1" + fill(":30"),
		"float":                "1." + fill("0"),
		"date":                 "2024-01-01 10:00:00." + fill("0"),
		"errors":               fill("- !a b\n"),
		"documents":            fill("--- a\n"),
		"possible keys":        fill("{[{[a, "),
		"quotes":               fill("'a' "),
		"open quotes":          fill("- \"a\n"),
	} {
		t.Run(name, func(t *testing.T) {
			var root *Node
			var diags diag.List
			took := cost.Of(t, func() { root, diags = Parse(text, diag.SourceMap{File: "f"}) })
			t.Logf("%v, %d diagnostics, read: %t", took, len(diags), root != nil)
			if took.Processor > cost.Lavish {
				t.Errorf("took %v", took)
			}
			if len(diags) > 2*maxComplaints {
				t.Errorf("%d diagnostics", len(diags))
			}
		})
	}
}

// chain is n lists with an alias of the one before, ten levels deeper.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i+1, i)
	}
	return b.String()
}

// merges is n mappings that each merge the one before.
func merges(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- &a%d {<<: *a%d, k%d: 1}\n", i+1, i, i)
	}
	return b.String()
}
