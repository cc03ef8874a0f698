package csvfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

const (
	attempts     = 3 // at a file that somebody else changes meanwhile
	lockRetry    = 50 * time.Millisecond
	lockPatience = 30 * time.Second // syncd itself holds the lock for as long as one write takes
)

var errLocked = fmt.Errorf("another process has kept it locked for %s: end that process, then run again", lockPatience)

// Write implements [sources.Source]. It changes the cells that must change and keeps every other byte of the
// file: delimiters, quotes, line ends, byte order mark, columns that nobody asked for. A changed cell is quoted if
// it was before or has to be.
//
// An update or delete needs exactly one row with the change's key or, without key columns, with the cells of
// Before; else it is Stale, and so is a create whose row is there already. Refused is what the file's encoding
// cannot hold. Either all changes that apply are made, by one rename that leaves the old file or the new one
// whatever happens, or an error says why none was; then their outcomes are Refused.
//
// A lock on PATH.lock, which stays behind, keeps out other processes that do the same. Programs that know nothing
// of it can still lose an edit that they save in the instant between the last look at the file and the rename.
// The new file keeps permissions, and the owner where the system allows it, but not hard links.
func (f *File) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	outcomes, err := f.write(ctx, columns, changes)
	if err != nil {
		err = f.named(err)
	}
	if outcomes == nil {
		outcomes = same(changes, sources.Refused, "nothing was written: "+err.Error())
	}
	return outcomes, err
}

// write locks the file and makes the changes. Outcomes that are nil mean that nothing was written.
func (f *File) write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	path, err := filepath.EvalSymlinks(f.options.Path)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for range attempts {
		outcomes, err := f.attempt(ctx, path, columns, changes)
		if !errors.Is(err, errChanged) {
			return outcomes, err
		}
	}
	return same(changes, sources.Stale, "the file keeps changing"), nil
}

// attempt makes the changes in the file as it stands now. It returns errChanged when it did not stand still.
func (f *File) attempt(
	ctx context.Context, path string, columns []string, changes []contact.Change,
) ([]sources.Outcome, error) {
	snap, err := f.open(path)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	p, err := f.plan(ctx, snap, columns, changes)
	if err != nil {
		return nil, err
	}
	if p.edits == 0 {
		return p.outcomes, nil
	}
	next, err := snap.replacement()
	if err != nil {
		return nil, err
	}
	defer next.discard()
	if err := p.rewrite(ctx, snap, next); err != nil {
		return nil, err
	}
	if err := next.finish(); err != nil {
		return nil, err
	}
	if err := f.check(snap, next); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := snap.same(); err != nil {
		return nil, err
	}
	snap.Close() // Windows does not replace a file that is open
	if err := next.install(); err != nil {
		return nil, err
	}
	if err := syncDirectory(filepath.Dir(path)); err != nil {
		return p.unsure(), err
	}
	return p.outcomes, nil
}

// check makes sure that the file is read tomorrow as it is today, where that is a guess: a text may happen to
// look like another encoding, or hold the one character that separates cells just as well.
func (f *File) check(snap *snapshot, next *replacement) error {
	written, err := f.open(next.Name())
	if err != nil {
		return err
	}
	defer written.Close()
	if !snap.reads(written.dialect) {
		return fmt.Errorf("after the changes the file would be read as %s with delimiter %q: set encoding: and delimiter: "+
			"to %s and %q", written.charset.name, written.delimiter, snap.charset.name, snap.delimiter)
	}
	return nil
}

// lock waits for the lock of the file at path.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	l := flock.New(path+".lock", flock.SetPermissions(info.Mode().Perm()|0o600))
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, errLocked)
	defer cancel()
	switch _, err := l.TryLockContext(ctx, lockRetry); {
	case err == nil:
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s.lock: %w", filepath.Base(path), context.Cause(ctx))
	default:
		return nil, fmt.Errorf("lock: %w", err)
	}
	return func() { l.Close() }, nil
}

// same gives every change the same outcome.
func same(changes []contact.Change, status sources.Status, reason string) []sources.Outcome {
	return slices.Repeat([]sources.Outcome{{Status: status, Reason: reason}}, len(changes))
}
