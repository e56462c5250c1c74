//go:build unix

// Package cost says what a piece of work takes of the processor and of the
// memory. That is what a test may bound, and generously: how long something takes
// by the clock is decided by what else the machine does, so no test fails for it.
// How fast things are is measured by `make bench`.
package cost

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Cost is what some work took, of the whole process: no other test may run beside it.
type Cost struct {
	Processor time.Duration
	// Allocated counts bytes, those that are free again too.
	Allocated uint64
}

// String is for a test's log.
func (c Cost) String() string {
	return fmt.Sprintf("%v of the processor, %d KiB allocated", c.Processor.Round(100*time.Microsecond), c.Allocated>>10)
}

// Of does some work and returns what it took.
func Of(t testing.TB, work func()) Cost {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	from := spent(t)
	work()
	to := spent(t)
	runtime.ReadMemStats(&after)
	return Cost{Processor: to - from, Allocated: after.TotalAlloc - before.TotalAlloc}
}

// Lavish is the processor time that a test allows for work which takes a
// hundredth of it when its cost is in proportion to its input, on a slow machine
// and under the race detector too; what grows with the square takes longer.
const Lavish = 30 * time.Second

func spent(t testing.TB) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
