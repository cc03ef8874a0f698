package csvfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"syncd/internal/sources"
)

// CheckWrite implements [sources.Checker]: the file is to be writable, and its directory, for a write replaces the file by
// a new one.
func (f *File) CheckWrite(context.Context, sources.Writes) error {
	path, err := filepath.EvalSymlinks(f.options.Path)
	if err != nil {
		return f.named(err)
	}
	if err := f.lacksRight(writable(path), "the file may not be written", "let the user that runs syncd write it"); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	return f.lacksRight(takesFiles(dir), "its directory takes no new file", "let the user that runs syncd write "+dir)
}

// lacksRight makes a *sources.RightError of what the system says about a right.
func (f *File) lacksRight(err error, missing, remedy string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EROFS):
		return &sources.RightError{Source: f.options.Path, Missing: missing, Remedy: "it is on a file system that is read-only: copy it to another"}
	case errors.Is(err, fs.ErrPermission):
		return &sources.RightError{Source: f.options.Path, Missing: missing, Remedy: remedy}
	}
	return fmt.Errorf("%s: %w", f.options.Path, err)
}
