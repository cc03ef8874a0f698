package postgres

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
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
	goleak.VerifyTestMain(pgtest.M{M: m})
}

func TestConformance(t *testing.T) {
	statetest.Run(t, func(t *testing.T, now func() time.Time) state.Store {
		return openAt(t, migrated(t), Options{Now: now})
	})
}

// migrated returns the URL of a database with an empty state.
func migrated(t testing.TB) string {
	t.Helper()
	return pgtest.Copy(t, "state", func(url string) error {
		_, _, err := Migrate(context.Background(), url)
		return err
	})
}

func openAt(t testing.TB, url string, opts Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, opts)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// fill writes a link C-1 and a run to a store.
func fill(t testing.TB, s state.Store) state.Lease {
	t.Helper()
	lease, err := s.Acquire(t.Context(), "customers", "host-a 1", time.Minute)
	check(t, err)
	_, err = s.StartRun(t.Context(), lease)
	check(t, err)
	link := state.Link{Key: "C-1", ContactID: "65f0c1", Base: contact.Base{contact.Role: {Source: "CTO", Quo: "CTO"}}}
	check(t, s.Commit(t.Context(), lease, state.Batch{Links: []state.Link{link}}))
	return lease
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
