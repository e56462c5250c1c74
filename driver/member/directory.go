package member

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/driver/wire"
)

// directory is an allocation's shared directory. The user's command can write
// there: nothing below it may lead out of it, and a file may be anything.
type directory struct{ root *os.Root }

func openDirectory(shared string) (*directory, error) {
	root, err := os.OpenRoot(shared)
	if err != nil {
		return nil, fmt.Errorf("opening the allocation's directory: %w", err)
	}
	return &directory{root}, nil
}

func (d *directory) close() error { return d.root.Close() }

// install puts the gate and the member's directories there. It can be repeated.
func (d *directory) install(member string, gate []byte) error {
	if err := d.mkdir(wire.Dir, 0o755); err != nil {
		return err
	}
	data := wire.DataDir(member)
	// Open for the image's own user, whoever that is.
	for _, dir := range []string{wire.MemberDir(member), data, data + "/output", data + "/input"} {
		if err := d.mkdir(dir, 0o777); err != nil {
			return err
		}
	}
	return d.installGate(gate)
}

func (d *directory) mkdir(dir string, mode fs.FileMode) error {
	if err := d.root.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making %s in the allocation's directory: %w", dir, err)
	}
	if err := d.root.Chmod(dir, mode); err != nil { // whatever the umask is
		return fmt.Errorf("opening %s in the allocation's directory to its users: %w", dir, err)
	}
	return nil
}

// installGate writes by rename: the old file may be running.
func (d *directory) installGate(gate []byte) error {
	if old, err := d.root.ReadFile(wire.GateFile); err == nil && bytes.Equal(old, gate) {
		return nil
	}
	temp := wire.GateFile + ".new"
	if err := d.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing the gate: %w", err)
	}
	if err := d.root.WriteFile(temp, gate, 0o755); err != nil {
		return fmt.Errorf("writing the gate into the allocation's directory: %w", err)
	}
	if err := d.root.Chmod(temp, 0o755); err != nil {
		return fmt.Errorf("making the gate executable: %w", err)
	}
	if err := d.root.Rename(temp, wire.GateFile); err != nil {
		return fmt.Errorf("putting the gate in place: %w", err)
	}
	return nil
}

// maxExitBytes is more than any exit file of ours holds.
const maxExitBytes = 64 << 10

// exit reads what the gate left about its command's end; nil if it left nothing.
func (d *directory) exit(member string) (*wire.Exit, error) {
	b, err := d.read(wire.ExitFile(member), maxExitBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s's exit file: %w", member, err)
	}
	var e wire.Exit
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("decoding %s's exit file: %w", member, err)
	}
	return &e, nil
}

// read returns the last limit bytes of a regular file. Opening does not wait,
// whatever stands there.
func (d *directory) read(name string, limit int64) ([]byte, error) {
	f, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-limit), limit))
}

// How much of a command's output an Exit record carries.
const (
	maxLines     = 20
	maxLineBytes = 400
	maxTailBytes = 8 << 10
)

// lastLines returns the end of the command's output, stdout before stderr. A
// log that cannot be read has no lines.
func (d *directory) lastLines(task string) []string {
	errLines := lines(d.tail(task, "stderr"), maxLines)
	share := maxLines
	if len(errLines) > 0 { // what went wrong usually stands on stderr
		share = max(maxLines/2, maxLines-len(errLines))
	}
	outLines := lines(d.tail(task, "stdout"), share)
	errLines = errLines[max(0, len(errLines)-(maxLines-len(outLines))):]
	return append(outLines, errLines...)
}

// logSizes is how much output there is; it tells whether Nomad still writes.
func (d *directory) logSizes(task string) (sum int64) {
	for _, stream := range []string{"stdout", "stderr"} {
		if info, err := d.root.Stat(filepath.Join("logs", d.newest(task, stream))); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

func (d *directory) tail(task, stream string) []byte {
	name := d.newest(task, stream)
	if name == "" {
		return nil
	}
	b, err := d.read(filepath.Join("logs", name), maxTailBytes/2)
	if err != nil {
		return nil
	}
	return b
}

// newest is the name of the log file that Nomad writes to: the highest number.
func (d *directory) newest(task, stream string) string {
	dir, err := d.root.Open("logs")
	if err != nil {
		return ""
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return ""
	}
	best, name := -1, ""
	for _, n := range names {
		number, ok := strings.CutPrefix(n, task+"."+stream+".")
		if i, err := strconv.Atoi(number); ok && err == nil && i > best {
			best, name = i, n
		}
	}
	return name
}

// lines returns the last most lines of text, printable and bounded.
func lines(text []byte, most int) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(string(text), "\n"), "\n") {
		if line = printable(line); line != "" {
			out = append(out, line)
		}
	}
	return slices.Clone(out[max(0, len(out)-most):])
}

func printable(line string) string {
	line = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, line)
	for len(line) > maxLineBytes {
		_, size := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-size]
	}
	return line
}
