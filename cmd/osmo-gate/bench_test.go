//go:build linux

package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	maxBytes      = 3 << 20 // on disk, stripped
	maxResidentKB = 6 << 10 // each process, at the barrier and while the command runs
)

func TestSmall(t *testing.T) {
	info, err := os.Stat(binary(t))
	must(t, err)
	t.Logf("binary: %d bytes", info.Size())
	if info.Size() > maxBytes {
		t.Errorf("the binary has %d bytes, at most %d are allowed", info.Size(), maxBytes)
	}
	both(t, func(t *testing.T, sandbox bool) {
		a := newAllocation(t, "sleep", "1000")
		a.command.Sandbox = sandbox
		p := a.listen()
		r := a.start()
		s := p.ready()
		checkResident(t, r.cmd.Process.Pid, "at the barrier")
		s.goEpoch(1)
		checkResident(t, r.cmd.Process.Pid, "while the command runs")
	})
}

// checkResident looks at the gate and, if there is one, its sandbox's process.
func checkResident(t *testing.T, gate int, when string) {
	all := parents()
	for _, pid := range append(descendants(all, gate), gate) {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		must(t, err)
		if !bytes.Contains(status, []byte("\nVmRSS:")) || !strings.HasPrefix(string(status), "Name:\tosmo-gate") {
			continue
		}
		kb := field(t, string(status), "VmRSS:")
		t.Logf("%s: %s %d KB, of which its own %d KB", when, strings.Fields(string(status))[1], kb, field(t, string(status), "RssAnon:"))
		if kb > maxResidentKB {
			t.Errorf("%s: %d KB resident, at most %d are allowed", when, kb, maxResidentKB)
		}
	}
}

func field(t *testing.T, status, name string) int {
	_, rest, _ := strings.Cut(status, name)
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return n
}

// BenchmarkGate measures from the gate's start to ready (set-up), and from the
// go to the command's start (after-go).
func BenchmarkGate(b *testing.B) {
	for _, sandbox := range []bool{false, true} {
		b.Run("sandbox="+strconv.FormatBool(sandbox), func(b *testing.B) {
			var setUp, afterGo, whole time.Duration
			for b.Loop() {
				a := newAllocation(b, "true")
				a.command.Sandbox = sandbox
				p := a.listen()
				began := time.Now()
				r := a.start()
				s := p.ready()
				setUp += time.Since(began)
				told := time.Now()
				afterGo += time.Duration(s.goEpoch(1).AfterGoNanos)
				r.awaitCode(0)
				whole += time.Since(told)
			}
			ms := func(d time.Duration) float64 { return float64(d) / float64(b.N) / 1e6 }
			b.ReportMetric(ms(setUp), "ms-to-ready")
			b.ReportMetric(ms(afterGo), "ms-after-go")
			b.ReportMetric(ms(whole), "ms-go-to-exit")
			b.ReportMetric(0, "ns/op")
		})
	}
}
