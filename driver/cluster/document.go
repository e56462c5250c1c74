package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// A pin is our constraint that ties a group to a node.
const (
	pinTarget    = "${node.unique.id}"
	pinOperand   = "="
	avoidOperand = "!="
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
	groups, _ := d.job["TaskGroups"].([]any)
	for _, g := range groups {
		if m, ok := g.(map[string]any); ok && m["Name"] == name {
			return m, nil
		}
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

// Avoid keeps a group away from a node.
func (d *Document) Avoid(group, nodeID string) error { return d.constrain(group, avoidOperand, nodeID) }

func (d *Document) constrain(group, operand, nodeID string) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	constraints, _ := g["Constraints"].([]any)
	g["Constraints"] = append(constraints, map[string]any{"LTarget": pinTarget, "RTarget": nodeID, "Operand": operand})
	return nil
}

// Unpin takes our pin away.
func (d *Document) Unpin(group string) error {
	g, err := d.group(group)
	if err != nil {
		return err
	}
	constraints, _ := g["Constraints"].([]any)
	g["Constraints"] = slices.DeleteFunc(slices.Clone(constraints), func(c any) bool {
		m, ok := c.(map[string]any)
		return ok && m["LTarget"] == pinTarget && m["Operand"] == pinOperand
	})
	return nil
}

// Counts are the groups' counts by name.
func (d *Document) Counts() map[string]int {
	out := map[string]int{}
	groups, _ := d.job["TaskGroups"].([]any)
	for _, g := range groups {
		m, ok := g.(map[string]any)
		if !ok {
			continue
		}
		name, _ := m["Name"].(string)
		var n int
		if _, err := fmt.Sscan(fmt.Sprint(m["Count"]), &n); err == nil {
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
