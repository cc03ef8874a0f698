package quosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// change is one line of FILE.log; one member is set.
type change struct {
	Put          *Contact     `json:"put,omitempty"`
	Delete       string       `json:"delete,omitempty"`
	CustomFields *definitions `json:"customFields,omitempty"`
}

// journal keeps a workspace in three files: FILE, the whole of it as it was when it was last opened or closed;
// FILE.log, one line per change since; and FILE.lock, held while it is open. A change is written, in one call and
// without waiting for the disk, before it is acknowledged: kill -9 loses none, a power cut may.
type journal struct {
	file string
	lock *flock.Flock
	log  *os.File
	err  error // why nothing can be written any more
}

// openJournal locks file, fills s from it and its log, and folds the log into it. A file that does not exist is made
// of what s holds.
func openJournal(file string, s *store) error {
	lock := flock.New(file+".lock", flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return fmt.Errorf("workspace %s is open in another process", file)
	}
	j := &journal{file: file, lock: lock}
	if err := j.open(s); err != nil {
		return errors.Join(err, lock.Unlock())
	}
	s.journal = j
	return nil
}

func (j *journal) open(s *store) error {
	if err := j.load(s); err != nil {
		return err
	}
	if err := writeSnapshot(j.file, s); err != nil {
		return err
	}
	var err error
	j.log, err = os.OpenFile(j.logName(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	return err
}

func (j *journal) logName() string { return j.file + ".log" }

func (j *journal) load(s *store) error {
	fresh := false
	f, err := os.Open(j.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fresh = true
	case err != nil:
		return err
	default:
		err = readSnapshot(f, s)
		f.Close()
		if err != nil {
			return fmt.Errorf("workspace %s: %w; mend it, or delete it and %s to start anew", j.file, err, j.logName())
		}
	}
	log, err := os.ReadFile(j.logName())
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case fresh && len(log) > 0:
		return fmt.Errorf("workspace %s is gone, but %s holds changes to it; put it back, or delete %[2]s to start anew",
			j.file, j.logName())
	}
	if err := replay(log, s); err != nil {
		return fmt.Errorf("workspace %s: %s: %w; mend that line, or delete %[2]s, which loses the latest changes",
			j.file, j.logName(), err)
	}
	return nil
}

// replay makes the changes of a log. An end without a newline is a write that was cut off and so never acknowledged.
// The changes may have been made already: a crash can leave the log behind after it was folded into FILE.
func replay(log []byte, s *store) error {
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(log, []byte("\n"))
		if !whole {
			return nil
		}
		if err := replayLine(line, s); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		log = rest
	}
}

func replayLine(line []byte, s *store) error {
	var c change
	if err := decodeStrictly(json.NewDecoder(bytes.NewReader(line)), &c); err != nil {
		return err
	}
	switch {
	case c.Put != nil:
		return s.load(c.Put)
	case c.CustomFields != nil:
		return s.define(*c.CustomFields)
	case c.Delete != "":
		if err := s.delete(c.Delete); !errors.Is(err, errNotFound) {
			return err
		}
		return nil
	default:
		return errors.New("names no change")
	}
}

func decodeStrictly(d *json.Decoder, v any) error {
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// append writes the change. After a failed write the log may end in half a line, so nothing more is written to it.
func (j *journal) append(c change) error {
	if j == nil {
		return nil
	}
	if j.err != nil {
		return j.err
	}
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := j.log.Write(append(line, '\n')); err != nil {
		j.err = err
	}
	return j.err
}

// close folds the log into the file and lets go of it. After a failed write the log stays as it is for the next
// process to read.
func (j *journal) close(s *store) error {
	if j == nil || errors.Is(j.err, os.ErrClosed) {
		return nil
	}
	err := j.err
	j.err = fmt.Errorf("workspace %s: %w", j.file, os.ErrClosed)
	if err == nil {
		err = writeSnapshot(j.file, s)
	}
	err = errors.Join(err, j.log.Close())
	if err == nil {
		err = os.Remove(j.logName())
	}
	return errors.Join(err, j.lock.Unlock())
}
