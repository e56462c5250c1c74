package member

import (
	"errors"
	"net/netip"
	"testing"
)

func TestJudge(t *testing.T) {
	addr := netip.MustParseAddr
	tests := []struct {
		name string
		got  []netip.Addr
		err  error
		want string
	}{
		{"as recorded", []netip.Addr{addr("10.0.0.2")}, nil, ""},
		{"another", []netip.Addr{addr("10.0.0.9")}, nil, "sim.service.consul answers 10.0.0.9, its member runs at 10.0.0.2"},
		{
			"a second one",
			[]netip.Addr{addr("10.0.0.2"), addr("10.0.0.9")},
			nil,
			"sim.service.consul answers 10.0.0.2 as expected, but 10.0.0.9 too: a host that Nomad has lost still says it runs this member",
		},
		{"none", nil, errors.New("name server 10.0.0.1:53 does not know it"), "sim.service.consul (expected 10.0.0.2): name server 10.0.0.1:53 does not know it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge("sim.service.consul", addr("10.0.0.2"), tt.got, tt.err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUnique(t *testing.T) {
	got := unique([]netip.Addr{netip.MustParseAddr("::ffff:10.0.0.2"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")})
	if len(got) != 2 || got[0].String() != "10.0.0.1" || got[1].String() != "10.0.0.2" {
		t.Errorf("got %v", got)
	}
}

func TestCheckWithoutServers(t *testing.T) {
	got := NewResolver(nil).check(t.Context(), map[string]string{"sim.service.consul": "10.0.0.2"})
	if want := "sim.service.consul (expected 10.0.0.2): no name server is configured"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = NewResolver(nil).check(t.Context(), map[string]string{"sim.service.consul": ""})
	if want := "the gang's record has no usable address for sim.service.consul"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
