package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func opener(ctx context.Context, path string) (state.Store, error) { return Open(ctx, path, Options{}) }

func TestProcesses(t *testing.T) {
	statetest.RunProcesses(t, statetest.Place{
		New:  func(t *testing.T) string { return filepath.Join(t.TempDir(), "syncd.db") },
		Open: opener,
		ReadOnly: func(ctx context.Context, path string) (state.Store, error) {
			return OpenReadOnly(ctx, path, Options{})
		},
		Check: func(t *testing.T, path string) {
			var verdict string
			check(t, openAt(t, path, Options{}).Reader.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict))
			if verdict != "ok" {
				t.Fatal(verdict)
			}
		},
	})
}
