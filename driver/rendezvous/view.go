package rendezvous

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// View is everything the store holds about one gang at one instant, decoded.
// Records of other epochs than the current one are left out.
type View struct {
	Hold      *Hold
	HoldIndex uint64 // ModifyIndex of the hold record, for Swap; 0 when absent
	Epoch     *Epoch
	// EpochIndex is the ModifyIndex of the epoch record, for Swap and CheckIndex.
	EpochIndex uint64
	Queue      *Queue
	Ready      map[string]ReadyEntry
	Verdict    *Verdict
	Started    map[string]Started
	Exits      map[string]Exit
	End        *End
	// Bad names records that were not believed, and why.
	Bad []string
}

// ReadyEntry is a Ready with the session that vouches for it.
type ReadyEntry struct {
	Ready
	Session string
	// Index is the record's ModifyIndex: the order of the arrivals.
	Index uint64
}

// versioned is what every record must say of itself.
type versioned struct {
	Version int `json:"version"`
}

// Decode reads a record and refuses one of another version.
func Decode(value []byte, into any) error {
	var v versioned
	if err := json.Unmarshal(value, &v); err != nil {
		return fmt.Errorf("decoding a record: %w", err)
	}
	if v.Version != RecordVersion {
		return fmt.Errorf("record has version %d, this program reads %d", v.Version, RecordVersion)
	}
	return json.Unmarshal(value, into)
}

// Encode is Decode's inverse; our records always encode.
func Encode(record any) []byte {
	b, err := json.Marshal(record)
	if err != nil {
		panic(fmt.Sprintf("encoding %T: %v", record, err)) // a bug: records are plain data
	}
	return b
}

// ReadView decodes the entries below a gang's prefix.
func ReadView(g Gang, entries []Entry) View {
	v := View{Ready: map[string]ReadyEntry{}, Started: map[string]Started{}, Exits: map[string]Exit{}}
	prefix := g.Prefix()
	for _, e := range entries {
		v.readTop(strings.TrimPrefix(e.Key, prefix), e)
	}
	if v.Epoch == nil {
		return v
	}
	epochPrefix := strconv.Itoa(v.Epoch.Epoch) + "/"
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(e.Key, prefix), epochPrefix); ok {
			v.readEpoch(rest, e)
		}
	}
	return v
}

func (v *View) readTop(name string, e Entry) {
	switch name {
	case "hold":
		v.HoldIndex = e.ModifyIndex
		v.Hold = decoded[Hold](v, e)
	case "epoch":
		v.EpochIndex = e.ModifyIndex
		v.Epoch = decoded[Epoch](v, e)
	case "queue":
		v.Queue = decoded[Queue](v, e)
	}
}

func (v *View) readEpoch(rest string, e Entry) {
	kind, member, _ := strings.Cut(rest, "/")
	switch kind {
	case "verdict":
		v.Verdict = decoded[Verdict](v, e)
	case "end":
		v.End = decoded[End](v, e)
	case "ready":
		if r := decoded[Ready](v, e); r != nil {
			v.Ready[member] = ReadyEntry{Ready: *r, Session: e.Session, Index: e.ModifyIndex}
		}
	case "started":
		if r := decoded[Started](v, e); r != nil {
			v.Started[member] = *r
		}
	case "exit":
		if r := decoded[Exit](v, e); r != nil {
			v.Exits[member] = *r
		}
	}
}

func decoded[T any](v *View, e Entry) *T {
	r := new(T)
	if err := Decode(e.Value, r); err != nil {
		v.Bad = append(v.Bad, e.Key+": "+err.Error())
		return nil
	}
	return r
}
