package workflow

import (
	"regexp"
	"slices"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// maxLabels is OSMO's, as are the two grammars, which are Kubernetes' (OSMO
// workflow_labels.py:26).
const maxLabels = 16

var (
	labelRE  = regexp.MustCompile(`^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
	prefixRE = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$`)
)

func (d *decoder) labels(n *yaml.Node) []Label {
	pairs := d.dict(n, field("labels"))
	if len(pairs) > maxLabels {
		d.diags.Errorf(diag.Label, pairs[maxLabels].Key.Pos, "the workflow has %d labels, it can have at most %d", len(pairs), maxLabels)
	}
	var out []Label
	for _, p := range pairs {
		l := Label{Key: d.str(p.Key, field("the key of a label")), Value: d.str(p.Value, subject{kind: "label", name: p.Key.Str()})}
		if p.Key.Kind == yaml.Str {
			d.checkLabelKey(l.Key)
		}
		if p.Value.Kind == yaml.Str {
			d.checkLabelValue(l.Value)
		}
		out = append(out, l)
	}
	return out
}

func (d *decoder) checkLabelKey(key String) {
	if problem := labelKeyProblem(key.V); problem != "" {
		d.diags.Errorf(diag.Label, key.Pos, "%q is not a valid Kubernetes label key: %s", brief(key.V), problem)
	}
}

func (d *decoder) checkLabelValue(value String) {
	if !labelRE.MatchString(value.V) {
		d.diags.Errorf(diag.Label, value.Pos, "%q is not a valid Kubernetes label value, expected 1 to 63 letters, digits, - _ and ., a letter or digit first and last", brief(value.V))
	}
}

// SetLabels adds labels of the command line, which win over those of the file.
func (w *Workflow) SetLabels(labels []Label) diag.List {
	d := &decoder{}
	for _, l := range labels {
		d.checkLabelKey(l.Key)
		d.checkLabelValue(l.Value)
		i := slices.IndexFunc(w.Labels, func(own Label) bool { return own.Key.V == l.Key.V })
		if i < 0 {
			w.Labels = append(w.Labels, l)
		} else {
			w.Labels[i] = l
		}
	}
	if n := len(w.Labels); n > maxLabels && len(labels) > 0 {
		d.diags.Errorf(diag.Label, labels[0].Key.Pos, "the workflow has %d labels, it can have at most %d", n, maxLabels)
	}
	return d.diags
}

func labelKeyProblem(key string) string {
	prefix, name, qualified := strings.Cut(key, "/")
	if !qualified {
		prefix, name = "", key
	}
	switch {
	case strings.Contains(name, "/"):
		return "it has more than one /"
	case qualified && (len(prefix) > 253 || !prefixRE.MatchString(prefix)):
		return "what stands before the / is not a DNS name in lower case"
	case !labelRE.MatchString(name):
		return "its name is not 1 to 63 letters, digits, - _ and ., a letter or digit first and last"
	}
	return ""
}
