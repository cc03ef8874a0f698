package sqlite

import (
	"path/filepath"
	"testing"

	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

func Benchmark(b *testing.B) {
	statetest.Benchmark(b, func(b *testing.B) state.Store {
		return openAt(b, filepath.Join(b.TempDir(), "syncd.db"), Options{})
	})
}
