package admit

import (
	"maps"
	"slices"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// Memory is what an admitter remembers from look to look. It makes it polite,
// not right: a successor starts with none, asks a little more often, and comes
// to the same end.
type Memory struct {
	// Settled are stopped or gone gangs whose last status is known to be final.
	Settled map[rendezvous.Gang]bool
	// Swept are gangs whose job Nomad was asked to evaluate.
	Swept map[rendezvous.Gang]Swept
	// Failed are gangs about which something did not work.
	Failed map[rendezvous.Gang]Failure
	// Refused are gangs that Nomad did not place where the model saw room.
	Refused map[rendezvous.Gang]Refusal
	// Held are gangs that do not fit: nothing but another picture of the cluster
	// can change that.
	Held map[rendezvous.Gang]Held
	// Gone is since when Nomad has not had the job of a gang with records.
	Gone map[rendezvous.Gang]time.Time
}

func newMemory() Memory {
	return Memory{
		Settled: map[rendezvous.Gang]bool{}, Swept: map[rendezvous.Gang]Swept{},
		Failed: map[rendezvous.Gang]Failure{}, Refused: map[rendezvous.Gang]Refusal{},
		Gone: map[rendezvous.Gang]time.Time{},
	}
}

// Held is what was found out about a gang that does not fit.
type Held struct {
	Picture, JobModifyIndex uint64
	Why                     string
}

// is says whether it was found out of this job on this picture.
func (h Held) is(picture, job uint64) bool {
	return picture != 0 && h.Picture == picture && h.JobModifyIndex == job
}

// Swept is how often a job was evaluated for its hold, and when it may be again.
type Swept struct {
	Tries int
	Next  time.Time
}

// Failure is what did not work, and until when the gang rests.
type Failure struct {
	Tries int
	Until time.Time
	Why   string
}

// Refusal is Nomad's no where the model said yes.
type Refusal struct {
	// ClusterState names the state of the cluster that it is about: on another
	// state it means nothing.
	ClusterState string
	Count        int
	// Next is when the gang may try again, all other things being equal: the
	// model does not know everything.
	Next time.Time
	// Why is Nomad's own reason.
	Why string
	// Avoid is member -> ids of nodes on which Nomad refused it.
	Avoid map[string][]string
}

// Waits between tries, doubled each time up to the longest.
const (
	firstSweepWait, longestSweepWait     = 2 * time.Second, time.Minute
	firstFailureWait, longestFailureWait = 250 * time.Millisecond, 15 * time.Second
	// refusedWait is for a gang that Nomad has refused maxRefusals times.
	refusedWait = time.Minute
	// goneWait leaves a hold whose job was purged the time to say its last words.
	goneWait = 20 * time.Second
)

func backoff(first, longest time.Duration, tries int) time.Duration {
	d := first
	for range tries {
		if d *= 2; d >= longest {
			return longest
		}
	}
	return d
}

// swept notes an evaluation.
func (m Memory) swept(g rendezvous.Gang, now time.Time) {
	s := m.Swept[g]
	s.Next = now.Add(backoff(firstSweepWait, longestSweepWait, s.Tries))
	s.Tries++
	m.Swept[g] = s
}

// failed notes that something did not work.
func (m Memory) failed(g rendezvous.Gang, now time.Time, why string) {
	f := m.Failed[g]
	f.Until, f.Why = now.Add(backoff(firstFailureWait, longestFailureWait, f.Tries)), why
	f.Tries++
	m.Failed[g] = f
}

// refused notes what Nomad did not place, group -> its words.
func (m Memory) refused(a Release, now time.Time, why string, groups []string) {
	r := m.Refused[a.Gang]
	if r.ClusterState != a.ClusterState {
		r = Refusal{ClusterState: a.ClusterState}
	}
	r.Count++
	r.Why = why
	if r.Count >= maxRefusals {
		r.Next = now.Add(refusedWait)
	}
	avoid := map[string][]string{}
	maps.Copy(avoid, r.Avoid)
	for _, member := range groups {
		avoid[member] = append(slices.Clip(avoid[member]), a.Record.Assignment[member])
	}
	r.Avoid = avoid
	m.Refused[a.Gang] = r
}

// gone keeps since when these gangs have had no job.
func (m Memory) gone(gangs map[rendezvous.Gang]bool, now time.Time) {
	for g := range m.Gone {
		if !gangs[g] {
			delete(m.Gone, g)
		}
	}
	for g := range gangs {
		if _, known := m.Gone[g]; !known {
			m.Gone[g] = now
		}
	}
}

// forget drops what is about gangs that are no more.
func (m Memory) forget(known func(rendezvous.Gang) bool) {
	dropUnknown(m.Settled, known)
	dropUnknown(m.Swept, known)
	dropUnknown(m.Failed, known)
	dropUnknown(m.Refused, known)
	dropUnknown(m.Gone, known)
}

func dropUnknown[T any](m map[rendezvous.Gang]T, known func(rendezvous.Gang) bool) {
	for g := range m {
		if !known(g) {
			delete(m, g)
		}
	}
}

// wake is the next instant at which something that rests may be tried again.
func (m Memory) wake(now time.Time) (time.Time, bool) {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range m.Swept {
		consider(s.Next)
	}
	for _, f := range m.Failed {
		consider(f.Until)
	}
	for _, r := range m.Refused {
		consider(r.Next)
	}
	for _, since := range m.Gone {
		consider(since.Add(goneWait))
	}
	return next, !next.IsZero()
}
