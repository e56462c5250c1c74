//go:build linux

package main

import (
	"fmt"
	"syscall"
)

// direct runs the command as the gate's own child: in a container, whose
// engine has set up everything but the members' names.
type direct struct {
	process *process
	post    func(any)
}

func (d direct) prepare(turn int, n naming) {
	err := appendNames(n)
	if err != nil {
		err = fmt.Errorf("write the members' names into /etc/hosts: %w", err)
	}
	d.process.lookUp()
	// The loop that calls this is the one that takes events.
	go d.post(prepared{turn, err})
}

func (d direct) start() {
	unixNanos, nanos, err := d.process.start()
	go func() {
		d.post(launched{unixNanos, nanos, err})
		if err == nil {
			d.post(exited{d.process.wait()})
		}
	}()
}

func (d direct) signal(s syscall.Signal) { d.process.signal(s) }
func (d direct) kill()                   { d.process.kill() }
func (d direct) clean()                  {}
