package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/state"
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
				for range s.Links(t.Context(), "customers") {
					t.Error("there is a link")
				}
				syncs, err := s.Syncs(t.Context())
				if err != nil || len(syncs) != 0 {
					t.Errorf("got %v, %v", syncs, err)
				}
				refusesWrites(t, s)
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
	fill(t, s)
	check(t, s.Close())

	before := contents(t, dir)
	s, err := OpenReadOnly(t.Context(), path, Options{})
	check(t, err)
	readsLink(t, s)
	refusesWrites(t, s)
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
	fill(t, s)
	dir := t.TempDir()
	for name, data := range contents(t, filepath.Dir(path)) { // as a process that is killed leaves it
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	before := contents(t, dir)
	s, err := OpenReadOnly(t.Context(), filepath.Join(dir, "syncd.db"), Options{})
	check(t, err)
	readsLink(t, s)
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
	lease := fill(t, writer)
	reader := lookAt(t, path)
	readsLink(t, reader)
	check(t, writer.Commit(t.Context(), lease, state.Batch{Drop: []string{"C-1"}}))
	if _, err := reader.Link(t.Context(), "customers", "C-1"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("got %v, want what was just written", err)
	}
}

func TestReadOnlyThenWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	check(t, openAt(t, path, Options{}).Close())
	reader := lookAt(t, path)
	fill(t, openAt(t, path, Options{}))
	readsLink(t, reader)
}

func TestReadOnlyOlderSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	db := connect(path, writing)
	defer db.Close()
	check(t, migrate(t.Context(), db, 0))
	execute(t, path, `DELETE FROM goose_db_version WHERE version_id = 2`)
	_, err := OpenReadOnly(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), "run syncd migrate") {
		t.Errorf("got %v", err)
	}
}

func readsLink(t testing.TB, s *Store) {
	t.Helper()
	if _, err := s.Link(t.Context(), "customers", "C-1"); err != nil {
		t.Error(err)
	}
}

func refusesWrites(t testing.TB, s *Store) {
	t.Helper()
	ctx, lease := t.Context(), state.Lease{Sync: "customers"}
	for name, write := range map[string]func() error{
		"Acquire":   func() error { _, err := s.Acquire(ctx, "customers", "host-a 1", time.Minute); return err },
		"Renew":     func() error { return s.Renew(ctx, lease, time.Minute) },
		"Release":   func() error { return s.Release(ctx, lease) },
		"Commit":    func() error { return s.Commit(ctx, lease, state.Batch{}) },
		"StartRun":  func() error { _, err := s.StartRun(ctx, lease); return err },
		"FinishRun": func() error { return s.FinishRun(ctx, lease, state.Run{}, nil) },
		"Prune":     func() error { _, err := s.Prune(ctx, time.Now(), 0); return err },
		"Approve":   func() error { _, err := s.Approve(ctx, 1, nil); return err },
		"Resolve":   func() error { _, err := s.Resolve(ctx, "customers", "C-1", "", contact.Quo); return err },
		"Relink":    func() error { return s.Relink(ctx, "customers", "C-1") },
		"Rekey":     func() error { return s.Rekey(ctx, lease, "C-1", "C-2") },
		"Reserve":   func() error { _, err := s.Reserve(ctx, "key", 1, time.Second); return err },
	} {
		if err := write(); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("%s: got %v, want ErrReadOnly", name, err)
		}
	}
}
