//go:build race

package statetest

// bulkLinks is how many links the bulk cases write at once. Under the race detector SQLite, which is translated from C, is
// many times slower.
const bulkLinks = 10_000
