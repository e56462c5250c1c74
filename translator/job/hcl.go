package job

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// interpolation is a text in which `${…}` is for Nomad. Every other text is
// written so that Nomad reads back exactly what it is.
type interpolation string

// interpolationRE is what HCL reads as Nomad's interpolation; what is stranger
// is escaped, which means the same to Nomad.
var interpolationRE = regexp.MustCompile(`^\$\{[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*\}(?:[\w./-]*)$`)

// body writes the inside of a block. Zero values are left out: Nomad's defaults
// are what we mean by them.
type body struct{ *hclwrite.Body }

func (b body) block(kind string, labels ...string) body {
	return body{b.AppendNewBlock(kind, labels).Body()}
}

// comment is a line for people.
func (b body) comment(text string) {
	b.AppendUnstructuredTokens(hclwrite.Tokens{raw(hclsyntax.TokenComment, "# "+text+"\n")})
}

// section is a block with an empty line before it.
func (b body) section(kind string, labels ...string) body {
	b.AppendNewline()
	return b.block(kind, labels...)
}

func (b body) text(name, value string) {
	if value != "" {
		b.SetAttributeRaw(name, textTokens(value))
	}
}

func (b body) optional(name string, value *string) {
	if value != nil {
		b.text(name, *value)
	}
}

func (b body) reference(name, value string) {
	b.SetAttributeRaw(name, interpolationTokens(value))
}

func (b body) number(name string, value *int) {
	if value != nil {
		b.SetAttributeValue(name, cty.NumberIntVal(int64(*value)))
	}
}

func (b body) flag(name string, value *bool) {
	if value != nil {
		b.SetAttributeValue(name, cty.BoolVal(*value))
	}
}

func (b body) duration(name string, value *time.Duration) {
	if value != nil {
		b.text(name, durationText(*value))
	}
}

func (b body) list(name string, values []string) {
	if len(values) > 0 {
		b.SetAttributeRaw(name, listTokens(values))
	}
}

// texts is a block of attributes with any text, in the order of their names.
func (b body) texts(kind string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	m := b.section(kind)
	for _, k := range slices.Sorted(maps.Keys(values)) {
		m.SetAttributeRaw(k, textTokens(values[k]))
	}
}

// durationText is Go's notation without the zeroes: 1h, not 1h0m0s.
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func raw(kind hclsyntax.TokenType, text string) *hclwrite.Token {
	return &hclwrite.Token{Type: kind, Bytes: []byte(text)}
}

func interpolationTokens(s string) hclwrite.Tokens {
	if !interpolationRE.MatchString(s) {
		return textTokens(s)
	}
	return hclwrite.Tokens{raw(hclsyntax.TokenOQuote, `"`), raw(hclsyntax.TokenQuotedLit, s), raw(hclsyntax.TokenCQuote, `"`)}
}

// textTokens writes a text of several lines as they are, between two markers,
// and everything else in quotes.
func textTokens(s string) hclwrite.Tokens {
	if strings.Contains(s, "\n") && !strings.ContainsFunc(s, needsEscape) {
		return heredoc(s)
	}
	return hclwrite.TokensForValue(cty.StringVal(s))
}

// needsEscape says that a character between two markers would be invisible, or
// would not arrive as it is.
func needsEscape(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

// heredoc writes a text of printable lines. The markers stand on lines of their
// own, so a text that does not end its last line needs it cut off again.
func heredoc(s string) hclwrite.Tokens {
	marker := "EOT"
	for strings.Contains(s, marker) {
		marker += "_"
	}
	text := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
	if strings.HasSuffix(s, "\n") {
		return heredocTokens(marker, text, marker)
	}
	tokens := hclwrite.Tokens{raw(hclsyntax.TokenIdent, "chomp"), raw(hclsyntax.TokenOParen, "(")}
	tokens = append(tokens, heredocTokens(marker, text+"\n", marker+"\n")...)
	return append(tokens, raw(hclsyntax.TokenCParen, ")"))
}

func heredocTokens(open, text, end string) hclwrite.Tokens {
	return hclwrite.Tokens{
		raw(hclsyntax.TokenOHeredoc, "<<"+open+"\n"),
		raw(hclsyntax.TokenStringLit, text),
		raw(hclsyntax.TokenCHeredoc, end),
	}
}

func listTokens(values []string) hclwrite.Tokens {
	var items []hclwrite.Tokens
	for _, v := range values {
		items = append(items, textTokens(v))
	}
	return hclwrite.TokensForTuple(items)
}

// valueTokens writes a value of a driver's configuration.
func valueTokens(value any) hclwrite.Tokens {
	switch v := value.(type) {
	case interpolation:
		return interpolationTokens(string(v))
	case string:
		return textTokens(v)
	case []string:
		return listTokens(v)
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v))
	case int64:
		return hclwrite.TokensForValue(cty.NumberIntVal(v))
	case float64:
		return hclwrite.Tokens{raw(hclsyntax.TokenNumberLit, strconv.FormatFloat(v, 'g', -1, 64))}
	case []any:
		return tupleTokens(v)
	case []map[string]any:
		return tupleTokens(v)
	case map[string]any:
		return objectTokens(v)
	}
	panic(fmt.Sprintf("a configuration cannot hold a %T", value)) // the site reads no other
}

func tupleTokens[T any](values []T) hclwrite.Tokens {
	items := make([]hclwrite.Tokens, len(values))
	for i, v := range values {
		items[i] = valueTokens(v)
	}
	return hclwrite.TokensForTuple(items)
}

func objectTokens(values map[string]any) hclwrite.Tokens {
	items := make([]hclwrite.ObjectAttrTokens, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		items = append(items, hclwrite.ObjectAttrTokens{Name: textTokens(name), Value: valueTokens(values[name])})
	}
	return hclwrite.TokensForObject(items)
}

// format lines up what the blocks contain and writes it.
func format(w io.Writer, f *hclwrite.File) error {
	_, err := w.Write(hclwrite.Format(f.Bytes()))
	return err
}
