package member

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	nomadapi "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// Config is what a member is given by the task that it is.
type Config struct {
	Namespace, JobID, AllocID string
	// Group is the Nomad task group, Member the OSMO task.
	Group, Member    string
	NodeID, NodeName string
	// SharedDir is the allocation's shared directory on this host, LocalDir the
	// task's own, which no other task sees.
	SharedDir, LocalDir string

	// Gate is the gate's binary for this host.
	Gate []byte

	Nomad    *nomadapi.Client
	Store    rendezvous.Store
	Sessions *Sessions
	Resolver *Resolver
	// DNS are the node's name servers as /etc/resolv.conf holds them, for gates
	// that make their command's own.
	DNS []string

	// Emit puts a line under the allocation's recent events. It does not block.
	Emit func(message string)
	// Out is the task's stdout: the member's log, for people.
	Out io.Writer
	// Log is the plugin's log, for operators.
	Log hclog.Logger
}

// Member is one member on this node. Make it with New, run it once.
type Member struct {
	cfg    Config
	dir    *directory
	server *server
	events chan event
	// stopped is closed by Stop, done by Run's end.
	stopOnce      sync.Once
	stopped, done chan struct{}
}

// New puts the gate in place and opens the socket, so that the user's task can
// start; it needs no network and can be repeated for the same allocation.
func New(cfg Config) (*Member, error) {
	dir, err := openDirectory(cfg.SharedDir)
	if err != nil {
		return nil, err
	}
	if err := dir.install(cfg.Member, cfg.Gate); err != nil {
		return nil, errors.Join(err, dir.close())
	}
	server, err := listen(dir)
	if err != nil {
		return nil, errors.Join(err, dir.close())
	}
	return &Member{
		cfg: cfg, dir: dir, server: server, events: make(chan event),
		stopped: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

// Stop asks the member to say what is still unsaid and to end. It returns when
// Run has, or when ctx has ended.
func (m *Member) Stop(ctx context.Context) {
	m.stopOnce.Do(func() { close(m.stopped) })
	select {
	case <-m.done:
	case <-ctx.Done():
	}
}

// Run serves the member until Stop, or until ctx ends, which is the plugin's
// life: then the records and the gate stay as they are, and a new Member for
// the same allocation goes on from them. Nomad or Consul being away is waited
// out.
func (m *Member) Run(ctx context.Context) {
	defer close(m.done)
	ctx, cancel := context.WithCancel(ctx)
	r := &runner{Member: m, ctx: ctx, state: state{self: selfOf(m.cfg)}}
	r.loop()
	cancel()
	r.errands.Wait()
	if err := m.dir.close(); err != nil {
		m.cfg.Log.Warn("closing the allocation's directory", "error", err)
	}
}

// runner is Run's goroutine: it owns the state.
type runner struct {
	*Member
	ctx     context.Context
	state   state
	errands sync.WaitGroup
	ended   bool
}

// gateGrace is how long a gate may be without a connection before it counts as
// away: it connects again within a second.
const gateGrace = 4 * time.Second

func (r *runner) loop() {
	former := r.recall()
	r.cfg.Sessions.join(r.cfg.NodeName, former)
	defer r.cfg.Sessions.leave()
	r.errands.Go(func() { r.server.serve(r.ctx, r.post) })
	r.errands.Go(r.followSession)
	r.after(gateGrace, gateAway{})
	if !r.state.known {
		r.errands.Go(r.identify)
	}
	beat := time.NewTicker(wire.BeatInterval)
	defer beat.Stop()
	stopped := r.stopped
	for !r.ended {
		select {
		case e := <-r.events:
			r.take(e)
		case <-beat.C:
			r.server.send(r.state.gate.conn, wire.Message{Kind: wire.Beat})
		case <-stopped:
			stopped = nil
			r.take(stopAsked{})
		case <-r.ctx.Done():
			return
		}
	}
}

// take is one step and what it calls for.
func (r *runner) take(e event) {
	before := r.state
	var effects []effect
	r.state, effects = step(r.state, e)
	for _, eff := range effects {
		r.run(eff)
	}
	if r.state.known && !before.known {
		gang := r.state.self.Gang
		r.errands.Go(func() { r.watch(gang) })
	}
	if r.state.known != before.known || r.state.session != before.session || r.state.saidKind != before.saidKind {
		r.remember()
	}
}

// post hands an event to the owner; it gives up when the member ends.
func (r *runner) post(e event) {
	select {
	case r.events <- e:
	case <-r.ctx.Done():
	}
}

// after posts an event after a time.
func (r *runner) after(d time.Duration, e event) {
	r.errands.Go(func() {
		sleep(r.ctx, d)
		r.post(e)
	})
}

func (r *runner) run(e effect) {
	switch e := e.(type) {
	case send:
		r.server.send(e.conn, r.completed(e.msg))
	case hangUp:
		r.server.close(e.conn)
	case awaitGate:
		r.after(gateGrace, gateAway{})
	case commit:
		r.errands.Go(func() { r.post(r.commit(e.what, e.ops)) })
	case publishExit:
		r.errands.Go(func() { r.post(r.publishExit(e)) })
	case lookUp:
		r.errands.Go(func() { r.post(namesAre{e.epoch, r.cfg.Resolver.check(r.ctx, e.names)}) })
	case readFile:
		r.errands.Go(func() { r.post(fileIs{r.leftExit()}) })
	case wait:
		r.after(e.after, due{e.what})
	case say:
		r.say(e)
	case finish:
		r.ended = true
	}
}

// completed adds what only the node knows.
func (r *runner) completed(m wire.Message) wire.Message {
	if m.Kind == wire.Welcome {
		m.DNS = r.cfg.DNS
	}
	return m
}

func (r *runner) say(s say) {
	if _, err := fmt.Fprintln(r.cfg.Out, s.text); err != nil {
		r.cfg.Log.Warn("writing the task's log", "error", err)
	}
	if s.event {
		r.cfg.Emit(s.text)
	}
}

func (r *runner) leftExit() *wire.Exit {
	exit, err := r.dir.exit(r.cfg.Member)
	if err != nil {
		r.cfg.Log.Warn("the gate's exit file is not usable; Nomad's view of the task counts", "error", err)
	}
	return exit
}

// recall takes over what an earlier process wrote down.
func (r *runner) recall() (former string) {
	m, ok, err := recall(r.cfg.LocalDir, r.cfg.AllocID)
	if err != nil {
		r.cfg.Log.Warn("starting without the memory of an earlier plugin", "error", err)
	}
	if !ok {
		return ""
	}
	r.state.saidKind = m.Told
	r.take(identified{m.Self})
	return m.Session
}

func (r *runner) remember() {
	if !r.state.known || r.state.session == "" {
		return
	}
	if err := remember(r.cfg.LocalDir, memory{Self: r.state.self, Session: r.state.session, Told: r.state.saidKind}); err != nil {
		r.cfg.Log.Warn("a plugin that starts after this one will have to ask Nomad again", "error", err)
	}
}
