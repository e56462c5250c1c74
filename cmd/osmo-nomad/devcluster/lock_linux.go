package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lockEvery is how often a waiting process tries for a lock again.
	lockEvery = 100 * time.Millisecond
	// lockTell is after how long it says so.
	lockTell = 2 * time.Second
)

// lock takes the named lock of the root folder, and removes its file with the unlock: nothing stays behind. The kernel
// drops it when its owner dies.
func lock(ctx context.Context, root, name string, progress io.Writer) (unlock func(), err error) {
	path := filepath.Join(root, "."+name+".lock")
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	tell := time.After(lockTell)
	for {
		unlock, err := tryLock(root, path)
		if err != nil || unlock != nil {
			return unlock, err
		}
		select {
		case <-tick.C:
		case <-tell:
			fmt.Fprintf(progress, "waiting for another osmo-nomad (it holds %s)\n", path)
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another osmo-nomad (it holds %s): %w", path, context.Cause(ctx))
		}
	}
}

// tryLock returns nothing when somebody else has the lock.
func tryLock(root, path string) (func(), error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("making the clusters' folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the last owner has just removed the folder
	}
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	mine, errMine := f.Stat()
	now, errNow := os.Stat(path)
	if errMine != nil || errNow != nil || !os.SameFile(mine, now) {
		_ = f.Close() // the file was removed by its last owner between our open and our lock
		return nil, nil
	}
	return func() {
		_ = os.Remove(path)
		_ = f.Close()
		_ = os.Remove(root) // succeeds only when nothing else is there
	}, nil
}
