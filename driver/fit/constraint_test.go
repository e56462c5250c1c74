package fit

import (
	"strings"
	"testing"
)

func TestConstraints(t *testing.T) {
	values := map[string]string{"attr.a": "10", "attr.set": "x, y", "attr.v": "1.11.3", "attr.dev": "1.22.5-dev", "attr.f": "2.5", "attr.word": "beta", "attr.same": "10"}
	cases := map[string]bool{
		"${attr.a} = 10": true, "${attr.a} == 10": true, "${attr.a} is 10": true, "${attr.a} is 11": false,
		"${attr.a} != 10": false, "${attr.none} != 10": true, "${attr.a} not 11": true, "${attr.none} = ": false,
		"${attr.a} = ${attr.same}": true, "${attr.a} = ${attr.none}": false, "10 = ${attr.a}": true,
		"${attr.a} > 9": true, "${attr.a} < 9": false, "${attr.a} >= 10": true, "${attr.a} <= 9.5": false,
		"${attr.f} > 2": true, "${attr.word} > alpha": true, "${attr.none} > 1": false,
		"${attr.a} is_set ": true, "${attr.none} is_not_set ": true, "${attr.a} is_not_set ": false,
		"${attr.v} version >=1.10": true, "${attr.v} version ~> 1.10": true, "${attr.v} semver >=1.2.0": true, "${attr.v} semver <1.2.0": false,
		// A pre-release satisfies no plain version constraint, but it does a semver one.
		"${attr.dev} version >= 1.8.0": false, "${attr.dev} semver >= 1.8.0": true,
		"${attr.a} regexp ^1": true, "${attr.a} regexp ^2": false, "${attr.a} regexp (": false, "${attr.word} version >= 1": false,
		"${attr.set} set_contains x,y": true, "${attr.set} set_contains x,z": false, "${attr.set} set_contains_all y": true,
		"${attr.set} set_contains_any z,y": true, "${attr.set} set_contains_any z": false,
		"${attr.a} unknown 10": false, "${attr.a} distinct_hosts ": true,
	}
	for text, want := range cases {
		f := strings.SplitN(text, " ", 3)
		tested := newTest(Constraint{f[0], f[1], f[2]})
		if got := tested.holds(values); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestDeviceConstraints(t *testing.T) {
	d := Device{Vendor: "nvidia", Type: "gpu", Name: "NVIDIA A40", Attributes: map[string]string{"memory": "46068 MiB", "cores": "10752", "mode": "exclusive"}}
	cases := map[string]bool{
		"${device.attr.memory} >= 40 GiB": true, "${device.attr.memory} >= 48 GiB": false, "${device.attr.memory} > 1 MHz": false,
		"${device.attr.cores} > 9000": true, "${device.attr.mode} = exclusive": true, "${device.attr.mode} != shared": true,
		"${device.model} regexp A40$": true, "${device.model} = NVIDIA A40": true, "${device.attr.none} is_set ": false,
		"${device.attr.none} != x": true, "${device.attr.none} != ${device.attr.neither}": false, "${device.vendor} = amd": false,
	}
	for text, want := range cases {
		f := strings.SplitN(text, " ", 3)
		if got := d.Matches(DeviceAsk{Name: "nvidia/gpu", Count: 1, Constraints: []Constraint{{f[0], f[1], f[2]}}}); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for name, want := range map[string]bool{"gpu": true, "nvidia/gpu": true, "nvidia/gpu/NVIDIA A40": true, "fpga": false, "amd/gpu": false, "nvidia/gpu/T4": false} {
		if got := d.Matches(DeviceAsk{Name: name, Count: 1}); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestDatacenters(t *testing.T) {
	for text, want := range map[string]bool{"": true, "dc1": true, "dc2": false, "*": true, "dc*": true, "*1": true, "d*1": true, "d*c*": true, "dc1*1": false, "*2*": false} {
		var patterns []string
		if text != "" {
			patterns = []string{text}
		}
		if got := inDatacenter("dc1", patterns); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestWithoutHolds(t *testing.T) {
	n := host("a", "p", 0, 1000)
	n.Free.MemoryMB = 484
	n.Uses = []Use{{Owner: "g/hold", Hold: true, Resources: Resources{MemoryMB: 16}}, {Owner: "g/m", Resources: Resources{MemoryMB: 500}}}
	gang := []Member{member("m", "p", 0, 500)}
	if _, ok := Assign([]Node{n}, gang); ok {
		t.Error("it fits beside the hold")
	}
	if _, ok := Assign(WithoutHolds([]Node{n}), gang); !ok {
		t.Error("it does not fit without the hold")
	}
	if n.Free.MemoryMB != 484 {
		t.Error("the node itself was changed")
	}
}

// TestSuits: what a node is counts, and what is there at the moment does not.
func TestSuits(t *testing.T) {
	edge := host("edge", "agx-orin-jp6", 0, 4000)
	edge.Datacenter, edge.Pool, edge.Drivers = "dc1", "robots", map[string]string{"docker": "does not answer"}
	edge.Free, edge.NotReady = Resources{}, "is draining"
	asks := func(change func(*Member)) Member {
		m := member("m", "agx-orin-jp6", 0, 8000)
		m.Datacenters, m.Pool, m.Drivers = []string{"dc*"}, "robots", []string{"docker"}
		change(&m)
		return m
	}
	for name, tt := range map[string]struct {
		change func(*Member)
		want   bool
	}{
		"full, draining, driver ill": {func(*Member) {}, true},
		"any pool":                   {func(m *Member) { m.Pool = "all" }, true},
		"another pool":               {func(m *Member) { m.Pool = "default" }, false},
		"another datacenter":         {func(m *Member) { m.Datacenters = []string{"x"} }, false},
		"another platform":           {func(m *Member) { m.Constraints[0].RTarget = "ovx-a40" }, false},
		"a driver it has not got":    {func(m *Member) { m.Drivers = []string{"podman"} }, false},
	} {
		if got := asks(tt.change).Suits(edge); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
