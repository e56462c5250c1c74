package workflow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/osmo-nomad/osmo-nomad/e2e/cost"
	"github.com/osmo-nomad/osmo-nomad/translator/diag"
)

// decoded is a workflow that must be silent.
func decoded(t *testing.T, text string) *Workflow {
	t.Helper()
	w, diags := Decode(text, diag.SourceMap{}, nil)
	if len(diags) > 0 {
		t.Fatalf("%s\n%v", text, diags)
	}
	return w
}

// with is a workflow of one task with more fields.
func with(fields string) string {
	return "workflow: {name: w, tasks: [{name: t, image: a, command: [a], " + fields + "}]}"
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]string{
		"15m": "15m0s", "'10 m'": "10m0s", "+5m": "5m0s", "1_0m": "10m0s", "90": "1m30s", "1.5": "1.5s", "PT1H30M": "1h30m0s",
		"P1DT0.5S": "24h0m0.5s", "P1DT": "24h0m0s", "60d": "1440h0m0s", "250ms": "250ms", "7us": "7µs", "0": "0s", "null": "0s", "true": "1s", "1:30": "1m30s",
		"0.0000005": "0s", "0.0000015": "2µs", "٣m": "3m0s", "999999999d": time.Duration(1<<63 - 1).String(),
	} {
		w := decoded(t, "workflow: {name: w, timeout: {exec_timeout: "+in+"}, tasks: [{name: t, image: a, command: [a]}]}")
		if got := w.Timeout.Exec.V.String(); got != want {
			t.Errorf("exec_timeout: %s: got %s, want %s", in, got, want)
		}
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]int64{
		"1Gi": 1 << 30, "1G": 1 << 30, "1GiB": 1 << 30, "1.5Ki": 1536, "2Ti": 2 << 40, "4096": 4096, "1536000m": 1500, "1024.5B": 1025, "2000000": 2000000, "0x800": 2048, "null": 0, "2.0e+3": 2000,
	} {
		w := decoded(t, "workflow: {name: w, resources: {default: {memory: "+in+"}}, tasks: [{name: t, image: a, command: [a]}]}")
		if got := w.Resources[0].MemoryBytes.V; got != want {
			t.Errorf("memory: %s: got %d, want %d", in, got, want)
		}
	}
}

// TestNumbersAsText: what Python makes of them.
func TestNumbersAsText(t *testing.T) {
	w := decoded(t, with(`args: [1, 1.0, 1.50, -0.0, 1.0e+16, 1.0e-5, .inf, -.inf, .nan, 012, 0x1f, 1:30, 123456789012345678901234567890], environment: {a: true, b: off, 3: 1.0, null: x, true: y}`))
	var got []string
	for _, s := range w.Groups[0].Tasks[0].Args {
		got = append(got, s.V)
	}
	want := "1 1.0 1.5 -0.0 1e+16 1e-05 inf -inf nan 10 31 90 123456789012345678901234567890"
	if g := strings.Join(got, " "); g != want {
		t.Errorf("got  %s\nwant %s", g, want)
	}
	got = nil
	for _, e := range w.Groups[0].Tasks[0].Environment {
		got = append(got, e.Name.V+"="+e.Value.V)
	}
	if g, want := strings.Join(got, " "), "a=True b=False 3=1.0 None=x True=y"; g != want {
		t.Errorf("got  %s\nwant %s", g, want)
	}
}

func TestExitActions(t *testing.T) {
	w := decoded(t, with(`exitActions: {reschedule: '1-23-40,7,1-3,٣', FAIL: 5, complete: 99999999999999999999}`))
	want := []ExitAction{
		{Action: Value[Action]{V: ActionFail}, Written: String{V: "5"}, Codes: []CodeRange{{5, 5}}},
		{Action: Value[Action]{V: ActionComplete}, Written: String{V: "99999999999999999999"}, Codes: []CodeRange{{1<<63 - 1, 1<<63 - 1}}},
		{Action: Value[Action]{V: ActionReschedule}, Written: String{V: "1-23-40,7,1-3,٣"}, Codes: []CodeRange{{1, 40}, {7, 7}, {1, 3}, {3, 3}}},
	}
	noPlaces := cmp.Comparer(func(a, b diag.Pos) bool { return true })
	if diff := cmp.Diff(want, w.Groups[0].Tasks[0].ExitActions, noPlaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInputDirs(t *testing.T) {
	w := decoded(t, `workflow: {name: w, tasks: [{name: a, image: a, command: [a]}, {name: t, image: a, command: [a], inputs: [{task: a}, {url: s3://b}, {task: w-1:a}, {task: w-1:z}]}]}`)
	want := map[string]int{"0": 0, "1": 1, "2": 2, "3": 3, "a": 2, "z": 3}
	if diff := cmp.Diff(want, w.Groups[1].Tasks[0].InputDirs()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.Groups[0].Tasks[0].InputDirs(); got != nil {
		t.Errorf("no inputs, and %v", got)
	}
}

func TestUpstream(t *testing.T) {
	w := decoded(t, `workflow: {name: w, tasks: [{name: a, image: a, command: [a]}, {name: b, image: a, command: [a]}, {name: c, image: a, command: [a], inputs: [{task: b}, {task: a}, {task: b}, {task: w-1:x}, {url: s3://b}]}]}`)
	for _, w := range []*Workflow{w, {Groups: w.Groups, Resources: w.Resources}} { // the second one was not decoded
		var got []string
		for _, g := range w.Upstream(&w.Groups[2]) {
			got = append(got, g.Name.V)
		}
		if g := strings.Join(got, " "); g != "a-group b-group" {
			t.Errorf("got %s", g)
		}
		if up := w.Upstream(&w.Groups[0]); up != nil {
			t.Errorf("got %v", up)
		}
		if r := w.ResourceOf(&w.Groups[0].Tasks[0]); r != &w.Resources[0] {
			t.Errorf("got %v", r)
		}
	}
}

// TestLoops: groups that wait for each other have one number, others their own.
func TestLoops(t *testing.T) {
	// a <- b <- c <- b, d <- c, e alone
	w, _ := Decode(`workflow: {name: w, tasks: [{name: a, image: a, command: [a]}, {name: b, image: a, command: [a], inputs: [{task: a}, {task: c}]}, {name: c, image: a, command: [a], inputs: [{task: b}]}, {name: d, image: a, command: [a], inputs: [{task: c}]}, {name: e, image: a, command: [a]}]}`, diag.SourceMap{}, nil)
	l := w.loops()
	if l[1] != l[2] || l[0] == l[1] || l[3] == l[1] || l[4] == l[3] || l[0] == l[3] {
		t.Errorf("got %v", l)
	}
}

func TestLocalFiles(t *testing.T) {
	local := func(path string) (string, diag.SourceMap, diag.List) {
		m := diag.SourceMap{File: path}
		if path == "gone" {
			return "", m, diag.List{{Code: diag.File, Msg: "gone"}}
		}
		return "line\né {{host:x}} {{output}}\n", m, nil
	}
	w, diags := Decode(with(`files: [{path: /a, localpath: a.sh}]`), diag.SourceMap{File: "w"}, local)
	if len(diags) != 1 || diags[0].Pos.String() != "a.sh:2:3" || diags[0].Code != diag.Token {
		t.Errorf("got %v", diags)
	}
	if f := w.Groups[0].Tasks[0].Files[0]; f.Contents.V != "line\né {{host:x}} {{output}}\n" || f.Contents.Pos.String() != "a.sh:1:1" {
		t.Errorf("got %v", f)
	}
	for text, want := range map[string]string{
		`files: [{path: /a, localpath: gone}]`:           "w:1:93: gone [file]",
		`files: [{path: /a, localpath: 5}]`:              `w:1:93: localpath must be a string, got an integer, quote it: "5" [type]`,
		`files: [{path: /a, localpath: a, contents: b}]`: "w:1:82: files[0] has both contents and localpath, OSMO does not support them together [file]",
	} {
		if _, diags := Decode(with(text), diag.SourceMap{File: "w"}, local); len(diags) != 1 || diags[0].String() != want {
			t.Errorf("%s: got %v, want %s", text, diags, want)
		}
	}
	if _, diags := Decode(with(`files: [{path: /a, localpath: a}]`), diag.SourceMap{File: "w"}, nil); len(diags) != 1 || diags[0].Pos.Col != 93 {
		t.Errorf("without a reader: %v", diags)
	}
}

// TestTokenPlaces: each token where it stands, however the text is written.
func TestTokenPlaces(t *testing.T) {
	text := `workflow:
  name: w
  tasks:
  - name: t
    image: a
    command: [é, "{{host:a}} {{host:b}}", '{{host:a}}', "\x7b{host:c}}"]
    args:
    - |
      {{host:a}}
          {{host:a}}é{{host:a}}
    - >-
      x

      {{host:a}}
      {{host:b}}
    environment: {"{{host:a}}": "x{{host:a}}y"}
`
	var got []string
	_, diags := Decode(text, diag.SourceMap{}, nil)
	for _, d := range diags {
		name, _, _ := strings.Cut(d.Msg, ": ")
		got = append(got, d.Pos.String()+" "+name)
	}
	want := []string{
		":6:19 {{host:a}}", ":6:30 {{host:b}}", ":6:44 {{host:a}}", ":6:57 {{host:c}}",
		":9:7 {{host:a}}", ":10:11 {{host:a}}", ":10:22 {{host:a}}", ":14:7 {{host:a}}", ":15:7 {{host:b}}",
		":16:20 {{host:a}}", ":16:35 {{host:a}}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestManyProblems: what is wrong in one long line, in every field, in every
// task, costs no more than in proportion.
func TestManyProblems(t *testing.T) {
	for name, text := range map[string]string{
		"tokens in a line": with("args: ['" + strings.Repeat("é{{host:x}}", 80_000) + "']"),
		"escaped tokens":   with(`args: ["\x7b{host:y}}` + strings.Repeat("{{host:x}}", 80_000) + `"]`),
		"no tokens":        with("args: ['" + strings.Repeat("<<", 200_000) + strings.Repeat("{{ ", 100_000) + "']"),
		"texts in a line":  with("args: [" + strings.Repeat("'{{host:x}}', ", 60_000) + "]"),
		"unknown fields":   with(strings.TrimSuffix(manyOf("f%d: 1, ", 100_000), ", ")),
		"unknown tasks":    with("inputs: [" + manyOf("{task: t%d}, ", 30_000) + "]"),
		"unknown dirs":     with("inputs: [" + manyOf("{task: w-1:t%d}, ", 10_000) + "], args: [" + manyOf("'{{input:u%d}}', ", 10_000) + "]"),
		"one path":         with("files: [" + manyOf("{path: /a, contents: x%d}, ", 30_000) + "]"),
		"waiting in a row": "workflow: {name: w, tasks: [" + manyOf("{name: t%d, image: a, command: [a], inputs: [{task: t}]}, ", 10_000) + "{name: t, image: a, command: [a]}]}",
	} {
		var diags diag.List
		took := cost.Of(t, func() { _, diags = Decode(text, diag.SourceMap{}, nil) })
		if len(diags) == 0 && name != "no tokens" {
			t.Errorf("%s: no problem", name)
		}
		if took.Processor > cost.Lavish {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func manyOf(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
