package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func lookAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := OpenReadOnly(t.Context(), path, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func TestReadOnlyWithoutState(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"no file":       func(string) error { return nil },
		"an empty file": func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "syncd.db")
			check(t, make(path))
			before := contents(t, dir)
			s, another := lookAt(t, path), lookAt(t, path)
			for _, s := range []*Store{s, another} {
				statetest.IsEmpty(t, s)
				statetest.RefusesWrites(t, s)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadOnlyLeavesEverythingAsItIs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "syncd.db")
	s := openAt(t, path, Options{})
	statetest.Fill(t, s)
	check(t, s.Close())

	before := contents(t, dir)
	s, err := OpenReadOnly(t.Context(), path, Options{})
	check(t, err)
	statetest.ReadsLink(t, s)
	statetest.RefusesWrites(t, s)
	_, err = s.Reader.ExecContext(t.Context(), `DELETE FROM links`)
	if err == nil {
		t.Error("the connection writes")
	}
	check(t, s.Close())
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestReadOnlyAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	s := openAt(t, path, Options{})
	statetest.Fill(t, s)
	dir := t.TempDir()
	for name, data := range contents(t, filepath.Dir(path)) { // as a process that is killed leaves it
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	before := contents(t, dir)
	s, err := OpenReadOnly(t.Context(), filepath.Join(dir, "syncd.db"), Options{})
	check(t, err)
	statetest.ReadsLink(t, s)
	check(t, s.Close())
	after := contents(t, dir)
	delete(before, "syncd.db-shm") // the index of the log, which every reader brings up to date
	delete(after, "syncd.db-shm")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func TestReadOnlyWhileAnotherWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	writer := openAt(t, path, Options{})
	lease := statetest.Fill(t, writer)
	reader := lookAt(t, path)
	statetest.ReadsLink(t, reader)
	check(t, writer.Commit(t.Context(), lease, state.Batch{Drop: []string{"C-1"}}))
	if _, err := reader.Link(t.Context(), "customers", "C-1"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("got %v, want what was just written", err)
	}
}

func TestReadOnlyThenWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	check(t, openAt(t, path, Options{}).Close())
	reader := lookAt(t, path)
	statetest.Fill(t, openAt(t, path, Options{}))
	statetest.ReadsLink(t, reader)
}

func TestReadOnlyOlderSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	db := connect(path, writing)
	defer db.Close()
	check(t, migrate(t.Context(), db, 0))
	execute(t, path, `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	_, err := OpenReadOnly(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), "run syncd migrate") {
		t.Errorf("got %v", err)
	}
}
