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

// change is one line of FILE.log; one member is set. The first line is the generation of FILE that the log follows.
type change struct {
	Generation   uint64       `json:"generation,omitempty"`
	Put          *Contact     `json:"put,omitempty"`
	Delete       string       `json:"delete,omitempty"`
	CustomFields *definitions `json:"customFields,omitempty"`
}

// journal keeps a workspace in three files: FILE, the whole of it as it was when it was last opened or closed;
// FILE.log, one line per change since; and FILE.lock, held while it is open. A change is written, in one call and
// without waiting for the disk, before it is acknowledged: kill -9 loses none, a power cut may.
type journal struct {
	file       string
	generation uint64 // of the file: how often it was written
	lock       *flock.Flock
	log        *os.File
	err        error // why nothing can be written any more
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
		return fmt.Errorf("workspace %s: another syncd is using it: wait until that one ends, or stop it", file)
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
	if err := j.fold(s); err != nil {
		return err
	}
	var err error
	if j.log, err = os.OpenFile(j.logName(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	return j.append(change{Generation: j.generation})
}

// fold brings the file up to date, which makes the log one of an older generation.
func (j *journal) fold(s *store) error {
	j.generation++
	return writeSnapshot(j.file, j.generation, s)
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
		j.generation, err = readSnapshot(f, s)
		f.Close()
		if err != nil {
			return fmt.Errorf("workspace %s: %w; if it is not a workspace of syncd, name another file; else repair it, or move it and %s away to start over", j.file, err, j.logName())
		}
	}
	log, err := os.ReadFile(j.logName())
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case fresh && len(log) > 0:
		return fmt.Errorf("workspace %s is gone, but %s holds changes to it; put it back, or delete %[2]s to start over",
			j.file, j.logName())
	}
	if err := replay(log, j.generation, s); err != nil {
		return fmt.Errorf("workspace %s: %s: %w; fix that line, or delete %[2]s, which loses the latest changes",
			j.file, j.logName(), err)
	}
	return nil
}

// replay makes the changes of a log. An end without a newline is a write that was cut off and so never acknowledged.
// A log of an older generation is in the file already: only its removal failed to happen.
func replay(log []byte, generation uint64, s *store) error {
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(log, []byte("\n"))
		if !whole {
			return nil
		}
		var c change
		err := decodeStrictly(json.NewDecoder(bytes.NewReader(line)), &c)
		switch {
		case err != nil:
		case n > 1:
			err = c.apply(s)
		case c.Generation == 0 || c.Generation > generation:
			err = fmt.Errorf("generation %d does not follow %d", c.Generation, generation)
		case c.Generation < generation:
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		log = rest
	}
}

func (c change) apply(s *store) error {
	switch {
	case c.Put != nil:
		return s.load(c.Put)
	case c.CustomFields != nil:
		return s.define(*c.CustomFields)
	case c.Delete != "":
		return s.delete(c.Delete)
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
		err = j.fold(s)
	}
	err = errors.Join(err, j.log.Close())
	if err == nil {
		err = os.Remove(j.logName())
	}
	return errors.Join(err, j.lock.Unlock())
}
