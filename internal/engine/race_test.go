//go:build race

package engine_test

// Under the race detector SQLite, which is translated from C, is many times slower: only a part of a crowd comes, and the
// simulation runs fewer schedules. .ci/run has stages of their own for all of them.
const (
	crowdShare   = 10
	fewSchedules = 12
)
