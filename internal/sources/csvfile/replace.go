package csvfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/text/transform"
)

// A replacement is the file that takes the place of a snapshot. Its name is always the same, so that what a run
// that died left behind is gone after the next write; the lock keeps two writers apart.
type replacement struct {
	*os.File
	io.Writer // takes text as the scanner sees it
	snap      *snapshot
	buffer    *bufio.Writer
}

// replacement starts the new file, with the byte order mark of the old one. The caller discards it in any case.
func (s *snapshot) replacement() (*replacement, error) {
	if err := writable(s.Name()); err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(s.Name()), "."+filepath.Base(s.Name())+".syncd-new")
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	r := &replacement{File: file, snap: s, buffer: bufio.NewWriterSize(file, 64<<10)}
	r.Writer = r.buffer
	r.buffer.WriteString(s.bom) // a bufio.Writer repeats its error when it is flushed
	if s.charset.order != nil {
		r.Writer = transform.NewWriter(r.buffer, toUTF16{order: s.charset.order})
	}
	return r, nil
}

// Write writes text as the scanner sees it.
func (r *replacement) Write(text []byte) (int, error) { return r.Writer.Write(text) }

// writable returns an error when the file at path is not to be written: a rename would not ask.
func writable(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

// finish completes the new file and brings it to the disk.
func (r *replacement) finish() error {
	if encoder, ok := r.Writer.(*transform.Writer); ok {
		if err := encoder.Close(); err != nil {
			return err
		}
	}
	if err := r.buffer.Flush(); err != nil {
		return err
	}
	keepOwner(r.File, r.snap.info)
	if err := r.Chmod(r.snap.info.Mode().Perm()); err != nil {
		return err
	}
	if err := r.Sync(); err != nil {
		return err
	}
	return r.File.Close()
}

// install puts the finished file in the place of the old one.
func (r *replacement) install() error { return os.Rename(r.Name(), r.snap.Name()) }

// discard removes a file that was not installed.
func (r *replacement) discard() {
	r.File.Close()
	os.Remove(r.Name())
}
