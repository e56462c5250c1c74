package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPrint(t *testing.T) {
	var l List
	l.Errorf(Name, Pos{"b", 2, 3}, "second %d", 2)
	l.Warnf(Token, Pos{"b", 2, 0}, "a line")
	l.Errorf(Name, Pos{"b", 2, 3}, "second 2")
	l.Errorf(Section, Pos{"b", 0, 0}, "a file")
	l.Add(List{{Code: Name, Msg: "two places", Pos: Pos{"a", 9, 1}, Related: []Pos{{"a", 1, 1}, {"a", 2, 2}}}})
	var b bytes.Buffer
	if err := Print(&b, l); err != nil {
		t.Fatal(err)
	}
	want := "a:9:1: two places (see a:1:1, a:2:2) [name]\nb: a file [section]\nb:2: warning: a line [token]\nb:2:3: second 2 [name]\n"
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
	if !l.HasErrors() || l[1:2].HasErrors() || List(nil).HasErrors() {
		t.Error("HasErrors counts warnings, or no errors")
	}
}

func TestPrintIsBounded(t *testing.T) {
	var l List
	for i := range 60 {
		l.Errorf(Type, Pos{"f", 60 - i, 1}, "x")
	}
	var b bytes.Buffer
	if err := Print(&b, l); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != MaxPrinted+1 || !strings.HasSuffix(b.String(), "\n… and 10 more\n") {
		t.Errorf("%d lines, the end is %q", n, b.String()[b.Len()-30:])
	}
}

// TestPrintIsPlain: whatever a message quotes, it is one line and moves no cursor.
func TestPrintIsPlain(t *testing.T) {
	d := Diagnostic{Code: Name, Msg: "a\nb\x1b[2Jc\u00a0d\u202ee\xffü 語", Pos: Pos{"f\tg", 1, 1}}
	if got, want := d.String(), `f\tg:1:1: a\nb\x1b[2Jc\u00a0d\u202ee`+"\ufffd"+`ü 語 [name]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPrintJSON(t *testing.T) {
	l := List{{Code: Name, Msg: "<two>", Pos: Pos{"b", 9, 1}, Related: []Pos{{"b", 1, 0}}}, {Code: Name, Msg: "<two>", Pos: Pos{"b", 9, 1}}}
	l.Warnf(Token, Pos{File: "a"}, "w")
	want := `{"diagnostics":[` +
		`{"code":"token","severity":"warning","message":"w","file":"a","line":0,"col":0,"related":[]},` +
		`{"code":"name","severity":"error","message":"<two>","file":"b","line":9,"col":1,"related":[{"file":"b","line":1,"col":0}]}]}`
	for _, tt := range []struct {
		list List
		want string
	}{{l, want}, {nil, `{"diagnostics":[]}`}} {
		var b, got bytes.Buffer
		if err := PrintJSON(&b, tt.list); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&got, b.Bytes()); err != nil || got.String() != tt.want {
			t.Errorf("%v\n got %s\nwant %s", err, &got, tt.want)
		}
	}
	for i := range 60 {
		l.Errorf(Type, Pos{"f", i, 1}, "x")
	}
	var b bytes.Buffer
	if err := PrintJSON(&b, l); err != nil || strings.Count(b.String(), `"code"`) != 62 {
		t.Errorf("%v: programs want every one:\n%s", err, &b)
	}
	if err := PrintJSON(full{}, l); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestPrintReportsTheWriter(t *testing.T) {
	if err := Print(full{}, List{{}}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"name", "lead", "image", "command", "environment", "files", "resource"}
	for in, want := range map[string]string{
		"nmae": "name", "env": "environment", "Image": "image", "commands": "command", "resources": "resource", "zebra": "", "n": "", "fil": "files", "enviromnent": "environment",
	} {
		if got := Nearest(in, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
	if got := DidYouMean("zebra", []string{"a", "b"}); got != ", expected one of: a, b" {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("zebra", nil) + DidYouMean("zebra", strings.Split("01234567890123", "")); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestSourceMap(t *testing.T) {
	m := SourceMap{File: "f", Spans: []Span{
		{Line: 1, Col: 1, FromLine: 10, FromCol: 1},
		{Line: 2, Col: 5, FromLine: 11, FromCol: 5, Fixed: true},
		{Line: 4, Col: 3, FromLine: 11, FromCol: 20},
	}}
	for in, want := range map[[2]int]string{
		{1, 1}: "f:10:1", {1, 7}: "f:10:7", {2, 4}: "f:11:4", {2, 5}: "f:11:5", {2, 9}: "f:11:5", {3, 1}: "f:11:5",
		{4, 2}: "f:11:5", {4, 3}: "f:11:20", {4, 5}: "f:11:22", {5, 2}: "f:12:2", {5, 0}: "f:12",
	} {
		if got := m.Pos(in[0], in[1]).String(); got != want {
			t.Errorf("%v leads to %s, want %s", in, got, want)
		}
	}
	if got := fmt.Sprint(SourceMap{File: "g"}.Pos(3, 4)); got != "g:3:4" {
		t.Errorf("without spans: %s", got)
	}
}

func TestCodesAreUnique(t *testing.T) {
	codes := slices.Sorted(slices.Values(Codes()))
	if n := len(slices.Compact(codes)); n != len(Codes()) {
		t.Errorf("%d codes, %d different", len(Codes()), n)
	}
}

func TestCut(t *testing.T) {
	for in, want := range map[string]string{"": "", "né": "né", "née": "née", "nées": "née…"} {
		if got := Cut(in, 3); got != want {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
}
