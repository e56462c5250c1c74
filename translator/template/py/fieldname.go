package py

import "strings"

// value finds what the name of a field says: `0.name[key]`.
func (f *formatter) value(name string) (Value, error) {
	if err := f.m.scan(len(name)); err != nil {
		return nil, err
	}
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	v, err := f.first(name[:end], name)
	for rest := name[end:]; err == nil && rest != ""; {
		v, rest, err = f.step(v, rest)
	}
	return v, err
}

// first is the argument that a field begins with.
func (f *formatter) first(name, all string) (Value, error) {
	index, isIndex, err := fieldIndex(name)
	if err != nil {
		return nil, err
	}
	switch {
	case f.class && all == "", !f.class && name == "":
		if index, err = f.automatic(); err != nil {
			return nil, err
		}
		isIndex = true
	case f.class && allOf(all, isDigit), !f.class && isIndex:
		if err := f.manual(); err != nil {
			return nil, err
		}
	}
	switch {
	case !isIndex:
		return Item(f.m, f.kwargs, Str(name))
	case f.noArgs:
		return nil, valueErrorf("Format string contains positional fields")
	case index < int64(len(f.args)):
		return f.args[index], nil
	case f.class:
		return nil, Errorf("IndexError", "tuple index out of range")
	}
	return nil, Errorf("IndexError", "Replacement index %d out of range for positional args tuple", index)
}

// automatic is the number of a field that says none.
func (f *formatter) automatic() (int64, error) {
	if f.numbering == byHand {
		return 0, valueErrorf("cannot switch from manual field specification to automatic field numbering")
	}
	f.numbering = byItself
	f.auto++
	return f.auto - 1, nil
}

// manual is told that a field says its number.
func (f *formatter) manual() error {
	if f.numbering == byItself {
		if f.class { // Lib/string.py has the text of the other case
			return valueErrorf("cannot switch from manual field specification to automatic field numbering")
		}
		return valueErrorf("cannot switch from automatic field numbering to manual field specification")
	}
	f.numbering = byHand
	return nil
}

// fieldIndex is a name as a number.
func fieldIndex(name string) (index int64, ok bool, err error) {
	n, rest, fits := leadingNumber(name)
	if !fits {
		return 0, false, valueErrorf("Too many decimal digits in format string")
	}
	return n, n >= 0 && rest == "", nil
}

// step goes one attribute or item further.
func (f *formatter) step(v Value, rest string) (Value, string, error) {
	const empty = "Empty attribute in format string"
	switch rest[0] {
	case '.':
		end := strings.IndexAny(rest[1:], ".[") + 1
		if end == 0 {
			end = len(rest)
		}
		if end == 1 {
			return nil, "", valueErrorf(empty)
		}
		v, err := f.look.Attr(f.m, v, rest[1:end])
		return v, rest[end:], err
	case '[':
		end := strings.IndexByte(rest, ']')
		switch end {
		case -1:
			return nil, "", valueErrorf("Missing ']' in format string")
		case 1:
			return nil, "", valueErrorf(empty)
		}
		index, isIndex, err := fieldIndex(rest[1:end])
		if err != nil {
			return nil, "", err
		}
		var key Value = Str(rest[1:end])
		if isIndex {
			key = NewInt(index)
		}
		v, err := f.look.Item(f.m, v, key)
		return v, rest[end+1:], err
	}
	return nil, "", valueErrorf("Only '.' or '[' may follow ']' in format field specifier")
}
