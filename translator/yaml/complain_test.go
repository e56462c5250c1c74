package yaml

import (
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// TestMistakes compares what people are told, and where.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		// tabs
		"a:\n\tb: 1\n":     "2:1: a tab cannot indent, use spaces",
		"a:\n  b: 1\n\tc":  "3:1: a tab cannot indent, use spaces",
		"- a\n-\tb":        "2:2: a tab cannot indent, use spaces",
		"a: [\n\tb]":       "2:1: a tab cannot indent, use spaces",
		"a:\tb\n":          "1:3: a tab cannot stand here, use a space",
		"a: b\t# c\n":      "1:5: a tab cannot stand here, use a space",
		"é: b\r\n\tc: d\n": "2:1: a tab cannot indent, use spaces",

		// colons
		"a: b: c":                     "1:5: mapping values are not allowed here: quote the text if the colon belongs to it",
		"é: 'b': c":                   "1:7: mapping values are not allowed here: quote the text if the colon belongs to it",
		"a: x {{ b: c }}":             "1:10: mapping values are not allowed here: quote the text with `{{`",
		"a: b\n  c: d\n":              "2:4: mapping values are not allowed here: this line continues the text above, check its indentation or quote the text (see f:1:4)",
		"image ubuntu\nname: x\n":     `1:1: expected a key and a colon, as on the line below, got "image ubuntu"`,
		"a:\n  name:x\n  image: y\n":  `2:3: expected a space after the colon, got "name:x"`,
		"a: 1\nb:2\nc: 3\n":           `2:1: expected a space after the colon of the key "b"`,
		"a:\n  b: 1\n  c\n  d: 2\n":   `3:3: expected a colon and a space after the key "c", or a deeper indentation if the line continues the value above`,
		": a":                         "1:1: expected a key before the colon",
		"x: y\n" + word(1030) + ": b": "2:1: a key of more than 1024 characters needs a line of its own that begins with `? `",
		"a: [b, c: d: e]":             `1:12: a colon cannot stand here: quote the text, or close the bracket with "]" (see f:1:4)`,
		"a: [\n  x,\n  b: c: d,\n]":   `3:7: a colon cannot stand here: quote the text, or close the bracket with "]" (see f:1:4)`,
		"a: {b: c\n  d: e}":           `2:4: a colon cannot stand here: quote the text, or close the bracket with "}" (see f:1:4)`,
		"a: - b\n":                    "1:4: a list cannot begin here: begin it on a line of its own, or quote the text",
		"a: ? b\n":                    "1:4: a mapping key cannot begin here: quote the text",

		// indentation
		"a:\n  b: 1\n  c: 2\n d: 3\n": "4:2: wrong indentation: the lines above begin in column 3, the keys of this mapping begin in column 1 (see f:1:1)",
		"  a: 1\nb: 2\n":              "2:1: wrong indentation: the value of the whole text is complete before this line",
		"a:\n  - b\n - c\n":           "3:2: a list item cannot stand here, among the keys of a mapping: check its indentation (see f:1:1)",
		"a: b\n- c\n":                 "2:1: a list item cannot stand here, among the keys of a mapping: check its indentation (see f:1:1)",
		"a:\n  - b\n  c: d\n":         "3:3: expected `- `, as the other items of this list begin, or another indentation (see f:2:3)",
		"- a: b\n c: d\n":             "2:2: wrong indentation: the lines above begin in column 3, the items of this list begin in column 1 (see f:1:1)",
		"a: |\n  b\n c\n":             "3:2: wrong indentation: the keys of this mapping begin in column 1 (see f:1:1)",

		// quotes and brackets that are not closed
		"a: 'b\nc: d\n":    "1:4: this single quote is never closed",
		"é: \"b\nc: d\n":   "1:4: this double quote is never closed",
		"a: \"b\n---\n":    "1:4: this double quote is not closed before the next document begins",
		"a: 'b\nc: 'd'\n":  `2:5: "d'" cannot follow the end of the text in quotes that begins on an earlier line: check the quotes (see f:1:4)`,
		"a: 'it's'\n":      `1:8: "s'" cannot follow the value on its line: quote the whole text`,
		"a: [b, c\nd: e\n": `1:4: this "[" is not closed before the next key (see f:2:2)`,
		"a: {b: c\nd: e\n": `1:4: this "{" is not closed before the next key (see f:2:2)`,
		"a: [b,\n  c\n":    `1:4: this "[" is never closed`,
		"a: [b}\n":         `1:6: expected "," or "]", got "}": quote the text if it goes on (see f:1:4)`,
		"a: b\nc: ]\n":     `2:4: no bracket is open that "]" could close: quote the text if it is none`,
		"a: [b] c\n":       `1:8: "c" cannot follow the value on its line: quote the whole text`,
		"- [b] c\n":        `1:7: "c" cannot follow the value on its line: quote the whole text`,
		"[b] c\n":          `1:5: "c" cannot follow the value on its line: quote the whole text`,
		"a: [b,,c]":        `1:7: expected a value before ","`,
		"a: [- b]":         "1:5: a list item cannot stand here: quote the text if it is none",
		"a: [b?c]":         "1:6: a question mark cannot stand here: quote the text (see f:1:4)",
		"a: [? ? c]":       "1:7: a question mark cannot stand here: quote the text",

		// what begins no value
		"a: {{ x }}/b\n":               "1:4: a mapping cannot be a key of a mapping: quote a text that begins with `{{`",
		"a: [{{host:a}}]\n":            "1:5: a mapping cannot be a key of a mapping: quote a text that begins with `{{`",
		"[a]: b":                       "1:1: a list cannot be a key of a mapping",
		"a: &x [1]\nb: {*x : c}":       "2:5: a list cannot be a key of a mapping",
		"a: {% if x %}\n":              "1:4: `{%` cannot begin a value: quote the text",
		"a: %x\n":                      `1:4: "%" cannot begin a value: quote the text`,
		"a: @x\n":                      `1:4: "@" cannot begin a value: quote the text`,
		"a: `x`\n":                     "1:4: \"`\" cannot begin a value: quote the text",
		"% x\na: b\n":                  `1:1: a line that begins with "%" is a directive, and this is none: quote the text`,
		"%YAML 2.0\n---\na":            "1:1: expected YAML 1.1, got 2.0",
		"%YAML 1\n---\na":              `1:1: the directive YAML is "%YAML 1.1"`,
		"%TAG e\n---\na":               "1:1: the directive TAG is `%TAG !name! prefix`",
		"%YAML 1.1\n%YAML 1.1\n---\na": "2:1: this directive is there twice",
		"%YAML 1.1 x\n---\na":          `1:11: expected the end of the line after a directive, got "x"`,
		"%YAML 1.1\na: b":              "2:1: expected `---` after the directives that begin with %",
		"a: *x\n":                      "1:4: the alias *x has no anchor before it",
		"a: *.py\n":                    `1:4: "*" begins an alias, and no name follows: quote the text if it is none`,
		"a: &b/c\n":                    `1:6: "/" cannot stand in the name of an anchor, which has letters, digits, - and _: quote the text if it is none`,
		"a: !x y\n":                    "1:4: nobody knows the tag !x: quote the text if it is none",
		"a: !x [y]\n":                  "1:4: the tag !x has no place at a list",
		"a: !e!x y\n":                  "1:4: nothing defines the handle of the tag !e!x: quote the text if it is no tag",
		"a: !e,!x y\n":                 "1:4: a tag's handle has letters, digits, - and _: quote the text if it is no tag",
		"a: !\"x\"\n":                  "1:5: the name of the tag is missing: quote the text if it is no tag",
		"a: !<x y\n":                   `1:7: expected ">" at the end of the tag, got " "`,
		"a: !!str{}\n":                 `1:9: expected a space after the tag, got "{": quote the text if it is none`,
		"a: !!s%7 x\n":                 `1:6: expected UTF-8 in hexadecimal digits after each "%" in a tag`,
		"a: !!binary x\n":              "1:4: the tag !!binary has no place here",
		"a: !!int b\n":                 `1:4: "b" is not an integer`,
		"a: 2024-13-01\n":              `1:4: "2024-13-01" is read as a date, and is none: quote the text`,
		"a: 0x_":                       `1:4: "0x_" is read as an integer, and is none: quote the text`,
		"a: =":                         `1:4: "=" has a meaning of its own in YAML (!!value): quote the text`,
		"a: |0\n b":                    "1:5: the indentation of a block is a digit from 1 to 9",
		"a: |b\n":                      "1:5: expected the end of the line after `|` or `>`, got \"b\": write the text on the lines below, or quote it",
		"a: | b\n":                     "1:6: expected the end of the line after `|`, got \"b\"",
		"a: \"C:\\dir\"\n":             `1:7: there is no escape sequence \d: write \\d for a backslash, or use single quotes`,
		"a: \"\\x1\"\n":                `1:5: expected 2 hexadecimal digits after \x: write \\ for a backslash, or use single quotes`,
		"a: \"\\ud800\"\n":             `1:5: \ud800 is half a character, as JSON writes the two halves of one: write the character itself, or \U and eight digits`,
		"a: \"\\U00110000\"\n":         `1:5: \U00110000 is not a character`,
		"a: \x01\n":                    "1:4: the character U+0001 is not allowed, but as an escape sequence in double quotes",
		"a: \xff\n":                    "1:4: this is not UTF-8 text",
		"a: b\n\ufeffc: d":             "2:1: a byte order mark can stand at the beginning of the text only",

		// the whole document
		"a: 1\n---\nb: 2":                   "2:1: a second YAML document starts here, expected one",
		"a\n...\nb":                         "3:1: a second YAML document starts here, expected one",
		"a: &x 1\nb: &x 2":                  "2:4: the anchor &x is already defined (see f:1:4)",
		"a: &a [*a]":                        "1:8: the alias *a is inside its own anchor",
		"a: {<<: no}":                       "1:9: expected a mapping or a list of mappings to merge, got a boolean",
		"- a\n" + strings.Repeat("[", 250):  "2:200: more than 200 lists and mappings inside each other",
		"- a\n" + strings.Repeat("- ", 250): "2:401: more than 200 lists and mappings inside each other",
		"a: '" + word(MaxScalar+1) + "'":    "1:4: a text of 1048577 bytes, expected at most 1048576",
		bomb:                                "6:32: the document has more than 1048576 values from here on, with its aliases followed",
		"a: &a " + nested(150, "x") + "\nb: " + nested(100, "*a"): "2:104: more than 200 lists and mappings inside each other, with aliases followed",
	} {
		root, diags := Parse(text, diag.SourceMap{File: "f"})
		if got := printed(t, diag.YAML, diags); got != "f:"+want || root != nil {
			t.Errorf("%.80q:\n got %s\nwant f:%s", text, got, want)
		}
		checkPlaces(t, text, diags)
	}
}

func word(n int) string { return strings.Repeat("a", n) }

func nested(n int, inner string) string {
	return strings.Repeat("[", n) + inner + strings.Repeat("]", n)
}

// bomb has few bytes and ten to the tenth values.
var bomb = func() string {
	text := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		text += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+p+",", 9) + "*" + p + "]\n"
	}
	return text
}()
