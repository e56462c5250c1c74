package cluster

import "github.com/osmo-nomad/osmo-nomad/driver/fit"

// share is what one task asks for or has, and when in the life of its
// allocation it runs.
type share struct {
	fit.Resources
	// hook is Nomad's: prestart, poststart, poststop, or "" for a main task.
	hook    string
	sidecar bool
}

// together is what tasks that share an allocation need at most at one time, as
// Nomad counts: tasks of different phases use the same room one after the
// other, except that whole cores, and the MHz that they stand for, stay theirs.
func together(shares []share) fit.Resources {
	var before, during, after, cores fit.Resources
	for _, s := range shares {
		r := s.Resources
		if r.Cores > 0 {
			cores.Cores, cores.MHz = cores.Cores+r.Cores, cores.MHz+r.MHz
			r.Cores, r.MHz = 0, 0
		}
		switch s.hook {
		case "prestart":
			before = before.Plus(r)
			if s.sidecar {
				during = during.Plus(r)
			}
		case "poststop":
			after = after.Plus(r)
		default:
			during = during.Plus(r)
		}
	}
	return cores.Plus(fit.Resources{
		MHz:      max(before.MHz, during.MHz, after.MHz),
		MemoryMB: max(before.MemoryMB, during.MemoryMB, after.MemoryMB),
	})
}
