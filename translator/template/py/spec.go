package py

import (
	"math"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/number"
)

// spec is a format specification: [[fill]align][sign][z][#][0][width][,_][.precision][type]
// (CPython formatter_unicode.c).
type spec struct {
	fill      string
	align     byte // < > = or ^
	sign      byte // + - or blank; 0 if there is none
	noNegZero bool
	alternate bool
	width     int64 // -1 if there is none
	group     byte  // comma or underscore, or 0
	precision int64 // -1 if there is none
	kind      rune  // 0 if there is none
}

// specParser reads a specification for a value of one type.
type specParser struct {
	text, rest string
	typeName   string
	spec       spec
}

// parseSpec reads a specification, given the type's own alignment and kind.
func parseSpec(text, typeName string, align byte, kind rune) (spec, error) {
	p := specParser{text: text, rest: text, typeName: typeName}
	p.spec = spec{fill: " ", align: align, width: -1, precision: -1, kind: kind}
	p.flags(align)
	var err error
	if p.spec.width, err = p.number(); err != nil {
		return spec{}, err
	}
	if err := p.grouping(); err != nil {
		return spec{}, err
	}
	if p.take(".") != 0 {
		if p.spec.precision, err = p.number(); err != nil {
			return spec{}, err
		}
		if p.spec.precision < 0 {
			return spec{}, valueErrorf("Format specifier missing precision")
		}
	}
	if r, n := utf8.DecodeRuneInString(p.rest); n > 0 {
		if n < len(p.rest) {
			return spec{}, valueErrorf("Invalid format specifier '%s' for object of type '%s'", text, typeName)
		}
		p.spec.kind = r
	}
	return p.spec, p.checkGrouping()
}

// take reads one of these characters, or none.
func (p *specParser) take(chars string) byte {
	if p.rest == "" {
		return 0
	}
	for i := range len(chars) {
		if p.rest[0] == chars[i] {
			p.rest = p.rest[1:]
			return chars[i]
		}
	}
	return 0
}

const alignments = "<>=^"

// flags reads what comes before the width.
func (p *specParser) flags(defaultAlign byte) {
	_, n := utf8.DecodeRuneInString(p.rest)
	before := p.rest
	p.rest = p.rest[n:]
	aligned := p.take(alignments)
	filled := aligned != 0
	if filled {
		p.spec.fill = before[:n]
	} else {
		p.rest = before
		aligned = p.take(alignments)
	}
	if aligned != 0 {
		p.spec.align = aligned
	}
	p.spec.sign = p.take(" +-")
	p.spec.noNegZero = p.take("z") != 0
	p.spec.alternate = p.take("#") != 0
	if !filled && p.take("0") != 0 {
		p.spec.fill = "0"
		if aligned == 0 && defaultAlign == '>' {
			p.spec.align = '='
		}
	}
}

// number reads decimal digits; -1 if there are none.
func (p *specParser) number() (int64, error) {
	n, rest, ok := leadingNumber(p.rest)
	if !ok {
		return 0, valueErrorf("Too many decimal digits in format string")
	}
	p.rest = rest
	return n, nil
}

// leadingNumber reads the digits of any script that begin a string. The number
// is -1 if there are none; ok is false if they are too many.
func leadingNumber(s string) (n int64, rest string, ok bool) {
	n = -1
	for i, r := range s {
		value, ok := number.Digit(r)
		if !ok {
			return n, s[i:], true
		}
		d := int64(value)
		n = max(n, 0)
		if n > (math.MaxInt64-d)/10 {
			return 0, "", false
		}
		n = 10*n + d
	}
	return n, "", true
}

func (p *specParser) grouping() error {
	p.spec.group = p.take(",")
	if under := p.take("_"); under != 0 {
		if p.spec.group != 0 {
			return valueErrorf("Cannot specify both ',' and '_'.")
		}
		p.spec.group = under
	}
	if p.spec.group == '_' && p.rest != "" && p.rest[0] == ',' {
		return valueErrorf("Cannot specify both ',' and '_'.")
	}
	return nil
}

func (p *specParser) checkGrouping() error {
	if p.spec.group == 0 {
		return nil
	}
	switch k := p.spec.kind; k {
	case 'd', 'e', 'f', 'g', 'E', 'G', '%', 'F', 0:
		return nil
	case 'b', 'o', 'x', 'X':
		if p.spec.group == '_' {
			return nil
		}
		return valueErrorf("Cannot specify '%c' with '%c'.", p.spec.group, k)
	default:
		if k > ' ' && k < utf8.RuneSelf {
			return valueErrorf("Cannot specify '%c' with '%c'.", p.spec.group, k)
		}
		return valueErrorf(`Cannot specify '%c' with '\x%x'.`, p.spec.group, k)
	}
}

// groupLen is how many digits stand between two separators.
func (s *spec) groupLen() int {
	switch {
	case s.group == 0:
		return 0
	case s.kind == 'b' || s.kind == 'o' || s.kind == 'x' || s.kind == 'X':
		return 4
	}
	return 3
}

func unknownKind(kind rune, typeName string) error {
	if kind > ' ' && kind < utf8.RuneSelf {
		return valueErrorf("Unknown format code '%c' for object of type '%s'", kind, typeName)
	}
	return valueErrorf(`Unknown format code '\x%x' for object of type '%s'`, kind, typeName)
}

// numeral is a number in digits, taken apart for filling and grouping.
type numeral struct {
	sign   string // with what the specification adds
	prefix string // 0x and the like
	digits string // before the point
	rest   string // the point and all behind it; or a text that is no number
}

// layOut fills and groups. The work is about twice the width, so that is charged.
func (s *spec) layOut(m *Meter, n numeral) (string, error) {
	length := int64(len(n.sign) + len(n.prefix) + len(n.rest))
	if err := m.text(product(2, max(s.width, 2*(length+int64(len(n.digits)))))); err != nil {
		return "", err
	}
	least := int64(0)
	if s.fill == "0" && s.align == '=' {
		least = s.width - int64(len(n.sign)+len(n.prefix)) - int64(runeCount(n.rest))
	}
	if n.digits != "" {
		n.digits = grouped(n.digits, least, s.group, s.groupLen())
	}
	missing := s.width - int64(len(n.sign)+len(n.prefix)+len(n.digits)) - int64(runeCount(n.rest))
	if missing <= 0 {
		return n.sign + n.prefix + n.digits + n.rest, nil
	}
	if s.align == '=' {
		filling, err := repeatStr(m, s.fill, missing)
		return n.sign + n.prefix + filling + n.digits + n.rest, err
	}
	return s.padded(m, n.sign+n.prefix+n.digits+n.rest, missing)
}

// padded puts the missing characters where the alignment wants them.
func (s *spec) padded(m *Meter, text string, missing int64) (string, error) {
	switch s.align {
	case '<':
		return pad(m, text, s.fill, 0, missing)
	case '^':
		return pad(m, text, s.fill, missing/2, missing-missing/2)
	}
	return pad(m, text, s.fill, missing, 0)
}

// grouped puts separators between the digits, and zeros before them until all is
// at least so long. A group that a separator ends is never empty.
func grouped(digits string, least int64, separator byte, size int) string {
	left, least := int64(len(digits)), max(least, 0)
	if separator == 0 {
		if left >= least {
			return digits
		}
		zeros := make([]byte, least-left)
		for i := range zeros {
			zeros[i] = '0'
		}
		return string(zeros) + digits
	}
	var reversed []byte
	for {
		n := min(int64(size), max(left, least, 1))
		for range n {
			if left--; left >= 0 {
				reversed = append(reversed, digits[left])
			} else {
				reversed = append(reversed, '0')
			}
		}
		if least -= n; left <= 0 && least <= 0 {
			break
		}
		reversed = append(reversed, separator)
		least--
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}
