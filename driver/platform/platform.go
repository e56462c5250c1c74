// Package platform says what kind of machine a node is, in OSMO's words: it
// turns what the machine shows of itself (device tree, L4T release, NVIDIA
// driver) into node attributes, so that nobody has to label nodes by hand.
//
// Gather reads, Attributes decides; the decision is a pure function of the
// facts, the operator's rules and the operator's override. The override wins,
// then the operator's rules in their order, then the built-in table. A machine
// that nothing knows has no platform, and that is no error.
package platform

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Node attributes that this package sets; one that is not known is absent.
const (
	AttrPlatform      = "osmo.platform"
	AttrArch          = "osmo.arch"
	AttrJetsonModel   = "osmo.jetson.model"   // the device tree's model, as it is
	AttrJetsonL4T     = "osmo.jetson.l4t"     // 36.4.3
	AttrJetsonJetPack = "osmo.jetson.jetpack" // the major version: 6
	AttrGPUModel      = "osmo.gpu.model"      // as NVIDIA's driver spells it: NVIDIA A40
)

// Rule says that a machine is of a platform when one of its attributes matches.
type Rule struct {
	Platform  string
	Attribute string
	Pattern   *regexp.Regexp
}

// NewRule checks what an operator wrote. A pattern matches anywhere in the
// attribute unless it is anchored.
func NewRule(platform, attribute, pattern string) (Rule, error) {
	known := []string{AttrArch, AttrJetsonModel, AttrJetsonL4T, AttrJetsonJetPack, AttrGPUModel}
	if platform == "" {
		return Rule{}, fmt.Errorf("a rule for attribute %q names no platform", attribute)
	}
	if !slices.Contains(known, attribute) {
		return Rule{}, fmt.Errorf("the rule for platform %s looks at %q, expected one of %s", platform, attribute, strings.Join(known, ", "))
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return Rule{}, fmt.Errorf("the rule for platform %s: %w", platform, err)
	}
	return Rule{Platform: platform, Attribute: attribute, Pattern: re}, nil
}

// Attributes returns the node attributes of a machine with these facts.
func Attributes(f Facts, override string, rules []Rule) map[string]string {
	attrs := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			attrs[name] = value
		}
	}
	set(AttrArch, f.Arch)
	if f.L4T != "" || jetson(f.Model) {
		set(AttrJetsonModel, f.Model)
		set(AttrJetsonL4T, f.L4T)
		set(AttrJetsonJetPack, jetPack(f.L4T))
	}
	set(AttrGPUModel, f.GPU)
	set(AttrPlatform, decide(attrs, override, rules))
	return attrs
}

func decide(attrs map[string]string, override string, rules []Rule) string {
	if override != "" {
		return override
	}
	for _, r := range rules {
		if v, ok := attrs[r.Attribute]; ok && r.Pattern.MatchString(v) {
			return r.Platform
		}
	}
	if p := jetsonPlatform(attrs[AttrJetsonModel], attrs[AttrJetsonJetPack]); p != "" {
		return p
	}
	return gpuPlatform(attrs[AttrGPUModel])
}

// named is one row of a built-in table: every word must be in the model.
type named struct {
	name  string
	words []string
}

// jetsons lists the longer names first, because "orin" is in all of them.
func jetsons() []named {
	return []named{
		{"agx-thor", []string{"agx", "thor"}},
		{"agx-orin", []string{"agx", "orin"}},
		{"orin-nx", []string{"orin", "nx"}},
		{"orin-nano", []string{"orin", "nano"}},
		{"agx-xavier", []string{"agx", "xavier"}},
		{"agx-xavier", []string{"jetson-agx"}}, // Xavier's own device tree of L4T 32
		{"xavier-nx", []string{"xavier", "nx"}},
		{"tx2", []string{"tx2"}},
		{"jetson-nano", []string{"jetson", "nano"}},
	}
}

// gpus are OSMO's names for servers by their GPU. Words are whole words: L40
// is not L40S.
func gpus() []named {
	return []named{
		{"ovx-a40", []string{"a40"}},
		{"ovx-l40", []string{"l40"}},
		{"ovx-l40s", []string{"l40s"}},
		{"dgx-a100", []string{"a100"}},
		{"dgx-h100", []string{"h100"}},
		{"dgx-h200", []string{"h200"}},
		{"dgx-b200", []string{"b200"}},
	}
}

func jetson(model string) bool {
	return strings.Contains(strings.ToLower(model), "jetson") || jetsonPlatform(model, "") != ""
}

// jetsonPlatform is the family with the JetPack's major version behind it:
// software for one does not run on the other.
func jetsonPlatform(model, jetpack string) string {
	family := match(jetsons(), words(model, " _"))
	if family != "" && jetpack != "" {
		return family + "-jp" + jetpack
	}
	return family
}

func gpuPlatform(model string) string { return match(gpus(), words(model, " -_")) }

// words splits a model's name, in lower case, at these separators.
func words(model, separators string) []string {
	return strings.FieldsFunc(strings.ToLower(model), func(r rune) bool { return strings.ContainsRune(separators, r) })
}

func match(table []named, have []string) string {
	for _, row := range table {
		if !slices.ContainsFunc(row.words, func(w string) bool { return !slices.Contains(have, w) }) {
			return row.name
		}
	}
	return ""
}

// jetPack is the JetPack's major version for an L4T release, by NVIDIA's
// release notes; "" for one that is older than JetPack 4 or not yet known.
func jetPack(l4t string) string {
	major, err := strconv.Atoi(strings.SplitN(l4t, ".", 2)[0])
	switch {
	case err != nil:
		return ""
	case major == 31, major == 32:
		return "4"
	case major == 34, major == 35:
		return "5"
	case major == 36:
		return "6"
	case major == 38:
		return "7"
	}
	return ""
}
