package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Our own constraints on nodes: a pin ties a group to a node, another keeps it
// away. Nomad knows `is` and `not` as other words for `=` and `!=`; that we use
// them, and people hardly ever, marks a constraint as ours. What the user says
// about nodes stays.
const (
	pinTarget    = "${node.unique.id}"
	pinOperand   = "is"
	avoidOperand = "not"
)

// Document is a job's JSON as Nomad returned it: fields that we do not know
// survive an edit, and numbers keep every digit.
type Document struct{ job map[string]any }

func parseDocument(r io.Reader) (*Document, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	d := &Document{}
	if err := dec.Decode(&d.job); err != nil {
		return nil, fmt.Errorf("decoding the job: %w", err)
	}
	return d, nil
}

func (d *Document) number(key string) uint64 {
	n, ok := d.job[key].(json.Number)
	if !ok {
		return 0
	}
	var v uint64
	if _, err := fmt.Sscan(n.String(), &v); err != nil {
		return 0
	}
	return v
}

// Stopped says whether the job was stopped.
func (d *Document) Stopped() bool { b, ok := d.job["Stop"].(bool); return ok && b }

// JobModifyIndex is the job's index for the next register.
func (d *Document) JobModifyIndex() uint64 { return d.number("JobModifyIndex") }

// CreateIndex tells this life of the job from others.
func (d *Document) CreateIndex() uint64 { return d.number("CreateIndex") }

// group finds a task group.
func (d *Document) group(name string) (map[string]any, error) {
	if g, ok := d.groups()[name]; ok {
		return g, nil
	}
	return nil, fmt.Errorf("the job has no group %q", name)
}

// SetCount sets a group's count.
func (d *Document) SetCount(group string, n int) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	g["Count"] = n
	return nil
}

// Pin ties a group to a node, instead of where it was tied before.
func (d *Document) Pin(group, nodeID string) error {
	if err := d.Unpin(group); err != nil {
		return err
	}
	return d.constrain(group, pinOperand, nodeID)
}

// Avoid keeps a group away from a node, beside what it avoids already.
func (d *Document) Avoid(group, nodeID string) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	isThere := func(c any) bool {
		fields, ok := c.(map[string]any)
		return ok && isOurs(c, avoidOperand) && fields["RTarget"] == nodeID
	}
	if slices.ContainsFunc(constraintsOf(g), isThere) {
		return nil
	}
	return d.constrain(group, avoidOperand, nodeID)
}

func (d *Document) constrain(group, operand, nodeID string) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	g["Constraints"] = append(constraintsOf(g), map[string]any{"LTarget": pinTarget, "RTarget": nodeID, "Operand": operand})
	return nil
}

// Unpin takes our pin away.
func (d *Document) Unpin(group string) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	g["Constraints"] = slices.DeleteFunc(slices.Clone(constraintsOf(g)), func(c any) bool { return isOurs(c, pinOperand) })
	return nil
}

func constraintsOf(group map[string]any) []any {
	c, ok := group["Constraints"].([]any)
	if !ok {
		return nil // Nomad writes null for none
	}
	return c
}

func isOurs(constraint any, operand string) bool {
	m, ok := constraint.(map[string]any)
	return ok && m["LTarget"] == pinTarget && m["Operand"] == operand
}

// Pins are the nodes that groups are pinned to; a group without a pin is absent.
func (d *Document) Pins() map[string]string {
	out := map[string]string{}
	for name, g := range d.groups() {
		for _, c := range constraintsOf(g) {
			if node, ok := c.(map[string]any)["RTarget"].(string); isOurs(c, pinOperand) && ok {
				out[name] = node
			}
		}
	}
	return out
}

// groups are the task groups by name.
func (d *Document) groups() map[string]map[string]any {
	out := map[string]map[string]any{}
	groups, _ := d.job["TaskGroups"].([]any)
	for _, g := range groups {
		if m, ok := g.(map[string]any); ok {
			name, _ := m["Name"].(string)
			out[name] = m
		}
	}
	return out
}

// Counts are the groups' counts by name.
func (d *Document) Counts() map[string]int {
	out := map[string]int{}
	for name, g := range d.groups() {
		var n int
		if _, err := fmt.Sscan(fmt.Sprint(g["Count"]), &n); err == nil {
			out[name] = n
		}
	}
	return out
}

// body is the register request.
func (d *Document) body(enforce uint64) ([]byte, error) {
	var b bytes.Buffer
	err := json.NewEncoder(&b).Encode(map[string]any{"Job": d.job, "EnforceIndex": true, "JobModifyIndex": enforce})
	return b.Bytes(), err
}
