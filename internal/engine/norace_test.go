//go:build !race

package engine_test

// crowdShare is what part of a crowd comes: all of it.
const crowdShare = 1
