package job

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	gotemplate "text/template"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// hostileTexts are what users write, and what nobody should.
func hostileTexts() map[string]string {
	return map[string]string{
		"empty":              "",
		"shell":              "echo ${HOME} ${x:-1} $((1 + 2)) $(date) `pwd` $$ $$(VAR)\n",
		"escaped already":    "$${x} $$${y} %%{z} %%%{ }\n",
		"unclosed":           "${\n%{\n{{\n[[\n[%\n",
		"Go template":        "{{ .Names }} {{- with $x }} {{end -}} [[ -f x ]]\n",
		"our delimiters":     "[% x %] [%1: y :1%] %] :1%]\n",
		"markers":            "EOT\n  EOT\nEOT_\n<<EOT\n<<-EOF\nEOF\n",
		"spaces":             "\ttab\n    four\n  trailing  \n\n\n",
		"no final newline":   "one\ntwo",
		"only newlines":      "\n\n",
		"newline in front":   "\nx",
		"CRLF":               "one\r\ntwo\r\n",
		"carriage return":    "one\rtwo\n",
		"unicode":            "Überprüfung 机器人 🤖\n",
		"not normal":         "U\u0308 \u212b A\u030a\nsecond line\n",
		"invisible":          "\ufeffbom \u200b \u2028 \u0085 \x01 \x1b[0m\n",
		"quotes":             "\"double\" 'single' \\ \\n \\u0041\n",
		"one line":           "no newline at all ${a} \"b\" \\",
		"one line hcl":       "%{ if true }x%{ endif }",
		"dollar at the end":  "cost: 5$\n$\n%\n",
		"brace after marker": "$\n{x}\n",
	}
}

// evaluate is what HCL makes of an attribute's text.
func evaluate(t interface{ Fatalf(string, ...any) }, tokens hclwrite.Tokens) string {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendNewBlock("b", nil).Body().SetAttributeRaw("a", tokens)
	src := hclwrite.Format(f.Bytes())
	parsed, diags := hclsyntax.ParseConfig(src, "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, src)
	}
	attr := parsed.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes["a"]
	v, diags := attr.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"chomp": stdlib.ChompFunc}})
	if diags.HasErrors() || v.Type() != cty.String {
		t.Fatalf("%v %v in\n%s", v, diags, src)
	}
	return v.AsString()
}

// writtenConfig is a task's config in HCL.
func writtenConfig(config map[string]any) []byte {
	f := hclwrite.NewEmptyFile()
	writeConfig(body{f.Body()}.block("config"), config)
	return hclwrite.Format(f.Bytes())
}

// render is what consul-template makes of a template.
func render(t interface{ Fatalf(string, ...any) }, data, left, right string) string {
	tmpl, err := gotemplate.New("x").Delims(left, right).Funcs(gotemplate.FuncMap{"base64Decode": func(s string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(s)
		return string(b), err
	}}).Parse(data)
	if err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, nil); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	return out.String()
}

// survives says whether a text comes out of HCL and of Nomad's template as it
// went in.
func survives(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, text string,
) {
	tmpl := textTemplate("x", text)
	data := *tmpl.EmbeddedTmpl
	if data == "" {
		t.Errorf("%q becomes empty data, which Nomad refuses", text)
	}
	if got := evaluate(t, textTokens(data)); got != data {
		t.Errorf("HCL makes %q of %q", got, data)
	}
	if got := render(t, data, *tmpl.LeftDelim, *tmpl.RightDelim); got != text {
		t.Errorf("the template renders %q, want %q", got, text)
	}
}

func TestHostileText(t *testing.T) {
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) { survives(t, text) })
	}
}

func TestAnyText(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"$", "%", "{", "}", "[", "]", "$${", "%%{", "[%", "%]", "[%1:", ":1%]", "\n", "\r", "\t", " ", "\\", "\"", "EOT", "EOT\n", "(", ")", "-", "\u0308", "u"}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		survives(t, strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), ""))
	})
}

// Any bytes come out of base64 and the template as they went in.
func TestAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		text := base64.StdEncoding.EncodeToString(data)
		for i := 76; i < len(text); i += 77 {
			text = text[:i] + "\n" + text[i:]
		}
		f := newFile(&workflow.File{Base64: true, Contents: workflow.String{V: text}}, 0, asWritten)
		tmpl := fileTemplate(&f)
		if got := evaluate(t, textTokens(*tmpl.EmbeddedTmpl)); got != *tmpl.EmbeddedTmpl {
			t.Errorf("HCL makes %q of it", got)
		}
		if got := render(t, *tmpl.EmbeddedTmpl, *tmpl.LeftDelim, *tmpl.RightDelim); got != string(data) {
			t.Errorf("the template renders %q, want %q", got, data)
		}
	})
}

func asWritten(s string) string { return s }

// In attributes HCL brings text to its normal form; what Build puts there is
// ASCII or has been checked for it.
func TestAnyAttribute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := norm.NFC.String(rapid.String().Draw(t, "text"))
		if got := evaluate(t, textTokens(text)); got != text {
			t.Errorf("HCL makes %q of %q", got, text)
		}
	})
}

func TestInterpolationStays(t *testing.T) {
	for text, want := range map[string]string{
		"${NOMAD_ALLOC_DIR}/osmo/osmo-gate": `"${NOMAD_ALLOC_DIR}/osmo/osmo-gate"`,
		"${attr.osmo.platform}":             `"${attr.osmo.platform}"`,
		"${attr.driver.1x}":                 `"$${attr.driver.1x}"`,
		"${a}${b":                           `"$${a}$${b"`,
	} {
		if got := string(interpolationTokens(text).Bytes()); got != want {
			t.Errorf("%s is written as %s, want %s", text, got, want)
		}
	}
}
