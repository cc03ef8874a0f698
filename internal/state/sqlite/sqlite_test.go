package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func TestMain(m *testing.M) {
	statetest.Main(opener)
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	statetest.Run(t, func(t *testing.T, now func() time.Time) state.Store {
		return openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{Now: now})
	})
}

func openAt(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
