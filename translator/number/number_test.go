package number

import (
	"strconv"
	"strings"
	"testing"
)

// The tests of packages py and yaml compare with recorded answers of Python; here
// is what each function is for.

func TestInt(t *testing.T) {
	for _, c := range []struct {
		in   string
		base int
		want string
	}{
		{" +1_000\n", 10, "1000"},
		{"-٣٤", 10, "-34"},
		{"007", 10, "7"},
		{"0xff", 16, "255"},
		{"-0b1_1", 0, "-3"},
		{"z", 36, "35"},
		{strings.Repeat("f", 5000), 16, "f…"},
		{"010", 0, ""},
		{"1__0", 10, ""},
		{"_1", 10, ""},
		{"1 0", 10, ""},
		{"+-1", 10, ""},
		{"½", 10, ""},
		{"1", 1, ""},
		{"1", 37, ""},
		{"", 10, ""},
		{strings.Repeat("1", MaxDigits+1), 10, ""},
	} {
		got := ""
		if n, ok := Int(c.in, c.base); ok && n.BitLen() < 100 {
			got = n.String()
		} else if ok {
			got = n.Text(c.base)[:1] + "…"
		}
		if got != c.want {
			t.Errorf("int(%.20q, %d) is %q, want %q", c.in, c.base, got, c.want)
		}
	}
}

func TestFloat(t *testing.T) {
	for in, want := range map[string]string{
		"1.5": "1.5", " .5e+1 ": "5.0", "5.": "5.0", "1_0.2_5": "10.25", "٣.٥": "3.5", "-Infinity": "-inf", "-nan": "nan", "1e999": "inf", "1e-999": "0.0",
		"0x1p4": "", "1e": "", ".": "", "1_.5": "", "infinite": "", "1,5": "", "": "",
	} {
		got := ""
		if f, ok := Float(in); ok {
			got = Format(f)
		}
		if got != want {
			t.Errorf("float(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestASCII(t *testing.T) {
	if got := ASCII("a١２𝟗½é"); got != "a129½é" {
		t.Errorf("got %q", got)
	}
	// Python 3.11 does not know these digits yet.
	if got := ASCII("\U00011f51"); got != "\U00011f51" {
		t.Errorf("got %s", strconv.QuoteToASCII(got))
	}
}

func TestFormat(t *testing.T) {
	for in, want := range map[float64]string{1.5: "1.5", 22.04: "22.04", 1000: "1000.0", 1e16: "1e+16", 0.0001: "0.0001", 0.00001: "1e-05", 0: "0.0", 1e22: "1e+22", 123456789.125: "123456789.125"} {
		if got := Format(in); got != want {
			t.Errorf("Format(%g) = %s, want %s", in, got, want)
		}
	}
}
