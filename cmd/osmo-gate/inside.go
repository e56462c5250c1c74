//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"github.com/osmo-nomad/osmo-nomad/cmd/osmo-gate/sandbox"
)

// inside is the first process of a sandbox: it builds it, does as the gate
// orders, and adopts and reaps every orphan. When it ends, the kernel ends
// whatever is left in its namespaces.
type inside struct {
	process *process
	host    hostText
	out     *json.Encoder
}

// runInside serves the gate's orders on the socket until the command has ended
// or the gate is gone.
func runInside() int {
	syscall.CloseOnExec(insideSocket)
	nameProcess("osmo-gate-box")
	// Nobody but the kernel ends this process: signals from inside the sandbox
	// would take the Go runtime's own way out.
	signal.Notify(make(chan os.Signal, 1))
	socket := os.NewFile(insideSocket, "gate")
	orders := make(chan order)
	go readOrders(socket, orders)
	in := inside{host: readHostText(), out: json.NewEncoder(socket)}
	if err := in.build(<-orders); err != nil {
		in.say(answer{Kind: answerFailed, Error: "set up the sandbox: " + err.Error()})
		return 1
	}
	return in.serve(orders)
}

// nameProcess says what `ps` shows; it would be "exe", as the program was started.
func nameProcess(name string) {
	const setName = 15 // PR_SET_NAME
	text := append([]byte(name), 0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setName, uintptr(unsafe.Pointer(&text[0])), 0)
}

// readOrders ends, and closes orders, when the gate is gone.
func readOrders(socket *os.File, orders chan<- order) {
	defer close(orders)
	for d := json.NewDecoder(socket); ; {
		var o order
		if d.Decode(&o) != nil {
			return
		}
		orders <- o
	}
}

func (in *inside) say(a answer) { _ = in.out.Encode(a) }

func (in *inside) build(o order) error {
	if o.Kind != orderBuild || o.Box == nil {
		return errors.New("the gate gave no plan")
	}
	in.process = &process{argv: o.Box.Argv, env: o.Box.Env}
	return sandbox.Build(o.Box.Spec)
}

func (in *inside) serve(orders <-chan order) int {
	ended := make(chan outcome, 1)
	for {
		select {
		case o, ok := <-orders:
			if !ok {
				return 1
			}
			in.obey(o, ended)
		case end := <-ended:
			in.say(answer{Kind: answerExited, Outcome: &end})
			return 0
		}
	}
}

func (in *inside) obey(o order, ended chan<- outcome) {
	switch o.Kind {
	case orderPrepare:
		in.say(answer{Kind: answerPrepared, Turn: o.Turn, Error: errorText(in.prepare(o.Names))})
	case orderStart:
		unixNanos, nanos, err := in.process.start()
		in.say(answer{Kind: answerLaunched, UnixNanos: unixNanos, Nanos: nanos, Error: errorText(err)})
		if err == nil {
			go func() { ended <- in.process.wait() }()
		}
	case orderSignal:
		in.process.signal(o.Signal)
	case orderKill:
		in.process.kill()
	}
}

func (in *inside) prepare(n *naming) error {
	if n == nil {
		n = new(naming)
	}
	if err := writeNames(in.host, *n); err != nil {
		return fmt.Errorf("write the sandbox's names: %w", err)
	}
	in.process.lookUp()
	return nil
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
