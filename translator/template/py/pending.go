package py

import "strconv"

var errPending = Errorf("NotImplementedError", "this part of package py is being written")

func ToStr(m *Meter, v Value) (string, error) {
	if s, ok := v.(Str); ok {
		return string(s), nil
	}
	return Repr(m, v)
}
func Repr(m *Meter, v Value) (string, error) {
	switch v := v.(type) {
	case Str:
		return strconv.Quote(string(v)), nil
	case Int:
		return v.Big().String(), nil
	case Stringer:
		return v.PyStr(m)
	}
	return "", errPending
}
func Truth(v Value) (bool, error) {
	switch v := v.(type) {
	case Bool:
		return bool(v), nil
	case None:
		return false, nil
	case Str:
		return v != "", nil
	case Int:
		return v.Sign() != 0, nil
	case *List:
		return len(v.Items) > 0, nil
	case *Dict:
		return v.Len() > 0, nil
	case Truther:
		return v.PyTruth()
	}
	return true, nil
}
func Equal(m *Meter, a, b Value) (bool, error)                           { return a == b, nil }
func Compare(m *Meter, op string, a, b Value) (bool, error)              { return false, errPending }
func Contains(m *Meter, container, item Value) (bool, error)             { return false, errPending }
func Binary(m *Meter, op string, a, b Value) (Value, error)              { return nil, errPending }
func Unary(m *Meter, op string, v Value) (Value, error)                  { return nil, errPending }
func Len(v Value) (int, error)                                           { return 0, errPending }
func GetItem(m *Meter, v, key Value) (Value, bool, error)                { return nil, false, errPending }
func Item(m *Meter, v, key Value) (Value, error)                         { return nil, errPending }
func Slice(m *Meter, v, start, stop, step Value) (Value, error)          { return nil, errPending }
func Sorted(m *Meter, vs []Value, reverse bool) ([]Value, error)         { return nil, errPending }
func SortedBy(m *Meter, vs, keys []Value, reverse bool) ([]Value, error) { return nil, errPending }
func ParseInt(s string, base int) (Int, bool)                            { return Int{}, false }
func ParseFloat(s string) (float64, bool)                                { return 0, false }
func IntOf(m *Meter, v Value) (Int, error)                               { return Int{}, errPending }
func FloatOf(m *Meter, v Value) (float64, error)                         { return 0, errPending }
func FormatFloat(f float64) string                                       { return strconv.FormatFloat(f, 'g', -1, 64) }
func Format(m *Meter, v Value, spec string) (string, error)              { return "", errPending }
func Abs(m *Meter, v Value) (Value, error)                               { return nil, errPending }

// Lookup is how str.format finds `{0.name}` and `{0[key]}`: Jinja's sandbox asks
// its environment.
type Lookup struct {
	Attr func(m *Meter, v Value, name string) (Value, error)
	Item func(m *Meter, v, key Value) (Value, error)
}

// FormatMethod is format.format(*args, **kwargs) with Python's own look-ups.
func FormatMethod(m *Meter, format string, args []Value, kwargs []Kwarg) (string, error) {
	return FormatWith(m, format, args, kwargs, Lookup{})
}

// FormatWith is FormatMethod with other look-ups.
func FormatWith(m *Meter, format string, args []Value, kwargs []Kwarg, look Lookup) (string, error) {
	return "", errPending
}

// FormatMapWith is format.format_map(mapping).
func FormatMapWith(m *Meter, format string, mapping Value, look Lookup) (string, error) {
	return "", errPending
}
func PrintfFormat(m *Meter, format string, arg Value) (string, error) { return "", errPending }
func Round(m *Meter, v Value, ndigits int) (Value, error)             { return nil, errPending }
