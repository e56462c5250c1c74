package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLocalFile is how much of a local file is taken: files travel inside the
// job, and Nomad refuses jobs that are much larger.
const maxLocalFile = 4 << 20

// localFiles reads the files that a workflow names, relative to a directory,
// each once: what is registered later is what was checked (OSMO paths.py:26; a
// `~` is a character like any other).
func localFiles(dir string) func(name string) ([]byte, error) {
	type file struct {
		text []byte
		err  error
	}
	known := map[string]file{}
	return func(name string) ([]byte, error) {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		}
		f, ok := known[path]
		if !ok {
			f.text, f.err = readRegular(path)
			known[path] = f
		}
		return f.text, f.err
	}
}

// readRegular reads a file that is one: no directory, no pipe that would be
// waited for, nothing without an end.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the file %s does not exist", path)
	case err != nil:
		return nil, fmt.Errorf("the file %s cannot be read: %w", path, reason(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory, expected a file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file %s cannot be read: %w", path, reason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLocalFile+1))
	if err != nil {
		return nil, fmt.Errorf("the file %s cannot be read: %w", path, reason(err))
	}
	if len(text) > maxLocalFile {
		return nil, fmt.Errorf("the file %s is larger than %d MiB", path, maxLocalFile>>20)
	}
	return text, nil
}

// reason is an error without the operation and the path, which are said already.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
