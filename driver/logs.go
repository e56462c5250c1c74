package driver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/nomad/plugins/drivers"
)

// maxLogBytes bounds a task's log: a gang that is held for weeks must not fill
// the disk of the host that holds it.
const maxLogBytes = 2 << 20

// taskLog is a task's stdout as `nomad alloc logs` reads it. Lines get the
// time in front. It is written by one task, from several goroutines.
type taskLog struct {
	mu   sync.Mutex
	file *os.File
	size int64
	now  func() time.Time
}

// openLog opens the task's log for appending and creates its stderr too:
// `alloc logs -f` waits for files that do not exist.
func openLog(dir *os.Root, task string) (*taskLog, error) {
	stderr, err := dir.OpenFile(task+".stderr.0", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("creating the task's log: %w", err)
	}
	if err := stderr.Close(); err != nil {
		return nil, fmt.Errorf("creating the task's log: %w", err)
	}
	f, err := dir.OpenFile(task+".stdout.0", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("creating the task's log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &taskLog{file: f, size: info.Size(), now: time.Now}, nil
}

// logOf opens the log of a task below its allocation's directory.
func logOf(cfg *drivers.TaskConfig) (*taskLog, error) {
	root, err := os.OpenRoot(cfg.TaskDir().LogDir)
	if err != nil {
		return nil, fmt.Errorf("opening the allocation's logs: %w", err)
	}
	defer root.Close()
	return openLog(root, cfg.Name)
}

// Write appends one line. Beyond maxLogBytes lines are dropped; the last ones
// of a gang are in its records too.
func (l *taskLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > maxLogBytes {
		return len(line), nil
	}
	n, err := fmt.Fprintf(l.file, "%s %s", l.now().UTC().Format("2006-01-02T15:04:05.000Z"), line)
	l.size += int64(n)
	if err != nil {
		return 0, err
	}
	return len(line), nil
}

// Close ends the log.
func (l *taskLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

var _ io.WriteCloser = (*taskLog)(nil)
