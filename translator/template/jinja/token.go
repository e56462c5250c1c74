package jinja

import "github.com/osmo-nomad/osmo-nomad/translator/template/py"

// kind is what a token is; its value is how Jinja2 describes it in messages
// (lexer.py, describe_token).
type kind string

const (
	tokEOF           kind = "end of template"
	tokData          kind = "template data / text"
	tokVariableBegin kind = "begin of print statement"
	tokVariableEnd   kind = "end of print statement"
	tokBlockBegin    kind = "begin of statement block"
	tokBlockEnd      kind = "end of statement block"
	tokName          kind = "name"
	tokString        kind = "string"
	tokInteger       kind = "integer"
	tokFloat         kind = "float"

	tokAdd      kind = "+"
	tokSub      kind = "-"
	tokDiv      kind = "/"
	tokFloorDiv kind = "//"
	tokMul      kind = "*"
	tokMod      kind = "%"
	tokPow      kind = "**"
	tokTilde    kind = "~"
	tokLBracket kind = "["
	tokRBracket kind = "]"
	tokLParen   kind = "("
	tokRParen   kind = ")"
	tokLBrace   kind = "{"
	tokRBrace   kind = "}"
	tokEq       kind = "=="
	tokNe       kind = "!="
	tokGt       kind = ">"
	tokGe       kind = ">="
	tokLt       kind = "<"
	tokLe       kind = "<="
	tokAssign   kind = "="
	tokDot      kind = "."
	tokColon    kind = ":"
	tokPipe     kind = "|"
	tokComma    kind = ","
	tokSemi     kind = ";"
)

// token is one token. Its span is in bytes of the template as it was given.
type token struct {
	span
	kind  kind
	text  string   // of a name or of data
	value py.Value // of a string or a number
	from  int      // where data begins in the normalised template
}

func (t token) describe() string {
	if t.kind == tokName {
		return t.text
	}
	return string(t.kind)
}

// is says whether the token is the name.
func (t token) is(name string) bool { return t.kind == tokName && t.text == name }

// operatorAt is the longest operator at the start of s, or "".
func operatorAt(s string) kind {
	if len(s) >= 2 {
		switch k := kind(s[:2]); k {
		case tokFloorDiv, tokPow, tokEq, tokNe, tokGe, tokLe:
			return k
		}
	}
	switch k := kind(s[:1]); k {
	case tokAdd, tokSub, tokDiv, tokMul, tokMod, tokTilde, tokLBracket, tokRBracket, tokLParen, tokRParen,
		tokLBrace, tokRBrace, tokGt, tokLt, tokAssign, tokDot, tokColon, tokPipe, tokComma, tokSemi:
		return k
	}
	return ""
}
