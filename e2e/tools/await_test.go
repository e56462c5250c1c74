//go:build unix

package tools

import (
	"path/filepath"
	"testing"
	"time"
)

// await waits until cond holds; the test's own end is the limit.
func await(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("gave up waiting")
		}
	}
}

func checkNothingUnfinished(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("unfinished builds left: %v, %v", left, err)
	}
}
