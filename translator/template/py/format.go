package py

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format is format(v, spec).
func Format(m *Meter, v Value, spec string) (string, error) {
	if f, ok := v.(Formatted); ok {
		return f.PyFormat(m, spec)
	}
	if spec == "" {
		return ToStr(m, v)
	}
	if err := m.scan(len(spec)); err != nil {
		return "", err
	}
	switch x := v.(type) {
	case Int, Bool:
		i, _ := asInt(v)
		return formatInt(m, i, spec, v.TypeName())
	case Float:
		return formatFloatSpec(m, float64(x), spec)
	}
	if s, ok := asStr(v); ok {
		return formatStr(m, s, spec, v.TypeName())
	}
	return "", typeErrorf("unsupported format string passed to %s.__format__", v.TypeName())
}

func formatStr(m *Meter, s, text, typeName string) (string, error) {
	f, err := parseSpec(text, typeName, '<', 's')
	if err != nil {
		return "", err
	}
	const where = " not allowed in string format specifier"
	switch {
	case f.kind != 's':
		return "", unknownKind(f.kind, typeName)
	case f.sign == ' ':
		return "", valueErrorf("Space" + where)
	case f.sign != 0:
		return "", valueErrorf("Sign" + where)
	case f.noNegZero:
		return "", valueErrorf("Negative zero coercion (z)" + where)
	case f.alternate:
		return "", valueErrorf("Alternate form (#)" + where)
	case f.align == '=':
		return "", valueErrorf("'=' alignment" + where)
	}
	if err := m.scanRunes(s); err != nil {
		return "", err
	}
	n := int64(runeCount(s))
	if f.precision >= 0 && f.precision < n {
		n = f.precision
		s = s[:runeOffset(s, int(n))]
	}
	return f.padded(m, s, f.width-n)
}

// formatInt formats an int, or a bool as one.
func formatInt(m *Meter, i Int, text, typeName string) (string, error) {
	f, err := parseSpec(text, typeName, '>', 'd')
	if err != nil {
		return "", err
	}
	switch f.kind {
	case 'b', 'c', 'd', 'o', 'x', 'X', 'n':
	case 'e', 'E', 'f', 'F', 'g', 'G', '%':
		x, err := i.asFloat()
		if err != nil {
			return "", err
		}
		return f.float(m, float64(x))
	default:
		return "", unknownKind(f.kind, typeName)
	}
	const where = " not allowed in integer format specifier"
	switch {
	case f.precision >= 0:
		return "", valueErrorf("Precision" + where)
	case f.noNegZero:
		return "", valueErrorf("Negative zero coercion (z)" + where)
	case f.kind == 'c':
		return f.character(m, i)
	}
	digits, prefix, err := intDigitsIn(m, i, f.kind)
	if err != nil {
		return "", err
	}
	if !f.alternate {
		prefix = ""
	}
	return f.layOut(m, numeral{sign: f.signOf(i.Sign() < 0), prefix: prefix, digits: digits})
}

// intDigitsIn are the digits of the absolute value in the base of a kind, and
// the prefix that tells the base.
func intDigitsIn(m *Meter, i Int, kind rune) (digits, prefix string, err error) {
	base := 10
	switch kind {
	case 'b':
		base, prefix = 2, "0b"
	case 'o':
		base, prefix = 8, "0o"
	case 'x', 'X':
		base, prefix = 16, "0"+string(kind)
	}
	switch {
	case i.big == nil:
		digits = strconv.FormatInt(i.n, base)
	case base == 10:
		if digits, err = i.decimal(m); err != nil {
			return "", "", err
		}
	default:
		if err := m.text(int64(i.big.BitLen())); err != nil {
			return "", "", err
		}
		digits = i.big.Text(base)
	}
	digits = strings.TrimPrefix(digits, "-")
	if kind == 'X' {
		digits = strings.ToUpper(digits)
	}
	return digits, prefix, nil
}

// signOf is what stands before a number.
func (s *spec) signOf(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.sign == '+' || s.sign == ' ':
		return string(s.sign)
	}
	return ""
}

// character formats a number as the character that has it.
func (s *spec) character(m *Meter, i Int) (string, error) {
	switch {
	case s.sign != 0:
		return "", valueErrorf("Sign not allowed with integer format specifier 'c'")
	case s.alternate:
		return "", valueErrorf("Alternate form (#) not allowed with integer format specifier 'c'")
	case i.big != nil:
		return "", Errorf("OverflowError", "Python int too large to convert to C long")
	case i.n < 0 || i.n > utf8.MaxRune:
		return "", errNoCharacter()
	}
	return s.layOut(m, numeral{rest: string(rune(i.n))})
}

func errNoCharacter() error {
	return Errorf("OverflowError", "%%c arg not in range(0x110000)")
}

func formatFloatSpec(m *Meter, x float64, text string) (string, error) {
	f, err := parseSpec(text, "float", '>', 0)
	if err != nil {
		return "", err
	}
	switch f.kind {
	case 0, 'e', 'E', 'f', 'F', 'g', 'G', 'n', '%':
		return f.float(m, x)
	}
	return "", unknownKind(f.kind, "float")
}

// float formats a number with a specification for floats.
func (s *spec) float(m *Meter, x float64) (string, error) {
	if s.precision > math.MaxInt32 {
		return "", valueErrorf("precision too big")
	}
	style, precision, percent := floatStyle{verb: byte(s.kind), alternate: s.alternate}, s.precision, ""
	switch s.kind {
	case 0:
		style.verb, style.dotZero = 'r', true
		if precision >= 0 {
			style.verb = 'g'
		}
	case 'n':
		style.verb = 'g'
	case '%':
		style.verb, percent = 'f', "%"
		x *= 100
	}
	if precision < 0 {
		precision = 6
	}
	digits, err := style.text(m, x, precision)
	if err != nil {
		return "", err
	}
	digits, negative := strings.CutPrefix(digits, "-")
	if s.noNegZero && strings.Trim(strings.ToLower(digits[:strings.IndexAny(digits+"e", "eE")]), "0.") == "" {
		negative = false
	}
	n := numeral{sign: s.signOf(negative)}
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n.digits, n.rest = digits[:end], digits[end:]+percent
	return s.layOut(m, n)
}
