package jinja

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/osmo-nomad/osmo-nomad/e2e/corpus"
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// recorded is a template with what Jinja2 makes of it.
type recorded struct {
	Group, Name string
	Tpl         string
	Data        json.RawMessage
	Want        struct {
		OK  bool
		Out string
		Err string
	}
}

func recordedCases(t testing.TB, file string) []recorded {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c recorded
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, c)
	}
	return out
}

// variables reads JSON as Python does: objects keep their order, integers stay
// integers.
func variablesOf(t testing.TB, raw json.RawMessage) *py.Dict {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	v := decodeValue(t, d)
	dict, ok := v.(*py.Dict)
	if !ok {
		t.Fatalf("variables are no object: %s", raw)
	}
	return dict
}

func decodeValue(t testing.TB, d *json.Decoder) py.Value {
	t.Helper()
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			list := py.NewList()
			for d.More() {
				list.Items = append(list.Items, decodeValue(t, d))
			}
			_, _ = d.Token()
			return list
		}
		dict := py.NewDict()
		for d.More() {
			key := decodeValue(t, d)
			if err := dict.Set(nil, key, decodeValue(t, d)); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = d.Token()
		return dict
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			f, _ := v.Float64()
			return py.Float(f)
		}
		n, _ := new(big.Int).SetString(v.String(), 10)
		return py.NewBigInt(n)
	case string:
		return py.Str(v)
	case bool:
		return py.Bool(v)
	}
	return py.None{}
}

// render is what a template gives: its text, or its error as Python prints it.
func render(t testing.TB, text string, vars *py.Dict) (out string, err *Error) {
	t.Helper()
	tpl, err := Parse(text, Options{})
	if err != nil {
		return "", err
	}
	o, err := tpl.Render(vars, py.Limits{})
	return o.Text, err
}

// refused is what differs says of a template that is not supported.
const refused = "is not supported"

// differs says how a template's result differs from the recorded one.
func differs(t testing.TB, c recorded) string {
	t.Helper()
	out, err := render(t, c.Tpl, variablesOf(t, c.Data))
	switch {
	case err != nil && err.Kind == Unsupported:
		return refused
	case err == nil && !c.Want.OK:
		return fmt.Sprintf("gives %q, want the error %s", out, c.Want.Err)
	case err != nil && c.Want.OK:
		return fmt.Sprintf("fails with %q, want %q", err, c.Want.Out)
	case err == nil && out != c.Want.Out:
		return fmt.Sprintf("gives %q, want %q", out, c.Want.Out)
	case err != nil && err.Error() != c.Want.Err && !strings.Contains(c.Want.Err, "sandbox limits"):
		return fmt.Sprintf("fails with %q, want %q", err, c.Want.Err)
	}
	return ""
}

// compareAll compares with all recorded cases, of which few may be refused.
func compareAll(t *testing.T, file string, atLeast, mayRefuse int) {
	t.Helper()
	cases := recordedCases(t, file)
	if len(cases) < atLeast {
		t.Errorf("only %d cases", len(cases))
	}
	wrong, refusals := 0, 0
	for _, c := range cases {
		switch diff := differs(t, c); diff {
		case "":
		case refused:
			refusals++
			t.Logf("%s/%s: %q %s", c.Group, c.Name, c.Tpl, diff)
		default:
			wrong++
			t.Errorf("%s/%s: %q with %s %s", c.Group, c.Name, c.Tpl, c.Data, diff)
		}
	}
	if refusals > mayRefuse {
		t.Errorf("%d cases are refused, at most %d may be", refusals, mayRefuse)
	}
	t.Logf("%d of %d agree, %d are refused", len(cases)-wrong-refusals, len(cases), refusals)
}

func TestCorpus(t *testing.T) {
	compareAll(t, corpus.Path(t, "jinja", "cases.jsonl"), 242, 3)
}

// TestRecorded compares with Jinja2's answers to the templates of
// testdata/generate.py.
func TestRecorded(t *testing.T) {
	compareAll(t, filepath.Join("testdata", "cases.jsonl"), 4000, 3)
}
