package py

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestUnicode compares what is said of each character there is.
func TestUnicode(t *testing.T) {
	tables := unicodeTables(t)
	predicates := map[string]func(rune) bool{
		"isalpha": isAlpha, "isdecimal": isDecimal, "isdigit": isDigit, "isnumeric": isNumeric, "isprintable": isPrintable,
		"isspace": isSpace, "isupper": isUpper, "islower": isLower, "isidentifier": isIdentStart,
		"is a title":                isTitle,
		"continues an identifier":   isIdentContinue,
		"is ignored after a sigma":  func(r rune) bool { return isCaseIgnorable(r) || isCased(r) },
		"begins a word for title()": func(r rune) bool { return !isCased(r) },
	}
	for name, is := range predicates {
		text, ok := tables[name]
		if !ok {
			t.Fatalf("nothing recorded for %s", name)
		}
		want := readRanges(t, text)
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if utf8.ValidRune(r) && is(r) != want[r] {
				t.Errorf("%s of %U is %t", name, r, is(r))
			}
		}
	}
}

// TestUnicodeCase compares the change of case of each character there is.
func TestUnicodeCase(t *testing.T) {
	tables := unicodeTables(t)
	maps := map[string]map[rune]string{}
	for _, name := range []string{"lower", "upper", "title", "casefold", "swapcase"} {
		maps[name] = readMap(t, tables[name])
		if len(maps[name]) == 0 && name != "swapcase" {
			t.Fatalf("nothing recorded for %s", name)
		}
	}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		lower, upper := mapped(maps["lower"], r, string(r)), mapped(maps["upper"], r, string(r))
		swapped := lower
		if isLower(r) {
			swapped = upper
		}
		want := map[string]string{
			"lower": lower, "upper": upper, "title": mapped(maps["title"], r, upper),
			"casefold": mapped(maps["casefold"], r, lower), "swapcase": mapped(maps["swapcase"], r, swapped),
		}
		for how, want := range want {
			if got, err := Recase(nil, string(r), how); err != nil || got != want {
				t.Errorf("%s of %U is %+q, want %+q", how, r, got, want)
			}
		}
	}
}

func mapped(m map[rune]string, r rune, otherwise string) string {
	if s, ok := m[r]; ok {
		return s
	}
	return otherwise
}

func unicodeTables(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/unicode.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tables := map[string]string{}
	s := bufio.NewScanner(f)
	for s.Buffer(nil, 1<<20); s.Scan(); {
		var line [2]string
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		tables[line[0]] = line[1]
	}
	return tables
}

func readRanges(t *testing.T, text string) []bool {
	t.Helper()
	set := make([]bool, utf8.MaxRune+1)
	for field := range strings.FieldsSeq(text) {
		from, to, isRange := strings.Cut(field, "-")
		if !isRange {
			to = from
		}
		for r := hexRune(t, from); r <= hexRune(t, to); r++ {
			set[r] = true
		}
	}
	return set
}

func readMap(t *testing.T, text string) map[rune]string {
	t.Helper()
	m := map[rune]string{}
	for field := range strings.FieldsSeq(text) {
		from, to, _ := strings.Cut(field, ":")
		s := ""
		for part := range strings.SplitSeq(to, ".") {
			s += string(hexRune(t, part))
		}
		m[hexRune(t, from)] = s
	}
	return m
}

func hexRune(t *testing.T, s string) rune {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return rune(n)
}
