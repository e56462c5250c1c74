package workflow

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Labels of the command line win over the file's, and keep their places.
func TestSetLabels(t *testing.T) {
	label := func(key, value string) Label { return Label{Key: String{V: key}, Value: String{V: value}} }
	w := &Workflow{Labels: []Label{label("a", "1"), label("b", "2")}}
	if diags := w.SetLabels([]Label{label("b", "3"), label("example.com/c", "4"), label("b", "5")}); len(diags) > 0 {
		t.Fatal(diags)
	}
	if diff := cmp.Diff([]Label{label("a", "1"), label("b", "5"), label("example.com/c", "4")}, w.Labels); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var more []Label
	for i := range maxLabels - 2 {
		more = append(more, label(fmt.Sprint("k", i), "v"))
	}
	if diags := w.SetLabels(more); len(diags) != 1 || diags[0].Msg != "the workflow has 17 labels, it can have at most 16" {
		t.Error(diags)
	}
}
