package py

import (
	"math"
	"strings"
	"unicode/utf8"
)

// PrintfFormat is format % arg (CPython unicodeobject.c).
func PrintfFormat(m *Meter, format string, arg Value) (string, error) {
	return PrintfWith(m, format, arg, printfText)
}

// PrintfWith is PrintfFormat where text makes what %s, %r and %a show: Markup
// escapes it.
func PrintfWith(m *Meter, format string, arg Value, text func(m *Meter, verb rune, v Value) (string, error)) (string, error) {
	p := printf{m: m, rest: format, format: format, text: text}
	if t, ok := arg.(*Tuple); ok {
		p.args = t.Items
	} else {
		p.args = []Value{arg}
	}
	p.mapping = isMapping(arg)
	if p.mapping {
		p.from = arg
	}
	if err := p.run(); err != nil {
		return "", err
	}
	return p.out.String(), nil
}

// isMapping says that CPython takes the value for something with keys, which
// then need not all be used.
func isMapping(v Value) bool {
	switch v.(type) {
	case *Dict, *List, *Range:
		return true
	case Based:
		return false
	case ItemGetter:
		return true
	}
	return false
}

type printf struct {
	m            *Meter
	format, rest string
	out          strings.Builder
	args         []Value // what is left of them
	mapping      bool
	text         func(m *Meter, verb rune, v Value) (string, error)
	from         Value // where `%(key)s` looks
}

// conversion is one % with what belongs to it.
type conversion struct {
	left, plus, blank, alternate, zero bool
	width, precision                   int64 // -1 if there is none
	verb                               rune
}

func (p *printf) run() error {
	for {
		literal, rest, found := strings.Cut(p.rest, "%")
		if err := p.write(literal); err != nil {
			return err
		}
		if p.rest = rest; !found {
			break
		}
		if err := p.convert(); err != nil {
			return err
		}
	}
	if len(p.args) > 0 && !p.mapping {
		return typeErrorf("not all arguments converted during string formatting")
	}
	return nil
}

func (p *printf) write(s string) error {
	if s == "" {
		return nil
	}
	p.out.WriteString(s)
	return p.m.text(int64(len(s)))
}

// next takes the next argument.
func (p *printf) next() (Value, error) {
	if len(p.args) == 0 {
		return nil, typeErrorf("not enough arguments for format string")
	}
	v := p.args[0]
	p.args = p.args[1:]
	return v, nil
}

// char takes the next character of the format.
func (p *printf) char() (rune, error) {
	r, n := utf8.DecodeRuneInString(p.rest)
	if n == 0 {
		return 0, valueErrorf("incomplete format")
	}
	p.rest = p.rest[n:]
	return r, nil
}

// peek says that the next character is one of these, and takes it then.
func (p *printf) peek(chars string) bool {
	if p.rest == "" || strings.IndexByte(chars, p.rest[0]) < 0 {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// convert reads and does one conversion.
func (p *printf) convert() error {
	if p.peek("%") {
		return p.write("%")
	}
	if p.peek("(") {
		if err := p.key(); err != nil {
			return err
		}
	}
	c := conversion{width: -1, precision: -1}
	p.flags(&c)
	if err := p.sizes(&c); err != nil {
		return err
	}
	p.peek("hlL")
	var err error
	if c.verb, err = p.char(); err != nil {
		return err
	}
	v, err := p.next()
	if err != nil {
		return err
	}
	s, isNumber, err := p.render(&c, v)
	if err != nil {
		return err
	}
	s, err = c.layOut(p.m, s, isNumber)
	p.out.WriteString(s)
	return err
}

// key reads `(name)` and makes its value the only argument.
func (p *printf) key() error {
	if !p.mapping {
		return typeErrorf("format requires a mapping")
	}
	depth := 1
	for i := range len(p.rest) {
		switch p.rest[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			key := p.rest[:i]
			p.rest = p.rest[i+1:]
			v, err := Item(p.m, p.from, Str(key))
			p.args = []Value{v}
			return err
		}
	}
	return valueErrorf("incomplete format key")
}

func (p *printf) flags(c *conversion) {
	for {
		switch {
		case p.peek("-"):
			c.left = true
		case p.peek("+"):
			c.plus = true
		case p.peek(" "):
			c.blank = true
		case p.peek("#"):
			c.alternate = true
		case p.peek("0"):
			c.zero = true
		default:
			return
		}
	}
}

// sizes reads width and precision.
func (p *printf) sizes(c *conversion) error {
	var err error
	if p.peek("*") {
		if c.width, err = p.star("C ssize_t"); err != nil {
			return err
		}
		if c.width < 0 {
			c.left, c.width = true, -c.width
		}
	} else if c.width, err = p.digits("width too big", math.MaxInt64); err != nil {
		return err
	}
	if !p.peek(".") {
		return nil
	}
	c.precision = 0
	if p.peek("*") {
		n, err := p.star("C int")
		if err == nil && n != int64(int32(n)) {
			err = Errorf("OverflowError", "Python int too large to convert to C int")
		}
		c.precision = max(n, 0)
		return err
	}
	n, err := p.digits("precision too big", math.MaxInt32)
	c.precision = max(n, 0)
	return err
}

// star takes a size from the arguments.
func (p *printf) star(fits string) (int64, error) {
	v, err := p.next()
	if err != nil {
		return 0, err
	}
	i, ok := asInt(v)
	switch {
	case !ok:
		return 0, typeErrorf("* wants int")
	case i.big != nil:
		return 0, Errorf("OverflowError", "Python int too large to convert to %s", fits)
	}
	return max(i.n, -math.MaxInt64), nil
}

func (p *printf) digits(tooBig string, limit int64) (int64, error) {
	n := int64(-1)
	for p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' {
		d := int64(p.rest[0] - '0')
		if n = max(n, 0); n > (limit-d)/10 {
			return 0, &Error{Class: "ValueError", Msg: tooBig}
		}
		n = 10*n + d
		p.rest = p.rest[1:]
	}
	return n, nil
}

// render makes the text of a value, with a minus but not filled.
func (p *printf) render(c *conversion, v Value) (s string, isNumber bool, err error) {
	switch c.verb {
	case 's', 'r', 'a':
		if s, err = p.text(p.m, c.verb, v); err == nil && c.precision >= 0 && c.precision < int64(len(s)) {
			s = s[:runeOffset(s, int(c.precision))]
		}
	case 'd', 'i', 'u', 'o', 'x', 'X':
		s, err = p.integer(c, v)
		isNumber = true
	case 'e', 'E', 'f', 'F', 'g', 'G':
		s, err = p.float(c, v)
		isNumber = true
	case 'c':
		s, err = character(v)
	default:
		shown := c.verb
		if shown < 31 || shown > 126 {
			shown = '?'
		}
		err = valueErrorf("unsupported format character '%c' (0x%x) at index %d", shown, c.verb,
			runeCount(p.format[:len(p.format)-len(p.rest)])-1)
	}
	return s, isNumber, err
}

func printfText(m *Meter, verb rune, v Value) (string, error) {
	switch verb {
	case 'r':
		return Repr(m, v)
	case 'a':
		return ascii(m, v)
	}
	return ToStr(m, v)
}

func (p *printf) integer(c *conversion, v Value) (string, error) {
	i, ok := asInt(v)
	wanted := "an integer"
	if c.verb == 'd' || c.verb == 'i' || c.verb == 'u' {
		wanted = "a real number"
		switch n := v.(type) {
		case Float, Numeric:
			var err error
			if i, err = IntOf(p.m, n); err != nil {
				return "", err
			}
			ok = true
		}
	}
	if !ok {
		return "", typeErrorf("%%%c format: %s is required, not %s", c.verb, wanted, v.TypeName())
	}
	digits, prefix, err := intDigitsIn(p.m, i, c.verb)
	if err != nil {
		return "", err
	}
	if zeros := c.precision - int64(len(digits)); zeros > 0 {
		if digits, err = pad(p.m, digits, "0", zeros, 0); err != nil {
			return "", err
		}
	}
	if c.alternate {
		digits = prefix + digits
	}
	if i.Sign() < 0 {
		digits = "-" + digits
	}
	return digits, nil
}

func (p *printf) float(c *conversion, v Value) (string, error) {
	x, err := realNumber(p.m, v)
	if err != nil {
		return "", err
	}
	precision := c.precision
	if precision < 0 {
		precision = 6
	}
	return floatStyle{verb: byte(c.verb), alternate: c.alternate}.text(p.m, x, precision)
}

func realNumber(m *Meter, v Value) (float64, error) {
	switch v.(type) {
	case Int, Bool, Float, Numeric:
		return FloatOf(m, v)
	}
	return 0, typeErrorf("must be real number, not %s", v.TypeName())
}

// character is %c: of a number or of a string of one.
func character(v Value) (string, error) {
	if s, ok := asStr(v); ok {
		if _, ok := onlyRune(s); ok {
			return s, nil
		}
	}
	i, ok := asInt(v)
	switch {
	case !ok:
		return "", typeErrorf("%%c requires int or char")
	case i.big != nil || i.n < 0 || i.n > utf8.MaxRune:
		return "", errNoCharacter()
	}
	return string(rune(i.n)), nil
}

// layOut fills to the width, zeros between the sign or prefix and the digits.
func (c *conversion) layOut(m *Meter, s string, isNumber bool) (string, error) {
	sign, prefix := "", ""
	if isNumber {
		sign, s = c.cutSign(s)
		if c.alternate && (c.verb == 'x' || c.verb == 'X' || c.verb == 'o') {
			prefix, s = s[:2], s[2:]
		}
	}
	if err := m.scanRunes(s); err != nil {
		return "", err
	}
	missing := max(c.width-int64(len(sign)+len(prefix)+runeCount(s)), 0)
	switch {
	case c.left:
		return pad(m, sign+prefix+s, " ", 0, missing)
	case c.zero && isNumber:
		s, err := pad(m, s, "0", missing, 0)
		return sign + prefix + s, err
	}
	return pad(m, sign+prefix+s, " ", missing, 0)
}

func (c *conversion) cutSign(s string) (sign, rest string) {
	switch {
	case strings.HasPrefix(s, "-"):
		return "-", s[1:]
	case c.plus:
		return "+", s
	case c.blank:
		return " ", s
	}
	return "", s
}
