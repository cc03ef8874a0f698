package postgres

import (
	"context"
	"testing"

	"syncd/internal/pgtest"
	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func opener(ctx context.Context, url string) (state.Store, error) { return Open(ctx, url, Options{}) }

func TestProcesses(t *testing.T) {
	statetest.RunProcesses(t, statetest.Place{
		New:  func(t *testing.T) string { return pgtest.Database(t) },
		Open: opener,
		ReadOnly: func(ctx context.Context, url string) (state.Store, error) {
			return OpenReadOnly(ctx, url, Options{})
		},
	})
}

func Benchmark(b *testing.B) {
	statetest.Benchmark(b, func(b *testing.B) state.Store { return openAt(b, migrated(b), Options{}) })
}
