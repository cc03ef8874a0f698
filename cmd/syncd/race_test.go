//go:build race

package main

// Under the race detector each run takes long.
const (
	kills         = 2  // how often a test kills the process
	examplesShare = 12 // every how manieth example of docs/how-it-decides.md is played; .ci/run has a stage for all of them
)
