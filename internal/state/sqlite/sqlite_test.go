package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/contact"
	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		if err := children[name](os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
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

// fill writes a link C-1 and a run to a store.
func fill(t testing.TB, s state.Store) state.Lease {
	t.Helper()
	lease, err := s.Acquire(t.Context(), "customers", "host-a 1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartRun(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	link := state.Link{Key: "C-1", ContactID: "65f0c1", Base: contact.Base{contact.Role: {Source: "CTO", Quo: "CTO"}}}
	if err := s.Commit(t.Context(), lease, state.Batch{Links: []state.Link{link}}); err != nil {
		t.Fatal(err)
	}
	return lease
}
