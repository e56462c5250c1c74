package fit

import (
	"slices"
	"strings"
)

// serve finds a device group for each ask of the members that are here and of
// m, or says that there is none. All asks are looked at together: which group
// serves an undemanding ask decides what is left for a demanding one.
func (r *room) serve(m *Member) (picks []int, ok bool) {
	asks := slices.Concat(r.asks, m.Devices)
	if len(asks) == 0 {
		return nil, true
	}
	left := make([]int, len(r.node.Devices))
	for i, d := range r.node.Devices {
		left[i] = d.Free
	}
	picks = make([]int, len(asks))
	return picks, r.pick(asks, picks, left)
}

// pick serves the last of the asks and then those before it.
func (r *room) pick(asks []DeviceAsk, picks, left []int) bool {
	if len(asks) == 0 {
		return true
	}
	i := len(asks) - 1
	for d := range r.node.Devices {
		if left[d] < asks[i].Count || !r.node.Devices[d].Matches(asks[i]) {
			continue
		}
		left[d] -= asks[i].Count
		picks[i] = d
		if r.pick(asks[:i], picks, left) {
			return true
		}
		left[d] += asks[i].Count
	}
	return false
}

// freeDevices counts the instances that nobody has or asks for.
func (r *room) freeDevices() int {
	free := 0
	for _, d := range r.node.Devices {
		free += d.Free
	}
	for _, a := range r.asks {
		free -= a.Count
	}
	return free
}

// Matches says whether the device is of the kind that is asked for (Nomad's
// rule: `type`, `vendor/type` or `vendor/type/name`), however many are free.
func (d Device) Matches(ask DeviceAsk) bool {
	parts := strings.SplitN(ask.Name, "/", 3)
	switch {
	case len(parts) == 1 && parts[0] != d.Type,
		len(parts) > 1 && (parts[0] != d.Vendor || parts[1] != d.Type),
		len(parts) > 2 && parts[2] != d.Name:
		return false
	}
	if len(ask.Constraints) == 0 {
		return true
	}
	values := map[string]string{"device.vendor": d.Vendor, "device.type": d.Type, "device.model": d.Name}
	for k, v := range d.Attributes {
		values["device.attr."+k] = v
	}
	return !slices.ContainsFunc(ask.Constraints, func(c Constraint) bool { return !c.holdsFor(values) })
}

// key names the kind of device as Use.Devices does.
func (d Device) key() string { return d.Vendor + "/" + d.Type + "/" + d.Name }
