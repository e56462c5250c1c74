package hold

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// runner runs the core on a real Nomad and Consul. One goroutine owns the
// state; the others each watch one thing or carry out one kind of effect, and
// send what they see. All of them end with the run's context.
type runner struct {
	cfg   Config
	gang  rendezvous.Gang
	start time.Time
	stops <-chan stop

	events chan any      // what was seen, for step
	notes  chan string   // trouble, for people
	writes chan effect   // at most one: the core waits for each
	lists  chan int      // the newest request to read the allocations
	jobs   chan struct{} // a request to read the job

	owned    sync.WaitGroup
	upstream context.CancelFunc // ends the watch on upstream gangs; nil while there is none
	bad      string             // the records that were last complained about
}

// eventQueue bounds what can be seen but not yet looked at; a watch waits when
// it is full, and loses nothing by it.
const eventQueue = 16

func newRunner(cfg Config, stops <-chan stop) *runner {
	return &runner{
		cfg: cfg, stops: stops, start: time.Now(),
		events: make(chan any, eventQueue), notes: make(chan string, eventQueue),
		writes: make(chan effect, 1), lists: make(chan int, 1), jobs: make(chan struct{}, 1),
	}
}

// wait returns when every goroutine of the run has ended.
func (r *runner) wait() { r.owned.Wait() }

// spawn runs a goroutine that the runner owns.
func (r *runner) spawn(ctx context.Context, f func(context.Context)) {
	r.owned.Go(func() { f(ctx) })
}

// run reads the job, sets the watches up and is the loop.
func (r *runner) run(ctx context.Context) Result {
	j, result := r.firstJob(ctx)
	if j == nil {
		return result
	}
	s := state{self: self{AllocID: r.cfg.AllocID, Node: r.cfg.NodeName}, gang: r.gang, job: *j}
	r.spawn(ctx, r.watchStore)
	r.spawn(ctx, r.watchAllocs)
	r.spawn(ctx, r.write)
	r.spawn(ctx, r.list)
	r.spawn(ctx, r.readJobs)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		what, ok := r.next(ctx, timer.C)
		if !ok {
			return Result{ExitCode: 1}
		}
		var effects []effect
		s, effects = step(s, event{time.Since(r.start), what})
		timer.Reset(time.Hour)
		for _, e := range effects {
			if end, isExit := e.(exit); isExit {
				return Result{ExitCode: end.code, Outcome: end.outcome}
			}
			r.perform(ctx, e, timer)
		}
		r.followUpstream(ctx, s)
	}
}

// firstJob reads the job, whose CreateIndex names the gang, for as long as it
// takes; it returns early when the hold is told to stop or the job is gone.
func (r *runner) firstJob(ctx context.Context) (*job, Result) {
	found := make(chan *job, 1)
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	r.spawn(reading, func(ctx context.Context) { found <- r.readJobOnce(ctx) })
	for {
		select {
		case j := <-found:
			if j == nil && ctx.Err() == nil {
				r.say("job " + r.cfg.JobID + " is not known to Nomad any more: nothing to hold")
			}
			return j, Result{ExitCode: 1}
		case text := <-r.notes:
			r.say(text)
		case <-r.stops:
			r.say("told to stop before Nomad could be asked about the job")
			return nil, Result{ExitCode: 1}
		case <-ctx.Done():
			return nil, Result{ExitCode: 1}
		}
	}
}

// next is the next thing that happens; false at the end of the run.
func (r *runner) next(ctx context.Context, timer <-chan time.Time) (any, bool) {
	for {
		select {
		case <-ctx.Done():
			return nil, false
		case kind := <-r.stops:
			return stopAsked{kind}, true
		case text := <-r.notes:
			r.say(text)
		case <-timer:
			return tick{}, true
		case what := <-r.events:
			r.complain(what)
			return what, true
		}
	}
}

// perform carries out an effect, or hands it to the goroutine that does.
func (r *runner) perform(ctx context.Context, e effect, timer *time.Timer) {
	switch e := e.(type) {
	case say:
		r.say(e.text)
	case leave:
		if err := leaveOutcome(r.cfg.AllocSharedDir, e.outcome); err != nil {
			r.say(err.Error() + ": Nomad will start this task again, in vain")
		}
	case wake:
		timer.Reset(max(e.at-time.Since(r.start), 0))
	case readAllocs:
		newest(r.lists, e.number)
	case readJob:
		newest(r.jobs, struct{}{})
	case commit, askGo:
		r.cfg.Log.Debug("writing", "records", e)
		select {
		case r.writes <- e:
		case <-ctx.Done():
		}
	}
}

// newest puts a request into a queue of one, in place of an older one. Only
// the loop calls it.
func newest[T any](queue chan T, request T) {
	select {
	case <-queue:
	default:
	}
	queue <- request
}

// say tells people: in the allocation's events and in the hold's log.
func (r *runner) say(text string) {
	text = strings.Join(strings.Fields(text), " ")
	r.cfg.Emit(text)
	if _, err := fmt.Fprintln(r.cfg.Out, text); err != nil {
		r.cfg.Log.Warn("writing the hold's log", "error", err)
	}
	r.cfg.Log.Info(text)
}

// complain names records that were not believed, once.
func (r *runner) complain(what any) {
	var bad []string
	switch e := what.(type) {
	case seen:
		bad = e.view.Bad
	case committed:
		bad = e.view.Bad
	default:
		return
	}
	text := strings.Join(bad, "; ")
	if text != r.bad && text != "" {
		r.say("records in Consul that are not believed, delete them or upgrade this plugin: " + text)
	}
	r.bad = text
}

// followUpstream watches the upstream gangs for as long as they are waited for.
func (r *runner) followUpstream(ctx context.Context, s state) {
	waits := s.phase == rendezvous.Waiting
	switch {
	case waits && r.upstream == nil:
		watch, cancel := context.WithCancel(ctx)
		r.upstream = cancel
		spec := s.job.Spec
		r.spawn(watch, func(ctx context.Context) { r.watchUpstream(ctx, spec.Workflow, spec.Needs) })
	case !waits && r.upstream != nil:
		r.upstream()
		r.upstream = nil
	}
}
