package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/state"
	"syncd/internal/state/sqlstore"
	"syncd/internal/state/statetest"
)

func TestOpenPaths(t *testing.T) {
	for _, name := range []string{
		"syncd.db", "my state.db", "50%.db", "%41.db", "what?.db", "a#b.db", "a&mode=ro.db", "ü.db", ":memory:",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			statetest.Fill(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got := contents(t, dir); len(got) != 1 || got[name] == "" {
				t.Errorf("the directory holds %d files, want %q alone", len(got), name)
			}
			if _, err := openAt(t, path, Options{}).Link(t.Context(), "customers", "C-1"); err != nil {
				t.Errorf("opened again: %v", err)
			}
		})
	}
}

func TestOpenRelativePathAndLink(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	statetest.Fill(t, openAt(t, "syncd.db", Options{}))
	if err := os.Symlink("syncd.db", "link.db"); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, "link.db", Options{}).Link(t.Context(), "customers", "C-1"); err != nil {
		t.Error(err)
	}
}

func TestOpenLetsNobodyElseRead(t *testing.T) {
	dir := t.TempDir()
	statetest.Fill(t, openAt(t, filepath.Join(dir, "syncd.db"), Options{}))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries { // the file, its write-ahead log and the log's index
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", entry.Name(), info.Mode())
		}
	}
	if len(entries) != 3 {
		t.Errorf("got %d files, want 3", len(entries))
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"a directory": {
			func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) },
			"is a directory: name a file",
		},
		"a device": {
			func(t *testing.T, path string) { check(t, os.Symlink(os.DevNull, path)) },
			"a pipe or a device, not a file: name another",
		},
		"a text file": {
			func(t *testing.T, path string) {
				check(t, os.WriteFile(path, []byte(strings.Repeat("id,name\n", 200)), 0o600))
			},
			"not an SQLite database: name another file",
		},
		"the database of another program": {
			func(t *testing.T, path string) { execute(t, path, `CREATE TABLE links (a TEXT)`) },
			"another program: name another file",
		},
		"a database that another program marked": {
			func(t *testing.T, path string) { execute(t, path, `PRAGMA application_id = 1`) },
			"another program: name another file",
		},
		"a newer schema": {
			func(t *testing.T, path string) {
				check(t, openAt(t, path, Options{}).Close())
				execute(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1)`)
			},
			fmt.Sprintf("it has schema 7, this syncd knows up to %d: use a newer syncd", sqlstore.Latest),
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "syncd.db")
			c.make(t, path)
			before := contents(t, dir)
			for opener, open := range openers {
				err := open(t.Context(), path)
				if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: got %v, want an error with %q", opener, err, c.want)
				}
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// openers are the functions that open a file.
var openers = map[string]func(ctx context.Context, path string) error{
	"Open": func(ctx context.Context, path string) error {
		_, err := Open(ctx, path, Options{})
		return err
	},
	"OpenReadOnly": func(ctx context.Context, path string) error {
		_, err := OpenReadOnly(ctx, path, Options{})
		return err
	},
	"Migrate": func(ctx context.Context, path string) error {
		_, _, err := Migrate(ctx, path)
		return err
	},
	"Version": func(ctx context.Context, path string) error {
		_, _, err := Version(ctx, path)
		return err
	},
}

func TestOpenMissingDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "var", "syncd.db")
	_, err := Open(t.Context(), path, Options{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "its directory does not exist: create it") {
		t.Errorf("got %v", err)
	}
}

func TestOpenLinkToNowhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	check(t, os.Symlink("gone/syncd.db", path))
	_, err := Open(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), "unable to open database file") {
		t.Errorf("got %v", err)
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "syncd.db"), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpenAfterInterruptedCreation(t *testing.T) {
	const marked = `PRAGMA application_id = 1937337955`
	const versioned = marked + `; CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1)`
	for name, text := range map[string]string{"empty": ``, "marked": marked, "with the table of versions": versioned} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "syncd.db")
			check(t, os.WriteFile(path, nil, 0o600))
			execute(t, path, text)
			statetest.Fill(t, openAt(t, path, Options{}))
		})
	}
}

func TestExplainPermission(t *testing.T) {
	err := openError("syncd.db", &fs.PathError{Op: "open", Path: "syncd.db", Err: syscall.EACCES})
	want := "state syncd.db: this user needs the right to read and write the file and its directory: " +
		"open syncd.db: permission denied"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestExplainFullDisk(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	_, err := s.Writer.ExecContext(t.Context(), `PRAGMA max_page_count = 1; CREATE TABLE large AS SELECT zeroblob(1000000)`)
	if err = openError("syncd.db", err); !strings.Contains(err.Error(), "syncd.db: the disk is full: free some space") {
		t.Errorf("got %v", err)
	}
}

func TestUseAfterClose(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	lease := statetest.Fill(t, s)
	check(t, s.Close())
	if err := s.Commit(t.Context(), lease, state.Batch{}); err == nil {
		t.Error("Commit went through")
	}
	if _, err := s.Runs(t.Context(), "", 0); err == nil {
		t.Error("Runs went through")
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// execute runs SQL on a file as another program would.
func execute(t testing.TB, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), text)
	check(t, err)
}

// contents returns the files of a directory.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			files[entry.Name()] = entry.Type().String()
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		check(t, err)
		files[entry.Name()] = string(data)
	}
	return files
}
