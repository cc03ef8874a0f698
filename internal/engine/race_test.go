//go:build race

package engine_test

// crowdShare is what part of a crowd comes: under the race detector SQLite, which is translated from C, is many times
// slower. .ci/run has the whole crowd come in a stage of its own.
const crowdShare = 10
