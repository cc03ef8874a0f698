package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"syncd/internal/state/sqlstore"
)

// The parameters of the connections. A write transaction takes its lock when it begins, for SQLite fails at once
// when a reader turns into a writer while another one writes; a commit is on the disk before it returns, for a
// lost "contact created" would make a duplicate.
const (
	writing = "_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_txlock=immediate"
	reading = "mode=ro&_pragma=busy_timeout(5000)"
	looking = "mode=rw&_pragma=busy_timeout(5000)&_query_only=1"
)

// Open opens the state in the file at path, which is created, readable for its owner only, when there is none,
// and brings its schema up to date. A file that is no database, is that of another program or of a newer syncd is
// left as it is, and an error.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	s, _, err := open(ctx, path, opts)
	return s, err
}

// Migrate brings the schema of the file at path up to date, as Open does, and returns the versions that it had
// and has. A file that was created had version 0.
func Migrate(ctx context.Context, path string) (from, to int64, err error) {
	s, from, err := open(ctx, path, Options{})
	if err != nil {
		return 0, 0, err
	}
	return from, sqlstore.Latest, s.Close()
}

func open(ctx context.Context, path string, opts Options) (*Store, int64, error) {
	file, err := resolve(path)
	if err != nil {
		return nil, 0, openError(path, err)
	}
	unlock, err := lockDirectory(ctx, file)
	if err != nil {
		return nil, 0, openError(path, err)
	}
	defer unlock()

	if err := create(file); err != nil {
		return nil, 0, openError(path, err)
	}
	from, err := inspect(ctx, file)
	if err != nil {
		return nil, 0, openError(path, err)
	}
	s := newStore(path, connect(file, writing), connect(file, reading), opts)
	s.Writer.SetMaxOpenConns(1)
	if err := migrate(ctx, s.Writer, from); err != nil {
		s.Close()
		return nil, 0, openError(path, err)
	}
	return s, from, nil
}

// resolve returns the absolute path of the file behind path: beside it stands its write-ahead log.
func resolve(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return filepath.Abs(path)
}

// lockDirectory lets one process at a time create or migrate a file of a directory: SQLite itself answers "busy"
// at once when two processes turn a new file's write-ahead log on. The lock is on the directory, so that no lock
// file stays behind.
func lockDirectory(ctx context.Context, file string) (unlock func(), err error) {
	lock := flock.New(filepath.Dir(file), flock.SetFlag(os.O_RDONLY))
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// create makes an empty file that only its owner can read, unless there is one; SQLite itself would let everybody
// read it. A file that is there is not opened: closing it would drop the locks that this process holds on it.
func create(file string) error {
	if info, err := os.Stat(file); err == nil {
		return ordinary(info)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// ordinary returns an error for what is there but can hold no database.
func ordinary(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return errSpecial
	}
	return nil
}

// connect returns a pool of connections to a file; none is opened yet.
func connect(file, parameters string) *sql.DB {
	uri := "file://" + (&url.URL{Path: file}).EscapedPath() + "?" + parameters
	db, err := sql.Open("sqlite", uri)
	if err != nil {
		panic(fmt.Sprintf("sqlite: %v", err)) // there is no driver of that name
	}
	return db
}
