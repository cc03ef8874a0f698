package postgres

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/pgtest"
	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func TestMain(m *testing.M) {
	statetest.Main(opener)
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

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
