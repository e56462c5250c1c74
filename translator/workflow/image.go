package workflow

import (
	"regexp"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// imageRE is OSMO's grammar of an image (OSMO common.py:50): an optional
// registry, which has a dot, is `localhost`, or has a port; lower-case path
// components; an optional tag; an optional digest.
var imageRE = func() *regexp.Regexp {
	const (
		host = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`
		port = `:[0-9]{1,5}`
		part = `[0-9a-z](?:[0-9a-z_.-]*[0-9a-z])?`
	)
	return regexp.MustCompile(`^(?:(?:(?:localhost|` + host + `(?:\.` + host + `)+)(?:` + port + `)?|` + host + port + `)/)?` +
		part + `(?:/` + part + `)*(?::[a-zA-Z0-9_][a-zA-Z0-9._-]*)?(?:@[a-zA-Z0-9_+.-]+:[a-fA-F0-9]+)?$`)
}()

// image reads an image reference. OSMO parses it before it substitutes tokens,
// so there can be none in it.
func (d *decoder) image(n *yaml.Node) String {
	s := d.coerced(n, field("image"))
	if n == nil || n.Kind != yaml.Str && s.V == "" || d.images[s.V] {
		return s
	}
	if imageRE.MatchString(s.V) {
		d.images[s.V] = true
		return s
	}
	switch {
	case len(Tokens(s.V)) > 0:
		d.diags.Errorf(diag.Image, n.Pos, "an image cannot contain %s, OSMO reads it before it replaces tokens", Tokens(s.V)[0].Raw)
	case s.V != strings.ToLower(s.V) && imageRE.MatchString(strings.ToLower(s.V)):
		d.diags.Errorf(diag.Image, n.Pos, "%q is not an image, its path must be in lower case", brief(s.V))
	default:
		d.diags.Errorf(diag.Image, n.Pos, "%q is not an image, expected [registry/]path[:tag][@digest]", brief(s.V))
	}
	return s
}
