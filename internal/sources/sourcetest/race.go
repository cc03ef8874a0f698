//go:build race

package sourcetest

// raceDetector reports whether the tests were built with it.
const raceDetector = true
