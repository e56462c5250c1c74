package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLocalFiles: relative to the workflow's directory, regular, of bounded size,
// and with errors that name the path that was tried.
func TestLocalFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("small", []byte("text"))
	write("~", []byte("tilde"))
	write("largest", make([]byte, maxLocalFile))
	large := write("large", make([]byte, maxLocalFile+1))
	absolute := write("absolute", []byte("abs"))
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := localFiles(dir)
	for _, c := range []struct {
		name, text, err string
	}{
		{name: "small", text: "text"},
		{name: "./x/../small", text: "text"},
		{name: "~", text: "tilde"},
		{name: absolute, text: "abs"},
		{name: "largest", text: string(make([]byte, maxLocalFile))},
		{name: "large", err: "the file " + large + " is larger than 4 MiB"},
		{name: "none", err: "the file " + filepath.Join(dir, "none") + " does not exist"},
		{name: "small/x", err: "the file " + filepath.Join(dir, "small/x") + " cannot be read: not a directory"},
		{name: "~/x", err: "the file " + filepath.Join(dir, "~/x") + " cannot be read: not a directory"},
		{name: ".", err: dir + " is a directory, expected a file"},
		{name: "pipe", err: pipe + " is not a regular file"},
		{name: "/dev/zero", err: "/dev/zero is not a regular file"},
	} {
		text, err := read(c.name)
		if string(text) != c.text || message(err) != c.err {
			t.Errorf("%s: %d bytes, error %q, expected %d and %q", c.name, len(text), message(err), len(c.text), c.err)
		}
	}
}

// TestLocalFilesAreReadOnce: what is registered is what was checked.
func TestLocalFilesAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	read := localFiles(dir)
	for _, now := range []string{"first", "second"} {
		if err := os.WriteFile(path, []byte(now), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"f", path} {
			if text, err := read(name); err != nil || !bytes.Equal(text, []byte("first")) {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
