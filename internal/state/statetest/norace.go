//go:build !race

package statetest

// bulkLinks is how many links the bulk cases write at once.
const bulkLinks = 100_000
