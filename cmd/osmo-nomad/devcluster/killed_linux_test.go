package devcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Up that is interrupted removes what it began.
func TestInterruptedUpLeavesNothing(t *testing.T) {
	real(t)
	o := options(t, "test6")
	mustDown(t, o)
	ctx, cancel := context.WithCancelCause(t.Context())
	o.Progress = io.MultiWriter(testWriter{t}, onText{"starting Consul", func() { cancel(errors.New("interrupted")) }})
	if _, err := Up(ctx, o); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("Up = %v", err)
	}
	if left := traces(t); len(left) > 0 {
		t.Errorf("left\n%s", strings.Join(left, "\n"))
	}
}

// TestMain lets the test's own program be the Up that is killed.
func TestMain(m *testing.M) {
	if name := os.Getenv("TEST_UP"); name != "" {
		_, err := Up(context.Background(), Options{Name: name, Root: testRoot, WithoutPlugin: true, Progress: os.Stdout})
		fmt.Println(err)
		return
	}
	os.Exit(m.Run())
}

// An Up that is killed at any point is followed by a Down, or by an Up, that finds all of it.
func TestKilledUpLeavesNothing(t *testing.T) {
	real(t)
	o := options(t, "test8")
	mustDown(t, o)
	l := layout{name: o.Name, root: testRoot}
	for i, path := range []string{
		l.dir(),
		filepath.Join(l.dir(), recordFile),
		filepath.Join(netnsDir, l.namespace(serverName)),
		filepath.Join(netnsDir, l.namespace("edge")),
		filepath.Join(l.hostDir("edge"), "nomad.json"),
		filepath.Join(l.hostDir(serverName), "nomad.log"),
		filepath.Join(l.hostDir("edge"), "consul.log"),
		filepath.Join(l.hostDir("train"), "nomad.log"),
		l.allocDir("train"),
	} {
		killUpWhenThereIs(t, o.Name, path)
		if i%2 == 0 {
			if _, err := Up(t.Context(), o); err != nil {
				t.Errorf("up after an up that was killed at %s: %v", path, err)
			}
		}
		mustDown(t, o)
		if left := traces(t); len(left) > 0 {
			t.Errorf("after an up that was killed at %s, and down, there is still\n%s", path, strings.Join(left, "\n"))
		}
	}
}

// killUpWhenThereIs starts an Up in another process and kills that as soon as it has made a file.
func killUpWhenThereIs(t *testing.T, name, path string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "TEST_UP="+name)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick, limit := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for there := false; !there; {
		select {
		case <-tick.C:
			_, err := os.Stat(path)
			there = err == nil
		case <-limit:
			t.Errorf("no %s after a minute", path)
			there = true
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Errorf("up was over before it could be killed at %s: %v", path, err)
	}
	_ = cmd.Wait() // it was killed
}

// onText calls a function when a text is written.
type onText struct {
	text string
	call func()
}

func (w onText) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.text)) {
		w.call()
	}
	return len(b), nil
}
