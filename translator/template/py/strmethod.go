package py

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// strMethod finds a method of strings.
func strMethod(name string) method {
	switch name {
	case "capitalize", "casefold", "lower", "swapcase", "title", "upper":
		return strCase
	case "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
		"isprintable", "isspace", "istitle", "isupper":
		return strTest
	case "find", "rfind", "index", "rindex":
		return strFind
	case "count":
		return strCount
	case "startswith", "endswith":
		return strAffix
	case "split", "rsplit":
		return strSplit
	case "splitlines":
		return strSplitLines
	case "partition", "rpartition":
		return strPartition
	case "strip", "lstrip", "rstrip":
		return strStrip
	case "removeprefix", "removesuffix":
		return strRemove
	case "center", "ljust", "rjust":
		return strPad
	case "zfill":
		return strZfill
	case "expandtabs":
		return strExpandTabs
	case "join":
		return strJoin
	case "replace":
		return strReplace
	case "translate":
		return strTranslate
	case "maketrans":
		return strMakeTrans
	case "format":
		return strFormat
	case "format_map":
		return strFormatMap
	case "encode":
		return strEncode
	}
	return nil
}

// text is the string that the method belongs to.
func (c *call) text() string {
	s, _ := asStr(c.self)
	return s
}

// strArg is an argument that must be a string.
func strArg(v Value) (string, error) {
	s, ok := asStr(v)
	if !ok {
		return "", typeErrorf("must be str, not %s", v.TypeName())
	}
	return s, nil
}

func strEncode(*call) (Value, error) { return nil, unsupported("str.encode") }

func strFormat(c *call) (Value, error) {
	s, err := FormatMethod(c.m, c.text(), c.args, c.kwargs)
	return Str(s), err
}

func strFormatMap(c *call) (Value, error) {
	mapping, err := c.one()
	if err != nil {
		return nil, err
	}
	s, err := FormatMap(c.m, c.text(), mapping)
	return Str(s), err
}

func strJoin(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	items, err := Collect(c.m, arg)
	if err != nil {
		if _, iterateErr := Iterate(c.m, arg); IsClass(iterateErr, "TypeError") {
			err = typeErrorf("can only join an iterable")
		}
		return nil, err
	}
	sep := c.text()
	pieces := make([]string, len(items))
	total := product(int64(len(sep)), int64(max(len(items)-1, 0)))
	for i, item := range items {
		s, ok := asStr(item)
		if !ok {
			return nil, typeErrorf("sequence item %d: expected str instance, %s found", i, item.TypeName())
		}
		pieces[i] = s
		total += int64(len(s))
	}
	if err := c.m.text(total); err != nil {
		return nil, err
	}
	return Str(strings.Join(pieces, sep)), nil
}

func strReplace(c *call) (Value, error) {
	if err := c.between(2, 3); err != nil {
		return nil, err
	}
	var parts [2]string
	for i := range parts {
		s, ok := asStr(c.args[i])
		if !ok {
			return nil, c.notStr(" "+strconv.Itoa(i+1), c.args[i])
		}
		parts[i] = s
	}
	limit, err := size(c.arg(2), -1)
	if err != nil {
		return nil, err
	}
	s, err := Replace(c.m, c.text(), parts[0], parts[1], limit)
	return Str(s), err
}

func strRemove(c *call) (Value, error) {
	arg, err := c.one()
	if err != nil {
		return nil, err
	}
	affix, ok := asStr(arg)
	if !ok {
		return nil, c.notStr("", arg)
	}
	s := c.text()
	switch n := len(s) - len(affix); {
	case n < 0 || affix == "":
	case c.name == "removeprefix" && s[:len(affix)] == affix:
		s = s[len(affix):]
	case c.name == "removesuffix" && s[n:] == affix:
		s = s[:n]
	}
	return Str(s), c.m.scan(len(affix))
}

// strTranslate asks the table about each code point.
func strTranslate(c *call) (Value, error) {
	table, err := c.one()
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, r := range c.text() {
		piece, err := translated(c.m, table, r)
		if err != nil {
			return nil, err
		}
		if err := c.m.text(int64(len(piece))); err != nil {
			return nil, err
		}
		out = append(out, piece...)
	}
	return Str(out), nil
}

func translated(m *Meter, table Value, r rune) (string, error) {
	v, err := Item(m, table, NewInt(int64(r)))
	if IsClass(err, "KeyError", "IndexError") {
		return string(r), nil
	}
	if err != nil {
		return "", err
	}
	if v == (None{}) {
		return "", nil
	}
	if s, ok := asStr(v); ok {
		return s, nil
	}
	i, ok := asInt(v)
	switch {
	case !ok:
		return "", typeErrorf("character mapping must return integer, None or str")
	case i.big != nil || i.n < 0 || i.n > utf8.MaxRune:
		return "", valueErrorf("character mapping must be in range(0x110000)")
	}
	return string(rune(i.n)), nil
}

func strMakeTrans(c *call) (Value, error) {
	if err := c.between(1, 3); err != nil {
		return nil, err
	}
	table := NewDict()
	if len(c.args) == 1 {
		return table, c.transFromDict(table)
	}
	var sets [3][]rune
	for i, arg := range c.args {
		s, ok := asStr(arg)
		switch {
		case !ok && i == 0:
			return nil, typeErrorf("first maketrans argument must be a string if there is a second argument")
		case !ok:
			return nil, c.notStr(" "+strconv.Itoa(i+1), arg)
		}
		if err := c.m.text(4 * int64(len(s))); err != nil {
			return nil, err
		}
		sets[i] = []rune(s)
	}
	if len(sets[0]) != len(sets[1]) {
		return nil, valueErrorf("the first two maketrans arguments must have equal length")
	}
	for i, r := range sets[0] {
		if err := table.Set(c.m, NewInt(int64(r)), NewInt(int64(sets[1][i]))); err != nil {
			return nil, err
		}
	}
	for _, r := range sets[2] {
		if err := table.Set(c.m, NewInt(int64(r)), None{}); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// transFromDict takes a dict whose keys are characters or their numbers.
func (c *call) transFromDict(table *Dict) error {
	from, ok := c.args[0].(*Dict)
	if !ok {
		return typeErrorf("if you give only one argument to maketrans it must be a dict")
	}
	for k, v := range from.Pairs() {
		s, isStr := asStr(k)
		_, isInt := asInt(k)
		r, isOne := onlyRune(s)
		switch {
		case isStr && !isOne:
			return valueErrorf("string keys in translate table must be of length 1")
		case isStr:
			k = NewInt(int64(r))
		case !isInt:
			return typeErrorf("keys in translate table must be strings or integers")
		}
		if err := table.Set(c.m, k, v); err != nil {
			return err
		}
	}
	return nil
}
