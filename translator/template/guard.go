package template

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/yaml"
)

// maxExpression bounds, in bytes, what one expression may build.
const maxExpression = 16 << 20

// extent bounds a value: how long it is when printed, and how large a number
// can be made of it.
type extent struct{ length, number float64 }

func (e extent) union(o extent) extent {
	return extent{math.Max(e.length, o.length), math.Max(e.number, o.number)}
}

// guard refuses a tag whose value could become too large before it is
// evaluated: the engine multiplies a string by any number. The bound is coarse:
// the longest text of the tag, times its number of words, times, where it
// multiplies, all its numbers. Without a text or a list in it, a tag can only
// make numbers.
func (r *run) guard(s segment) error {
	longest, product := 0.0, 1.0
	multiplies := false
	for i, w := range s.words {
		if w.kind == opWord {
			multiplies = multiplies || w.text == "*"
			if w.text == "[" && (i == 0 || s.words[i-1].kind == opWord) {
				longest = math.Max(longest, float64(len(s.words)))
			}
			continue
		}
		if i > 0 && s.words[i-1].kind == opWord && strings.Contains(".|", s.words[i-1].text) {
			continue // an attribute, which is within its object, or a filter
		}
		e := r.extentOf(w)
		longest = math.Max(longest, e.length)
		product *= e.number + 1
	}
	if !multiplies {
		product = 1
	}
	if longest*product*float64(len(s.words)) <= maxExpression || longest == 0 {
		return nil
	}
	return &renderError{diag.Template, s.start, fmt.Sprintf("the value of this tag could become larger than %d MiB", maxExpression>>20)}
}

// extentOf bounds a word of a tag. A name that the file does not set can be
// whatever a loop or a set has seen so far.
func (r *run) extentOf(w word) extent {
	switch w.kind {
	case numberWord:
		f, _ := strconv.ParseFloat(strings.ReplaceAll(w.text, "_", ""), 64)
		return extent{0, f}
	case stringWord:
		return extentOfText(w.text[1 : len(w.text)-1])
	default:
	}
	if e, ok := r.extents[w.text]; ok {
		return e
	}
	switch w.text {
	case "range":
		return extent{8 * 100_000, 100_000}
	case "loop":
		return extent{0, 100_000}
	case "in", "not", "and", "or", "if", "else", "for", "set", "is", "true", "false", "True", "False", "none", "None", "elif":
		return extent{}
	}
	return r.seen
}

func extentOfText(s string) extent {
	e := extent{length: float64(len(s))}
	if n := numberOrString(s); n.Kind == yaml.Int {
		e.number, _ = new(big.Float).SetInt(n.Int).Float64()
	} else if n.Kind == yaml.Float {
		e.number = n.Float
	}
	e.number = math.Abs(e.number)
	return e
}

// extentOfNode bounds a variable: a list is as long as all it holds, and its
// numbers may be added up.
func extentOfNode(n *yaml.Node) extent {
	switch n.Kind {
	case yaml.Int, yaml.Float:
		return extent{0, extentOfText(n.Str()).number}
	case yaml.List, yaml.Dict:
		items := n.Items
		for _, p := range n.Pairs {
			items = append(items, p.Key, p.Value)
		}
		sum := extent{length: 2}
		for _, c := range items {
			e := extentOfNode(c)
			sum.length += e.length + 24
			sum.number += e.number
		}
		return sum
	default:
		return extentOfText(n.Str())
	}
}

// extentOfValue bounds what a loop or a set assigns. It walks the value, which
// is small: the variables that it is made of were bounded before.
func extentOfValue(v value.Value) extent {
	if s, ok := v.AsString(); ok {
		return extentOfText(s)
	}
	if f, ok := v.AsFloat(); ok {
		return extent{0, math.Abs(f)}
	}
	sum := extent{length: 24}
	add := func(c value.Value) {
		e := extentOfValue(c)
		sum.length += e.length + 24
		sum.number += e.number
	}
	switch v.Kind() {
	case value.KindMap:
		for _, k := range v.Iter() {
			add(k)
			add(v.GetItem(k))
		}
	case value.KindSeq, value.KindIterable:
		for _, c := range v.Iter() {
			add(c)
		}
	default:
	}
	return sum
}
