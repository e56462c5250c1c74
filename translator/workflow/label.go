package workflow

import (
	"regexp"
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
		if problem := labelKeyProblem(l.Key.V); problem != "" && p.Key.Kind == yaml.Str {
			d.diags.Errorf(diag.Label, p.Key.Pos, "%q is not a valid Kubernetes label key: %s", brief(l.Key.V), problem)
		}
		if p.Value.Kind == yaml.Str && !labelRE.MatchString(l.Value.V) {
			d.diags.Errorf(diag.Label, p.Value.Pos, "%q is not a valid Kubernetes label value, expected 1 to 63 letters, digits, - _ and ., a letter or digit first and last", brief(l.Value.V))
		}
		out = append(out, l)
	}
	return out
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
